// One cell of the grid: created once, reused for other assets.
import { thumbHashToAverageRGBA, thumbHashToRGBA } from 'thumbhash';
import { type AssetItem, thumbnailUrl } from '../../../api/client';
import { ASSET_STATES } from '../../../api/vocabulary';
import { clock } from '../../../components/format';
import { text } from '../text';
import { HoverStrip } from './strip';

export class Cell {
  readonly root = document.createElement('div');
  readonly link = document.createElement('a');
  index = -1;
  private asset: AssetItem | undefined;
  private readonly image = document.createElement('img');
  private readonly blur = document.createElement('canvas');
  private readonly badge = document.createElement('span');
  private readonly length = document.createElement('span');
  private readonly label = document.createElement('span');
  private readonly check = document.createElement('button');
  private selected = false;
  private readonly strip = new HoverStrip(this.link);
  private painted = false;

  constructor() {
    this.root.className = 'cell';
    this.root.setAttribute('role', 'listitem');
    this.blur.className = 'cell-blur';
    this.image.className = 'cell-image';
    this.image.alt = '';
    this.image.decoding = 'async';
    this.image.draggable = false;
    this.image.addEventListener('load', () => this.image.classList.add('ready'));
    this.badge.className = 'cell-badge';
    this.length.className = 'cell-length';
    this.label.className = 'cell-label';
    this.link.append(this.blur, this.image, this.strip.canvas, this.badge, this.label, ' ', this.length);
    this.check.type = 'button';
    this.check.className = 'cell-check';
    this.check.tabIndex = -1; // the space bar does the same on the link
    this.root.append(this.link, this.check);
  }

  /** The id of the asset that is shown. */
  get id(): string | undefined {
    return this.asset?.id;
  }

  /** Move to a position of the grid. The asset may follow later. */
  place(index: number, total: number, x: number, y: number, size: number): void {
    if (this.index !== index) {
      this.index = index;
      this.link.dataset.index = String(index);
      this.root.setAttribute('aria-posinset', String(index + 1));
    }
    this.root.setAttribute('aria-setsize', String(total));
    const transform = `translate(${x}px, ${y}px)`;
    if (this.root.style.transform !== transform) this.root.style.transform = transform;
    const pixels = `${size}px`;
    if (this.root.style.width !== pixels) {
      this.root.style.width = pixels;
      this.root.style.height = pixels;
    }
  }

  /** Whether the asset is selected; only a change touches the page. */
  select(on: boolean): void {
    if (on === this.selected) return;
    this.selected = on;
    this.root.classList.toggle('selected', on);
    this.check.setAttribute('aria-pressed', String(on));
    if (this.asset !== undefined) this.name(this.asset);
  }

  /** Show an asset. `hurried` paints only its colour, while the grid scrolls fast. */
  show(asset: AssetItem | undefined, href: string, hurried: boolean): void {
    if (asset !== this.asset) {
      const same = asset !== undefined && asset.id === this.asset?.id && asset.updated === this.asset.updated;
      if (!same) this.clear();
      this.asset = asset;
      if (asset !== undefined && !same) this.describe(asset, href);
    }
    if (asset !== undefined && this.link.getAttribute('href') !== href) this.link.setAttribute('href', href);
    if (asset === undefined || this.painted || hurried) return;
    this.painted = true;
    this.paint(asset);
  }

  clear(): void {
    // Before a new source: else the old image shows until the new one has loaded.
    this.image.removeAttribute('src');
    this.image.classList.remove('ready');
    this.blur.width = 0;
    this.link.removeAttribute('href');
    this.link.removeAttribute('aria-label');
    this.check.removeAttribute('aria-label');
    this.select(false);
    this.link.style.removeProperty('background-color');
    this.badge.textContent = '';
    this.length.textContent = '';
    this.strip.clear();
    this.label.textContent = '';
    this.root.classList.remove('missing');
    this.asset = undefined;
    this.painted = false;
  }

  private describe(asset: AssetItem, href: string): void {
    this.link.setAttribute('href', href);
    const missing = asset.state !== 'present';
    const { label } = ASSET_STATES[asset.state];
    this.name(asset);
    this.label.textContent = asset.name;
    this.badge.textContent = missing ? label : '';
    this.length.textContent = lengthOf(asset);
    this.strip.show(asset);
    this.root.classList.toggle('missing', missing);
    const hash = decode(asset.placeholder);
    if (hash !== undefined) {
      const { r, g, b } = thumbHashToAverageRGBA(hash);
      const [red, green, blue] = [r, g, b].map((part) => Math.round(part * 255));
      this.link.style.backgroundColor = `rgb(${red} ${green} ${blue})`;
    }
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

  private paint(asset: AssetItem): void {
    const hash = decode(asset.placeholder);
    if (hash !== undefined) {
      const { w, h, rgba } = thumbHashToRGBA(hash);
      this.blur.width = w;
      this.blur.height = h;
      this.blur.getContext('2d')?.putImageData(new ImageData(new Uint8ClampedArray(rgba), w, h), 0, 0);
    }
    if (asset.placeholder !== null) this.image.src = thumbnailUrl(asset);
  }
}

/** The length of a video or recording that can be played; empty for everything else. */
function lengthOf(asset: AssetItem): string {
  return asset.duration_s === null || asset.state !== 'present' ? '' : clock(asset.duration_s);
}

/** The bytes of a placeholder; undefined without one, and for one that is broken, which costs its colour only. */
function decode(placeholder: string | null): Uint8Array | undefined {
  if (placeholder === null) return undefined;
  const bytes = Uint8Array.from(atob(placeholder), (letter) => letter.charCodeAt(0));
  return bytes.length >= 5 ? bytes : undefined;
}
