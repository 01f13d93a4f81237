// Texts of what is done to many assets at once.
import { count, plural } from '../../../components/format';

const assets = (number: number) => plural(number, { one: '# asset', other: '# assets' });
const numberOf = (value: unknown) => (typeof value === 'number' ? value : 0);

export const text = {
  bar: 'Selection',
  selected: (number: number, capped: boolean) => (capped ? `${count(number)}+ selected` : `${count(number)} selected`),
  selectAll: (total: number, capped: boolean) => (capped ? 'Select all that match' : `Select all ${count(total)}`),
  clear: 'Clear the selection',
  actions: {
    tags: 'Tags',
    metadata: 'Metadata',
    projects: 'Projects',
    split: 'Split',
    restore: 'Restore',
    trash: 'Move to trash',
    export: 'Export',
    reprocess: 'Reprocess',
  },

  titles: {
    tags: (number: number) => `Tags of ${assets(number)}`,
    metadata: (number: number) => `Metadata of ${assets(number)}`,
    projects: (number: number) => `Projects of ${assets(number)}`,
    split: (number: number) => `Split of ${assets(number)}`,
    restore: (number: number) => `Restore ${assets(number)}`,
    trash: (number: number) => `Move ${assets(number)} to the trash`,
    export: (number: number) => `Export ${assets(number)}`,
  },
  counting: 'Counting…',
  nothing: 'Nothing is chosen yet.',
  preview: (selected: number, changed: number) =>
    changed === 0
      ? `Of ${assets(selected)}, none would change.`
      : changed === selected
        ? `${assets(selected)} would change.`
        : `${count(changed)} of ${assets(selected)} would change.`,
  apply: { tags: 'Change tags', metadata: 'Change metadata', projects: 'Change projects' },

  tags: { add: 'Add tags', remove: 'Remove tags' },
  projects: { add: 'Add to projects', remove: 'Remove from projects', hint: 'A new name makes a new project.' },
  tokens: { hint: 'Type a name and press Enter', drop: (name: string) => `Leave out ${name}` },
  metadata: {
    key: 'Key',
    action: 'Change',
    set: 'Set',
    remove: 'Remove',
    type: 'Type',
    types: { text: 'Text', number: 'Number', boolean: 'Yes or no' },
    value: 'Value',
    yes: 'yes',
    no: 'no',
    notNumber: 'This is not a number.',
    add: 'Another key',
    drop: 'Leave this row out',
  },
  restore: {
    explanation:
      'Restored assets keep their tags, metadata and projects. One whose object is gone from its source is marked missing.',
    apply: 'Restore',
  },
  trash: {
    explanation:
      'The library leaves these assets out until they are restored. Their objects in the source are not touched, and no run brings the assets back.',
    apply: 'Move to trash',
  },
  export: {
    format: 'Format',
    fields: 'Columns',
    fieldsHint: 'All, or a list such as name, tags, metadata.site',
    kept: 'The files can be downloaded for a day.',
    apply: 'Export',
  },

  doing: {
    edit: (number: number) => `Changing ${assets(number)}…`,
    restore: (number: number) => `Restoring ${assets(number)}…`,
    trash: (number: number) => `Moving ${assets(number)} to the trash…`,
    export: (number: number) => `Exporting ${assets(number)}…`,
  },
  done: {
    edit: (result: Record<string, unknown>) => `${assets(numberOf(result.changed))} changed.`,
    restore: (result: Record<string, unknown>) => `${assets(numberOf(result.changed))} restored.`,
    trash: (result: Record<string, unknown>) => `${assets(numberOf(result.changed))} moved to the trash.`,
    export: (result: Record<string, unknown>) => {
      const lacking = numberOf(result.left_out_count);
      const note = plural(lacking, { one: '# has no bytes or address.', other: '# have no bytes or address.' });
      return `${assets(numberOf(result.assets))} exported.${lacking > 0 ? ` ${note}` : ''}`;
    },
  },
};
