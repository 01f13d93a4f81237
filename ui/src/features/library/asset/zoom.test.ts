import { expect, it } from 'vitest';
import { FIT, mostScale, pan, type Sizes, zoomAt } from './zoom';

const sizes: Sizes = { width: 400, height: 300, stageWidth: 500, stageHeight: 300, most: 8 };

it('the point under the pointer stays', () => {
  const zoom = zoomAt(FIT, 4, 100, 50, sizes);
  expect(zoom).toEqual({ scale: 4, x: -300, y: -150 });
  // A point of the picture 100 right of its centre was at 100, and is at x + 4 * 100.
  expect(zoom.x + 400).toBe(100);
});

it('a picture cannot leave the stage, and one that fits stands in its middle', () => {
  expect(pan({ scale: 2, x: 0, y: 0 }, 9999, -9999, sizes)).toEqual({ scale: 2, x: 150, y: -150 });
  expect(pan(FIT, 50, 50, sizes)).toEqual(FIT);
  expect(zoomAt({ scale: 4, x: -300, y: 0 }, 0.01, 0, 0, sizes)).toEqual({ scale: 1, x: -0, y: 0 });
});

it('a large picture is enlarged to its pixels and beyond, a small one a little', () => {
  expect(mostScale(4000, 400)).toBe(80);
  expect(mostScale(100, 400)).toBe(4);
  expect(mostScale(100, 0)).toBe(4);
});
