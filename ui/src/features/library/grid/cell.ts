// One cell of the grid: created once, reused for other assets.
import { type AssetItem, thumbnailUrl } from '../../../api/client';
import { ASSET_STATES } from '../../../api/vocabulary';
import { clock } from '../../../components/format';
import { text } from '../text';
import { blurOf, colourOf, decode } from './placeholder';
import { HoverStrip } from './strip';

export class Cell {
  readonly root = document.createElement('div');
  readonly link = document.createElement('a');
  index = -1;
  private asset: AssetItem | undefined;
  private readonly image = document.createElement('img');
  private readonly blur = document.createElement('canvas');
  private readonly badge = new Written('cell-badge');
  private readonly length = new Written('cell-length');
  private readonly label = new Written('cell-label');
  private readonly check = document.createElement('button');
  private selected = false;
  private readonly strip = new HoverStrip(this.link);
  private requested = false; // the image is
  private hash: Uint8Array | undefined; // of colours that are not painted yet
  private linked = -1; // the number of the links that `href` belongs to
  private x = Number.NaN; // what the page has: reading it back would cost a frame more than writing it
  private y = Number.NaN;
  private size = Number.NaN;
  private total = -1;
  private stops: boolean | undefined;
  private hidden = false;

  constructor() {
    this.root.className = 'cell';
    this.root.setAttribute('role', 'listitem');
    this.blur.className = 'cell-blur';
    this.blur.width = 0;
    this.image.className = 'cell-image';
    this.image.alt = '';
    this.image.decoding = 'async';
    this.image.draggable = false;
    this.image.addEventListener('load', () => {
      this.image.classList.add('ready');
      this.hash = undefined; // the colours would be behind the image
    });
    const { badge, label, length } = this;
    this.link.append(this.blur, this.image, this.strip.canvas, badge.element, label.element, ' ', length.element);
    this.check.type = 'button';
    this.check.className = 'cell-check';
    this.check.tabIndex = -1; // the space bar does the same on the link
    this.root.append(this.link, this.check);
  }

  /** The id of the asset that is shown. */
  get id(): string | undefined {
    return this.asset?.id;
  }

  /** Move to a position of the grid. The asset may follow later. Only what changes touches the page, here and below. */
  place(index: number, total: number, x: number, y: number, size: number): void {
    if (this.index !== index) {
      this.index = index;
      this.linked = -1;
      this.link.dataset.index = String(index);
      this.root.setAttribute('aria-posinset', String(index + 1));
    }
    if (this.total !== total) {
      this.total = total;
      this.root.setAttribute('aria-setsize', String(total));
    }
    if (this.x !== x || this.y !== y) {
      this.x = x;
      this.y = y;
      this.root.style.transform = `translate(${x}px, ${y}px)`;
    }
    if (this.size !== size) {
      this.size = size;
      this.root.style.width = `${size}px`;
      this.root.style.height = `${size}px`;
    }
  }

  /** Whether the Tab key stops at this cell. */
  stop(on: boolean): void {
    if (on === this.stops) return;
    this.stops = on;
    this.link.tabIndex = on ? 0 : -1;
  }

  /** Whether the asset is selected. */
  select(on: boolean): void {
    if (on === this.selected) return;
    this.selected = on;
    this.root.classList.toggle('selected', on);
    this.check.setAttribute('aria-pressed', String(on));
    if (this.asset !== undefined) this.name(this.asset);
  }

  /** Whether `show` has nothing to do. */
  shows(asset: AssetItem | undefined, links: number, hurried: boolean): boolean {
    if (asset !== this.asset) return false;
    return asset === undefined || (this.linked === links && (this.requested || hurried));
  }

