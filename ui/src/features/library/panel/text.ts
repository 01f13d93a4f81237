// Texts of the panel beside the grid: facets and folders.
import { bytes, count, plural } from '../../../components/format';

const names: Record<string, string> = {
  kind: 'Kind',
  type: 'Media type',
  tag: 'Tags',
  project: 'Projects',
  split: 'Splits',
  datasource: 'Datasources',
  class: 'Classes',
  state: 'State',
  size: 'File size',
  width: 'Width',
  height: 'Height',
  created: 'Added',
  modified: 'Modified',
  updated: 'Updated',
};

export const text = {
  label: 'Filters and folders',
  close: 'Hide filters and folders',
  tabs: { filters: 'Filters', folders: 'Folders', saved: 'Saved' },
  findField: 'Find a field',
  nearDuplicates: 'Near-duplicates among these',
  noField: 'No field has this name.',
  file: 'Asset',
  metadata: 'Metadata',
  facts: 'Facts',
  moreKeys: (shown: number, total: number) => `${count(shown)} of ${count(total)} keys. Type to find others.`,

  field: (field: string) => names[field] ?? field.replace(/^(metadata|facts)\./, ''),
  chosen: (number: number) => plural(number, { one: '# chosen', other: '# chosen' }),
  loading: 'Counting…',
  notCounted: 'Not counted while the query has a mistake.',
  none: 'No values',
  retry: 'Retry',
  about: (number: number) => `≈ ${count(number)}`,
  sampled: (fraction: number) => {
    const percent = fraction * 100;
    return `Estimated from ${percent < 1 ? percent.toFixed(1) : Math.round(percent)} % of the library`;
  },
  exclude: (value: string) => `Exclude ${value}`,
  excluded: (value: string) => `No longer exclude ${value}`,
  emptyValue: '(empty text)',
  find: (field: string) => `Find in ${names[field]?.toLowerCase() ?? field.replace(/^(metadata|facts)\./, '')}`,
  noValue: 'No value begins with this.',

  histogram: (field: string) => `Distribution of ${field}`,
  from: 'From',
  to: 'To',
  rangeOf: (field: string, end: string) => `${field}: ${end.toLowerCase()}`,
  bin: (field: string, low: string | number, high: string | number, assets: number) =>
    `${end(field, low)} – ${end(field, high)}: ${count(assets)}`,
  end,
  apply: 'Apply',
  clear: 'Clear',
  clearRange: (name: string) => `Clear ${name}`,

  folders: 'Folders',
  allFolders: 'All folders',
  noFolders: 'No folder has a matching asset.',
  unnamed: '(no name)',
  expand: (name: string) => `Folders in ${name}`,
  moreFolders: 'More folders',
};

/** An end of a bar as a person reads it. */
function end(field: string, value: string | number): string {
  if (typeof value === 'string') return value;
  if (field === 'size') return bytes(Math.max(0, Math.round(value)));
  return Math.abs(value) >= 1e6 ? value.toExponential(1) : String(Math.round(value * 1e4) / 1e4);
}
