// The points of a polygon: moved, added on an edge and removed. Pure.
import { inside, LEAST_POINTS, type Point, type Ring, round } from './geometry';

/** A point of a polygon, or the edge that begins at it. */
export interface Vertex {
  ring: number;
  place: number; // in the ring
}

function withRing(rings: readonly Ring[], at: number, change: (ring: Ring) => Ring): Ring[] {
  return rings.map((ring, place) => (place === at ? change(ring) : ring));
}

export function moveVertex(rings: readonly Ring[], { ring, place }: Vertex, to: Point): Ring[] {
  return withRing(rings, ring, (points) => points.map((point, at) => (at === place ? inside(to) : point)));
}

/** The polygon with one more point, on the edge that begins at this one. */
export function addVertex(rings: readonly Ring[], { ring, place }: Vertex, at: Point): Ring[] {
  return withRing(rings, ring, (points) => [...points.slice(0, place + 1), inside(at), ...points.slice(place + 1)]);
}

/** The polygon without a point; undefined where too few would remain. */
export function removeVertex(rings: readonly Ring[], { ring, place }: Vertex): Ring[] | undefined {
  if ((rings[ring]?.length ?? 0) <= LEAST_POINTS) return undefined;
  return withRing(rings, ring, (points) => points.filter((_, at) => at !== place));
}

/** The middle of the edge that begins at this point. */
export function middleOf(ring: Ring, place: number): Point {
  const [from, to] = [ring[place], ring[(place + 1) % ring.length]];
  if (from === undefined || to === undefined) return { x: 0, y: 0 };
  return { x: round((from.x + to.x) / 2), y: round((from.y + to.y) / 2) };
}
