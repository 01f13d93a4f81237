// Texts of the overview.
import { bytes, count, plural } from '../../components/format';
import type { Measure } from './measures';

export const text = {
  title: 'Overview',
  lead: (assets: number, size: number) =>
    `${plural(assets, { one: '# asset', other: '# assets' })}, trash included, ${bytes(size)} of objects`,
  working: {
    title: 'Runs in progress',
  },
  came: {
    title: 'What came in',
    none: 'Nothing has come in yet.',
    label: (bars: number, total: number, first: string, last: string) =>
      `${count(total)} assets in ${bars} bars from ${first} to ${last}`,
    bar: (from: string, assets: number) => `${from}: ${plural(assets, { one: '# asset', other: '# assets' })}`,
    table: 'As a table',
    columns: ['From', 'Assets'],
    sampled: 'Estimated from a sample.',
  },
  shares: {
    title: 'What it holds',
    measured: 'Measured by',
    measures: { assets: 'Files', bytes: 'Size' } satisfies Record<Measure, string>,
    sampled: 'Sizes are estimated from a sample.',
    type: 'By type',
    datasource: 'By datasource',
    folder: 'By folder',
    folderOf: (folder: string, datasource: string) => `${folder} (${datasource})`,
    /** `open`: besides these the library has at least one that was not fetched. */
    more: (number: number, open: boolean) =>
      open ? `and at least ${count(number + 1)} more` : `and ${count(number)} more`,
    empty: 'Nothing yet.',
  },
  problems: {
    title: 'Needs attention',
    none: 'Nothing needs attention.',
    held: (number: number) =>
      plural(number, { one: '# removal waits for a decision', other: '# removals wait for a decision' }),
    failed: 'The last run failed',
    broken: 'Its connection does not work',
    limited: 'A limit of the workspace was reached: new objects were left out',
    rejected: (number: number) =>
      plural(number, { one: '# object could not be read', other: '# objects could not be read' }),
    labels: (number: number) =>
      plural(number, { one: '# label file has problems', other: '# label files have problems' }),
    stalled: (run: number, ago: string) => `Run ${run} is stalled: its last progress was ${ago}`,
    stuck: (reason: string) => `Queued: ${reason}`,
    unhealthy: (problem: string) => `Connection: ${problem}`,
  },
};
