// The result of a query by position. Pages are fetched when they come into view, and aborted when they leave it.
import { type AssetItem, type AssetPage, PAGE_SIZE } from '../../../api/client';

const KEPT = 60; // pages in memory: 6,000 assets, a few megabytes
const AT_ONCE = 4; // pages of one request

export type Fetch = (offset: number, limit: number, signal: AbortSignal) => Promise<AssetPage>;

/** A request for the pages from `from` to `until`. */
interface Load {
  from: number;
  until: number;
  controller: AbortController;
  done: Promise<void>;
}

export class Pages {
  private readonly held = new Map<number, AssetItem[]>(); // oldest use first
  private readonly loading = new Set<Load>();
  private readonly failed = new Map<number, number>(); // page -> time of the next attempt
  private extent: number;
  private capped: boolean;
  private moved = false; // positions have, then nothing more is fetched: another object takes over

  constructor(
    private readonly fetch: Fetch,
    private readonly onChange: () => void,
    private readonly onError: (error: unknown) => void,
    first: AssetPage,
    /** Called once when positions have moved: a page does not continue the one beside it. Without it, none is checked. */
    private readonly onDrift?: () => void,
  ) {
    this.extent = first.total;
    this.capped = first.total_capped;
    this.take(Math.floor(first.offset / PAGE_SIZE), first.items);
  }

  /** The number of positions. Where the total is a lower bound, it grows as its end is reached. */
  get total(): number {
    return this.extent;
  }

  /** Whether positions have moved since, so that these pages do not fit each other. */
  get drifted(): boolean {
    return this.moved;
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
    const { from, until } = pagesOf(first, end);
    for (const load of this.loading) {
      if (load.until >= from && load.from <= until) continue;
      load.controller.abort();
      this.loading.delete(load);
    }
    this.begin(first, end);
  }

  /** As `want`, without an end to the others, and over when they are there or have failed. */
  async ensure(first: number, end: number): Promise<void> {
    await Promise.all(this.begin(first, end));
  }

  /** Where one of these assets is now, the first before others. The pages of the positions `near` are searched. */
  async locate(ids: readonly string[], near: readonly number[]): Promise<{ id: string; index: number } | undefined> {
    for (const place of near) {
      if (place < 0 || place >= this.extent) continue;
      await this.ensure(place, place + 1);
      for (const id of ids) {
        const index = this.find(id, place);
        if (index !== undefined) return { id, index };
      }
    }
    return undefined;
  }

  close(): void {
    for (const load of this.loading) load.controller.abort();
    this.loading.clear();
  }

  /** Start requests for those of the pages that are neither here nor on their way. */
  private begin(first: number, end: number): Promise<void>[] {
    const { from, until } = pagesOf(first, end);
    const missing: number[] = [];
    const loads = new Set<Load>();
    for (let page = from; page <= until && page * PAGE_SIZE < this.extent; page++) {
      const items = this.held.get(page);
      const load = [...this.loading].find((one) => one.from <= page && one.until >= page);
      if (items !== undefined) {
        this.held.delete(page);
        this.held.set(page, items);
      } else if (load !== undefined) loads.add(load);
      else if (!this.moved && (this.failed.get(page) ?? 0) <= Date.now()) missing.push(page);
    }
    for (let place = 0, next = 0; place < missing.length; place = next) {
      const page = missing[place] as number;
      // Pages beside each other come from one request, so that nothing changes between them.
      for (next = place + 1; missing[next] === page + next - place && next - place < AT_ONCE; ) next += 1;
      loads.add(this.load(page, page + next - place - 1));
    }
    return [...loads].map(({ done }) => done);
  }

  private load(from: number, until: number): Load {
    const controller = new AbortController();
    const load = { from, until, controller, done: Promise.resolve() };
    this.loading.add(load);
    load.done = this.fill(load);
    return load;
  }

  private async fill(load: Load): Promise<void> {
    const { from, until, controller } = load;
    const { signal } = controller;
    // One item more on each side that has a neighbour: where it is another one, positions have moved since.
    const before = this.onDrift && this.held.get(from - 1)?.[PAGE_SIZE - 1];
    const after = this.onDrift && this.held.get(until + 1)?.[0];
    const left = before === undefined ? 0 : 1;
    const size = (until - from + 1) * PAGE_SIZE;
    try {
      const found = await this.fetch(from * PAGE_SIZE - left, size + left + (after === undefined ? 0 : 1), signal);
      if (signal.aborted || this.moved) return;
      const fits = (one: AssetItem | undefined, place: number) =>
        one === undefined || found.items[place]?.id === one.id;
      if (!fits(before, 0) || !fits(after, left + size)) {
        this.moved = true;
        this.onDrift?.();
        return;
      }
      if (this.capped || !found.total_capped) {
        // Only the first page counts all matches; later ones may answer with a lower bound.
        this.extent = found.total;
        this.capped = found.total_capped;
      }
      for (let page = from; page <= until; page++) {
        const start = left + (page - from) * PAGE_SIZE;
        this.take(page, found.items.slice(start, start + PAGE_SIZE));
      }
    } catch (error) {
      if (signal.aborted) return;
      for (let page = from; page <= until; page++) this.failed.set(page, Date.now() + 3000);
      this.onError(error);
      return;
    } finally {
      this.loading.delete(load);
    }
    this.onChange();
  }

  private take(page: number, items: AssetItem[]): void {
    this.held.set(page, items);
    this.failed.delete(page);
    if (this.capped) {
      const reached = page * PAGE_SIZE + items.length;
      this.extent = Math.max(this.extent, reached + (items.length === PAGE_SIZE ? PAGE_SIZE : 0), this.furthest());
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

/** Where to look for an asset that was at a position, in a result that has `grown` since: what is new is mostly first. */
export function nearby(index: number, grown: number): number[] {
  const steps = [0, grown, -PAGE_SIZE, PAGE_SIZE, grown - PAGE_SIZE, grown + PAGE_SIZE];
  return [...new Set(steps)].map((step) => index + step);
}

function pagesOf(first: number, end: number): { from: number; until: number } {
  return { from: Math.floor(first / PAGE_SIZE), until: Math.floor(Math.max(first, end - 1) / PAGE_SIZE) };
}
