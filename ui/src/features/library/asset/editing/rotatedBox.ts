// Rotated boxes: turned, and resized without a change of their angle. Pure.
//
// They are rectangles in pixels. `aspect` is the width of the picture by its height: with it, both axes have one unit.
import { clamp, inside, minus, type Point, plus, type Ring, round } from './geometry';

const LEAST_SIDE = 0.004; // of the picture's height
const CLEAR = 0.09; // of the picture's height: the room that the turning handle needs beside the box

const stretch = ({ x, y }: Point, aspect: number): Point => ({ x: x * aspect, y });
const shrink = ({ x, y }: Point, aspect: number): Point => ({ x: x / aspect, y });
const times = ({ x, y }: Point, factor: number): Point => ({ x: x * factor, y: y * factor });
const dot = (one: Point, other: Point): number => one.x * other.x + one.y * other.y;
const ORIGIN: Point = { x: 0, y: 0 };

// Which corners are at the far end of the first side, and which at the far end of the second one.
const ALONG = [false, true, true, false];
const ACROSS = [false, false, true, true];

/** The directions of the two sides: perpendicular, also if the corners came from a file and are not quite so. */
function directions(corners: Ring, aspect: number): { along: Point; across: Point } {
  const [first = ORIGIN, second = ORIGIN, , fourth = ORIGIN] = corners.map((corner) => stretch(corner, aspect));
  const side = minus(second, first);
  const length = Math.hypot(side.x, side.y);
  const along = length === 0 ? { x: 1, y: 0 } : times(side, 1 / length);
  const across = { x: -along.y, y: along.x };
  return { along, across: dot(minus(fourth, first), across) < 0 ? times(across, -1) : across };
}

/** The part of the way from one value to another after which the picture ends. */
function partWithin(from: number, to: number): number {
  if (to === clamp(to)) return 1;
  const edge = to > 1 ? 1 : 0;
  const outside = to > 1 ? from >= edge : from <= edge;
  if (outside) return Math.abs(to - edge) > Math.abs(from - edge) ? 0 : 1; // it came from a file as it is
  return (edge - from) / (to - from);
}

function wayWithin(from: Ring, to: Ring): number {
  return Math.min(
    ...from.flatMap((point, place) => {
      const end = to[place] ?? point;
      return [partWithin(point.x, end.x), partWithin(point.y, end.y)];
    }),
  );
}

/** The box with a corner at a point, as far as the picture reaches: the opposite corner and the angle stay. */
export function resized(corners: Ring, place: number, to: Point, aspect: number): Ring {
  const { along, across } = directions(corners, aspect);
  const opposite = (place + 2) % corners.length;
  const fixed = stretch(corners[opposite] ?? ORIGIN, aspect);
  const [ahead, down] = [ALONG[place] ? along : times(along, -1), ACROSS[place] ? across : times(across, -1)];
  const made = (width: number, height: number): Ring =>
    corners.map((_, at) => {
      const wide = ALONG[at] === ALONG[opposite] ? ORIGIN : times(ahead, width);
      const high = ACROSS[at] === ACROSS[opposite] ? ORIGIN : times(down, height);
      return shrink(plus(fixed, plus(wide, high)), aspect);
    });
  const before = minus(stretch(corners[place] ?? ORIGIN, aspect), fixed);
  const wanted = minus(stretch(to, aspect), fixed);
  const [width, height] = [dot(before, ahead), dot(before, down)];
  const [wantedWidth, wantedHeight] = [
    Math.max(LEAST_SIDE, dot(wanted, ahead)),
    Math.max(LEAST_SIDE, dot(wanted, down)),
  ];
  // One side after the other: a box slides along the edge of the picture instead of stopping at it.
  const newWidth = width + (wantedWidth - width) * wayWithin(made(width, height), made(wantedWidth, height));
  const newHeight = height + (wantedHeight - height) * wayWithin(made(newWidth, height), made(newWidth, wantedHeight));
  return made(newWidth, newHeight).map(({ x, y }) => ({ x: round(x), y: round(y) }));
}

export function centreOf(corners: Ring): Point {
  return times(corners.reduce(plus, ORIGIN), 1 / Math.max(1, corners.length));
}

/** The angle of the line from the centre of a box to a point, in radians clockwise. */
export function angleTo(corners: Ring, point: Point, aspect: number): number {
  const line = stretch(minus(point, centreOf(corners)), aspect);
  return Math.atan2(line.y, line.x);
}

/** What brings a range of values back into the picture. */
function pushBack(values: number[]): number {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return low < 0 ? -low : Math.min(0, 1 - high);
}

/** The box turned about its centre, pushed back where it would leave the picture; undefined if it does not fit. */
export function turned(corners: Ring, by: number, aspect: number): Ring | undefined {
  const centre = centreOf(corners);
  const [cos, sin] = [Math.cos(by), Math.sin(by)];
  const made = corners.map((corner) => {
    const { x, y } = stretch(minus(corner, centre), aspect);
    return plus(centre, shrink({ x: x * cos - y * sin, y: x * sin + y * cos }, aspect));
  });
  const [xs, ys] = [made.map((one) => one.x), made.map((one) => one.y)];
  if (Math.max(...xs) - Math.min(...xs) > 1 || Math.max(...ys) - Math.min(...ys) > 1) return undefined;
  const back = { x: pushBack(xs), y: pushBack(ys) };
  return made.map((point) => inside(plus(point, back)));
}

/** Where the turning handle is fixed: the middle of a side beside which there is room, and the direction outwards. */
export function turningSide(corners: Ring, aspect: number): { at: Point; angle: number } {
  const centre = stretch(centreOf(corners), aspect);
  const sides = corners.map((corner, place) => {
    const middle = times(plus(corner, corners[(place + 1) % corners.length] ?? corner), 0.5);
    const outwards = minus(stretch(middle, aspect), centre);
    const length = Math.hypot(outwards.x, outwards.y) || 1;
    const end = shrink(plus(stretch(middle, aspect), times(outwards, CLEAR / length)), aspect);
    const clear = end.x === clamp(end.x) && end.y === clamp(end.y);
    return { at: middle, angle: Math.atan2(outwards.y, outwards.x), clear };
  });
  const { at, angle } = sides.find((side) => side.clear) ?? sides[0] ?? { at: ORIGIN, angle: 0 };
  return { at: { x: round(at.x), y: round(at.y) }, angle };
}
