// Texts of near-duplicates.
import { bytes, count, plural } from '../../components/format';

const assets = (number: number) => plural(number, { one: '# asset', other: '# assets' });

export const text = {
  title: 'Near-duplicates',
  all: 'Of the whole library',
  among: (query: string) => `Among the assets that match ${query}`,
  toLibrary: 'Back to these assets',
  looking: (examined: number) => `Looking: ${assets(examined)} examined…`,
  examined: (groups: number, examined: number) =>
    `${plural(groups, { one: '# group', other: '# groups' })} found, ${assets(examined)} examined.`,
  none: 'No near-duplicates were found: no two of these pictures look almost the same.',
  more: 'Look for more',
  group: (number: number) => `Group ${count(number)}`,
  size: (number: number) => plural(number, { one: '# picture', other: '# pictures' }),
  capped: (number: number) => `More than ${count(number)} pictures`,
  keep: 'Keep',
  keepOf: (name: string) => `Keep ${name}`,
  facts: (width: number | null, height: number | null, size: number) =>
    width === null || height === null ? bytes(size) : `${count(width)} × ${count(height)}, ${bytes(size)}`,
  show: 'Show in the library',
  trash: (number: number) =>
    plural(number, { one: 'Move the other one to the trash', other: 'Move the other # to the trash' }),
  doing: (number: number) => `Moving ${assets(number)} to the trash…`,
  done: (result: Record<string, unknown>) =>
    `${assets(typeof result.changed === 'number' ? result.changed : 0)} moved to the trash.`,
  moved: 'The others are on their way to the trash.',
};
