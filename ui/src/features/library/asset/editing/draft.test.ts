import { expect, it } from 'vitest';
import type { Annotation } from '../../../api/client';
import { boxBetween, changedOntologies, handlesOf, moved, removeSelected } from './edit';

const one = (shape: Annotation['shape'], geometry: unknown, ontology = 'a'): Annotation =>
  ({ shape, geometry, ontology, class_name: 'cat', attributes: {} }) as unknown as Annotation;
const box = one('box', { x: 0.1, y: 0.1, width: 0.5, height: 0.5 });

it('nothing is moved out of the picture', () => {
  expect(moved(box, { x: 0.9, y: -0.05 }).geometry).toEqual({ x: 0.5, y: 0.05, width: 0.5, height: 0.5 });
  const ring = [
    [0, 0],
    [0.5, 0],
    [0.5, 0.5],
  ];
  expect(moved(one('polygon', { rings: [ring] }), { x: -1, y: 0.25 }).geometry).toEqual({
    rings: [ring.map(([x = 0, y = 0]) => [x, y + 0.25])],
  });
  expect(moved(one('keypoints', { points: [[0.2, 0.2, 2]] }), { x: 0.1, y: 0 }).geometry).toEqual({
    points: [[0.3, 0.2, 2]],
  });
  expect(moved(one('classification', {}), { x: 1, y: 1 }).geometry).toEqual({});
});

it('a box is drawn from any corner, within the picture, and not by a click', () => {
  expect(boxBetween({ x: 0.5, y: 1.2 }, { x: 0.25, y: 0.5 })).toEqual({ x: 0.25, y: 0.5, width: 0.25, height: 0.5 });
  expect(boxBetween({ x: 0.5, y: 0.5 }, { x: 0.5001, y: 0.9 })).toBeUndefined();
});

it('the corner that is opposite to a dragged one stays', () => {
  const [first] = handlesOf(box);
  expect(first).toEqual({ at: { x: 0.1, y: 0.1 }, fixed: { x: 0.6, y: 0.6 } });
  expect(handlesOf(one('polygon', { rings: [] }))).toEqual([]);
});

it('only ontologies with a change are written, with all that they have', () => {
  const other = one('box', { x: 0, y: 0, width: 1, height: 1 }, 'b');
  const after = [moved(box, { x: 0.1, y: 0 }), other];
  expect([...changedOntologies([box, other], after)]).toEqual([['a', [after[0]]]]);
  expect([...changedOntologies([box, other], [other])]).toEqual([['a', []]]);
  expect(changedOntologies([box], [box]).size).toBe(0);
  expect(removeSelected({ annotations: [box, other], selected: 0 })).toEqual({
    annotations: [other],
    selected: undefined,
  });
});
