import { expect, it } from 'vitest';
import type { Annotation } from '../../../../api/client';
import { changedOntologies, conflictOf, crossingPlaces, isSame, removeSelected, replaceKnown } from './draft';
import { moved } from './geometry';

const one = (shape: Annotation['shape'], geometry: unknown, ontology = 'a', by: string | null = null): Annotation =>
  ({ shape, geometry, ontology, class_name: 'cat', attributes: {}, by }) as unknown as Annotation;
const box = (x: number, ontology = 'a', by: string | null = null) =>
  one('box', { x, y: 0.1, width: 0.1, height: 0.1 }, ontology, by);
const right = (annotation: Annotation) => moved(annotation, { x: 0.05, y: 0 });

it('only ontologies with a change are written, with all that they have', () => {
  const [first, other] = [box(0.1), box(0.1, 'b')];
  const after = [right(first), other];
  expect([...changedOntologies([first, other], after)]).toEqual([['a', [after[0]]]]);
  expect([...changedOntologies([first, other], [other])]).toEqual([['a', []]]);
  expect(changedOntologies([first], [first]).size).toBe(0);
  expect(removeSelected({ annotations: [first, other], selected: 0 })).toEqual({
    annotations: [other],
    selected: undefined,
  });
});

it('a drag changes only the annotation that it began on, whatever has come to its place', () => {
  const [first, second] = [box(0.1), box(0.3)];
  const draft = { annotations: [first, second], selected: 0 };
  expect(replaceKnown(draft, 0, first, right(first))?.annotations).toEqual([right(first), second]);
  expect(replaceKnown(removeSelected(draft), 0, first, right(first))).toBeUndefined();
});

it('annotations are the same whatever their order, the order of their values and who made them', () => {
  const written = one('box', { height: 0.1, width: 0.1, y: 0.1, x: 0.3 }, 'a', 'ada');
  expect(isSame([box(0.1), box(0.3)], [written, box(0.1)])).toBe(true);
  expect(isSame([box(0.1), box(0.1)], [box(0.1)])).toBe(false);
  expect(isSame([box(0.1), box(0.1)], [box(0.1), box(0.3)])).toBe(false);
});

it('what two people drew beside each other is kept together', () => {
  const base = [box(0.1), box(0.3)];
  const mine = [base[0], right(base[1] as Annotation), box(0.7)] as Annotation[];
  const theirs = [...base, box(0.5, 'a', 'ada')];
  const { both, added, removed, by } = conflictOf(base, mine, theirs);
  expect({ added, removed, by }).toEqual({ added: 1, removed: 0, by: 'ada' });
  expect(isSame(both ?? [], [box(0.1), box(0.35), box(0.5), box(0.7)])).toBe(true);
});

it('what both drew is there once, and what both changed is not put together', () => {
  const base = [box(0.1)];
  expect(conflictOf(base, [...base, box(0.5)], [...base, box(0.5)]).both).toHaveLength(2);
  const moves = conflictOf(base, [box(0.2)], [box(0.3)]);
  expect(moves.both).toBeUndefined();
  expect(moves.mine).toEqual([box(0.2)]);
});

it('keeping what is mine leaves alone what only the other changed', () => {
  const base = [box(0.1), box(0.1, 'b')];
  const theirs = [box(0.2), box(0.1, 'b'), box(0.6, 'b')];
  const { mine } = conflictOf(base, [box(0.3), box(0.1, 'b')], theirs);
  expect(isSame(mine, [box(0.3), box(0.1, 'b'), box(0.6, 'b')])).toBe(true);
});

it('only an outline that crosses itself because of a change keeps from saving', () => {
  const bow = one('polygon', {
    rings: [
      [
        [0, 0],
        [0.5, 0.5],
        [0.5, 0],
        [0, 0.5],
      ],
    ],
  });
  expect([...crossingPlaces([], [box(0.1), bow])]).toEqual([1]);
  expect(crossingPlaces([{ ...bow }], [box(0.1), bow]).size).toBe(0);
  expect([...crossingPlaces([bow], [right(bow)])]).toEqual([0]);
});
