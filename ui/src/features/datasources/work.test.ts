import { expect, it } from 'vitest';
import { workDone } from './work';

it('names only the kinds of work that there are', () => {
  expect(workDone({ annotated: 1, edited: 0, tagged: 2 })).toBe('1 annotated, 2 tagged');
  expect(workDone({ annotated: 0, edited: 0, tagged: 0 })).toBe('');
});
