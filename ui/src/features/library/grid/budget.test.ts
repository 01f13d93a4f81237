import { expect, it } from 'vitest';
import { AT_ONCE, Budget, type Pace, Pacer, RESTING } from './budget';

const GRID = { columns: 6, row: 200 };
const SCROLLING = new Pacer().next(true, GRID, 40); // px in one frame

/** How many of these cells a frame fills, each of which takes a time. */
function filled(pace: Pace, ms: number, cells: boolean[]): number {
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

it('a frame fills ahead as many cells as the grid has come nearer to', () => {
  const pacer = new Pacer();
  const aheadAt = (top: number) => pacer.next(true, GRID, top).ahead;
  expect([20, 50, 50, 250, 150, 90_000].map(aheadAt)).toEqual([1, 1, 1, 6, 3, 8]);
});

it('a grid at rest fills what is left', () => {
  expect(new Pacer().next(false, GRID, 10_000)).toEqual(RESTING);
});
