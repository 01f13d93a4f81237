// What the shares of the overview are measured by, which its address names. Small: the routes know it too.
export const MEASURES = ['assets', 'bytes'] as const;
export type Measure = (typeof MEASURES)[number];

export function overviewSearch({ by }: Record<string, unknown>): { by?: Measure } {
  return by === 'bytes' ? { by } : {};
}
