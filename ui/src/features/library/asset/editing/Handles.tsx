// The handles of the selected annotation: dragged with a pointer, moved with arrows, of the same size at every zoom.
import {
  type KeyboardEvent,
  type PointerEvent,
  type RefObject,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
} from 'react';
import type { Annotation } from '../../../../api/client';
import { text } from '../text';
import { replaceAt } from './draft';
import { stepOf } from './editKeys';
import { outlined, plus, ringsOf } from './geometry';
import { addVertex, removeVertex } from './polygon';
import { type Handle, handlesOf, idOf, type Part, pulled, turnedBy, WHOLE } from './reshape';
import type { LabelEdit } from './useLabelEdit';

const ARM = 28; // px between a box and its turning handle
const COARSE = 10; // steps of an arrow with Shift
const DEGREE = Math.PI / 180;
const TURN = 15; // degrees of an arrow with Shift

interface Props {
  edit: LabelEdit;
  scale: number;
  layer: RefObject<HTMLDivElement | null>;
  onGrab: (event: PointerEvent, handle: Handle, annotation: Annotation) => void;
}

/** The part of the picture that is in view, after each move and zoom of it. */
function useView(layer: RefObject<HTMLDivElement | null>): Part {
  const [view, setView] = useState(WHOLE);
  useLayoutEffect(() => {
    const picture = layer.current?.getBoundingClientRect();
    const stage = layer.current?.closest('.stage')?.getBoundingClientRect();
    if (picture === undefined || stage === undefined || picture.width === 0) return;
    const found = {
      left: (stage.left - picture.left) / picture.width,
      top: (stage.top - picture.top) / picture.height,
      right: (stage.right - picture.left) / picture.width,
      bottom: (stage.bottom - picture.top) / picture.height,
    };
    const same = (Object.keys(found) as (keyof Part)[]).every((side) => Math.abs(found[side] - view[side]) < 1e-6);
    if (!same) setView(found);
  });
  return view;
}

export function Handles({ edit, scale, layer, onGrab }: Props) {
  const wanted = useRef<string>(undefined); // the handle that gets the focus once it is there
  useEffect(() => {
    if (wanted.current === undefined) return;
    layer.current?.querySelector<HTMLElement>(`[data-handle="${wanted.current}"]`)?.focus();
    wanted.current = undefined;
  });
  const view = useView(layer);
  const { draft, aspect } = edit;
  const place = draft?.selected;
  const selected = place === undefined ? undefined : draft?.annotations[place];
  if (draft === undefined || place === undefined || selected === undefined) return null;
  const handles = handlesOf(selected, aspect, view);
  const counts = ringsOf(selected).map((ring) => ring.length);
  const change = (next: Annotation) => edit.change(replaceAt(draft, place, next));
  const addPoint = (edge: Handle & { kind: 'edge' }): { handle: Handle; annotation: Annotation } => {
    const geometry = outlined('polygon', addVertex(ringsOf(selected), edge, edge.at));
    const handle = { ...edge, kind: 'point', place: edge.place + 1 } as const;
    wanted.current = idOf(handle);
    const annotation = { ...selected, geometry };
    change(annotation);
    return { handle, annotation };
  };
  const onDown = (event: PointerEvent, handle: Handle) => {
    if (event.button !== 0) return;
    const { handle: grabbed, annotation } =
      handle.kind === 'edge' ? addPoint(handle) : { handle, annotation: selected };
    onGrab(event, grabbed, annotation);
  };
  const removePoint = (point: Handle & { kind: 'point' }) => {
    const rings = removeVertex(ringsOf(selected), point);
    if (rings === undefined) {
      edit.say(text.edit.fewPoints);
      return;
    }
    wanted.current = idOf({ ...point, place: Math.max(0, point.place - 1) });
    change({ ...selected, geometry: outlined('polygon', rings) });
  };
  /** Whether a key was one of the handle. */
  const press = ({ key, shiftKey }: KeyboardEvent, handle: Handle): boolean => {
    const step = stepOf(key, scale);
    if (handle.kind === 'edge') {
      if (key !== 'Enter' && key !== ' ') return false;
      addPoint(handle);
    } else if (step !== undefined && handle.kind === 'turn') {
      const degrees = Math.sign(step.x + step.y) * (shiftKey ? TURN : 1);
      change(turnedBy(selected, degrees * DEGREE, aspect) ?? selected);
    } else if (step !== undefined) {
      const by = shiftKey ? { x: step.x * COARSE, y: step.y * COARSE } : step;
      change(pulled(selected, { handle, from: handle.at, to: plus(handle.at, by) }, aspect));
    } else if (handle.kind === 'point' && (key === 'Delete' || key === 'Backspace')) removePoint(handle);
    else return false;
    return true;
  };
  return handles.map((handle) => (
    <HandleButton
      key={idOf(handle)}
      handle={handle}
      label={labelOf(handle, counts)}
      scale={scale}
      onDown={onDown}
      onKey={(event) => {
        if (!press(event, handle)) return;
        event.preventDefault();
        event.stopPropagation(); // the viewer has other uses for it
      }}
    />
  ));
}

interface HandleProps {
  handle: Handle;
  label: string;
  scale: number;
  onDown: (event: PointerEvent, handle: Handle) => void;
  onKey: (event: KeyboardEvent) => void;
}

function HandleButton({ handle, label, scale, onDown, onKey }: HandleProps) {
  const arm = handle.kind === 'turn' ? handle.angle : undefined;
  const out =
    arm === undefined ? { x: 0, y: 0 } : { x: (Math.cos(arm) * ARM) / scale, y: (Math.sin(arm) * ARM) / scale };
  const place = { left: `${handle.at.x * 100}%`, top: `${handle.at.y * 100}%` };
  return (
    <>
      {arm === undefined ? null : (
        <span className="edit-arm" style={{ ...place, width: ARM, rotate: `${arm}rad`, scale: String(1 / scale) }} />
      )}
      <button
        type="button"
        className={`edit-handle ${handle.kind}`}
        data-handle={idOf(handle)}
        aria-label={label}
        title={label}
        style={{
          ...place,
          translate: `calc(-50% + ${out.x}px) calc(-50% + ${out.y}px)`,
          scale: String(1 / scale),
        }}
        onPointerDown={(event) => onDown(event, handle)}
        onKeyDown={onKey}
      />
    </>
  );
}

/** `counts`: the points of each ring. */
function labelOf(handle: Handle, counts: readonly number[]): string {
  if (handle.kind === 'turn') return text.edit.handles.turn;
  if (handle.kind === 'corner') return text.edit.handles.corner(handle.place + 1);
  const before = counts.slice(0, handle.ring).reduce((sum, count) => sum + count, 0);
  const number = before + handle.place + 1;
  if (handle.kind === 'edge') return text.edit.handles.edge(number);
  return text.edit.handles.point(
    number,
    counts.reduce((sum, count) => sum + count, 0),
  );
}
