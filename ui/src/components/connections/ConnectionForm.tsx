// The form of a connection, new or stored: the fields of its kind, each with its own error. Secrets are never shown again.
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { answer, type Connection, client } from '../../api/client';
import { PRESETS } from '../../api/connectionKinds';
import { fieldErrors } from '../../api/problem';
import { keys, queries } from '../../api/queries';
import { ErrorText } from '../ErrorText';
import { AreaField, CheckField, RadioCards, SelectField, TextField } from '../Field';
import { Prose } from '../Rich';
import { text as texts } from '../text';
import { useAsyncAction } from '../useAsyncAction';
import { inFieldNames } from './fieldNames';
import { type Draft, draftError, draftOf, type FormField, fieldsOf, newDraft, requestOf, SERVICES } from './form';
import { SERVICE_NAMES, type Service } from './services';
import { text } from './text';

interface FieldProps {
  field: FormField;
  draft: Draft;
  set: (name: string, value: string) => void;
  stored: boolean; // a secret that is stored already
  error: string | undefined;
  roots: string[];
}

const PRESET_OPTIONS = [
  { value: '', label: text.none },
  ...Object.entries(PRESETS).map(([value, preset]) => ({ value, label: preset.label })),
];
const PATH_STYLES = Object.entries(text.pathStyle).map(([value, label]) => ({ value, label }));

/** What the form of this kind of connection calls a field. */
function labelOf(name: string, { kind, service }: Draft): string | undefined {
  if (name === 'bucket' && kind === 'local') return text.folder.label;
  return name === 'bucket' && service === 'azure' ? text.container : text.fields[name]?.label;
}

function DraftField({ field, draft, set, stored, error, roots }: FieldProps) {
  const { name, kind } = field;
  const own = text.fields[name];
  const local = draft.kind === 'local';
  const label = labelOf(name, draft);
  const hint = local ? text.folder.hint(roots) : stored ? text.storedSecret : own?.hint;
  const shared = {
    label: field.required ? texts.required(label ?? name) : (label ?? name),
    hint,
    error,
    value: draft.values[name] ?? '',
    change: (value: string) => set(name, value),
    placeholder: local ? roots[0] : own?.placeholder,
  };
  if (kind === 'preset') return <SelectField {...shared} options={PRESET_OPTIONS} />;
  if (kind === 'pathStyle') return <SelectField {...shared} options={PATH_STYLES} />;
  if (kind === 'file') return <AreaField {...shared} mono rows={5} />;
  if (kind === 'flag')
    return (
      <CheckField
        label={shared.label}
        hint={hint}
        checked={shared.value === 'true'}
        change={(checked) => set(name, checked ? 'true' : '')}
      />
    );
  return <TextField {...shared} mono type={kind === 'secret' ? 'password' : 'text'} />;
}

/** Where the storage is. A folder of the server is offered only where its operator allowed some. */
export function ServiceChoice({ value, change }: { value: Service | undefined; change: (service: Service) => void }) {
  const roots = useQuery(queries.about()).data?.local_folders ?? [];
  const offered = SERVICE_NAMES.filter((service) => service !== 'local' || roots.length > 0);
  return (
    <RadioCards
      legend={text.services.legend}
      name="service"
      value={value}
      change={(service) => change(service as Service)}
      options={offered.map((service) => ({ value: service, ...text.services[service] }))}
    />
  );
}

interface Props {
  service: Service;
  connection?: Connection; // to change; else a new one is made
  done: (connection: Connection) => void;
  cancel?: () => void;
}

export function ConnectionForm({ service, connection, done, cancel }: Props) {
  const [draft, setDraft] = useState(() => (connection === undefined ? newDraft(service) : draftOf(connection)));
  const [before] = useState(draft);
  const [errors, setErrors] = useState<Record<string, string>>({});
  const action = useAsyncAction();
  const cache = useQueryClient();
  const roots = useQuery(queries.about()).data?.local_folders ?? [];
  const stored = connection === undefined ? [] : [...connection.secrets, ...Object.keys(connection.references)];
  const { usual, more } = fieldsOf(draft, stored);
  const shown = ['name', ...[...usual, ...more].map((field) => field.name)];
  const placed = Object.keys(errors).some((name) => shown.includes(name));
  const set = (name: string, value: string) => {
    setDraft({ ...draft, values: { ...draft.values, [name]: value } });
    setErrors(({ [name]: _, ...rest }) => rest);
  };
  const inOurWords = (message: string) => inFieldNames(message, (name) => labelOf(name, draft));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const seen = draftError(draft, stored);
    setErrors(
      seen === undefined ? {} : seen === 'name' ? { name: text.invalidName } : { [seen.missing]: text.missing },
    );
    if (seen !== undefined) return;
    action.run(async () => {
      try {
        const saved =
          connection === undefined
            ? await answer(
                client.POST('/api/v1/connections', {
                  body: { name: draft.name.trim(), kind: draft.kind, ...requestOf(draft) },
                }),
              )
            : await answer(
                client.PATCH('/api/v1/connections/{name}', {
                  params: { path: { name: connection.name } },
                  body: requestOf(draft, before),
                }),
              );
        await cache.invalidateQueries({ queryKey: keys.connections });
        done(saved);
      } catch (error) {
        const named = Object.entries(fieldErrors(error)).map(([name, message]) => [name, inOurWords(message)]);
        setErrors(Object.fromEntries(named));
        throw error;
      }
    });
  };
  const field = (one: FormField) => (
    <DraftField
      key={one.name}
      field={one}
      draft={draft}
      set={set}
      stored={stored.includes(one.name)}
      error={errors[one.name]}
      roots={roots}
    />
  );
  const note = text.notes[draft.kind];
  const kinds = SERVICES[draft.service].map((kind) => ({ value: kind, label: text.kinds[kind] }));
  return (
    <form className="form" onSubmit={submit} noValidate>
      <div className="form-grid">
        {connection === undefined ? (
          <>
            <TextField
              label={texts.required(text.name.label)}
              hint={text.name.hint}
              placeholder={text.name.placeholder}
              error={errors.name}
              value={draft.name}
              change={(name) => {
                setDraft({ ...draft, name });
                setErrors(({ name: _, ...rest }) => rest);
              }}
            />
            {kinds.length > 1 ? (
              <SelectField
                label={text.kindLabel}
                value={draft.kind}
                change={(kind) => setDraft({ ...draft, kind: kind as Draft['kind'] })}
                options={kinds}
              />
            ) : null}
          </>
        ) : null}
        {note === undefined ? null : (
          <p className="hint wide">
            <Prose text={note} />
          </p>
        )}
        {usual.map(field)}
      </div>
      {more.length > 0 ? (
        <details open={more.some(({ name }) => errors[name] !== undefined)}>
          <summary className="quiet">{text.more}</summary>
          <div className="form-grid">{more.map(field)}</div>
        </details>
      ) : null}
      <div className="row">
        {cancel === undefined ? null : (
          <button type="button" className="secondary" onClick={cancel}>
            {texts.cancel}
          </button>
        )}
        <button type="submit" className="primary" disabled={action.busy}>
          {action.busy ? texts.working : connection === undefined ? text.create : text.save}
        </button>
      </div>
      {placed ? null : <ErrorText text={action.error === undefined ? undefined : inOurWords(action.error)} />}
    </form>
  );
}
