// Requests that must not take all connections of the browser: two at once, the others wait for their turn.
const MOST = 2; // browsers open six to one server; images and pages of the grid need theirs

let taken = 0;
const waiting: (() => void)[] = [];

/** Do the work when it is its turn. A request that was aborted meanwhile gives its turn up. */
export async function oneOfFew<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  if (taken >= MOST) await new Promise<void>((resolve) => waiting.push(resolve));
  taken += 1;
  try {
    signal.throwIfAborted();
    return await work();
  } finally {
    taken -= 1;
    waiting.shift()?.();
  }
}
