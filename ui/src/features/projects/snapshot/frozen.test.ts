import { expect, test } from 'vitest';
import type { FrozenAsset } from '../../../api/client';
import { classCounts, classTotals, shownValue } from './frozen';

test('annotations are counted by class, the most frequent ones first', () => {
  const of = (ontology: string, name: string) => ({ ontology, class: name });
  const annotations = [of('fruit', 'leaf'), of('fruit', 'apple'), of('a', 'leaf'), of('fruit', 'apple')];
  expect(classCounts({ annotations } as unknown as FrozenAsset)).toEqual([
    ['fruit/apple', 2],
    ['a/leaf', 1],
    ['fruit/leaf', 1],
  ]);
});

test('classes of a snapshot are summed over its splits', () => {
  expect(classTotals({ 'fruit/leaf': { train: 2, none: 1 }, 'fruit/apple': { test: 9 } })).toEqual([
    ['fruit/apple', 9],
    ['fruit/leaf', 3],
  ]);
});

test('a frozen value is shown as it was written', () => {
  expect(['1.0', 1, true, null].map(shownValue)).toEqual(['1.0', '1', 'true', 'null']);
});
