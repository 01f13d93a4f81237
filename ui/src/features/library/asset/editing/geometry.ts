// Points and outlines of annotations. Pure. Coordinates are parts of the picture's sides, as everywhere.
import type { Annotation } from '../../../../api/client';

export interface Point {
  x: number;
  y: number;
}

export type Geometry = Annotation['geometry'];
export type Ring = readonly Point[]; // closed, without repeating its first point
type Shaped = Pick<Annotation, 'shape' | 'geometry'>;
type Numbers = readonly number[];
type Edge = readonly [Point, Point];

export const LEAST = 0.002; // of a side of a box: less was a click
export const LEAST_POINTS = 3; // of a ring
const DIGITS = 1e6; // a millionth of a side is less than a pixel
const LEAST_AREA = 1e-9; // twice the area of a ring, as part of the picture

export const round = (value: number): number => Math.round(value * DIGITS) / DIGITS;
export const clamp = (value: number): number => Math.min(1, Math.max(0, value));
export const inside = ({ x, y }: Point): Point => ({ x: round(clamp(x)), y: round(clamp(y)) });
export const plus = (one: Point, other: Point): Point => ({ x: one.x + other.x, y: one.y + other.y });
export const minus = (one: Point, other: Point): Point => ({ x: one.x - other.x, y: one.y - other.y });

const pointOf = ([x = 0, y = 0]: Numbers): Point => ({ x, y });
const pairs = (points: Ring): Numbers[] => points.map(({ x, y }) => [x, y]);

/** The outlines of a polygon or a rotated box; of every other shape none. */
export function ringsOf({ shape, geometry }: Shaped): Ring[] {
  const { corners, rings } = geometry as Record<string, unknown>;
  if (shape === 'rotated_box') return [(corners as Numbers[]).map(pointOf)];
  return shape === 'polygon' ? (rings as Numbers[][]).map((ring) => ring.map(pointOf)) : [];
}

