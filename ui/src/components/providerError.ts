// Why a sign-in at the identity provider failed: the address has a code, so that no link can show a text of its own.
import { text } from './text';

const FAILED = '#sign-in=';

export function providerError(hash: string): string | undefined {
  const code = hash.startsWith(FAILED) ? hash.slice(FAILED.length) : '';
  return Object.entries(text.signIn.providerErrors).find(([known]) => known === code)?.[1];
}
