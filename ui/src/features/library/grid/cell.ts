// One cell of the grid: created once, reused for other assets.
import { thumbHashToAverageRGBA, thumbHashToRGBA } from 'thumbhash';
import { type AssetItem, thumbnailUrl } from '../../../api/client';
import { ASSET_STATES } from '../../../api/vocabulary';
import { text } from '../text';

export class Cell {
  readonly root = document.createElement('div');
  readonly link = document.createElement('a');
  index = -1;
  private asset: AssetItem | undefined;
  private readonly image = document.createElement('img');
  private readonly blur = document.createElement('canvas');
  private readonly badge = document.createElement('span');
  private readonly label = document.createElement('span');
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
    this.label.className = 'cell-label';
    this.link.append(this.blur, this.image, this.badge, this.label);
    this.root.append(this.link);
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
    this.link.style.removeProperty('background-color');
    this.badge.textContent = '';
    this.label.textContent = '';
    this.root.classList.remove('missing');
    this.asset = undefined;
    this.painted = false;
  }

  private describe(asset: AssetItem, href: string): void {
    this.link.setAttribute('href', href);
    const missing = asset.state !== 'present';
    const { label } = ASSET_STATES[asset.state];
    this.link.setAttribute('aria-label', missing ? text.grid.unavailable(asset.name, label) : asset.name);
    this.label.textContent = asset.name;
    this.badge.textContent = missing ? label : '';
    this.root.classList.toggle('missing', missing);
    const hash = decode(asset.placeholder);
    if (hash !== undefined) {
      const { r, g, b } = thumbHashToAverageRGBA(hash);
      const [red, green, blue] = [r, g, b].map((part) => Math.round(part * 255));
      this.link.style.backgroundColor = `rgb(${red} ${green} ${blue})`;
    }
  }

  private paint(asset: AssetItem): void {
    const hash = decode(asset.placeholder);
    if (hash !== undefined) {
      const { w, h, rgba } = thumbHashToRGBA(hash);
      this.blur.width = w;
      this.blur.height = h;
      this.blur.getContext('2d')?.putImageData(new ImageData(new Uint8ClampedArray(rgba), w, h), 0, 0);
    }
    this.image.src = thumbnailUrl(asset);
  }
}

/** The bytes of a placeholder; undefined for one that is broken, which costs its colour only. */
function decode(placeholder: string): Uint8Array | undefined {
  const bytes = Uint8Array.from(atob(placeholder), (letter) => letter.charCodeAt(0));
  return bytes.length >= 5 ? bytes : undefined;
}
