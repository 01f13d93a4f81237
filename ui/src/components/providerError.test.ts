import { expect, test } from 'vitest';
import { providerError } from './providerError';
import { text } from './text';

test('a failed sign-in at the provider is explained, and nothing of the address is shown', () => {
  expect(providerError('#sign-in=not-invited')).toBe(text.signIn.providerErrors['not-invited']);
  for (const hash of ['', '#sign-in=', '#sign-in=Call+this+number', '#sign-in=toString', '#expired']) {
    expect(providerError(hash)).toBeUndefined();
  }
});
