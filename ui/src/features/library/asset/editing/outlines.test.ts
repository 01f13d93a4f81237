import { describe, expect, it } from 'vitest';
import type { Annotation } from '../../../../api/client';
import { crossesItself, moved, outlined, type Point, type Ring, ringCrosses, ringsOf } from './geometry';
import { handlesOf, MOST_POINTS } from './reshape';

const polygon = (...rings: Ring[]): Annotation =>
  ({
    shape: 'polygon',
    geometry: outlined('polygon', rings),
    ontology: 'a',
    class_name: 'cat',
    attributes: {},
  }) as Annotation;

/** An outline around a centre. */
function around(points: number, centre: Point, radius: number): Ring {
  return Array.from({ length: points }, (_, place) => {
    const angle = (2 * Math.PI * place) / points;
    return { x: centre.x + radius * Math.cos(angle), y: centre.y + radius * Math.sin(angle) };
  });
}

const MANY = around(60_000, { x: 0.5, y: 0.5 }, 0.3);

describe('an outline of very many points', () => {
  it('is found to cross itself or not without a comparison of all its edges', () => {
    expect(ringCrosses(MANY)).toBe(false);
    const [first, second] = [MANY[100], MANY[30_100]] as [Point, Point];
    expect(ringCrosses(MANY.map((point, place) => (place === 100 ? second : place === 30_100 ? first : point)))).toBe(
      true,
    );
  });

  it('is moved as far as the picture reaches', () => {
    const far = moved(polygon(MANY, around(200_000, { x: 0.5, y: 0.5 }, 0.1)), { x: 1, y: 0 });
    expect(Math.max(...(ringsOf(far)[0] ?? []).map(({ x }) => x))).toBeCloseTo(1);
    expect(crossesItself(polygon(around(50, { x: 0.5, y: 0.5 }, 0.1)))).toBe(false);
  });

  it('has handles where few enough of its points are in view, with the places that they have in the whole', () => {
    const some = polygon(around(4000, { x: 0.5, y: 0.5 }, 0.3));
    expect(handlesOf(some, 1)).toEqual([]);
    const view = { left: 0.78, top: 0.48, right: 1, bottom: 0.52 };
    const handles = handlesOf(some, 1, view);
    expect(handles.length).toBeGreaterThan(0);
    expect(handles.length).toBeLessThanOrEqual(2 * MOST_POINTS);
    for (const handle of handles) if (handle.kind === 'point') expect(handle.at.x).toBeGreaterThan(view.left);
    expect(handles.some((handle) => handle.kind === 'point' && handle.place > 3900)).toBe(true);
    const few = polygon(around(10, { x: 0.2, y: 0.2 }, 0.1));
    expect(handlesOf(few, 1, view)).toHaveLength(20); // wherever the picture is
  });
});

it('crossings are those that a comparison of all edges finds', () => {
  let state = 7;
  const random = () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
  const turn = (a: Point, b: Point, c: Point) => (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
  const all = (ring: Ring): boolean =>
    ring.some((a, i) =>
      ring.some((c, j) => {
        const apart = Math.abs(i - j);
        if (apart < 2 || apart === ring.length - 1) return false;
        const [b, d] = [ring[(i + 1) % ring.length] as Point, ring[(j + 1) % ring.length] as Point];
        return turn(a, b, c) * turn(a, b, d) < 0 && turn(c, d, a) * turn(c, d, b) < 0;
      }),
    );
  const found = Array.from({ length: 400 }, (_, number) => {
    const ring = Array.from({ length: 3 + (number % 5) }, () => ({ x: random(), y: random() }));
    return [ringCrosses(ring), all(ring)];
  });
  expect(found.filter(([one, other]) => one !== other)).toEqual([]);
  expect(new Set(found.map(([one]) => one)).size).toBe(2);
});
