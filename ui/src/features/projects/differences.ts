// How assets differ between two snapshots. Small: the routes know these names too.
export const DIFFERENCES = ['added', 'removed', 'changed'] as const;
export type Difference = (typeof DIFFERENCES)[number];