  /** Show an asset. `hurried` paints only its colour, while the grid scrolls fast. Another `links`: `href` has changed. */
  show(asset: AssetItem | undefined, links: number, href: (asset: AssetItem) => string, hurried: boolean): void {
    if (asset !== this.asset) {
      const same = asset !== undefined && asset.id === this.asset?.id && asset.updated === this.asset.updated;
      if (asset === undefined) this.clear();
      else if (!same && this.asset !== undefined) this.forget();
      this.asset = asset;
      if (asset !== undefined && !same) this.describe(asset);
    }
    if (asset === undefined) return;
    if (this.linked !== links) {
      this.linked = links;
      this.link.setAttribute('href', href(asset));
    }
    if (this.requested || hurried) return;
    this.requested = true;
    if (asset.placeholder !== null) this.image.src = thumbnailUrl(asset);
  }

  /** Paint the colours that stand for the image until it is loaded. Whether there was something to paint. */
  paint(): boolean {
    if (this.hash === undefined || !this.requested) return false;
    const { width, height, pixels } = blurOf(this.hash);
    this.hash = undefined;
    this.blur.width = width;
    this.blur.height = height;
    this.blur.getContext('2d')?.putImageData(new ImageData(pixels, width, height), 0, 0);
    return true;
  }

  clear(): void {
    if (this.asset === undefined) return;
    this.forget();
    this.empty();
  }

  /** Nothing of the asset is requested or painted any more. Its texts stay until those of another one are written. */
  private forget(): void {
    // Before a new source: else the old image shows until the new one has loaded.
    this.image.removeAttribute('src');
    this.image.classList.remove('ready');
    if (this.blur.width > 0) this.blur.width = 0;
    this.asset = undefined;
    this.requested = false;
    this.hash = undefined;
    this.linked = -1;
  }

  /** Without an asset: nothing of the former one stays. */
  private empty(): void {
    this.link.removeAttribute('href');
    this.link.removeAttribute('aria-label');
    this.check.removeAttribute('aria-label');
    this.select(false);
    this.link.style.removeProperty('background-color');
    this.badge.write('');
    this.length.write('');
    this.strip.clear();
    this.label.write('');
    this.root.classList.remove('missing', 'bare');
  }

  /** Hide the cell with all that it shows. Whether it was not hidden yet. */
  retire(): boolean {
    if (this.hidden) return false;
    this.clear();
    this.hidden = true;
    this.root.hidden = true;
    return true;
  }

  unhide(): void {
    if (!this.hidden) return;
    this.hidden = false;
    this.root.hidden = false;
  }

  private describe(asset: AssetItem): void {
    const missing = asset.state !== 'present';
    const { label } = ASSET_STATES[asset.state];
    this.name(asset);
    this.label.write(asset.name);
    this.badge.write(missing ? label : '');
    this.length.write(lengthOf(asset));
    this.strip.show(asset);
    this.root.classList.toggle('missing', missing);
    this.root.classList.toggle('bare', asset.placeholder === null);
    this.hash = decode(asset.placeholder);
    this.link.style.backgroundColor = this.hash === undefined ? '' : colourOf(this.hash);
  }

  private name(asset: AssetItem): void {
    const state = asset.state === 'present' ? [] : [ASSET_STATES[asset.state].label];
    const length = lengthOf(asset);
    const names = [
      asset.name,
      ...state,
      ...(length === '' ? [] : [length]),
      ...(this.selected ? [text.grid.selected] : []),
    ];
    this.link.setAttribute('aria-label', names.join(', '));
    this.check.setAttribute('aria-label', text.grid.select(asset.name));
  }
}

/** An element whose text is written only where it changes. */
class Written {
  readonly element = document.createElement('span');
  private text = '';

  constructor(className: string) {
    this.element.className = className;
  }

  write(text: string): void {
    if (text === this.text) return;
    this.text = text;
    this.element.textContent = text;
  }
}

/** The length of a video or recording that can be played; empty for everything else. */
function lengthOf(asset: AssetItem): string {
  return asset.duration_s === null || asset.state !== 'present' ? '' : clock(asset.duration_s);
}
