// The handles of a selected annotation, and what it becomes when one of them is moved. Pure.
import type { Annotation } from '../../../../api/client';
import { boxBetween, cornersOf, outlined, type Point, plus, ringsOf } from './geometry';
import { addVertex, middleOf, moveVertex, type Vertex } from './polygon';
import { angleTo, resized, turned, turningSide } from './rotatedBox';

export type Handle =
  | { kind: 'corner'; place: number; at: Point } // of a box or a rotated box
  | { kind: 'turn'; at: Point; angle: number } // at a side of a rotated box; the direction outwards, in radians
  | ({ kind: 'point'; at: Point } & Vertex) // of a polygon
  | ({ kind: 'edge'; at: Point } & Vertex); // the middle of an edge of a polygon, where a point can be added

export const MOST_POINTS = 400; // with handles at once: more would be a cloud, and slow to draw
const STEP_OF_TURN = Math.PI / 12; // that a turn snaps to

/** What distinguishes a handle from the others of its annotation. */
export function idOf(handle: Handle): string {
  if (handle.kind === 'turn') return handle.kind;
  return handle.kind === 'corner' ? `corner ${handle.place}` : `${handle.kind} ${handle.ring} ${handle.place}`;
}

/** A part of the picture. */
export interface Part {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

export const WHOLE: Part = { left: 0, top: 0, right: 1, bottom: 1 };

/** The handles of an annotation; of a polygon with very many points those in view, once these are few enough. */
export function handlesOf(annotation: Annotation, aspect: number, view = WHOLE): Handle[] {
  const { shape, geometry } = annotation;
  const corners = (ring: readonly Point[]): Handle[] => ring.map((at, place) => ({ kind: 'corner', place, at }));
  if (shape === 'box') return corners(cornersOf(geometry));
  const rings = ringsOf(annotation);
  if (shape === 'rotated_box') {
    const [ring = []] = rings;
    return [...corners(ring), { kind: 'turn', ...turningSide(ring, aspect) }];
  }
  const all = rings.reduce((sum, ring) => sum + ring.length, 0) <= MOST_POINTS;
  const shown = ({ x, y }: Point) => all || (x >= view.left && x <= view.right && y >= view.top && y <= view.bottom);
  const points = rings.flatMap((of, ring) =>
    of.flatMap((at, place) => (shown(at) ? [{ kind: 'point', ring, place, at } as const] : [])),
  );
  if (points.length > MOST_POINTS) return [];
  return points.flatMap((point): Handle[] => {
    const { ring, place } = point;
    return [point, { kind: 'edge', ring, place, at: middleOf(rings[ring] ?? [], place) }];
  });
}

export interface Pull {
  handle: Handle; // of the annotation as it was before
  from: Point;
  to: Point;
  snap?: boolean; // turn by steps of 15 degrees
}

/** The annotation after a handle was pulled from one point to another; as it was where that is impossible. */
export function pulled(annotation: Annotation, { handle, from, to, snap = false }: Pull, aspect: number): Annotation {
  const target = { x: handle.at.x + to.x - from.x, y: handle.at.y + to.y - from.y };
  const geometry = geometryPulled(annotation, handle, { from, to: handle.kind === 'turn' ? to : target, snap }, aspect);
  return geometry === undefined ? annotation : { ...annotation, geometry };
}

function geometryPulled(
  annotation: Annotation,
  handle: Handle,
  { from, to, snap }: { from: Point; to: Point; snap: boolean },
  aspect: number,
): Annotation['geometry'] | undefined {
  const { shape, geometry } = annotation;
  const rings = ringsOf(annotation);
  const [corners = []] = rings;
  if (handle.kind === 'corner' && shape === 'box') {
    const fixed = cornersOf(geometry)[(handle.place + 2) % 4];
    return fixed === undefined ? undefined : boxBetween(fixed, to);
  }
  if (handle.kind === 'corner') return outlined('rotated_box', [resized(corners, handle.place, to, aspect)]);
  if (handle.kind === 'turn') {
    const by = angleTo(corners, to, aspect) - angleTo(corners, from, aspect);
    return turnedBy(annotation, snap ? Math.round(by / STEP_OF_TURN) * STEP_OF_TURN : by, aspect)?.geometry;
  }
  return outlined('polygon', (handle.kind === 'point' ? moveVertex : addVertex)(rings, handle, to));
}

/** A rotated box turned by an angle in radians, clockwise; undefined where it would not fit into the picture. */
export function turnedBy(annotation: Annotation, by: number, aspect: number): Annotation | undefined {
  const made = turned(ringsOf(annotation)[0] ?? [], by, aspect);
  return made === undefined ? undefined : { ...annotation, geometry: outlined('rotated_box', [made]) };
}

/** A box or rotated box whose third corner is moved; every other shape as it is. */
export function grown(annotation: Annotation, by: Point, aspect: number): Annotation {
  const handle = handlesOf(annotation, aspect).find((one) => one.kind === 'corner' && one.place === 2);
  if (handle === undefined) return annotation;
  return pulled(annotation, { handle, from: handle.at, to: plus(handle.at, by) }, aspect);
}
