// Texts of the projects and their snapshots.
import { bytes, count, plural } from '../../components/format';
import type { Difference } from './differences';

export const text = {
  title: 'Projects',
  number: (number: number) => plural(number, { one: '# project', other: '# projects' }),
  empty: {
    title: 'No projects yet',
    detail:
      'A project is a set of assets for one purpose, such as a training. It is divided into splits, and frozen as snapshots that never change.',
    cannot: 'You may look at projects, but not create one.',
  },
  columns: { name: 'Project', assets: 'Assets' },
  create: {
    open: 'New project',
    title: 'New project',
    name: 'Name',
    description: 'Description',
    action: 'Create project',
  },
  back: 'Projects',
  edit: { open: 'Edit', title: (name: string) => `Edit ${name}`, action: 'Save changes' },
  assets: (number: number) => plural(number, { one: '# asset', other: '# assets' }),
  missingOf: (number: number) => plural(number, { one: '# missing', other: '# missing' }),
  missing: (number: number) =>
    plural(number, {
      one: '# asset is missing from its bucket; the project keeps it.',
      other: '# assets are missing from their buckets; the project keeps them.',
    }),
  trashed: (number: number) => plural(number, { one: '# asset is in the trash.', other: '# assets are in the trash.' }),

  add: {
    title: 'Add assets',
    label: 'Query',
    hint: 'What the search of the library understands, such as `tag:ripe` or `datasource:"site a"`. Empty: every asset.',
    placeholder: 'tag:ripe metadata.score:>0.8',
    found: (matching: number, added: number) =>
      `${plural(matching, { one: '# asset matches', other: '# assets match' })}, ${count(added)} of which ${added === 1 ? 'is' : 'are'} not in the project.`,
    action: (number: number) => plural(number, { one: 'Add # asset', other: 'Add # assets' }),
    check: 'Preview additions',
    look: 'Look at them',
    done: 'Added.',
  },

  splits: {
    title: 'Splits',
    names: { train: 'Train', valid: 'Valid', test: 'Test', none: 'No split' },
    chosen: (number: number) =>
      plural(number, { one: '# of them was chosen by a person.', other: '# of them were chosen by people.' }),
    by: 'Keep together',
    groups: { asset: 'Each asset on its own', content: 'Equal files', folder: 'Assets of a folder' },
    byKey: 'Equal metadata values',
    key: 'Metadata key',
    seed: 'Seed',
    seedHint: 'Another seed divides differently.',
    percent: (name: string) => `${name}, %`,
    sum: (number: number) => `The three make ${number} %, not 100 %.`,
    preview: 'Preview',
    divide: 'Divide',
    would: (number: number) =>
      plural(number, { one: '# asset would change its split.', other: '# assets would change their split.' }),
    did: (number: number) =>
      plural(number, { one: '# asset changed its split.', other: '# assets changed their split.' }),
    bar: (parts: string) => `Splits: ${parts}`,
    part: (name: string, number: number) => `${name} ${count(number)}`,
  },

  snapshots: {
    title: 'Snapshots',
    none: 'Nothing is frozen yet. A snapshot keeps assets, versions, splits, metadata, tags and annotations as they are now.',
    note: 'Note',
    notePlaceholder: 'first training',
    freeze: 'Freeze',
    columns: ['Snapshot', 'Assets', 'Splits', 'Note', 'Created', 'Actions'],
    export: 'Export',
    exportOf: (name: string) => `Export ${name}`,
    compare: 'Compare',
    compareFrom: 'Compare',
    compareWith: 'with',
    created: (when: string, by: string | null) => (by === null ? when : `${when}, by ${by}`),
    digest: (digest: string) => `Digest ${digest}`,
  },

  restore: {
    title: (name: string) => `Restore ${name}?`,
    detail:
      'The project gets the assets and splits of the snapshot. The project as it is now becomes a snapshot of its own, so this can be undone.',
    also: 'Also restore',
    metadata: 'Metadata that people had set',
    tags: 'Tags',
    annotations: 'Annotations',
    preview: 'Preview',
    action: 'Restore',
    counts: {
      added: 'added to the project',
      removed: 'removed from the project',
      splits: 'in another split',
      metadata: 'with other metadata',
      tags: 'with other tags',
      annotations: 'with other annotations',
    },
    gone: (number: number) =>
      plural(number, {
        one: '# asset does not come back as it was frozen',
        other: '# assets do not come back as they were frozen',
      }),
    reasons: {
      removed: 'removed from the library',
      trash: 'in the trash',
      missing: 'missing from the bucket',
      replaced: 'replaced by other content',
    },
    firstOf: (number: number) => `The first ${count(number)} are listed.`,
    nothing: 'Nothing would change.',
    done: (undo: string | null) => (undo === null ? 'Restored.' : `Restored. The project as it was before is ${undo}.`),
  },

  remove: {
    title: (name: string) => `Delete the snapshot ${name}?`,
    detail: 'Its assets stay in the library. What it froze is gone.',
    what: 'assets in the snapshot',
    action: 'Delete snapshot',
  },

  deletion: {
    open: 'Delete',
    title: (name: string) => `Delete the project ${name}?`,
    detail: 'Its assets stay in the library.',
    snapshots: (number: number) =>
      plural(number, { one: 'Also delete its # snapshot', other: 'Also delete its # snapshots' }),
    what: 'assets in the project',
    action: 'Delete project',
  },

  export: {
    open: 'Export',
    title: (name: string) => `Export ${name}`,
    format: 'Format',
    action: 'Export',
    ready: (number: number, size: number) =>
      `${plural(number, { one: '# asset', other: '# assets' })}, ${bytes(size)}. The files are kept for a day.`,
    missing: (number: number) =>
      plural(number, {
        one: '# of them is missing: its object is gone, or no longer selected.',
        other: '# of them are missing: their objects are gone, or no longer selected.',
      }),
    leftOut: (number: number) =>
      plural(number, { one: '# asset has no bytes or address', other: '# assets have no bytes or address' }),
    download: (name: string, size: number) => `Download ${name} (${bytes(size)})`,
  },

  compare: {
    title: 'Compare snapshots',
    lead: (before: string, after: string) => `${before} → ${after}`,
    equal: 'Their content is equal.',
    differences: { added: 'added', removed: 'removed', changed: 'changed' } satisfies Record<Difference, string>,
    all: 'All',
    filter: 'Filter by difference',
    columns: ['Difference', 'Object', 'What changed'],
    fields: 'Changed:',
    field: (name: string, number: number) => `${name} ${count(number)}`,
    first: (number: number) => `Showing the first ${count(number)}.`,
    step: (before: string, after: string) => `${before} → ${after}`,
    nothing: 'none',
    swap: 'Swap',
  },
};
