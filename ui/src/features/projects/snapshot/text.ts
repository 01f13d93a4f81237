// Texts of the page of one snapshot.
import { bytes, count, plural } from '../../../components/format';

export const text = {
  frozen: (when: string, by: string | null) => (by === null ? `Frozen ${when}` : `Frozen ${when} by ${by}`),
  parts: { assets: 'Assets', gone: 'Gone' },
  part: 'What to show',
  actions: { note: 'Edit note', export: 'Export', restore: 'Restore', delete: 'Delete' },
  facts: {
    title: 'Content',
    assets: 'Assets',
    digest: 'Digest',
    theDigest: 'the digest',
    size: 'Stored size',
    bytes,
    divided: 'Divided',
    dividedBy: (train: number, valid: number, test: number) => `${train} / ${valid} / ${test} %`,
    undivided: 'not divided',
    classes: 'Annotations',
    noClasses: 'No annotations were frozen.',
  },
  assets: {
    title: 'Assets as they were frozen',
    lead: 'Names, places, metadata, tags, splits and annotations are those of the moment of freezing. The small pictures are those of today.',
    find: {
      named: 'Name or key contains',
      class: 'Annotation of class',
      any: 'any or none',
      action: 'Search',
      none: 'No asset of this snapshot matches.',
      noneYet: 'No asset so far. The snapshot is searched in parts.',
    },
    columns: {
      picture: 'Picture',
      object: 'Object',
      split: 'Split',
      tags: 'Tags',
      size: 'Size',
      more: 'Frozen values',
    },
    size: (width: number | null, height: number | null, size: number) =>
      width === null || height === null ? bytes(size) : `${count(width)} × ${count(height)}, ${bytes(size)}`,
    details: (metadata: number, annotations: number) =>
      [
        plural(metadata, { one: '# value', other: '# values' }),
        plural(annotations, { one: '# annotation', other: '# annotations' }),
      ].join(', '),
    annotation: (name: string, number: number) => `${name} ${count(number)}`,
  },
  gone: {
    title: 'Not as it was frozen any more',
    lead: 'The library does not reach the frozen content of these. A versioned bucket may still have the version.',
    none: 'Everything that was frozen is still in its place.',
    columns: { object: 'Object', reason: 'Reason', version: 'Version' },
    reasons: {
      removed: 'removed from the library',
      trash: 'in the trash',
      missing: 'missing from the bucket',
      replaced: 'replaced by other content',
    },
  },
  note: { title: (name: string) => `Note of ${name}`, label: 'Note', action: 'Save note' },
};
