// Where the assets in view are after a result was fetched again: their positions drift while a run adds and removes.
import { PAGE_SIZE } from '../../../api/client';
import type { Grid, Move } from './grid';
import type { Pages } from './pages';

export type Moved = Move | undefined;

/** How what is in view has moved, and with its pages loaded; undefined: it need not stay, or none of it is near. */
export async function whereItIs(grid: Grid, pages: Pages): Promise<Moved> {
  const anchors = grid.anchors();
  const [top] = anchors;
  if (top === undefined) return undefined;
  const ids = anchors.map(({ id }) => id);
  const grown = pages.total - grid.total; // what is new is mostly at the start
  const steps = [0, grown, -PAGE_SIZE, PAGE_SIZE, grown - PAGE_SIZE, grown + PAGE_SIZE];
  const found = await pages.locate(
    ids,
    [...new Set(steps)].map((step) => top.index + step),
  );
  const move = { from: anchors.find(({ id }) => id === found?.id)?.index ?? 0, to: found?.index ?? 0 };
  const { first, end } = grid.inViewAfter(pages.total, move);
  await pages.ensure(first, end);
  return found === undefined ? undefined : move;
}
