import { expect, it } from 'vitest';
import type { Facet } from '../../api/client';
import { timeBars } from './bars';

const facet = (...bins: [string, string, number][]) =>
  ({ bins: bins.map(([low, high, assets]) => ({ low, high, assets })) }) as unknown as Facet;

it('days without assets are bars of nothing', () => {
  const found = facet(['2026-02-27', '2026-02-28', 3], ['2026-03-01', '2026-03-02', 5]);
  const bars = timeBars(found);
  expect(bars).toHaveLength(14); // a young library begins with empty days
  expect(bars[0]).toEqual({ from: '2026-02-16', query: 'created:2026-02-16', assets: 0 });
  expect(bars.slice(-3)).toMatchObject([
    { from: '2026-02-27', assets: 3 },
    { from: '2026-02-28', assets: 0 },
    { from: '2026-03-01', assets: 5 },
  ]);
});

it('months and years follow each other', () => {
  const months = facet(['2025-11-01', '2025-12-01', 1], ['2026-01-01', '2026-02-01', 1]);
  expect(
    timeBars(months)
      .slice(-3)
      .map((bar) => bar.from),
  ).toEqual(['2025-11-01', '2025-12-01', '2026-01-01']);
  expect(timeBars(months).at(-2)?.query).toBe('created:2025-12-01..2025-12-31');
  const years = facet(['2020-01-01', '2021-01-01', 1], ['2022-01-01', '2023-01-01', 1]);
  expect(
    timeBars(years)
      .slice(-3)
      .map((bar) => bar.from),
  ).toEqual(['2020-01-01', '2021-01-01', '2022-01-01']);
});

it('an empty library has no bars', () => {
  expect(timeBars(undefined)).toEqual([]);
  expect(timeBars(facet())).toEqual([]);
});
