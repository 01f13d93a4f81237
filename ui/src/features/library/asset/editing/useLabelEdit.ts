// The editing of annotations: a draft until it is saved.
import { useQueryClient } from '@tanstack/react-query';
import { useBlocker } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import type { StoredAnnotations } from '../../../../api/assetQueries';
import type { Annotation } from '../../../../api/client';
import { keys } from '../../../../api/queries';
import { type AsyncAction, useAsyncAction } from '../../../../components/useAsyncAction';
import { text } from '../text';
import type { AnnotationView } from '../useAnnotations';
import {
  type Conflict,
  changedOntologies,
  conflictOf,
  crossingPlaces,
  type Draft,
  isSame,
  removeSelected,
  replaceAt,
} from './draft';
import { annotationOf, classesOf, drawnBetween, drawnInTheMiddle, type LabelClass, polygonOf, wayOf } from './drawing';
import { type Geometry, inside, isFlat, LEAST_POINTS, moved, type Point } from './geometry';
import { type Moment, NO_STEPS, redone, type Steps, undone, withStep } from './history';
import { grown } from './reshape';
import { saveAnnotations } from './saving';

export interface LabelEdit {
  may: boolean; // whether there is something that can be edited
  draft: Draft | undefined; // undefined: nothing is edited
  outline: readonly Point[]; // of a polygon that is being drawn
  aspect: number; // width of the picture by its height
  classes: LabelClass[];
  drawn: LabelClass | undefined; // the class of what is drawn
  over: boolean; // whether it is drawn over others, which cannot be selected by a click then
  changed: boolean; // whether something would be lost
  crossing: ReadonlySet<number>; // the places of those that were changed, cross themselves and cannot be saved
  conflict: Conflict | undefined; // somebody else has changed them since the edit began
  note: string | undefined; // about what was just tried
  action: AsyncAction;
  begin: () => void;
  discard: () => void;
  leave: () => boolean; // end what is in progress, one thing at a time; whether nothing was left to end
  save: () => void;
  settle: (annotations: Annotation[] | undefined) => void; // of a conflict; undefined: what is stored
  say: (note: string) => void;
  change: (draft: Draft, gesture?: object) => void; // all changes of one gesture are undone together
  undo: (() => void) | undefined; // undefined: there is nothing to undo
  redo: (() => void) | undefined;
  choose: (one: LabelClass) => void;
  drawOver: (over: boolean) => void;
  draw: (from: Point, to: Point) => void;
  addPoint: (at: Point) => void;
  removePoint: () => void;
  finish: () => void; // the outline
  addInTheMiddle: () => void;
  remove: () => void;
  step: (by: 1 | -1) => void;
  move: (by: Point) => void;
  resize: (by: Point) => void;
}

interface Session {
  name: symbol; // an answer that comes late belongs to no other session
  base: StoredAnnotations; // what is stored, as far as this page knows
  draft: Draft;
  outline: readonly Point[];
  steps: Steps;
  note?: string;
  clash?: { base: Annotation[]; theirs: StoredAnnotations }; // what was stored last from here, and what is now
}

const NO_OUTLINE: readonly Point[] = [];

const momentOf = ({ draft, outline }: Moment): Moment => ({ draft, outline });

/** Whether a session has nothing besides the annotations that were sent. */
function isSaved({ draft, outline }: Session, sent: readonly Annotation[]): boolean {
  return outline.length === 0 && isSame(draft.annotations, sent);
}

/** Neither the browser's own buttons nor a link leave what is not saved, and closing the tab asks before. */
function useStaying(changed: boolean, say: (note: string) => void): void {
  useBlocker({
    shouldBlockFn: ({ current, next }) => {
      if (current.pathname === next.pathname) return false; // the place in the result changes beside the asset
      say(text.edit.unsaved);
      return true;
    },
    enableBeforeUnload: true,
    disabled: !changed,
  });
}

