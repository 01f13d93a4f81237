// The result of a query by position. Pages are fetched when they come into view, and aborted when they leave it.
import { type AssetItem, type AssetPage, PAGE_SIZE } from '../../../api/client';

const KEPT = 60; // pages in memory: 6,000 assets, a few megabytes

export type Fetch = (offset: number, signal: AbortSignal) => Promise<AssetPage>;

export class Pages {
  private readonly held = new Map<number, AssetItem[]>(); // oldest use first
  private readonly loading = new Map<number, AbortController>();
  private readonly failed = new Map<number, number>(); // page -> time of the next attempt
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
    this.take(Math.floor(first.offset / PAGE_SIZE), first);
  }

  /** The number of positions. Where the total is a lower bound, it grows as its end is reached. */
  get total(): number {
    return this.extent;
  }

  at(index: number): AssetItem | undefined {
    return this.held.get(Math.floor(index / PAGE_SIZE))?.[index % PAGE_SIZE];
  }

  /** The position of an asset among the pages in memory, `near` first. */
  find(id: string, near: number): number | undefined {
    if (this.at(near)?.id === id) return near;
    for (const [page, items] of this.held) {
      const place = items.findIndex((item) => item.id === id);
      if (place >= 0) return page * PAGE_SIZE + place;
    }
    return undefined;
  }

  /** Fetch the pages of the items from `first` to before `end`, and abort all others. */
  want(first: number, end: number): void {
    const from = Math.floor(first / PAGE_SIZE);
    const until = Math.floor(Math.max(first, end - 1) / PAGE_SIZE);
    for (const [page, controller] of this.loading) {
      if (page < from || page > until) {
        controller.abort();
        this.loading.delete(page);
      }
    }
    for (let page = from; page <= until && page * PAGE_SIZE < this.extent; page++) {
      const items = this.held.get(page);
      if (items !== undefined) {
        this.held.delete(page);
        this.held.set(page, items);
      } else if (!this.loading.has(page) && (this.failed.get(page) ?? 0) <= Date.now()) {
        void this.load(page);
      }
    }
  }

  close(): void {
    for (const controller of this.loading.values()) controller.abort();
    this.loading.clear();
  }

  private async load(page: number): Promise<void> {
    const controller = new AbortController();
    this.loading.set(page, controller);
    try {
      const found = await this.fetch(page * PAGE_SIZE, controller.signal);
      if (controller.signal.aborted) return;
      if (this.capped || !found.total_capped) {
        // Only the first page counts all matches; later ones may answer with a lower bound.
        this.extent = found.total;
        this.capped = found.total_capped;
      }
      this.take(page, found);
    } catch (error) {
      if (controller.signal.aborted) return;
      this.failed.set(page, Date.now() + 3000);
      this.onError(error);
      return;
    } finally {
      if (this.loading.get(page) === controller) this.loading.delete(page);
    }
    this.onChange();
  }

  private take(page: number, found: AssetPage): void {
    this.held.set(page, found.items);
    this.failed.delete(page);
    if (this.capped) {
      const reached = page * PAGE_SIZE + found.items.length;
      this.extent = Math.max(
        this.extent,
        reached + (found.items.length === PAGE_SIZE ? PAGE_SIZE : 0),
        this.furthest(),
      );
    }
    for (const old of this.held.keys()) {
      if (this.held.size <= KEPT) break;
      this.held.delete(old);
    }
  }

  private furthest(): number {
    let most = 0;
    for (const [page, items] of this.held) most = Math.max(most, page * PAGE_SIZE + items.length);
    return most;
  }
}
