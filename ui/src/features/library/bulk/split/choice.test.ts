import { expect, test } from 'vitest';
import type { Selection } from '../../selection';
import { assignment, CHOICES } from './choice';

const SOME: Selection = { kind: 'some', ids: new Set(['4', '7']) };
const ALL: Selection = { kind: 'all', query: 'tag:ripe', total: 9, capped: false, except: new Set(['3']) };

test('a split, no split, and what the settings decide are three different things', () => {
  expect(CHOICES.map((choice) => assignment(SOME, choice)).map(({ split, automatic }) => [split, automatic])).toEqual([
    ['train', false],
    ['valid', false],
    ['test', false],
    [null, false],
    [null, true],
  ]);
});

test('picked assets are named by their ids, and everything that matches by its query', () => {
  expect(assignment(SOME, 'test')).toEqual({ assets: ['4', '7'], split: 'test', automatic: false, skip_others: true });
  expect(assignment(ALL, 'none')).toMatchObject({ query: 'tag:ripe -id:3', split: null });
});
