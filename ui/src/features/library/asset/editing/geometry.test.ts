import { describe, expect, it } from 'vitest';
import type { Annotation } from '../../../../api/client';
import {
  boxBetween,
  cornersOf,
  crossesItself,
  isFlat,
  moved,
  outlined,
  type Point,
  type Ring,
  ringCrosses,
  ringsOf,
} from './geometry';
import { addVertex, middleOf, moveVertex, removeVertex } from './polygon';
import { grown, handlesOf, idOf, pulled, turnedBy } from './reshape';
import { centreOf, resized, turned, turningSide } from './rotatedBox';

const one = (shape: Annotation['shape'], geometry: unknown): Annotation =>
  ({ shape, geometry, ontology: 'a', class_name: 'cat', attributes: {} }) as unknown as Annotation;
const box = one('box', { x: 0.1, y: 0.1, width: 0.5, height: 0.5 });

/** The same numbers in every run, from 0 to 1. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
const cases = Array.from({ length: 200 }, (_, seed) => numbers(seed + 1));
const anywhere = (next: () => number): Point => ({ x: next() * 3 - 1, y: next() * 3 - 1 });
const isInside = (ring: Ring) => ring.every(({ x, y }) => x >= 0 && x <= 1 && y >= 0 && y <= 1);

function aRotatedBox(next: () => number): { corners: Ring; aspect: number } {
  const aspect = 0.5 + next() * 2;
  const [x, y] = [0.3 + next() * 0.2, 0.3 + next() * 0.2];
  const upright = cornersOf({ x, y, width: 0.05 + next() * 0.1, height: 0.05 + next() * 0.1 } as never);
  return { corners: turned(upright, next() * 7, aspect) ?? upright, aspect };
}

/** The angle of the first side, in radians clockwise. */
function angleOf(corners: Ring, aspect: number): number {
  const [first, second] = corners as [Point, Point];
  return Math.atan2(second.y - first.y, (second.x - first.x) * aspect);
}

/** The lengths of the sides in heights of the picture, and how far the corners are from right angles. */
function measure(corners: Ring, aspect: number) {
  const sides = corners.map((corner, place) => {
    const after = corners[(place + 1) % 4] as Point;
    return { x: (after.x - corner.x) * aspect, y: after.y - corner.y };
  });
  const lengths = sides.map(({ x, y }) => Math.hypot(x, y));
  const skew = sides.map(({ x, y }, place) => {
    const after = sides[(place + 1) % 4] as Point;
    return Math.abs(x * after.x + y * after.y);
  });
  return { lengths, skew: Math.max(...skew) };
}

