// The thumbnail grid: a pool of cells over a result of any length. Owns its DOM, and does not know React.
import type { AssetItem } from '../../../api/client';
import { text } from '../text';
import { AT_ONCE, Budget, type Pace, Pacer } from './budget';
import { Cell } from './cell';
import {
  clampTop,
  type Geometry,
  geometry,
  moved,
  position,
  scrolled,
  toPhysical,
  topToShow,
  visible,
  withTotal,
} from './layout';
import type { Pages } from './pages';

const GAP = 6;
const SPARE = 2; // rows drawn above and below the view
const HURRIED = 8; // screens per second above which only colours are painted
const REST_MS = 110; // scrolling has stopped after this time without an event
const TIDIED = 2; // cells that one frame hides, as nothing else needs it

export interface Owner {
  href(asset: AssetItem, index: number): string;
  open(asset: AssetItem, index: number): void;
  /** Select an asset of the pages that are shown, or no longer. */
  toggle(index: number, pages: Pages): void;
  /** Select everything from the asset that was toggled last to this one. */
  extend(index: number, pages: Pages): void;
  selectAll(): void;
  selectNone(): void;
  /** Scrolling has stopped. `first` is the first item in full view. */
  rested(first: number): void;
}

/** An asset that was at one position of a result, and is at another one now. */
export interface Move {
  from: number;
  to: number;
}

