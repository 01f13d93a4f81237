// Annotations as drawings over their picture, whose sides are one unit long. Pure.
import type { Annotation } from '../../../api/client';

export type Drawing =
  | { kind: 'path'; d: string; closed: boolean }
  | { kind: 'points'; points: [number, number][] }
  | { kind: 'none' }; // the whole image, or a shape that is not drawn

type Points = readonly (readonly number[])[];

function path(points: Points, closed: boolean): string {
  const corners = points.map(([x = 0, y = 0]) => `${x} ${y}`).join('L');
  return corners === '' ? '' : `M${corners}${closed ? 'Z' : ''}`;
}

function isPoints(value: unknown): value is Points {
  return Array.isArray(value) && value.every((point) => Array.isArray(point) && point.every(Number.isFinite));
}

const drawings = new WeakMap<Annotation['geometry'], { shape: Annotation['shape']; drawing: Drawing }>();

/** A geometry never changes, and some have thousands of points: each is drawn once. */
export function drawingOf(annotation: Pick<Annotation, 'shape' | 'geometry'>): Drawing {
  const known = drawings.get(annotation.geometry);
  if (known?.shape === annotation.shape) return known.drawing;
  const drawing = draw(annotation);
  drawings.set(annotation.geometry, { shape: annotation.shape, drawing });
  return drawing;
}

/** What cannot be read is not drawn: a geometry came from somebody else's file. */
function draw({ shape, geometry }: Pick<Annotation, 'shape' | 'geometry'>): Drawing {
  const { x, y, width, height, corners, rings, points } = geometry as Record<string, unknown>;
  if (shape === 'box' && [x, y, width, height].every(Number.isFinite)) {
    const [left, top, wide, high] = [x, y, width, height] as [number, number, number, number];
    const around = [
      [left, top],
      [left + wide, top],
      [left + wide, top + high],
      [left, top + high],
    ];
    return { kind: 'path', d: path(around, true), closed: true };
  }
  if (shape === 'rotated_box' && isPoints(corners)) return { kind: 'path', d: path(corners, true), closed: true };
  if (shape === 'polygon' && Array.isArray(rings) && rings.every(isPoints))
    return { kind: 'path', d: rings.map((ring) => path(ring, true)).join(''), closed: true };
  if (shape === 'polyline' && isPoints(points)) return { kind: 'path', d: path(points, false), closed: false };
  if (shape === 'keypoints' && isPoints(points)) {
    const labelled = points.filter(([, , state]) => state !== 0);
    return { kind: 'points', points: labelled.map(([px = 0, py = 0]) => [px, py]) };
  }
  return { kind: 'none' };
}

const anchors = new WeakMap<Drawing, { x: number; y: number }>();

/** Where the name of an annotation stands: at its topmost corner. */
export function anchorOf(drawing: Drawing): { x: number; y: number } | undefined {
  const known = anchors.get(drawing);
  if (known !== undefined) return known;
  const numbers =
    drawing.kind === 'path'
      ? [...drawing.d.matchAll(/(-?[\d.e-]+) (-?[\d.e-]+)/g)].map(([, x, y]) => ({ x: Number(x), y: Number(y) }))
      : drawing.kind === 'points'
        ? drawing.points.map(([x, y]) => ({ x, y }))
        : [];
  const [first] = numbers.sort((one, other) => one.y - other.y || one.x - other.x);
  if (first !== undefined) anchors.set(drawing, first);
  return first;
}

export interface ClassOfAsset {
  name: string; // with its ontology: two of them may have a class of this name
  className: string;
  ontology: string;
  count: number;
}

export function classKey({ ontology, class_name }: Pick<Annotation, 'ontology' | 'class_name'>): string {
  return `${ontology}/${class_name}`;
}

/** The classes of an asset with the number of annotations of each, by name. */
export function classesOf(annotations: Annotation[]): ClassOfAsset[] {
  const found = new Map<string, ClassOfAsset>();
  for (const one of annotations) {
    const name = classKey(one);
    const before = found.get(name);
    const made = { name, className: one.class_name, ontology: one.ontology, count: 1 };
    found.set(name, before === undefined ? made : { ...before, count: before.count + 1 });
  }
  return [...found.values()].sort((one, other) => one.name.localeCompare(other.name));
}
