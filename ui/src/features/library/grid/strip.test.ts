import { expect, it } from 'vitest';
import { FRAMES, frameAt } from './strip';

it('each part of the width shows one frame, and both ends belong to the last ones', () => {
  expect([-0.2, 0, 0.09, 0.1, 0.55, 0.99, 1, 1.4].map(frameAt)).toEqual([0, 0, 0, 1, 5, 9, 9, 9]);
  expect(new Set(Array.from({ length: 100 }, (_, place) => frameAt(place / 100))).size).toBe(FRAMES);
});
