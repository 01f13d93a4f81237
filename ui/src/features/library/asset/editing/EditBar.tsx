// The controls of the annotations that are edited, below their picture.
import { ErrorText } from '../../../../components/ErrorText';
import { text } from '../text';
import { wayOf } from './drawing';
import { LEAST_POINTS, ringsOf } from './geometry';
import { MOST_POINTS } from './reshape';
import type { LabelEdit } from './useLabelEdit';

export function EditBar({ edit }: { edit: LabelEdit }) {
  const { draft, conflict, outline } = edit;
  if (draft === undefined) return null;
  const warning = warningOf(edit);
  return (
    <div className="edit-bar" role="toolbar" aria-label={text.edit.label}>
      {conflict === undefined ? (
        <>
          <ClassChoice edit={edit} />
          {outline.length > 0 ? <OutlineControls edit={edit} /> : <ShapeControls edit={edit} />}
          <StepButton label={text.edit.undo} step={edit.undo} />
          {edit.redo === undefined ? null : <StepButton label={text.edit.redo} step={edit.redo} />}
        </>
      ) : (
        <ConflictChoice edit={edit} />
      )}
      <button type="button" className="secondary" onClick={edit.discard}>
        {text.edit.discard}
      </button>
      {conflict === undefined ? (
        <button
          type="button"
          className="primary"
          disabled={!edit.changed || outline.length > 0 || edit.crossing.size > 0 || edit.action.busy}
          onClick={edit.save}
        >
          {text.edit.save}
        </button>
      ) : null}
      <p className={warning === undefined ? 'quiet edit-hint' : 'edit-hint warning'} role="status">
        {warning ?? hintOf(edit)}
      </p>
      <ErrorText text={edit.action.error} />
    </div>
  );
}

/** What is to be mended, or was tried in vain. */
function warningOf({ note, crossing, draft, conflict }: LabelEdit): string | undefined {
  if (conflict !== undefined) return undefined;
  const names = [...crossing].flatMap((place) => draft?.annotations[place]?.class_name ?? []);
  return note ?? (names.length > 0 ? text.edit.crosses(names) : undefined);
}

function hintOf({ draft, drawn, outline, conflict }: LabelEdit): string {
  if (conflict !== undefined) return conflict.both === undefined ? text.edit.conflict.collision : '';
  if (outline.length > 0) return text.edit.drawing;
  const selected = draft?.selected === undefined ? undefined : draft.annotations[draft.selected];
  if (selected === undefined) return drawn === undefined ? text.edit.noClasses : (text.edit.ways[drawn.shape] ?? '');
  if (selected.shape === 'polygon' && ringsOf(selected).flat().length > MOST_POINTS)
    return text.edit.manyPoints(MOST_POINTS);
  return text.edit.shaping[selected.shape] ?? '';
}

/** The class of the selected annotation, or of what is drawn next. */
function ClassChoice({ edit }: { edit: LabelEdit }) {
  const { draft, classes, drawn } = edit;
  const selected = draft?.selected === undefined ? undefined : draft.annotations[draft.selected];
  const fitting = selected === undefined ? classes : classes.filter((one) => one.shape === selected.shape);
  const current = selected === undefined ? drawn : { ontology: selected.ontology, name: selected.class_name };
  const place = fitting.findIndex((one) => one.ontology === current?.ontology && one.name === current.name);
  if (fitting.length === 0) return null;
  return (
    <select
      aria-label={selected === undefined ? text.edit.drawClass : text.edit.classOf}
      value={place}
      onChange={(event) => {
        const chosen = fitting[Number(event.target.value)];
        if (chosen !== undefined) edit.choose(chosen);
      }}
    >
      {fitting.map((one, index) => (
        <option key={`${one.ontology} ${one.name}`} value={index}>
          {text.edit.option(one.name, one.ontology)}
        </option>
      ))}
    </select>
  );
}

function ShapeControls({ edit }: { edit: LabelEdit }) {
  const { draft, drawn } = edit;
  const way = drawn === undefined ? 'none' : wayOf(drawn.shape);
  if (draft?.selected !== undefined)
    return (
      <button type="button" className="link" onClick={edit.remove}>
        {text.edit.remove}
      </button>
    );
  return (
    <>
      {way === 'none' ? null : (
        <button type="button" className="link" onClick={edit.addInTheMiddle}>
          {way === 'whole' ? text.edit.addWhole : text.edit.add}
        </button>
      )}
      {draft !== undefined && draft.annotations.length > 0 ? (
        <label className="edit-over">
          <input type="checkbox" checked={edit.over} onChange={(event) => edit.drawOver(event.target.checked)} />
          {text.edit.over}
        </label>
      ) : null}
    </>
  );
}

/** It keeps the focus when there is nothing left to undo. */
function StepButton({ label, step }: { label: string; step: (() => void) | undefined }) {
  return (
    <button type="button" className="link" aria-disabled={step === undefined} onClick={() => step?.()}>
      {label}
    </button>
  );
}

function OutlineControls({ edit }: { edit: LabelEdit }) {
  return (
    <>
      <button type="button" className="link" disabled={edit.outline.length < LEAST_POINTS} onClick={edit.finish}>
        {text.edit.close}
      </button>
      <button type="button" className="link" onClick={edit.removePoint}>
        {text.edit.removePoint}
      </button>
    </>
  );
}

function ConflictChoice({ edit }: { edit: LabelEdit }) {
  const { conflict } = edit;
  if (conflict === undefined) return null;
  const { both, mine, by, added, removed } = conflict;
  return (
    <>
      <div role="alert" className="edit-conflict">
        <strong>{text.edit.conflict.title}</strong>
        <p>{text.edit.conflict.what(by, added, removed)}</p>
      </div>
      {both === undefined ? null : (
        <button type="button" className="primary" onClick={() => edit.settle(both)}>
          {text.edit.conflict.both}
        </button>
      )}
      <button type="button" className="secondary" onClick={() => edit.settle(mine)}>
        {text.edit.conflict.mine}
      </button>
      <button type="button" className="secondary" onClick={() => edit.settle(undefined)}>
        {text.edit.conflict.theirs}
      </button>
    </>
  );
}
