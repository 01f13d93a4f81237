// Texts of the dialog that chooses the split of many assets.
import { count, plural } from '../../../../components/format';

const assets = (number: number) => plural(number, { one: '# asset', other: '# assets' });

export const text = {
  project: 'Project',
  noProjects: 'There are no projects yet. Put the assets into one first: “Projects” beside “Split”.',
  legend: 'Split',
  choices: {
    train: { label: 'Train', note: 'To learn from.' },
    valid: { label: 'Valid', note: 'To compare models while they learn.' },
    test: { label: 'Test', note: 'To measure the result.' },
    none: { label: 'No split', note: 'Left out of all three.' },
    automatic: { label: 'Automatic', note: 'As the settings of the project divide its assets.' },
  },
  kept: 'Dividing the project again does not change what is chosen here.',
  undivided: 'The project is not divided yet: its assets get no split until it is.',
  counting: 'Counting…',
  counted: (inProject: number, selected: number) =>
    inProject === selected
      ? `${assets(inProject)} of the project.`
      : inProject === 0
        ? 'None of the selected assets is in the project.'
        : `${count(inProject)} of ${assets(selected)} are in the project. The others are left out.`,
  apply: 'Set split',
  doing: (number: number) => `Setting the split of ${assets(number)}…`,
  done: (moved: number) => `${assets(moved)} moved to another split.`,
};
