import { describe, expect, test } from 'vitest';
import {
  geometry,
  MAX_PHYSICAL,
  moved,
  position,
  scrolled,
  toPhysical,
  topToShow,
  toVirtual,
  visible,
  withTotal,
} from './layout';

const shape = { width: 1280, viewport: 800, wanted: 200, gap: 6 };

describe('geometry', () => {
  test('cells fill the row without a fraction and without overlap', () => {
    for (let width = 120; width < 2600; width += 37) {
      const g = geometry({ ...shape, width, total: 1000 });
      expect(Number.isInteger(g.cell)).toBe(true);
      expect(g.columns * g.row + g.gap).toBeLessThanOrEqual(width);
      expect(g.left).toBeGreaterThanOrEqual(0);
    }
  });

  test('a short grid scrolls in its own pixels', () => {
    const g = geometry({ ...shape, total: 500 });
    expect(g.physical).toBe(g.height);
    expect(toPhysical(g, 1234)).toBe(1234);
    expect(toVirtual(g, 1234)).toBe(1234);
  });

  test('another number of the same cells is laid out as if it had been so from the start', () => {
    for (const total of [0, 7, 1000, 1_000_000])
      expect(withTotal(geometry({ ...shape, total: 500 }), total)).toEqual(geometry({ ...shape, total }));
  });

  test.each([2, 4, 6, 12])('item 1,000,000 can be reached in %i columns', (columns) => {
    const width = columns * 206 + 6;
    const g = geometry({ ...shape, width, total: 1_000_000 });
    expect(g.columns).toBe(columns);
    expect(g.physical).toBeLessThanOrEqual(MAX_PHYSICAL);
    const top = toVirtual(g, g.physical - g.viewport);
    const { y } = position(g, 999_999);
    expect(y).toBeGreaterThanOrEqual(top);
    expect(y + g.cell).toBeLessThanOrEqual(top + g.viewport);
    expect(visible(g, top).end).toBe(1_000_000);
  });
});

describe('visible', () => {
  test('every item that touches the view is in, and no row that does not', () => {
    const g = geometry({ ...shape, total: 997 });
    const wrong: [number, number][] = [];
    for (let top = 0; top <= g.height - g.viewport; top += 61) {
      const { first, end } = visible(g, top);
      for (let index = 0; index < g.total; index++) {
        const { y } = position(g, index);
        const shown = index >= first && index < end;
        const touches = y + g.cell > top && y < top + g.viewport;
        const far = y + g.row + g.gap < top || y - g.row > top + g.viewport;
        if ((touches && !shown) || (far && shown)) wrong.push([top, index]);
      }
    }
    expect(wrong).toEqual([]);
  });

  test('an empty result shows nothing', () => {
    const g = geometry({ ...shape, total: 0 });
    expect(visible(g, 0, 2)).toEqual({ first: 0, end: 0 });
  });
});

describe('scrolling a long grid', () => {
  const g = geometry({ ...shape, total: 1_000_000 });

  test('a wheel step moves by its own pixels', () => {
    const before = { top: 5_000_000, physical: toPhysical(g, 5_000_000) };
    expect(scrolled(g, before, before.physical + 100).top).toBe(5_000_100);
  });

  test('a jump of the scroll bar goes to that share of the grid', () => {
    const middle = Math.round((g.physical - g.viewport) / 2);
    const { top } = scrolled(g, { top: 0, physical: 0 }, middle);
    expect(Math.abs(top - (g.height - g.viewport) / 2)).toBeLessThan(g.height / g.physical + 1);
  });

  test('steps reach the very end and the very start', () => {
    const end = g.height - g.viewport;
    const near = { top: end - 300, physical: g.physical - g.viewport - 40 };
    expect(scrolled(g, near, g.physical - g.viewport).top).toBe(end);
    expect(scrolled(g, { top: 300, physical: 40 }, 0).top).toBe(0);
  });

  test('settling the scroll bar never moves the grid', () => {
    for (const top of [0, 1, 999, 123_456, 30_000_000]) {
      const physical = toPhysical(g, top);
      expect(scrolled(g, { top, physical }, physical).top).toBe(top);
    }
  });
});

describe('the keyboard', () => {
  const g = geometry({ ...shape, total: 100 });

  test('arrows move by one and by a row, and stop at the ends', () => {
    expect(moved(g, 10, 'ArrowRight')).toBe(11);
    expect(moved(g, 10, 'ArrowUp')).toBe(10 - g.columns);
    expect(moved(g, 0, 'ArrowLeft')).toBe(0);
    expect(moved(g, 99, 'ArrowRight')).toBe(99);
    expect(moved(g, 1, 'ArrowUp')).toBe(1);
    expect(moved(g, 50, 'End')).toBe(99);
    expect(moved(g, 50, 'Home')).toBe(0);
    expect(moved(g, 50, 'x')).toBeNull();
  });

  test('down from above a short last row leads to its last item', () => {
    const columns = g.columns;
    const lastFull = Math.floor(100 / columns) * columns - 1;
    expect(moved(g, lastFull, 'ArrowDown')).toBe(100 % columns === 0 ? lastFull : 99);
  });

  test('what is moved to can be seen whole', () => {
    for (let index = 0; index < 100; index += 7) {
      const top = topToShow(g, index, 400);
      const { y } = position(g, index);
      expect(y).toBeGreaterThanOrEqual(top);
      expect(y + g.cell).toBeLessThanOrEqual(top + g.viewport);
    }
  });
});
