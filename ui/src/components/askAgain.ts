// Ask again for what a change made stale.
import type { QueryClient } from '@tanstack/react-query';

const overtaken = new WeakSet<Promise<unknown>>(); // first answers after which is asked again, once for all changes

export function askAgain(cache: QueryClient, stale: readonly (readonly unknown[])[]): void {
  for (const queryKey of stale) {
    const fetching = cache.getQueryCache().findAll({ queryKey, fetchStatus: 'fetching' });
    void cache.invalidateQueries({ queryKey });
    // A first answer that is on its way may be older than the change, and is not asked for again by the line above.
    for (const { queryKey: of, promise } of fetching.filter(({ state }) => state.data === undefined)) {
      if (promise === undefined || overtaken.has(promise)) continue;
      overtaken.add(promise);
      const again = () => cache.invalidateQueries({ queryKey: of, exact: true });
      void promise.then(again, () => undefined);
    }
  }
}
