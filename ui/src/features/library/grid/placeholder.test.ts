import { rgbaToThumbHash, thumbHashToRGBA } from 'thumbhash';
import { expect, it } from 'vitest';
import { blurOf, colourOf, decode } from './placeholder';

/** A picture whose colours change in both directions. */
function hashOf(width: number, height: number, alpha: (x: number) => number): Uint8Array {
  const pixels = new Uint8Array(width * height * 4);
  for (let place = 0; place < width * height; place++) {
    const x = place % width;
    const y = Math.floor(place / width);
    pixels.set([(x * 255) / width, (y * 255) / height, (x * y) % 256, alpha(x)], place * 4);
  }
  return rgbaToThumbHash(width, height, pixels);
}

it.each([
  ['wide', 60, 40, () => 255],
  ['high', 30, 70, () => 255],
  ['square', 50, 50, () => 255],
  ['partly transparent', 60, 40, (x: number) => (x < 20 ? 0 : 255)],
] as const)('a %s picture is that of the reference implementation', (_, width, height, alpha) => {
  const hash = hashOf(width, height, alpha);
  const expected = thumbHashToRGBA(hash);
  const found = blurOf(hash, 32);
  expect([found.width, found.height]).toEqual([expected.w, expected.h]);
  const most = Math.max(...found.pixels.map((value, place) => Math.abs(value - (expected.rgba[place] ?? 0))));
  expect(most).toBeLessThanOrEqual(1); // which one of them rounds
});

it('it is small, and of the shape of the picture', () => {
  const { width, height, pixels } = blurOf(hashOf(60, 40, () => 255));
  expect([width, height, pixels.length]).toEqual([16, 11, 16 * 11 * 4]);
});

it('a placeholder has a colour, and a broken one has none', () => {
  const hash = hashOf(40, 40, () => 255);
  expect(colourOf(hash)).toMatch(/^rgb\(\d+ \d+ \d+\)$/);
  expect(decode(btoa(String.fromCharCode(...hash)))).toEqual(hash);
  expect(decode(btoa('abc'))).toBeUndefined();
  expect(decode(null)).toBeUndefined();
});
