// Whether the session of this page has ended: it was signed in, and now a request was refused.
import { useSyncExternalStore } from 'react';

let begun = false;
let ended = false;
const listeners = new Set<() => void>();

/** The page is signed in, or `false`: somebody signed out, and nothing has to be resumed. */
export function noteSignedIn(signedIn: boolean): void {
  begun = signedIn;
}

/** Notes the status of an answer of the server. */
export function noteStatus(status: number): void {
  if (status !== 401 || !begun || ended) return;
  ended = true;
  for (const listener of listeners) listener();
}

/** Somebody has signed in again. */
export function resumeSession(): void {
  ended = false;
  for (const listener of listeners) listener();
}

export function useSessionEnd(): boolean {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => ended,
  );
}
