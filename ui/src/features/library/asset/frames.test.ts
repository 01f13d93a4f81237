import { expect, it } from 'vitest';
import { frameOf, timeOf } from './frames';

it('a frame is the one of its own time, and of every time of its part', () => {
  for (const length of [0.4, 12, 3600.5])
    for (let frame = 0; frame < 10; frame += 1) {
      expect(frameOf(timeOf(frame, length, 10), length, 10)).toBe(frame);
      expect(frameOf((length * (frame + 0.01)) / 10, length, 10)).toBe(frame);
      expect(frameOf((length * (frame + 0.99)) / 10, length, 10)).toBe(frame);
    }
});

it('the end of a video is its last frame, and a length that is not known the first', () => {
  expect(frameOf(12, 12, 10)).toBe(9);
  expect(frameOf(12.5, 12, 10)).toBe(9);
  expect(frameOf(3, 0, 10)).toBe(0);
});
