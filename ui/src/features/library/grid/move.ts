// Where the assets in view are after a result was fetched again: their positions drift while a run adds and removes.
import type { Grid, Move } from './grid';
import { nearby, type Pages } from './pages';

export type Moved = Move | undefined;

/** How what is in view has moved, and with its pages loaded; undefined: it need not stay, or none of it is near. */
export async function whereItIs(grid: Grid, pages: Pages): Promise<Moved> {
  const anchors = grid.anchors();
  const [top] = anchors;
  if (top === undefined) return undefined;
  const ids = anchors.map(({ id }) => id);
  const found = await pages.locate(ids, nearby(top.index, pages.total - grid.total));
  const move = { from: anchors.find(({ id }) => id === found?.id)?.index ?? 0, to: found?.index ?? 0 };
  const { first, end } = grid.inViewAfter(pages.total, move);
  await pages.ensure(first, end);
  return found === undefined ? undefined : move;
}

/**
 * Puts results into the grid. One that was fetched again takes over only when it knows where what is in view is now. Of
 * those that come meanwhile the newest is next: a server slower than they come must not keep all of them from view.
 */
export class Takeover {
  private shown: Pages | undefined;
  private placing: Pages | undefined;
  private next: Pages | undefined;

  constructor(
    private readonly grid: Grid,
    private readonly onShown: (pages: Pages) => void,
  ) {}

  /** Show another result at once, from item `start` on. */
  begin(pages: Pages, start: number): void {
    this.close();
    this.take(pages);
    this.grid.show(pages, start);
  }

  /** The same result, fetched again: what is in view stays in its place, wherever in the result that is now. */
  renew(pages: Pages): void {
    if (this.placing === undefined) {
      void this.place(pages);
      return;
    }
    this.next?.close();
    this.next = pages;
  }

  close(): void {
    for (const one of [this.shown, this.placing, this.next]) one?.close();
    this.shown = this.placing = this.next = undefined;
  }

  private async place(pages: Pages): Promise<void> {
    this.placing = pages;
    const move = await whereItIs(this.grid, pages);
    if (this.placing !== pages) return; // another result was shown meanwhile
    const { next } = this;
    this.placing = this.next = undefined;
    if (pages.drifted)
      pages.close(); // and the result is on its way again
    else {
      this.take(pages);
      this.grid.renew(pages, move);
    }
    if (next !== undefined) void this.place(next);
  }

  private take(pages: Pages): void {
    this.shown?.close();
    this.shown = pages;
    this.onShown(pages);
  }
}
