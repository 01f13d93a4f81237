// Annotations to be edited, above their picture: a drag on one moves it, on a corner resizes it, elsewhere draws a box.
import { type PointerEvent, useRef, useState } from 'react';
import type { Annotation } from '../../../api/client';
import { boxBetween, handlesOf, moved, type Point, replaceAt } from './edit';
import { classKey, drawingOf } from './shapes';
import type { LabelEdit } from './useLabelEdit';

type Drag =
  | { kind: 'move'; place: number; from: Point; annotation: Annotation }
  | { kind: 'corner'; place: number; fixed: Point; annotation: Annotation }
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
  const { draft } = edit;
  if (draft === undefined) return null;

  const at = (event: PointerEvent): Point => {
    const box = layer.current?.getBoundingClientRect();
    if (box === undefined || box.width === 0) return { x: 0, y: 0 };
    return { x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height };
  };
  const grab = (event: PointerEvent, begun: Drag, selected: number | undefined) => {
    if (event.button !== 0) return;
    event.stopPropagation(); // the picture stays where it is
    layer.current?.setPointerCapture(event.pointerId);
    setDrag(begun);
    edit.change({ ...draft, selected });
  };
  const onMove = (event: PointerEvent) => {
    if (drag === undefined) return;
    const to = at(event);
    if (drag.kind === 'draw') setDrag({ ...drag, to });
    else if (drag.kind === 'move') {
      const by = { x: to.x - drag.from.x, y: to.y - drag.from.y };
      edit.change(replaceAt(draft, drag.place, moved(drag.annotation, by)));
    } else {
      const geometry = boxBetween(drag.fixed, to);
      if (geometry !== undefined) edit.change(replaceAt(draft, drag.place, { ...drag.annotation, geometry }));
    }
  };
  const onUp = () => {
    if (drag?.kind === 'draw') edit.add(boxBetween(drag.from, drag.to));
    setDrag(undefined);
  };
  const selected = draft.selected === undefined ? undefined : draft.annotations[draft.selected];
  const outline = drag?.kind === 'draw' ? boxBetween(drag.from, drag.to) : undefined;
  return (
    <div
      ref={layer}
      className="edit-layer"
      aria-hidden="true"
      onPointerDown={(event) => grab(event, { kind: 'draw', from: at(event), to: at(event) }, undefined)}
      onPointerMove={onMove}
      onPointerUp={onUp}
      onPointerCancel={() => setDrag(undefined)}
    >
      <svg viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden="true">
        {draft.annotations.map((annotation, place) => {
          const drawing = drawingOf(annotation);
          const colour = colours.get(classKey(annotation)) ?? fallback;
          return drawing.kind !== 'path' ? null : (
            <path
              // biome-ignore lint/suspicious/noArrayIndexKey: an annotation has no other name
              key={place}
              className={place === draft.selected ? 'selected' : undefined}
              d={drawing.d}
              stroke={colour}
              fill={drawing.closed ? colour : 'none'}
              fillRule="evenodd"
              vectorEffect="non-scaling-stroke"
              onPointerDown={(event) => grab(event, { kind: 'move', place, from: at(event), annotation }, place)}
            />
          );
        })}
        {outline === undefined ? null : (
          <path
            className="selected"
            d={pathOf(outline)}
            stroke={edit.drawn?.colour ?? fallback}
            fill="none"
            vectorEffect="non-scaling-stroke"
          />
        )}
      </svg>
      {selected === undefined || draft.selected === undefined
        ? null
        : handlesOf(selected).map(({ at: corner, fixed }) => (
            <span
              key={`${corner.x} ${corner.y}`}
              className="edit-handle"
              style={{ left: `${corner.x * 100}%`, top: `${corner.y * 100}%`, scale: String(1 / scale) }}
              onPointerDown={(event) =>
                grab(event, { kind: 'corner', place: draft.selected ?? 0, fixed, annotation: selected }, draft.selected)
              }
            />
          ))}
    </div>
  );
}

function pathOf(geometry: Annotation['geometry']): string {
  const drawing = drawingOf({ shape: 'box', geometry });
  return drawing.kind === 'path' ? drawing.d : '';
}
