// Annotations to be edited, above their picture: a drag on one moves it, a handle changes it, elsewhere one is drawn.
import { type PointerEvent, useRef, useState } from 'react';
import type { Annotation } from '../../../../api/client';
import { classKey, drawingOf } from '../shapes';
import { text } from '../text';
import { replaceKnown } from './draft';
import { drawnBetween, wayOf } from './drawing';
import { moved, type Point } from './geometry';
import { Handles } from './Handles';
import { type Handle, pulled } from './reshape';
import type { LabelEdit } from './useLabelEdit';
import './editing.css';

const NEAR_PX = 10; // of the first point of an outline: a click there closes it
const SAME_PX = 2; // from the last point: the second click of a double click

interface Dragged {
  from: Point;
  place: number;
  annotation: Annotation; // as it was before
  now: Annotation; // as the drag has left it
}

type Drag =
  | ({ kind: 'move' } & Dragged)
  | ({ kind: 'pull'; handle: Handle } & Dragged)
  | { kind: 'draw'; from: Point; to: Point };

interface Props {
  edit: LabelEdit;
  colours: ReadonlyMap<string, string>;
  fallback: string; // the colour of a class without one
  scale: number;
}

export function EditLayer({ edit, colours, fallback, scale }: Props) {
  const layer = useRef<HTMLDivElement>(null);
  const [drag, setDrag] = useState<Drag>();
  const [pointer, setPointer] = useState<Point>();
  const { draft, drawn, outline } = edit;
  if (draft === undefined) return null;

  const at = (event: PointerEvent): Point => {
    const box = layer.current?.getBoundingClientRect();
    if (box === undefined || box.width === 0) return { x: 0, y: 0 };
    return { x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height };
  };
  const isNear = (one: Point | undefined, other: Point, pixels: number): boolean => {
    const box = layer.current?.getBoundingClientRect();
    if (one === undefined || box === undefined) return false;
    return Math.hypot((one.x - other.x) * box.width, (one.y - other.y) * box.height) <= pixels;
  };
  const grab = (event: PointerEvent, begun: Drag) => {
    layer.current?.setPointerCapture(event.pointerId);
    setDrag(begun);
  };
  const begin = (event: PointerEvent) => {
    if (event.button !== 0) return;
    event.stopPropagation(); // the picture stays where it is
    layer.current?.focus(); // keys are those of the drawing, not of the control that was used last
    if (!event.isPrimary || drawn === undefined) return;
    const from = at(event);
    const way = wayOf(drawn.shape);
    if (way === 'drag') {
      edit.change({ ...draft, selected: undefined });
      grab(event, { kind: 'draw', from, to: from });
    } else if (way !== 'points') edit.say(text.edit.ways[drawn.shape] ?? '');
    else if (outline.length > 2 && isNear(outline[0], from, NEAR_PX)) edit.finish();
    else if (!isNear(outline.at(-1), from, SAME_PX)) edit.addPoint(from);
  };
  const onMove = (event: PointerEvent) => {
    const to = at(event);
    if (outline.length > 0) setPointer(to);
    if (drag === undefined) return;
    if (drag.kind === 'draw') {
      setDrag({ ...drag, to });
      return;
    }
    const now = draggedTo(drag, to, event.shiftKey, edit.aspect);
    const next = replaceKnown(draft, drag.place, drag.now, now);
    if (next !== undefined) edit.change(next, drag.from);
    setDrag(next === undefined ? undefined : { ...drag, now }); // a key that changed it has ended the drag
  };
  const onUp = (event: PointerEvent) => {
    if (drag?.kind === 'draw') edit.draw(drag.from, at(event));
    setDrag(undefined);
  };
  const onShape = (event: PointerEvent, place: number, annotation: Annotation) => {
    if (event.button !== 0 || outline.length > 0) return;
    event.stopPropagation();
    layer.current?.focus();
    edit.change({ ...draft, selected: place });
    if (event.isPrimary) grab(event, { kind: 'move', place, from: at(event), annotation, now: annotation });
  };
  const onHandle = (event: PointerEvent, handle: Handle, annotation: Annotation) => {
    if (event.button !== 0) return;
    event.stopPropagation();
    if (event.isPrimary && draft.selected !== undefined)
      grab(event, { kind: 'pull', place: draft.selected, from: at(event), annotation, now: annotation, handle });
  };
  const begun =
    drag?.kind === 'draw' && drawn !== undefined ? drawnBetween(drawn.shape, drag.from, drag.to) : undefined;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: its controls are the handles, and the keys of the viewer
    <div
      ref={layer}
      className={edit.over || outline.length > 0 ? 'edit-layer over' : 'edit-layer'}
      tabIndex={-1}
      onPointerDown={begin}
      onPointerMove={onMove}
      onPointerUp={onUp}
      onPointerCancel={() => setDrag(undefined)}
      onDoubleClick={(event) => {
        event.stopPropagation(); // it does not zoom
        if (outline.length > 2) edit.finish();
      }}
    >
      <svg viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden="true">
        {draft.annotations.map((annotation, place) => {
          const drawing = drawingOf(annotation);
          const colour = colours.get(classKey(annotation)) ?? fallback;
          const chosen = place === draft.selected ? 'selected' : '';
          return drawing.kind !== 'path' ? null : (
            <path
              // biome-ignore lint/suspicious/noArrayIndexKey: an annotation has no other name
              key={place}
              className={edit.crossing.has(place) ? `${chosen} crossing` : chosen}
              d={drawing.d}
              stroke={colour}
              fill={drawing.closed ? colour : 'none'}
              fillRule="evenodd"
              vectorEffect="non-scaling-stroke"
              onPointerDown={(event) => onShape(event, place, annotation)}
            />
          );
        })}
        {begun !== undefined && drawn !== undefined ? (
          <Begun annotation={{ shape: drawn.shape, geometry: begun }} colour={drawn.colour} />
        ) : null}
        {outline.length > 0 && drawn !== undefined ? (
          <Begun annotation={lineOf(outline, pointer)} colour={drawn.colour} />
        ) : null}
      </svg>
      {outline.map(({ x, y }, place) => (
        <span
          // biome-ignore lint/suspicious/noArrayIndexKey: points are added and removed at the end
          key={place}
          className={place === 0 && outline.length > 2 ? 'edit-point first' : 'edit-point'}
          style={{ left: `${x * 100}%`, top: `${y * 100}%`, scale: String(1 / scale) }}
        />
      ))}
      <Handles edit={edit} scale={scale} layer={layer} onGrab={onHandle} />
    </div>
  );
}

/** What a drag makes of its annotation when it has come to a point. */
function draggedTo(drag: Exclude<Drag, { kind: 'draw' }>, to: Point, snap: boolean, aspect: number): Annotation {
  const { from, annotation } = drag;
  if (drag.kind === 'move') return moved(annotation, { x: to.x - from.x, y: to.y - from.y });
  return pulled(annotation, { handle: drag.handle, from, to, snap }, aspect);
}

function lineOf(outline: readonly Point[], pointer: Point | undefined) {
  const points = [...outline, ...(pointer === undefined ? [] : [pointer])].map(({ x, y }) => [x, y]);
  return { shape: 'polyline', geometry: { points } as unknown as Annotation['geometry'] } as const;
}

/** What is being drawn. */
function Begun({ annotation, colour }: { annotation: Pick<Annotation, 'shape' | 'geometry'>; colour: string }) {
  const drawing = drawingOf(annotation);
  if (drawing.kind !== 'path') return null;
  return <path className="selected" d={drawing.d} stroke={colour} fill="none" vectorEffect="non-scaling-stroke" />;
}
