// The result of a query by position: pages are fetched when they come into view and given up when they leave it.
import { type AssetItem, type AssetPage, PAGE } from '../api/client';

const KEPT = 60; // pages held in memory: 6,000 assets, a few megabytes

export type Fetch = (offset: number, signal: AbortSignal) => Promise<AssetPage>;

export class Pages {
  private readonly held = new Map<number, AssetItem[]>(); // oldest use first
  private readonly under = new Map<number, AbortController>();
  private readonly failed = new Map<number, number>(); // page -> time from which to ask again
  private extent: number;
  private capped: boolean;

  constructor(
    private readonly fetch: Fetch,
    private readonly onChange: () => void,
    private readonly onError: (error: unknown) => void,
    first: AssetPage,
  ) {
    this.extent = first.total;
    this.capped = first.total_capped;
    this.take(Math.floor(first.offset / PAGE), first);
  }

  /** How many positions there are to scroll through. Where the total is a lower bound it grows as it is reached. */
  get total(): number {
    return this.extent;
  }

  at(index: number): AssetItem | undefined {
    return this.held.get(Math.floor(index / PAGE))?.[index % PAGE];
  }

  /** The position of an asset among what is held, looking first where it was. */
  find(id: string, near: number): number | undefined {
    if (this.at(near)?.id === id) return near;
    for (const [page, items] of this.held) {
      const place = items.findIndex((item) => item.id === id);
      if (place >= 0) return page * PAGE + place;
    }
    return undefined;
  }

  /** Fetch what shows the items from `first` to before `end`; stop fetching what does not. */
  want(first: number, end: number): void {
    const from = Math.floor(first / PAGE);
    const until = Math.floor(Math.max(first, end - 1) / PAGE);
    for (const [page, controller] of this.under) {
      if (page < from || page > until) {
        controller.abort();
        this.under.delete(page);
      }
    }
    for (let page = from; page <= until && page * PAGE < this.extent; page++) {
      const items = this.held.get(page);
      if (items !== undefined) {
        this.held.delete(page);
        this.held.set(page, items);
      } else if (!this.under.has(page) && (this.failed.get(page) ?? 0) <= Date.now()) {
        void this.load(page);
      }
    }
  }

  close(): void {
    for (const controller of this.under.values()) controller.abort();
    this.under.clear();
  }

  private async load(page: number): Promise<void> {
    const controller = new AbortController();
    this.under.set(page, controller);
    try {
      const found = await this.fetch(page * PAGE, controller.signal);
      if (controller.signal.aborted) return;
      this.extent = found.total;
      this.capped = found.total_capped;
      this.take(page, found);
    } catch (error) {
      if (controller.signal.aborted) return;
      this.failed.set(page, Date.now() + 3000);
      this.onError(error);
      return;
    } finally {
      if (this.under.get(page) === controller) this.under.delete(page);
    }
    this.onChange();
  }

  private take(page: number, found: AssetPage): void {
    this.held.set(page, found.items);
    this.failed.delete(page);
    if (this.capped) {
      const reached = page * PAGE + found.items.length;
      this.extent = Math.max(this.extent, reached + (found.items.length === PAGE ? PAGE : 0), this.furthest());
    }
    for (const old of this.held.keys()) {
      if (this.held.size <= KEPT) break;
      this.held.delete(old);
    }
  }

  private furthest(): number {
    let most = 0;
    for (const [page, items] of this.held) most = Math.max(most, page * PAGE + items.length);
    return most;
  }
}
