// Ask again for what a change made stale.
import type { QueryClient } from '@tanstack/react-query';

export function askAgain(cache: QueryClient, stale: readonly (readonly unknown[])[]): void {
  for (const queryKey of stale) {
    const fetching = cache.getQueryCache().findAll({ queryKey, fetchStatus: 'fetching' });
    void cache.invalidateQueries({ queryKey });
    // A first answer that is on its way may be older than the change, and is not asked for again by the line above.
    for (const first of fetching.filter(({ state }) => state.data === undefined)) {
      const again = () => cache.invalidateQueries({ queryKey: first.queryKey, exact: true });
      void first.promise?.then(again, () => undefined);
    }
  }
}
