// The keys of the annotations that are edited.
import type { KeyboardEvent } from 'react';
import type { Point } from './geometry';
import type { LabelEdit } from './useLabelEdit';

const STEP = 0.005; // of a side of the picture at scale 1: what an arrow moves by

const ARROWS: Record<string, Point> = {
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
};

/** What an arrow moves by: the same on the screen at every zoom. Undefined for other keys. */
export function stepOf(key: string, scale: number): Point | undefined {
  const arrow = ARROWS[key];
  return arrow === undefined ? undefined : { x: (arrow.x * STEP) / scale, y: (arrow.y * STEP) / scale };
}

/** The keys of an outline that is being drawn. */
function outlineKey(key: string, edit: LabelEdit): (() => void) | undefined {
  if (key === 'Enter') return edit.finish;
  return key === 'Backspace' || key === 'Delete' ? edit.removePoint : undefined;
}

function draftKey({ key, shiftKey }: KeyboardEvent, edit: LabelEdit, scale: number): (() => void) | undefined {
  const step = stepOf(key, scale);
  if (step !== undefined && edit.draft?.selected !== undefined)
    return () => (shiftKey ? edit.resize(step) : edit.move(step));
  const plain: Record<string, () => void> = {
    Delete: edit.remove,
    Backspace: edit.remove,
    n: edit.addInTheMiddle,
    d: () => edit.drawOver(!edit.over),
    j: () => edit.step(1),
    k: () => edit.step(-1),
  };
  return plain[key];
}

/** Whether a key changed the annotations that are edited. */
export function editByKey(event: KeyboardEvent, edit: LabelEdit, scale: number): boolean {
  if (edit.draft === undefined) return false;
  const action = (edit.outline.length > 0 ? outlineKey(event.key, edit) : undefined) ?? draftKey(event, edit, scale);
  if (action === undefined) return false;
  event.preventDefault();
  action();
  return true;
}

/** Whether a key undid a change of the annotations that are edited, or did it again. */
export function undoByKey(event: KeyboardEvent, edit: LabelEdit): boolean {
  if (edit.draft === undefined || event.altKey || !(event.ctrlKey || event.metaKey)) return false;
  const key = event.key.toLowerCase();
  if (key !== 'z' && key !== 'y') return false;
  event.preventDefault();
  (key === 'z' && !event.shiftKey ? edit.undo : edit.redo)?.();
  return true;
}
