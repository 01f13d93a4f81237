import { expect, it } from 'vitest';
import { AT_ONCE, Budget, SCROLLING } from './budget';

/** How many of these cells a frame fills, each of which takes a time. */
function filled(pace: typeof SCROLLING, ms: number, cells: boolean[]): number {
  let time = 100;
  const budget = new Budget(pace, () => time);
  return cells.filter((inView) => {
    const takes = budget.takes(inView);
    if (takes) time += ms;
    return takes;
  }).length;
}

const many = (inView: boolean) => Array.from({ length: 50 }, () => inView);

it('a frame fills the cells in view until its time is over, and few of the others', () => {
  expect(filled(SCROLLING, 0.5, many(true))).toBe(8);
  expect(filled(SCROLLING, 0.5, many(false))).toBe(2);
  expect(filled(SCROLLING, 3, [...many(true), ...many(false)])).toBe(2);
});

it('a frame fills one cell however slow the machine is', () => {
  expect(filled(SCROLLING, 1000, many(true))).toBe(1);
  expect(filled(SCROLLING, 1000, many(false))).toBe(1);
});

it('a drawing that must not be seen half done has no limit', () => {
  expect(filled(AT_ONCE, 1000, [...many(true), ...many(false)])).toBe(100);
});
