import { expect, it } from 'vitest';
import type { Annotation } from '../../../api/client';
import { anchorOf, classesOf, drawingOf } from './shapes';

const draw = (shape: Annotation['shape'], geometry: Record<string, unknown>) =>
  drawingOf({ shape, geometry: geometry as Annotation['geometry'] });

it('boxes, polygons with holes and rotated boxes are paths', () => {
  expect(draw('box', { x: 0.1, y: 0.2, width: 0.5, height: 0.25 })).toMatchObject({
    d: 'M0.1 0.2L0.6 0.2L0.6 0.45L0.1 0.45Z',
  });
  const ring = [
    [0, 0],
    [1, 0],
    [1, 1],
  ];
  expect(draw('polygon', { rings: [ring, ring] })).toMatchObject({ d: 'M0 0L1 0L1 1ZM0 0L1 0L1 1Z', closed: true });
  expect(draw('rotated_box', { corners: ring })).toMatchObject({ closed: true });
  expect(draw('polyline', { points: ring })).toMatchObject({ closed: false });
});

it('points that are not labelled are left out, and a broken geometry is not drawn', () => {
  expect(
    draw('keypoints', {
      points: [
        [0.1, 0.1, 2],
        [0, 0, 0],
      ],
    }),
  ).toEqual({ kind: 'points', points: [[0.1, 0.1]] });
  expect(draw('box', { x: 'left' })).toEqual({ kind: 'none' });
  expect(draw('polygon', { rings: [['a']] })).toEqual({ kind: 'none' });
  expect(draw('classification', {})).toEqual({ kind: 'none' });
});

it('a name stands at the topmost corner', () => {
  expect(anchorOf(draw('box', { x: 0.1, y: 0.2, width: 0.5, height: 0.25 }))).toEqual({ x: 0.1, y: 0.2 });
  expect(anchorOf({ kind: 'none' })).toBeUndefined();
});

it('classes of one name in two ontologies are two', () => {
  const one = { class_name: 'cat', ontology: 'a' } as Annotation;
  expect(classesOf([one, one, { ...one, ontology: 'b' }]).map(({ name, count }) => [name, count])).toEqual([
    ['a/cat', 2],
    ['b/cat', 1],
  ]);
});
