// Texts of the library: the query, the grid and the open asset.
import { plural } from '../../components/format';
import type { Order } from './query/terms';

export const TRASH = 'state:trash';

const orders: { name: string; order: Order | undefined }[] = [
  { name: 'Newest first', order: undefined },
  { name: 'Oldest first', order: { column: 'id', descending: false } },
  { name: 'Last changed first', order: { column: 'updated', descending: true } },
  { name: 'Last modified first', order: { column: 'modified', descending: true } },
  { name: 'Name, A to Z', order: { column: 'name', descending: false } },
  { name: 'Name, Z to A', order: { column: 'name', descending: true } },
  { name: 'Key, A to Z', order: { column: 'key', descending: false } },
  { name: 'Largest first', order: { column: 'size', descending: true } },
  { name: 'Smallest first', order: { column: 'size', descending: false } },
];

export const text = {
  title: 'Library',
  runInProgress: 'Run in progress',
  buckets: 'Connected buckets',
  trash: 'Trash',
  thumbnailSize: 'Thumbnail size',
  showPanel: 'Show filters and folders',
  hidePanel: 'Hide filters and folders',
  sort: 'Order',
  orders,
  orderOf: (column: string) => `By ${column}`,
  total: (number: number, capped: boolean) =>
    capped
      ? plural(number, { one: 'more than # asset', other: 'more than # assets' })
      : plural(number, { one: '# asset', other: '# assets' }),
  retrying: 'Retrying…',
  emptyTrash: {
    title: 'The trash is empty',
    explanation:
      'Assets come here when somebody moves them, or when their objects are gone and their datasource is set to trash orphans. They can be restored.',
  },
  noResults: {
    title: 'No results',
    detail: 'No asset matches this query.',
    hint: 'A bare word searches names. `metadata.key:"value"` matches an exact value.',
    clear: 'Clear filters',
  },
  picture: {
    choose: 'Search by a picture',
    file: 'Picture to search by',
    drop: 'Drop a picture to find similar ones',
    like: (name: string) => `Similar to ${name}`,
    clear: 'No longer search by this picture',
    nothing: 'No asset is similar to this picture.',
  },
  grid: {
    label: 'Assets',
    selected: 'selected',
    select: (name: string) => `Select ${name}`,
  },

  selection: {
    long: 'A range holds at most 10,000 assets. Select all that match instead.',
    gone: 'The asset at which the range began has moved away. Select where it begins again.',
    unsteady: 'The assets change while a run goes on. Try again in a moment.',
  },
};
