// New annotations: what can be drawn of each shape, and how. Pure.
import type { Annotation, Ontology } from '../../../../api/client';
import { boxBetween, cornersOf, type Geometry, outlined, type Point, type Ring } from './geometry';

export interface LabelClass {
  ontology: string;
  name: string;
  shape: Annotation['shape'];
  colour: string;
}

export function classesOf(ontologies: Ontology[]): LabelClass[] {
  return ontologies.flatMap((one) =>
    one.classes.map(({ name, shape, colour }) => ({ ontology: one.name, name, shape, colour })),
  );
}

/** How annotations of a shape are drawn: by a drag, by a click for each point, as the whole picture, or not here. */
export type Way = 'drag' | 'points' | 'whole' | 'none';

export function wayOf(shape: Annotation['shape']): Way {
  if (shape === 'box' || shape === 'rotated_box') return 'drag';
  if (shape === 'polygon') return 'points';
  return shape === 'classification' ? 'whole' : 'none';
}

/** What a drag from one point to another draws; undefined for a click, and for a shape that is not drawn so. */
export function drawnBetween(shape: Annotation['shape'], from: Point, to: Point): Geometry | undefined {
  const box = boxBetween(from, to);
  if (box === undefined || wayOf(shape) !== 'drag') return undefined;
  return shape === 'box' ? box : outlined('rotated_box', [cornersOf(box)]);
}

const MIDDLE = [
  { x: 0.375, y: 0.375 },
  { x: 0.625, y: 0.625 },
] as const;

/** What is added without a pointer: a box or polygon in the middle, to be moved from there, or the whole picture. */
export function drawnInTheMiddle(shape: Annotation['shape']): Geometry | undefined {
  const way = wayOf(shape);
  if (way === 'none') return undefined;
  if (way === 'whole') return {} as Geometry;
  const box = boxBetween(...MIDDLE);
  return way === 'points' && box !== undefined ? outlined('polygon', [cornersOf(box)]) : drawnBetween(shape, ...MIDDLE);
}

export function polygonOf(ring: Ring): Geometry {
  return outlined('polygon', [ring]);
}

export function annotationOf(of: LabelClass, geometry: Geometry): Annotation {
  const { ontology, name: class_name, shape } = of;
  const at = new Date().toISOString();
  return { ontology, class_name, shape, geometry, attributes: {}, source: 'user', by: null, at };
}
