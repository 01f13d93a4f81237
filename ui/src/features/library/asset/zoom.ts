// Where a zoomed picture stands. Pure. Its centre is `x`, `y` pixels away from the centre of the stage.

export interface Zoom {
  scale: number; // 1: as large as fits
  x: number;
  y: number;
}

export interface Sizes {
  width: number; // of the picture at scale 1
  height: number;
  stageWidth: number;
  stageHeight: number;
  most: number; // scale
}

export const FIT: Zoom = { scale: 1, x: 0, y: 0 };
const TIMES = 8; // pixels of the screen for one of the picture, at most
const LEAST_MOST = 4; // small pictures can be enlarged, too

/** The largest scale of a picture of `naturalWidth` pixels that is `shownWidth` pixels wide at scale 1. */
export function mostScale(naturalWidth: number, shownWidth: number): number {
  return shownWidth > 0 ? Math.max(LEAST_MOST, (naturalWidth / shownWidth) * TIMES) : LEAST_MOST;
}

/** The nearest position in which no edge of the picture is away from the edge of the stage without need. */
function settle(zoom: Zoom, sizes: Sizes): Zoom {
  const room = (shown: number, stage: number) => Math.max(0, (shown * zoom.scale - stage) / 2);
  const [x, y] = [room(sizes.width, sizes.stageWidth), room(sizes.height, sizes.stageHeight)];
  return { scale: zoom.scale, x: Math.min(x, Math.max(-x, zoom.x)), y: Math.min(y, Math.max(-y, zoom.y)) };
}

/** Zoom so that the point at `px`, `py` from the centre of the stage stays where it is. */
export function zoomAt(zoom: Zoom, factor: number, px: number, py: number, sizes: Sizes): Zoom {
  const scale = Math.min(Math.max(1, zoom.scale * factor), sizes.most);
  const by = scale / zoom.scale;
  return settle({ scale, x: px - (px - zoom.x) * by, y: py - (py - zoom.y) * by }, sizes);
}

export function pan(zoom: Zoom, dx: number, dy: number, sizes: Sizes): Zoom {
  return settle({ scale: zoom.scale, x: zoom.x + dx, y: zoom.y + dy }, sizes);
}
