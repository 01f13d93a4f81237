// The position of every cell of the grid, and how the scroll bar maps to it. Pure: no DOM.
//
// Browsers clamp elements at some ten million pixels, so a long grid gets a shorter scroll space than its own
// height. Large jumps of the scroll bar are scaled; small ones (wheel, keys, touch) move pixel by pixel, and
// the difference is corrected when scrolling stops.

export const MAX_PHYSICAL = 8_000_000; // px of scroll space at most

export interface Geometry {
  total: number;
  columns: number;
  cell: number; // px, square
  gap: number; // px between cells and around them
  row: number; // px from one row to the next
  viewport: number; // px of height that can be seen
  height: number; // px the whole grid would take
  physical: number; // px of scroll space that it gets
  left: number; // px before the first column
}

export interface Shape {
  total: number;
  width: number;
  viewport: number;
  wanted: number; // px per cell at least; cells grow to fill the row
  gap: number;
}

/** Whole numbers everywhere: fractions of pixels blur images and defeat equal comparisons. */
export function geometry({ total, width, viewport, wanted, gap }: Shape): Geometry {
  const columns = Math.max(1, Math.floor((width - gap) / (wanted + gap)));
  const cell = Math.max(1, Math.floor((width - gap * (columns + 1)) / columns));
  const row = cell + gap;
  const left = Math.floor((width - columns * row + gap) / 2);
  return withTotal({ columns, cell, gap, row, viewport, left }, total);
}

/** The same cells, but this number of them. */
export function withTotal<Cells extends Pick<Geometry, 'columns' | 'gap' | 'row'>>(cells: Cells, total: number) {
  const height = Math.ceil(total / cells.columns) * cells.row + cells.gap;
  return { ...cells, total, height, physical: Math.min(height, MAX_PHYSICAL) };
}

export function position(g: Geometry, index: number): { x: number; y: number } {
  const line = Math.floor(index / g.columns);
  return { x: g.left + (index - line * g.columns) * g.row, y: g.gap + line * g.row };
}

/** The items from `first` to before `end` that touch the view at `top`, with `spare` rows on either side. */
export function visible(g: Geometry, top: number, spare = 0): { first: number; end: number } {
  const from = Math.max(0, Math.floor((top - g.gap) / g.row) - spare);
  const until = Math.max(0, Math.ceil((top + g.viewport - g.gap) / g.row) + spare);
  return { first: Math.min(g.total, from * g.columns), end: Math.min(g.total, until * g.columns) };
}

function clamp(value: number, most: number): number {
  return Math.min(Math.max(0, value), Math.max(0, most));
}

export function clampTop(g: Geometry, top: number): number {
  return Math.round(clamp(top, g.height - g.viewport));
}

export function toPhysical(g: Geometry, top: number): number {
  if (g.physical === g.height) return clampTop(g, top);
  return Math.round((clampTop(g, top) / (g.height - g.viewport)) * (g.physical - g.viewport));
}

export function toVirtual(g: Geometry, scroll: number): number {
  if (g.physical === g.height) return clampTop(g, scroll);
  return clampTop(g, (clamp(scroll, g.physical - g.viewport) / (g.physical - g.viewport)) * (g.height - g.viewport));
}

export interface Scroll {
  top: number; // px into the whole grid
  physical: number; // the scroll bar's own position
}

/** The effect of a new scroll bar position: a small step moves by its pixels, a jump goes to that share of the grid. */
export function scrolled(g: Geometry, before: Scroll, physical: number): Scroll {
  const step = physical - before.physical;
  if (step === 0) return before;
  const atEnd = physical <= 0 || physical >= g.physical - g.viewport;
  if (g.physical === g.height || Math.abs(step) > g.viewport * 1.5) return { top: toVirtual(g, physical), physical };
  const top = clampTop(g, before.top + step);
  // At the end of the scroll bar the grid must reach its end too, or its last rows would be out of reach.
  const end = toVirtual(g, physical);
  return { top: atEnd && Math.abs(end - top) <= g.viewport ? end : top, physical };
}

/** The nearest top from which the whole cell can be seen. */
export function topToShow(g: Geometry, index: number, top: number): number {
  const { y } = position(g, index);
  if (y - g.gap < top) return clampTop(g, y - g.gap);
  if (y + g.row > top + g.viewport) return clampTop(g, y + g.row - g.viewport);
  return top;
}

/** The item to which a key moves, or null for a key that does not move. */
export function moved(g: Geometry, index: number, key: string): number | null {
  const screen = Math.max(1, Math.floor(g.viewport / g.row)) * g.columns;
  const steps: Record<string, number> = {
    ArrowLeft: -1,
    ArrowRight: 1,
    ArrowUp: -g.columns,
    ArrowDown: g.columns,
    PageUp: -screen,
    PageDown: screen,
    Home: -index,
    End: g.total - 1 - index,
  };
  const step = steps[key];
  if (step === undefined) return null;
  const target = index + step;
  if (target >= 0 && target < g.total) return target;
  // Up and down stop where their column ends; a screen stops at the very end.
  if (key === 'PageUp') return 0;
  if (key === 'PageDown') return g.total - 1;
  if (key === 'ArrowDown' && Math.floor(index / g.columns) < Math.floor((g.total - 1) / g.columns)) return g.total - 1;
  return index;
}
