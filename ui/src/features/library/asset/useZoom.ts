// Zoom and pan of the open picture: wheel, pinch, drag, double click and keys.
import { type PointerEvent, type RefObject, useCallback, useEffect, useRef, useState } from 'react';
import { FIT, mostScale, pan, type Sizes, type Zoom, zoomAt } from './zoom';

const STEP = 1.5; // of a button or a key
const WHEEL = 0.0022; // of the zoom for each pixel of the wheel
const MOVE = 90; // px of a key

export interface Zooming {
  zoom: Zoom;
  percent: number | undefined; // of the picture's own pixels
  by: (factor: number) => void;
  fit: () => void;
  move: (dx: number, dy: number) => void;
  handlers: {
    onPointerDown: (event: PointerEvent<HTMLElement>) => void;
    onPointerMove: (event: PointerEvent<HTMLElement>) => void;
    onPointerUp: (event: PointerEvent<HTMLElement>) => void;
    onPointerCancel: (event: PointerEvent<HTMLElement>) => void;
    onDoubleClick: (event: { clientX: number; clientY: number }) => void;
  };
}

interface Point {
  x: number;
  y: number;
}

function distance(points: Point[]): number {
  const [a, b] = points;
  return a === undefined || b === undefined ? 0 : Math.hypot(a.x - b.x, a.y - b.y);
}

function middle(points: Point[]): Point {
  const sum = points.reduce((one, other) => ({ x: one.x + other.x, y: one.y + other.y }), { x: 0, y: 0 });
  return { x: sum.x / points.length, y: sum.y / points.length };
}

/** The width of an element at scale 1. */
function useWidth(element: RefObject<HTMLElement | null>, id: string | undefined): number {
  const [width, setWidth] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another asset has another element
  useEffect(() => {
    if (element.current === null) return;
    const observer = new ResizeObserver(([entry]) => setWidth(entry?.contentRect.width ?? 0));
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [element, id]);
  return width;
}

export function useZoom(
  stage: RefObject<HTMLElement | null>,
  frame: RefObject<HTMLElement | null>,
  naturalWidth: number | null,
  id: string | undefined, // of the asset: another one fits again
): Zooming {
  const [zoom, setZoom] = useState<Zoom>(FIT);
  const [of, setOf] = useState(id);
  const width = useWidth(frame, id);
  if (of !== id) {
    setOf(id);
    setZoom(FIT);
  }
  const held = useRef(new Map<number, Point>());

  const sizes = useCallback((): Sizes => {
    const [width, height] = [frame.current?.offsetWidth ?? 0, frame.current?.offsetHeight ?? 0];
    const [stageWidth, stageHeight] = [stage.current?.clientWidth ?? 0, stage.current?.clientHeight ?? 0];
    return { width, height, stageWidth, stageHeight, most: mostScale(naturalWidth ?? width, width) };
  }, [stage, frame, naturalWidth]);

  const at = useCallback(
    (clientX: number, clientY: number, factor: number) => {
      const box = stage.current?.getBoundingClientRect();
      if (box === undefined) return;
      const [px, py] = [clientX - box.left - box.width / 2, clientY - box.top - box.height / 2];
      setZoom((before) => zoomAt(before, factor, px, py, sizes()));
    },
    [stage, sizes],
  );

  useEffect(() => {
    const element = stage.current;
    // React listens to wheels passively, where the page's own zoom cannot be prevented.
    const onWheel = (event: WheelEvent) => {
      event.preventDefault();
      const pixels = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? event.deltaY * 16 : event.deltaY;
      at(event.clientX, event.clientY, Math.exp(-pixels * WHEEL * (event.ctrlKey ? 4 : 1)));
    };
    element?.addEventListener('wheel', onWheel, { passive: false });
    return () => element?.removeEventListener('wheel', onWheel);
  }, [stage, at]);

  const up = (event: PointerEvent<HTMLElement>) => {
    held.current.delete(event.pointerId);
  };
  return {
    zoom,
    percent: naturalWidth === null || width === 0 ? undefined : Math.round((zoom.scale * width * 100) / naturalWidth),
    by: (factor) => setZoom((before) => zoomAt(before, factor, 0, 0, sizes())),
    fit: () => setZoom(FIT),
    move: (dx, dy) => setZoom((before) => pan(before, dx * MOVE, dy * MOVE, sizes())),
    handlers: {
      onPointerDown: (event) => {
        if (
          (event.button !== 0 && event.button !== 1) || // the middle button also moves what is being drawn on
          (event.target instanceof Element && event.target.closest('button') !== null)
        )
          return;
        event.currentTarget.setPointerCapture(event.pointerId);
        held.current.set(event.pointerId, { x: event.clientX, y: event.clientY });
      },
      onPointerMove: (event) => {
        const before = [...held.current.values()];
        if (!held.current.has(event.pointerId)) return;
        held.current.set(event.pointerId, { x: event.clientX, y: event.clientY });
        const after = [...held.current.values()];
        const [from, to] = [middle(before), middle(after)];
        if (after.length === 2) at(to.x, to.y, distance(after) / Math.max(1, distance(before)));
        setZoom((now) => pan(now, to.x - from.x, to.y - from.y, sizes()));
      },
      onPointerUp: up,
      onPointerCancel: up,
      onDoubleClick: ({ clientX, clientY }) => {
        if (zoom.scale > 1) setZoom(FIT);
        else at(clientX, clientY, Math.max(2, width > 0 && naturalWidth !== null ? naturalWidth / width : 2));
      },
    },
  };
}

export const ZOOM_STEP = STEP;