export function useLabelEdit(id: string, labels: AnnotationView, aspect: number): LabelEdit {
  const [session, setSession] = useState<Session>();
  const [drawing, setDrawing] = useState<LabelClass>();
  const [over, setOver] = useState(false);
  const [of, setOf] = useState(id);
  const cache = useQueryClient();
  const action = useAsyncAction();
  if (of !== id) {
    setOf(id);
    setSession(undefined); // another asset is open
  }
  const classes = useMemo(() => classesOf(labels.ontologies), [labels.ontologies]);
  const drawn = drawing ?? classes.find((one) => wayOf(one.shape) !== 'none') ?? classes[0];
  const { draft, outline = NO_OUTLINE } = session ?? {};
  const selected = draft?.selected === undefined ? undefined : draft.annotations[draft.selected];
  const crossing = useMemo(
    () => crossingPlaces(session?.base.annotations ?? [], session?.draft.annotations ?? []),
    [session],
  );
  const differs = useMemo(
    () => session !== undefined && changedOntologies(session.base.annotations, session.draft.annotations).size > 0,
    [session],
  );
  const changed = differs || outline.length > 0;
  const conflict = useMemo(() => {
    if (session?.clash === undefined) return undefined;
    const { base, theirs } = session.clash;
    return conflictOf(base, session.draft.annotations, theirs.annotations); // also with what was drawn since
  }, [session]);

  const update = (part: Partial<Session>, gesture?: object) =>
    setSession((before) => {
      if (before === undefined) return undefined;
      const { note: _, ...rest } = before;
      const next: Session = { ...rest, ...part };
      const same = next.draft.annotations === before.draft.annotations && next.outline === before.outline;
      return same || part.steps !== undefined
        ? next
        : { ...next, steps: withStep(before.steps, momentOf(before), gesture) };
    });
  const shift = (way: typeof undone) => {
    const found =
      session === undefined || session.clash !== undefined ? undefined : way(session.steps, momentOf(session));
    return found && (() => update({ steps: found.steps, ...momentOf(found.moment) }));
  };
  const say = (note: string) => update({ note });
  useStaying(changed, say);
  const replace = (next: Annotation) => {
    if (draft?.selected !== undefined) update({ draft: replaceAt(draft, draft.selected, next) });
  };
  const add = (geometry: Geometry | undefined) => {
    if (draft === undefined || drawn === undefined || geometry === undefined) return;
    const annotations = [...draft.annotations, annotationOf(drawn, geometry)];
    update({ draft: { annotations, selected: draft.annotations.length }, outline: NO_OUTLINE });
  };
  const save = () =>
    action.run(async () => {
      if (session === undefined) return;
      const { annotations } = session.draft;
      const here = (change: (before: Session) => Session | undefined) =>
        setSession((before) => (before?.name === session.name ? change(before) : before));
      const onPart = (base: StoredAnnotations) => {
        cache.setQueryData([...keys.asset(id), 'annotations'], base);
        here((before) => ({ ...before, base }));
      };
      const saved = await saveAnnotations(id, session.base, annotations, onPart);
      if (saved.kind === 'saved') here((before) => (isSaved(before, annotations) ? undefined : before));
      else here((before) => ({ ...before, clash: { base: saved.base, theirs: saved.theirs } }));
      await cache.invalidateQueries({ queryKey: keys.asset(id) });
    });
  const leave = () => {
    if (session === undefined) return true;
    if (outline.length > 0) update({ outline: NO_OUTLINE });
    else if (session.draft.selected !== undefined) update({ draft: { ...session.draft, selected: undefined } });
    else if (changed) say(text.edit.unsaved);
    else setSession(undefined);
    return false;
  };
  return {
    may: labels.stored !== undefined,
    draft,
    outline,
    aspect,
    classes,
    drawn,
    over,
    changed,
    crossing,
    conflict,
    note: session?.note,
    action,
    begin: () => {
      const base = labels.stored;
      if (base !== undefined)
        setSession({
          name: Symbol(id),
          base,
          draft: { annotations: base.annotations, selected: undefined },
          outline: NO_OUTLINE,
          steps: NO_STEPS,
        });
    },
    discard: () => setSession(undefined),
    leave,
    save,
    settle: (annotations) =>
      setSession((before) => {
        if (before?.clash === undefined) return before;
        const { name, outline, clash } = before;
        const { theirs } = clash;
        const draft = { annotations: annotations ?? theirs.annotations, selected: undefined };
        const left = annotations === undefined ? NO_OUTLINE : outline;
        return { name, base: theirs, draft, outline: left, steps: NO_STEPS };
      }),
    say,
    change: (next, gesture) => update({ draft: next }, gesture),
    undo: shift(undone),
    redo: shift(redone),
    choose: (one) => {
      if (selected === undefined) setDrawing(one);
      else replace({ ...selected, ontology: one.ontology, class_name: one.name });
      update({ outline: NO_OUTLINE });
    },
    drawOver: setOver,
    draw: (from, to) => {
      if (drawn !== undefined) add(drawnBetween(drawn.shape, from, to));
    },
    addPoint: (at) => {
      if (draft !== undefined) update({ outline: [...outline, inside(at)], draft: { ...draft, selected: undefined } });
    },
    removePoint: () => update({ outline: outline.slice(0, -1) }),
    finish: () => {
      if (outline.length < LEAST_POINTS) say(text.edit.fewPoints);
      else if (isFlat(outline)) say(text.edit.flat);
      else add(polygonOf(outline));
    },
    addInTheMiddle: () => {
      if (drawn === undefined) return;
      const geometry = drawnInTheMiddle(drawn.shape);
      if (geometry === undefined) say(text.edit.ways[drawn.shape] ?? '');
      else add(geometry);
    },
    remove: () => {
      if (draft !== undefined) update({ draft: removeSelected(draft) });
    },
    step: (by) => {
      if (draft === undefined || draft.annotations.length === 0) return;
      const count = draft.annotations.length;
      const next = ((draft.selected ?? (by === 1 ? -1 : count)) + by + count) % count;
      update({ draft: { ...draft, selected: next }, outline: NO_OUTLINE });
    },
    move: (by) => {
      if (selected !== undefined) replace(moved(selected, by));
    },
    resize: (by) => {
      if (selected !== undefined) replace(grown(selected, by, aspect));
    },
  };
}
