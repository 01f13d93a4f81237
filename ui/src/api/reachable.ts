// Whether the server answered the last request: pages keep what it said before while it is away.
import { useSyncExternalStore } from 'react';

let away = false;
const listeners = new Set<() => void>();

/** Notes that a request was answered, with whatever status, or that it was not. */
export function noteReached(reached: boolean): void {
  if (away === !reached) return;
  away = !reached;
  for (const listener of listeners) listener();
}

export function isServerAway(): boolean {
  return away;
}

export function useServerAway(): boolean {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => away,
  );
}
