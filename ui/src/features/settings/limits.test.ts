import { expect, it } from 'vitest';
import { limitFromText, limitToText } from './limits';

it.each([
  ['', null],
  [' 1,000 ', 1000],
  ['0', 0],
  ['-1', undefined],
  ['1.5', undefined],
  ['many', undefined],
  ['9999999999999999', undefined],
])('%j is read as %s', (typed, limit) => {
  expect(limitFromText(typed, 1)).toBe(limit);
});

it('a limit is the same after a round trip', () => {
  expect(limitFromText(limitToText(5_000_000_000, 1_000_000_000), 1_000_000_000)).toBe(5_000_000_000);
  expect(limitToText(null, 1)).toBe('');
});
