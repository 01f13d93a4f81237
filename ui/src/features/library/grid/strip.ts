// The frames of a video in its cell: while the pointer is above it, each part of the width shows one of them.
import { type AssetItem, stripUrl } from '../../../api/client';

export const FRAMES = 10; // beside each other in a strip
const REST_MS = 150; // the pointer stays this long before a strip is requested: passing over videos requests none

/** The frame under the pointer, at this part of the width. */
export function frameAt(part: number): number {
  return Math.min(FRAMES - 1, Math.max(0, Math.floor(part * FRAMES)));
}

export class HoverStrip {
  readonly canvas = document.createElement('canvas');
  private url: string | undefined;
  private image: HTMLImageElement | undefined;
  private part = 0; // of the width, where the pointer is
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly area: HTMLElement) {
    this.canvas.className = 'cell-strip';
    this.canvas.hidden = true;
    area.addEventListener('pointerenter', this.onEnter);
    area.addEventListener('pointermove', this.onMove);
    area.addEventListener('pointerleave', this.stop);
  }

  show(asset: AssetItem): void {
    this.stop();
    const playable = asset.kind === 'video' && asset.state === 'present' && asset.placeholder !== null;
    this.url = playable ? stripUrl(asset) : undefined;
  }

  clear(): void {
    this.stop();
    this.url = undefined;
  }

  private readonly stop = (): void => {
    clearTimeout(this.timer);
    this.image = undefined;
    if (!this.canvas.hidden) this.canvas.hidden = true;
  };

  private readonly onEnter = (event: PointerEvent): void => {
    if (this.url === undefined || event.pointerType === 'touch') return;
    this.follow(event);
    const url = this.url;
    this.timer = setTimeout(() => this.load(url), REST_MS);
  };

  private readonly onMove = (event: PointerEvent): void => {
    if (this.url === undefined) return; // the place of a cell is not asked for, as cells pass below the pointer
    this.follow(event);
    this.draw();
  };

  private follow(event: PointerEvent): void {
    const { left, width } = this.area.getBoundingClientRect();
    this.part = (event.clientX - left) / Math.max(1, width);
  }

  private load(url: string): void {
    const image = new Image();
    this.image = image;
    image.addEventListener('load', () => {
      if (this.image === image) this.draw();
    });
    image.src = url;
  }

  private draw(): void {
    const { image, canvas } = this;
    if (image === undefined || !image.complete || image.naturalWidth === 0) return;
    const width = image.naturalWidth / FRAMES;
    if (canvas.width !== width || canvas.height !== image.naturalHeight) {
      canvas.width = width;
      canvas.height = image.naturalHeight;
    }
    const frame = frameAt(this.part);
    canvas.dataset.frame = String(frame);
    canvas.getContext('2d')?.drawImage(image, -frame * width, 0);
    canvas.hidden = false;
  }
}
