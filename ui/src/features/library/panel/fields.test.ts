import { expect, it } from 'vitest';
import {
  chosenFolder,
  folderTerm,
  holdsChosen,
  isInRange,
  rangeOfBins,
  toggleExclusion,
  toggleFolder,
  withoutFolder,
} from './fields';

it('a range of days ends before the first day after its last bar', () => {
  const bins = [
    { low: '2026-01-01', high: '2026-02-01', assets: 1 },
    { low: '2026-02-01', high: '2026-03-01', assets: 1 },
  ] as const;
  expect(rangeOfBins(bins[0], bins[1])).toEqual({ low: '2026-01-01', high: '2026-02-28' });
  expect(rangeOfBins({ low: 0, high: 0.2, assets: 1 }, { low: 0.2, high: 0.4, assets: 1 })).toEqual({
    low: '0',
    high: '0.4',
  });
  expect(isInRange(bins[1], { low: '2026-01-05', high: '2026-01-31' })).toBe(false);
  expect(isInRange({ low: 0.2, high: 0.4, assets: 1 }, { low: '', high: '0.3' })).toBe(true);
});

const folder = (path: string, datasource?: string) => ({ path, datasource });

it('a folder replaces another, and goes when it is chosen twice', () => {
  const first = toggleFolder('cat', folder('2026/01/'));
  expect(first).toBe('cat path:2026/01/**');
  expect(toggleFolder(first, folder('2026/02/', 'a b'))).toBe('cat (datasource:"a b" path:2026/02/**)');
  expect(toggleFolder('cat (datasource:"a b" path:2026/02/**)', folder('2026/02/', 'a b'))).toBe('cat');
  expect(withoutFolder('path:"a*"')).toBe('path:"a*"');
});

it('a folder whose name cannot be written is found all the same', () => {
  expect(folderTerm(folder('Field "trial" (2)/ü/'))).toBe('path:Field**trial***2*/ü/**');
  expect(chosenFolder('a path:Field*trial/**')).toBe('path:Field*trial/**');
});

it('the folders around the chosen one are open', () => {
  const chosen = folderTerm(folder('a/b/', 'x'));
  expect(holdsChosen(chosen, folder('a/', 'x'))).toBe(true);
  expect(holdsChosen(chosen, folder('a/b/', 'x'))).toBe(false);
  expect(holdsChosen(chosen, folder('a/', 'y'))).toBe(false);
});

it('an exclusion comes and goes', () => {
  expect(toggleExclusion('a', 'tag', 'b c')).toBe('a -tag:"b c"');
  expect(toggleExclusion('a -tag:"b c"', 'tag', 'b c')).toBe('a');
});