export class Grid {
  private readonly space = document.createElement('div');
  private readonly free: Cell[] = [];
  private readonly shown = new Map<number, Cell>();
  private readonly sizes: ResizeObserver;
  private pages: Pages | undefined;
  private wanted = 200;
  private g: Geometry = geometry({ total: 0, width: 800, viewport: 600, wanted: 200, gap: GAP });
  private top = 0;
  private physical = 0;
  private focus = 0;
  private focusRequest: number | undefined; // an item to focus as soon as it is drawn
  private pending: number | undefined; // the first item in view as soon as the size is known
  private isSelected: (id: string) => boolean = () => false;
  private selecting = false; // something is selected: a click selects, too
  private hurried = false;
  private scrolling = false;
  private readonly pacer = new Pacer();
  private moment = 0;
  private frame = 0;
  private links = 0; // the number of the links that `owner.href` makes now
  private drawn = ''; // what the last drawing depended on; empty: draw in any case
  private late = false; // some cells are not filled yet
  private rest: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly view: HTMLElement,
    private readonly owner: Owner,
  ) {
    this.space.className = 'grid-space';
    this.space.setAttribute('role', 'list');
    this.space.setAttribute('aria-label', text.grid.label);
    view.append(this.space);
    view.addEventListener('scroll', this.onScroll, { passive: true });
    view.addEventListener('keydown', this.onKey);
    view.addEventListener('click', this.onClick);
    view.addEventListener('focusin', this.onFocus);
    this.sizes = new ResizeObserver(() => this.measure());
    this.sizes.observe(view);
  }

  /** Show another result, from item `start` on. */
  show(pages: Pages, start: number): void {
    this.pages = pages;
    this.focus = Math.min(start, Math.max(0, pages.total - 1));
    this.pending = start;
    for (const cell of this.shown.values()) cell.clear();
    this.measure();
    if (this.focusRequest !== undefined) this.follow(this.focusRequest); // it was made before there was a result
  }

  /** The number of positions of the result that is shown. */
  get total(): number {
    return this.g.total;
  }

  /** The assets in view with their positions, which must stay where they are; at the very top none, for what is new. */
  anchors(): { id: string; index: number }[] {
    if (this.top === 0 || this.g.viewport === 0 || this.pending !== undefined) return [];
    const { end } = visible(this.g, this.top);
    const found: { id: string; index: number }[] = [];
    for (let index = this.firstInView(); index < end; index++) {
      const id = this.pages?.at(index)?.id;
      if (id !== undefined) found.push({ id, index });
    }
    return found;
  }

  /** The items that `renew` shows for an asset at `from` that is now at `to`. */
  inViewAfter(total: number, move: Move): { first: number; end: number } {
    const g = withTotal(this.g, total);
    return visible(g, clampTop(g, this.top + this.distance(move)), SPARE);
  }

  private distance({ from, to }: Move): number {
    return position(this.g, to).y - position(this.g, from).y;
  }

  /** The same result, fetched again: every image stays, and moves to the new position of its asset. */
  renew(pages: Pages, move: Move = { from: 0, to: 0 }): void {
    const { first, end } = this.inViewAfter(pages.total, move);
    this.pages = pages;
    this.top = clampTop(withTotal(this.g, pages.total), this.top + this.distance(move));
    const entered = this.space.contains(document.activeElement);
    let focused = false;
    const before = new Map<string, Cell>();
    for (const cell of this.shown.values()) if (cell.id !== undefined) before.set(cell.id, cell);
    const after = new Map<number, Cell>();
    for (let index = first; index < end; index++) {
      const cell = before.get(pages.at(index)?.id ?? '');
      if (cell === undefined) continue;
      if (!focused && cell.index === this.focus && cell.root.contains(document.activeElement)) {
        this.focus = index;
        focused = true;
      }
      before.delete(cell.id ?? '');
      after.set(index, cell);
    }
    const kept = new Set(after.values());
    for (const cell of this.shown.values()) if (!kept.has(cell)) this.release(cell);
    this.shown.clear();
    for (const [index, cell] of after) this.shown.set(index, cell);
    if (!focused) {
      this.focus = Math.max(0, Math.min(this.focus + move.to - move.from, pages.total - 1));
      // The asset that had the focus was removed: keys go on from the one that is now in its place.
      if (entered && this.focus >= first && this.focus < end) this.focusRequest = this.focus;
    }
    this.measure();
    if (move.to !== move.from) this.owner.rested(this.firstInView());
  }

  /** Pages arrived, or the total changed. */
  refresh(): void {
    if (this.pages !== undefined && this.pages.total !== this.g.total) this.measure();
    else {
      this.drawn = ''; // in the next frames: a page has more cells than one of them fills in its time
      this.later();
    }
  }

  showSelection(isSelected: (id: string) => boolean, selecting: boolean): void {
    this.isSelected = isSelected;
    this.selecting = selecting;
    this.view.classList.toggle('selecting', selecting);
    this.draw();
  }

  /** The addresses of the assets have changed. */
  relink(): void {
    this.links += 1;
    this.draw();
  }

  resizeCells(wanted: number): void {
    if (wanted === this.wanted) return;
    this.pending = this.firstInView();
    this.wanted = wanted;
    this.measure();
  }

  /** Scroll as little as possible to show an item. */
  follow(index: number): void {
    this.focus = index;
    if (this.g.viewport > 0) this.scrollTo(topToShow(this.g, index, this.top));
    this.draw();
    clearTimeout(this.rest);
    this.rest = setTimeout(this.onRest, REST_MS);
  }

  /** Show an item, and focus it. */
  focusItem(index: number): void {
    this.focusRequest = index;
    this.follow(index);
  }

  close(): void {
    this.sizes.disconnect();
    cancelAnimationFrame(this.frame);
    clearTimeout(this.rest);
    this.view.removeEventListener('scroll', this.onScroll);
    this.view.removeEventListener('keydown', this.onKey);
    this.view.removeEventListener('click', this.onClick);
    this.view.removeEventListener('focusin', this.onFocus);
    this.space.remove();
  }

  private measure(): void {
    const anchor = this.pending ?? this.firstInView();
    const before = this.g;
    const total = this.pages?.total ?? 0;
    const width = this.space.clientWidth;
    const viewport = this.view.clientHeight;
    const wanted = Math.min(this.wanted, Math.floor(width / 2.2)); // at least two columns on a phone
    this.g = geometry({ total, width, viewport, wanted, gap: GAP });
    this.space.style.height = `${this.g.physical}px`;
    if (viewport === 0) return;
    const moves = this.pending !== undefined || before.columns !== this.g.columns || before.row !== this.g.row;
    this.pending = undefined;
    this.scrollTo(moves && anchor > 0 ? position(this.g, anchor).y - GAP : moves ? 0 : this.top);
    this.draw();
  }

  private scrollTo(top: number): void {
    this.top = clampTop(this.g, top);
    this.physical = toPhysical(this.g, this.top);
    if (Math.round(this.view.scrollTop) !== this.physical) this.view.scrollTop = this.physical;
  }

  private readonly onScroll = (): void => {
    const physical = Math.round(this.view.scrollTop);
    if (physical === this.physical) return; // set by scrollTo
    const now = performance.now();
    const before = this.top;
    const next = scrolled(this.g, { top: this.top, physical: this.physical }, physical);
    this.top = next.top;
    this.physical = physical;
    const screens = Math.abs(this.top - before) / Math.max(1, this.g.viewport);
    this.hurried = screens / Math.max(0.008, (now - this.moment) / 1000) > HURRIED && screens < 50;
    this.moment = now;
    this.scrolling = true;
    this.later();
    clearTimeout(this.rest);
    this.rest = setTimeout(this.onRest, REST_MS);
  };

  private readonly onFrame = (): void => {
    this.frame = 0;
    const pace = this.pacer.next(this.scrolling, this.g, this.top);
    if (this.late || this.drawn !== this.dependsOn()) this.draw(pace);
    let blurs = 0;
    for (const cell of this.shown.values()) {
      if (blurs < pace.blurs && cell.paint()) blurs += 1;
    }
    if (this.late || blurs === pace.blurs || this.tidy()) this.later();
  };

  /** Hide some cells that left the view and were not needed again. Whether there may be others. */
  private tidy(): boolean {
    let tidied = 0;
    for (const cell of this.free) {
      if (tidied < TIDIED && cell.retire()) tidied += 1;
    }
    return tidied === TIDIED;
  }

  private later(): void {
    if (this.frame === 0) this.frame = requestAnimationFrame(this.onFrame);
  }

  private readonly onRest = (): void => {
    this.hurried = false;
    this.scrolling = false;
    if (this.pages === undefined || this.g.viewport === 0) return; // nothing is shown yet, so there is no position
    this.scrollTo(this.top); // corrects the scroll bar after small steps in a scaled space
    this.drawn = '';
    this.later();
    this.rest = setTimeout(() => this.owner.rested(this.firstInView())); // not in the same task: a router has much to do
  };

  private firstInView(): number {
    const line = Math.max(0, Math.ceil((this.top - this.g.gap) / this.g.row));
    return Math.max(0, Math.min(line * this.g.columns, this.g.total - 1));
  }

  /** What a drawing shows besides the pages and the selection. Most frames of slow scrolling leave it as it is. */
  private dependsOn(): string {
    const { first, end } = visible(this.g, this.top, SPARE);
    return `${first} ${end} ${this.physical - this.top} ${this.hurried} ${this.stopIn(first, end)}`;
  }

  /** Where the Tab key stops. */
  private stopIn(first: number, end: number): number {
    return this.focus >= first && this.focus < end ? this.focus : this.firstInView();
  }

  /** Only as many cells are filled as the pace allows, those in view first; the others in the next frames. */
  private draw(pace: Pace = AT_ONCE): void {
    const { pages, g } = this;
    if (pages === undefined || g.viewport === 0) return;
    const { first, end } = visible(g, this.top, SPARE);
    for (const [index, cell] of this.shown) {
      if (index >= first && index < end) continue;
      this.shown.delete(index);
      // It is out of view and most likely needed again at once. One with the focus must not take that to another asset.
      if (pace === AT_ONCE || cell.root.contains(document.activeElement)) this.release(cell);
      else this.leave(cell);
    }
    if (!this.hurried) pages.want(first, end);
    this.drawn = this.dependsOn();
    this.late = false;
    const inView = visible(g, this.top);
    const budget = new Budget(pace, () => performance.now());
    const stop = this.stopIn(first, end);
    this.fill(inView.first, inView.end, budget, true, stop);
    this.fill(inView.end, end, budget, false, stop);
    this.fill(first, inView.first, budget, false, stop);
    if (!this.hurried) this.later(); // for the placeholders
    const requested = this.focusRequest === undefined ? undefined : this.shown.get(this.focusRequest);
    if (requested === undefined) return;
    this.focusRequest = undefined;
    requested.link.focus({ preventScroll: true });
  }

  private fill(first: number, end: number, budget: Budget, inView: boolean, stop: number): void {
    for (let index = first; index < end; index++) {
      const asset = this.pages?.at(index);
      let cell = this.shown.get(index);
      const done = cell?.shows(asset, this.links, this.hurried) === true;
      const now = done || budget.takes(inView);
      if (!now) this.late = true;
      if (cell === undefined && !now) continue;
      cell ??= this.take(index);
      this.place(cell, index);
      if (now) cell.show(asset, this.links, (shown) => this.owner.href(shown, index), this.hurried);
      if (now) cell.select(asset !== undefined && this.isSelected(asset.id));
      cell.stop(index === stop);
    }
  }

  private place(cell: Cell, index: number): void {
    const { x, y } = position(this.g, index);
    const shift = this.physical - this.top; // cells are placed in scroll space, near the scroll bar
    cell.place(index, this.g.total, x, y + shift, this.g.cell);
  }

  private release(cell: Cell): void {
    cell.retire();
    this.leave(cell);
  }

  /** It keeps what it shows until it is needed for another asset, or hidden. */
  private leave(cell: Cell): void {
    cell.index = -1;
    this.free.push(cell);
  }

  private take(index: number): Cell {
    const cell = this.free.pop() ?? new Cell();
    cell.unhide();
    if (cell.root.parentNode === null) this.space.append(cell.root);
    this.shown.set(index, cell);
    return cell;
  }

  private indexOf(event: Event): number | undefined {
    const cell = event.target instanceof Element ? event.target.closest('.cell') : null;
    const link = cell?.querySelector<HTMLElement>('[data-index]');
    return link == null ? undefined : Number(link.dataset.index);
  }

  private readonly onFocus = (event: FocusEvent): void => {
    const index = this.indexOf(event);
    this.focusRequest = undefined; // another item was chosen meanwhile
    if (index !== undefined) this.focus = index;
  };

  private readonly onKey = (event: KeyboardEvent): void => {
    if (event.altKey || this.selectByKey(event) || event.ctrlKey || event.metaKey) return;
    const next = moved(this.g, this.focus, event.key);
    if (next === null) return;
    event.preventDefault();
    if (event.shiftKey && this.pages !== undefined) {
      const asset = this.pages.at(this.focus);
      if (!this.selecting && asset !== undefined) this.owner.toggle(this.focus, this.pages); // the range begins here
      this.owner.extend(next, this.pages);
    }
    this.focusItem(next);
  };

  private selectByKey(event: KeyboardEvent): boolean {
    const { pages } = this;
    const asset = pages?.at(this.focus);
    const all = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'a';
    if (all) this.owner.selectAll();
    else if (event.key === 'Escape' && this.selecting) this.owner.selectNone();
    else if (event.key !== ' ' || pages === undefined || asset === undefined) return false;
    else if (event.shiftKey) this.owner.extend(this.focus, pages);
    else this.owner.toggle(this.focus, pages);
    event.preventDefault();
    return true;
  }

  private readonly onClick = (event: MouseEvent): void => {
    if (event.button !== 0 || event.altKey) return;
    const { pages } = this;
    const index = this.indexOf(event);
    const asset = index === undefined ? undefined : pages?.at(index);
    if (index === undefined || asset === undefined || pages === undefined) return;
    event.preventDefault();
    const checked = event.target instanceof Element && event.target.closest('.cell-check') !== null;
    if (event.shiftKey) this.owner.extend(index, pages);
    else if (checked || event.ctrlKey || event.metaKey || this.selecting) this.owner.toggle(index, pages);
    else this.owner.open(asset, index);
    if (checked || event.shiftKey || event.ctrlKey || event.metaKey) this.focusItem(index); // keys go on from here
  };
}
