// The controls of the annotations that are edited, below their picture.
import { ErrorText } from '../../../components/ErrorText';
import { text } from './text';
import type { LabelEdit } from './useLabelEdit';

export function EditBar({ edit }: { edit: LabelEdit }) {
  const { draft, classes, drawn } = edit;
  if (draft === undefined) return null;
  const selected = draft.selected === undefined ? undefined : draft.annotations[draft.selected];
  const fitting = classes.filter((one) => one.shape === (selected?.shape ?? 'box'));
  const current = selected === undefined ? drawn : { ontology: selected.ontology, name: selected.class_name };
  const place = fitting.findIndex((one) => one.ontology === current?.ontology && one.name === current.name);
  return (
    <div className="edit-bar" role="toolbar" aria-label={text.edit.label}>
      {fitting.length === 0 ? (
        <p className="quiet">{text.edit.noClass}</p>
      ) : (
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
      )}
      <button type="button" className="link" disabled={selected === undefined} onClick={edit.remove}>
        {text.edit.remove}
      </button>
      <span className="quiet">{text.edit.hint}</span>
      <button type="button" className="secondary" onClick={edit.discard}>
        {text.edit.discard}
      </button>
      <button type="button" className="primary" disabled={!edit.changed || edit.action.busy} onClick={edit.save}>
        {text.edit.save}
      </button>
      <ErrorText text={edit.action.error} />
    </div>
  );
}