/** The geometry of a polygon or a rotated box with these outlines. */
export function outlined(shape: 'polygon' | 'rotated_box', rings: readonly Ring[]): Geometry {
  return (shape === 'polygon' ? { rings: rings.map(pairs) } : { corners: pairs(rings[0] ?? []) }) as Geometry;
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

/** The corners of a box, clockwise from the top left one. */
export function cornersOf(box: Geometry): Ring {
  const { x = 0, y = 0, width = 0, height = 0 } = box as unknown as Record<string, number>;
  const [right, bottom] = [round(x + width), round(y + height)];
  return [
    { x, y },
    { x: right, y },
    { x: right, y: bottom },
    { x, y: bottom },
  ];
}

/** All points of a geometry. */
function pointsOf({ shape, geometry }: Shaped): Ring {
  if (shape === 'box') return cornersOf(geometry);
  const { points } = geometry as Record<string, unknown>;
  return Array.isArray(points) ? (points as Numbers[]).map(pointOf) : ringsOf({ shape, geometry }).flat();
}

/** How far points can be moved by a step before one of them leaves the picture. */
export function stepWithin(points: Ring, by: Point): Point {
  const within = (values: number[], step: number) => {
    const low = values.reduce((least, value) => Math.min(least, value), 1);
    const high = values.reduce((most, value) => Math.max(most, value), 0);
    return Math.min(Math.max(step, Math.min(0, -low)), Math.max(0, 1 - high));
  };
  return {
    x: within(
      points.map((point) => point.x),
      by.x,
    ),
    y: within(
      points.map((point) => point.y),
      by.y,
    ),
  };
}

/** An annotation moved by a part of the picture, as far as the picture reaches. */
export function moved(annotation: Annotation, by: Point): Annotation {
  const all = pointsOf(annotation);
  if (all.length === 0) return annotation;
  const step = stepWithin(all, by);
  const shift = (point: Numbers) => [
    round((point[0] ?? 0) + step.x),
    round((point[1] ?? 0) + step.y),
    ...point.slice(2),
  ];
  const { x, y, corners, rings, points } = annotation.geometry as Record<string, unknown>;
  const geometry: Record<string, unknown> = { ...annotation.geometry };
  if (annotation.shape === 'box') {
    geometry.x = round(Number(x) + step.x);
    geometry.y = round(Number(y) + step.y);
  } else if (annotation.shape === 'rotated_box') geometry.corners = (corners as Numbers[]).map(shift);
  else if (annotation.shape === 'polygon') geometry.rings = (rings as Numbers[][]).map((ring) => ring.map(shift));
  else geometry.points = (points as Numbers[]).map(shift);
  return { ...annotation, geometry: geometry as Geometry };
}

/** Whether a ring encloses nothing: all its points are on one line. */
export function isFlat(ring: Ring): boolean {
  const twice = ring.reduce((sum, { x, y }, place) => {
    const before = ring.at(place - 1) ?? { x, y };
    return sum + x * before.y - before.x * y;
  }, 0);
  return Math.abs(twice) < LEAST_AREA;
}

function turn(a: Point, b: Point, c: Point): number {
  return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
}

/** Whether the edge from b runs back over the edge to b. */
function turnsBack(a: Point, b: Point, c: Point): boolean {
  return turn(a, b, c) === 0 && (b.x - a.x) * (c.x - b.x) + (b.y - a.y) * (c.y - b.y) < 0;
}

interface Placed {
  place: number; // in its ring
  edge: Edge;
  left: number;
  right: number;
}

/** Whether two ranges of numbers have none in common. */
function apart(a: number, b: number, c: number, d: number): boolean {
  return Math.max(a, b) < Math.min(c, d) || Math.max(c, d) < Math.min(a, b);
}

/** Whether two edges have a point in common. */
function meet([a, b]: Edge, [c, d]: Edge): boolean {
  if (apart(a.x, b.x, c.x, d.x) || apart(a.y, b.y, c.y, d.y)) return false;
  const beside = (one: number, other: number) => (one > 0 && other > 0) || (one < 0 && other < 0);
  return !beside(turn(a, b, c), turn(a, b, d)) && !beside(turn(c, d, a), turn(c, d, b));
}

/**
 * Whether a ring crosses or touches itself: the server refuses it. Repeated points are no edges, here as there. Each edge
 * is compared with those that begin within its width: an outline of 10,000 points is looked at while it is dragged.
 */
export function ringCrosses(ring: Ring): boolean {
  const isSame = (one: Point, other: Point | undefined) => one.x === other?.x && one.y === other.y;
  const points = ring.filter((point, place) => !isSame(point, ring.at(place - 1)));
  if (points.length < LEAST_POINTS) return false;
  const edges = points.map((from, place): Placed => {
    const to = points[(place + 1) % points.length] ?? from;
    return { place, edge: [from, to], left: Math.min(from.x, to.x), right: Math.max(from.x, to.x) };
  });
  if (edges.some(({ edge: [from, to], place }) => turnsBack(points.at(place - 1) ?? from, from, to))) return true;
  edges.sort((one, other) => one.left - other.left);
  const areNeighbours = (one: Placed, other: Placed) => {
    const steps = Math.abs(one.place - other.place);
    return steps === 1 || steps === points.length - 1; // they share a point
  };
  return edges.some((one, number) => {
    for (let next = number + 1; next < edges.length; next++) {
      const other = edges[next] as Placed;
      if (other.left > one.right) return false;
      if (!areNeighbours(one, other) && meet(one.edge, other.edge)) return true;
    }
    return false;
  });
}

const crossings = new WeakMap<Geometry, boolean>(); // a geometry never changes, and only one at a time is dragged

export function crossesItself(annotation: Shaped): boolean {
  const known = crossings.get(annotation.geometry);
  if (known !== undefined) return known;
  const found = ringsOf(annotation).some(ringCrosses);
  crossings.set(annotation.geometry, found);
  return found;
}
