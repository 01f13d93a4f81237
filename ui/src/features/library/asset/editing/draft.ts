// Annotations while they are edited: moved, resized, drawn and given another class. Pure. Coordinates are parts of the
// picture's sides, as everywhere.
import type { Annotation } from '../../../api/client';
import { classKey } from './shapes';

export interface Point {
  x: number;
  y: number;
}

type Numbers = readonly number[];
type Geometry = Annotation['geometry'];
const LEAST = 0.002; // of a side of a box: less was a click
const DIGITS = 1e6; // a millionth of a side is less than a pixel

/** What is edited; `place` numbers the annotations of the asset, and new ones go on from there. */
export interface Draft {
  annotations: Annotation[];
  selected: number | undefined;
}

function round(value: number): number {
  return Math.round(value * DIGITS) / DIGITS;
}

const clamp = (value: number) => Math.min(1, Math.max(0, value));

/** All points of a geometry. */
function pointsOf({ shape, geometry }: Annotation): Numbers[] {
  const { x, y, width, height, corners, rings, points } = geometry as Record<string, unknown>;
  if (shape === 'box')
    return [
      [Number(x), Number(y)],
      [Number(x) + Number(width), Number(y) + Number(height)],
    ];
  if (shape === 'rotated_box') return corners as Numbers[];
  if (shape === 'polygon') return (rings as Numbers[][]).flat();
  return (points ?? []) as Numbers[];
}

/** An annotation moved by a part of the picture, as far as the picture reaches. */
export function moved(annotation: Annotation, by: Point): Annotation {
  const all = pointsOf(annotation);
  if (all.length === 0) return annotation;
  const range = (axis: 0 | 1) => [Math.min(...all.map((p) => p[axis] ?? 0)), Math.max(...all.map((p) => p[axis] ?? 0))];
  const within = ([low = 0, high = 1]: number[], step: number) =>
    Math.min(Math.max(step, Math.min(0, -low)), Math.max(0, 1 - high));
  const [dx, dy] = [within(range(0), by.x), within(range(1), by.y)];
  const shift = (point: Numbers) => [round((point[0] ?? 0) + dx), round((point[1] ?? 0) + dy), ...point.slice(2)];
  const { x, y, corners, rings, points } = annotation.geometry as Record<string, unknown>;
  const geometry: Record<string, unknown> = { ...annotation.geometry };
  if (annotation.shape === 'box') {
    geometry.x = round(Number(x) + dx);
    geometry.y = round(Number(y) + dy);
  } else if (annotation.shape === 'rotated_box') geometry.corners = (corners as Numbers[]).map(shift);
  else if (annotation.shape === 'polygon') geometry.rings = (rings as Numbers[][]).map((ring) => ring.map(shift));
  else geometry.points = (points as Numbers[]).map(shift);
  return { ...annotation, geometry: geometry as Geometry };
}

/** The box between two corners, within the picture; undefined where it would have no area. */
export function boxBetween(a: Point, b: Point): Geometry | undefined {
  const [left, right] = [clamp(Math.min(a.x, b.x)), clamp(Math.max(a.x, b.x))];
  const [top, bottom] = [clamp(Math.min(a.y, b.y)), clamp(Math.max(a.y, b.y))];
  if (right - left < LEAST || bottom - top < LEAST) return undefined;
  return {
    x: round(left),
    y: round(top),
    width: round(right - left),
    height: round(bottom - top),
  } as unknown as Geometry;
}

/** The four corners of a box, each with the one that stays while it is dragged. */
export function handlesOf({ shape, geometry }: Annotation): { at: Point; fixed: Point }[] {
  if (shape !== 'box') return [];
  const { x, y, width, height } = geometry as unknown as Record<string, number>;
  const [left = 0, top = 0, right = 0, bottom = 0] = [x, y, (x ?? 0) + (width ?? 0), (y ?? 0) + (height ?? 0)];
  const corner = (px: number, py: number, fx: number, fy: number) => ({
    at: { x: px, y: py },
    fixed: { x: fx, y: fy },
  });
  return [
    corner(left, top, right, bottom),
    corner(right, top, left, bottom),
    corner(right, bottom, left, top),
    corner(left, bottom, right, top),
  ];
}

export function replaceAt(draft: Draft, place: number, annotation: Annotation): Draft {
  return { ...draft, annotations: draft.annotations.map((one, at) => (at === place ? annotation : one)) };
}

export function removeSelected(draft: Draft): Draft {
  return { annotations: draft.annotations.filter((_, at) => at !== draft.selected), selected: undefined };
}

/** The ontologies whose annotations differ, each with all that it has now: a request replaces those of one ontology. */
export function changedOntologies(before: Annotation[], after: Annotation[]): Map<string, Annotation[]> {
  const text = (all: Annotation[], ontology: string) =>
    JSON.stringify(
      all
        .filter((one) => one.ontology === ontology)
        .map((one) => [classKey(one), one.shape, one.geometry, one.attributes]),
    );
  const names = new Set([...before, ...after].map((one) => one.ontology));
  const changed = [...names].filter((name) => text(before, name) !== text(after, name));
  return new Map(changed.map((name) => [name, after.filter((one) => one.ontology === name)]));
}