describe('annotations', () => {
  it('are not moved out of the picture', () => {
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

  it('of a box are drawn from any corner, within the picture, and not by a click', () => {
    expect(boxBetween({ x: 0.5, y: 1.2 }, { x: 0.25, y: 0.5 })).toEqual({ x: 0.25, y: 0.5, width: 0.25, height: 0.5 });
    expect(boxBetween({ x: 0.5, y: 0.5 }, { x: 0.5001, y: 0.9 })).toBeUndefined();
  });

  it('of a box keep the corner that is opposite to a pulled one', () => {
    const [handle] = handlesOf(box, 1);
    if (handle === undefined) throw new Error('a box has corners');
    const pull = { handle, from: handle.at, to: { x: 0.3, y: 0.2 } };
    expect(pulled(box, pull, 1).geometry).toEqual({ x: 0.3, y: 0.2, width: 0.3, height: 0.4 });
    expect(grown(box, { x: 0.1, y: 0 }, 1).geometry).toMatchObject({ width: 0.6, height: 0.5 });
    expect(grown(one('polyline', { points: [] }), { x: 0.1, y: 0 }, 1).geometry).toEqual({ points: [] });
  });
});

describe('polygons', () => {
  const ring: Ring = [
    { x: 0, y: 0 },
    { x: 0.5, y: 0 },
    { x: 0.5, y: 0.5 },
  ];

  it('keep every other point when one is moved, and stay in the picture', () => {
    for (const next of cases) {
      const place = Math.floor(next() * ring.length);
      const [made = []] = moveVertex([ring], { ring: 0, place }, anywhere(next));
      expect(isInside(made)).toBe(true);
      expect(made.filter((_, at) => at !== place)).toEqual(ring.filter((_, at) => at !== place));
    }
  });

  it('get a point in the middle of an edge, and are as before without it', () => {
    for (const place of [0, 1, 2]) {
      const made = addVertex([ring], { ring: 0, place }, middleOf(ring, place));
      expect(made[0]).toHaveLength(4);
      expect(removeVertex(made, { ring: 0, place: place + 1 })).toEqual([ring]);
    }
    expect(removeVertex([ring], { ring: 0, place: 1 })).toBeUndefined();
  });

  it('have a handle at each point and at each edge, of each ring', () => {
    const two = one('polygon', outlined('polygon', [ring, ring]));
    const ids = handlesOf(two, 1).map(idOf);
    expect(new Set(ids).size).toBe(12);
    const edge = handlesOf(two, 1).find((handle) => idOf(handle) === 'edge 1 2');
    if (edge === undefined) throw new Error('the last edge closes the ring');
    const made = pulled(two, { handle: edge, from: edge.at, to: { x: 0.1, y: 0.4 } }, 1);
    expect(ringsOf(made).map((points) => points.length)).toEqual([3, 4]);
  });

  it('that cross or touch themselves are found, as on the server', () => {
    const [a, b, c, d] = cornersOf({ x: 0, y: 0, width: 1, height: 1 } as never) as [Point, Point, Point, Point];
    expect(ringCrosses([a, b, c, d])).toBe(false);
    expect(ringCrosses([a, c, b, d])).toBe(true);
    const [middle, right] = [
      { x: 0.5, y: 0.5 },
      { x: 1, y: 0.5 },
    ];
    expect(ringCrosses([a, b, c, { x: 0.5, y: 0 }])).toBe(true); // a corner on an edge
    expect(ringCrosses([a, middle, b, c, middle, d])).toBe(true); // two corners in one place
    expect(ringCrosses([a, b, c, right, c, d])).toBe(true); // runs back over an edge
    expect(ringCrosses([a, b, c, d, a, b, c, d])).toBe(true);
    expect(ringCrosses([a, a, b, c, c, d, a])).toBe(false); // repeated points
    expect(
      crossesItself(
        one(
          'polygon',
          outlined('polygon', [
            [a, b, c, d],
            [a, c, b, d],
          ]),
        ),
      ),
    ).toBe(true);
    expect(crossesItself(box)).toBe(false);
  });

  it('of points around a centre never cross themselves', () => {
    for (const next of cases) {
      const angles = Array.from({ length: 9 }, (_, place) => (place + next() * 0.9) / 9);
      const around = angles.map((part) => {
        const reach = 0.1 + next() * 0.4;
        return { x: 0.5 + reach * Math.cos(part * 2 * Math.PI), y: 0.5 + reach * Math.sin(part * 2 * Math.PI) };
      });
      expect(ringCrosses(around)).toBe(false);
    }
  });

  it('enclose nothing if their points are on one line', () => {
    expect(isFlat(ring)).toBe(false);
    expect(isFlat([0, 0.3, 0.9].map((x) => ({ x, y: x / 2 })))).toBe(true);
  });
});

describe('rotated boxes', () => {
  it('keep their angle, their opposite corner and right angles when a corner is pulled anywhere', () => {
    for (const next of cases) {
      const { corners, aspect } = aRotatedBox(next);
      const place = Math.floor(next() * 4);
      const made = resized(corners, place, anywhere(next), aspect);
      const opposite = (place + 2) % 4;
      expect(isInside(made)).toBe(true);
      expect(made[opposite]?.x).toBeCloseTo(corners[opposite]?.x ?? 0, 5);
      expect(made[opposite]?.y).toBeCloseTo(corners[opposite]?.y ?? 0, 5);
      expect(measure(made, aspect).skew).toBeLessThan(1e-5);
      const { lengths } = measure(made, aspect);
      if (Math.min(...lengths) > 0.02)
        expect(Math.sin(angleOf(made, aspect) - angleOf(corners, aspect))).toBeCloseTo(0, 3);
    }
  });

  it('have a corner where it is pulled to, as long as that is in the picture and beyond the opposite one', () => {
    const upright = cornersOf({ x: 0.4, y: 0.4, width: 0.2, height: 0.2 } as never);
    expect(resized(upright, 2, { x: 0.9, y: 0.7 }, 1.5)[2]).toEqual({ x: 0.9, y: 0.7 });
    expect(resized(upright, 0, { x: 0.1, y: 0.2 }, 1.5)).toEqual(
      cornersOf({ x: 0.1, y: 0.2, width: 0.5, height: 0.4 } as never),
    );
    const slid = resized(upright, 2, { x: 5, y: 0.7 }, 1.5);
    expect(slid[2]).toEqual({ x: 1, y: 0.7 }); // along the edge of the picture
  });

  it('keep their sides and stay in the picture when they are turned', () => {
    for (const next of cases) {
      const { corners, aspect } = aRotatedBox(next);
      const by = next() * 7 - 3.5;
      const made = turned(corners, by, aspect);
      if (made === undefined) throw new Error('a small box fits at every angle');
      expect(isInside(made)).toBe(true);
      const [before, after] = [measure(corners, aspect), measure(made, aspect)];
      for (const [side, length] of after.lengths.entries()) expect(length).toBeCloseTo(before.lengths[side] ?? 0, 4);
      expect(Math.cos(angleOf(made, aspect) - angleOf(corners, aspect) - by)).toBeCloseTo(1, 3);
    }
  });

  it('are pushed back into the picture, and not turned where they do not fit at all', () => {
    const wide = cornersOf({ x: 0, y: 0, width: 0.9, height: 0.1 } as never);
    const made = turned(wide, Math.PI / 2, 1);
    expect(made === undefined ? [] : [isInside(made), centreOf(made).y]).toEqual([true, expect.closeTo(0.45, 5)]);
    expect(turned(wide, Math.PI / 2, 3)).toBeUndefined(); // 2.7 heights long
  });

  it('are turned by the pointer, by steps of 15 degrees if wanted, beside a side with room', () => {
    const upright = one(
      'rotated_box',
      outlined('rotated_box', [cornersOf({ x: 0.4, y: 0.4, width: 0.2, height: 0.2 } as never)]),
    );
    const handle = handlesOf(upright, 1).find(({ kind }) => kind === 'turn');
    if (handle === undefined) throw new Error('a rotated box can be turned');
    expect(handle.at).toEqual({ x: 0.5, y: 0.4 });
    const to = { x: 0.9, y: 0.52 }; // a little more than a quarter
    const free = pulled(upright, { handle, from: { x: 0.5, y: 0.3 }, to }, 1);
    const snapped = pulled(upright, { handle, from: { x: 0.5, y: 0.3 }, to, snap: true }, 1);
    expect(angleOf(ringsOf(free)[0] ?? [], 1)).toBeCloseTo(Math.PI / 2 + Math.atan2(0.02, 0.4), 4);
    expect(angleOf(ringsOf(snapped)[0] ?? [], 1)).toBeCloseTo(Math.PI / 2, 5);
    expect(turnedBy(snapped, -Math.PI / 2, 1)?.geometry).toEqual(upright.geometry);
    const atTheTop = cornersOf({ x: 0.4, y: 0, width: 0.2, height: 0.2 } as never);
    expect(turningSide(atTheTop, 1).at).toEqual({ x: 0.6, y: 0.1 });
  });
});
