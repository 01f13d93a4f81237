// Change the settings of a datasource: what it selects with a preview of that, and the rest.
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { answer, client, type Datasource, type MediaKind } from '../../api/client';
import { keys, queries } from '../../api/queries';
import { ErrorText } from '../../components/ErrorText';
import { AreaField, SelectField, TextField } from '../../components/Field';
import { Permitted } from '../../components/Permitted';
import { text as texts } from '../../components/text';
import { useAsyncAction } from '../../components/useAsyncAction';
import { AddConfig, ConfigList, Group, PatternFields } from './ConfigFields';
import type { Settings as Change } from './configForm';
import { LOCAL_ZONE } from './ScheduleFields';
import { SettingsFields } from './SettingsFields';
import {
  configPlace,
  isPlaced,
  type SettingsForm,
  selectionChange,
  settingErrors,
  settingsChange,
  settingsOf,
} from './settingsForm';
import { text } from './text';
import { PreviewPanel, type Question, useLocationPreview } from './wizard/LocationPreview';
import { MediaFields } from './wizard/LocationStep';

interface SelectionProps {
  source: Datasource;
  before: SettingsForm;
  form: SettingsForm;
  set: (form: SettingsForm) => void;
  errors: Record<string, string>;
}

function Selection({ source, before, form, set, errors }: SelectionProps) {
  const [question, ask] = useState<Question>();
  const asked = useLocationPreview(question);
  const change = (next: SettingsForm) => {
    set(next);
    ask(undefined);
  };
  const [first] = form.configs;
  return (
    <Group title={text.page.selection}>
      {form.configs.length === 1 && first !== undefined ? (
        <PatternFields
          form={first}
          set={(config) => change({ ...form, configs: [config] })}
          errors={errors}
          place={configPlace(form, 0)}
        />
      ) : (
        <ConfigList form={form} set={change} errors={errors} />
      )}
      <MediaFields
        media={form.media}
        change={(media) => change({ ...form, media: (media === '' ? 'image' : media).split(',') as MediaKind[] })}
      />
      {question === undefined ? (
        <p className="row">
          <button
            type="button"
            className="secondary"
            onClick={() => ask({ datasource: source.name, change: selectionChange(before, form) })}
          >
            {text.page.previewSelection}
          </button>
          <span className="quiet">{text.page.previewNote}</span>
        </p>
      ) : (
        <PreviewPanel asked={asked} placed />
      )}
      <AddConfig form={form} set={change} />
    </Group>
  );
}

interface Words {
  title: string;
  description: string;
  connection: string; // empty: none
}

const wordsOf = ({ title, description, connection }: Datasource): Words => ({
  title: title ?? '',
  description: description ?? '',
  connection: connection ?? '',
});

interface WordProps {
  words: Words;
  set: (words: Words) => void;
  errors: Record<string, string>;
}

function WordFields({ words, set, errors }: WordProps) {
  const { data } = useQuery(queries.connections());
  const names = [...new Set([...(data ?? []).map(({ name }) => name), words.connection])].filter((name) => name !== '');
  return (
    <div className="form-grid">
      <TextField
        {...text.settings.title}
        error={errors.title}
        value={words.title}
        change={(title) => set({ ...words, title })}
      />
      <SelectField
        label={text.settings.connection}
        error={errors.connection}
        value={words.connection}
        change={(connection) => set({ ...words, connection })}
        options={[{ value: '', label: text.page.facts.none }, ...names.map((value) => ({ value, label: value }))]}
      />
      <div className="wide">
        <AreaField
          {...text.settings.description}
          rows={2}
          error={errors.description}
          value={words.description}
          change={(description) => set({ ...words, description })}
        />
      </div>
    </div>
  );
}

interface EditorProps {
  source: Datasource;
  saved: boolean;
  setSaved: (saved: boolean) => void;
}

function SettingsEditor({ source, saved, setSaved }: EditorProps) {
  const [before] = useState(() => settingsOf(source, LOCAL_ZONE));
  const [form, setForm] = useState(before);
  const [stored] = useState(() => wordsOf(source));
  const [words, setWords] = useState(stored);
  const [errors, setErrors] = useState<Record<string, string>>({});
  const action = useAsyncAction();
  const cache = useQueryClient();

  const change = (): Change => {
    const names = (['title', 'description', 'connection'] as const).filter(
      (name) => words[name].trim() !== stored[name],
    );
    return {
      ...settingsChange(before, form),
      ...Object.fromEntries(names.map((name) => [name, words[name].trim() || null])),
    };
  };
  const save = (event: FormEvent) => {
    event.preventDefault();
    setSaved(false);
    setErrors({});
    action.run(async () => {
      try {
        const params = { path: { name: source.name } };
        const body = change() as Record<string, unknown>; // the server checks each value, and names it
        await answer(client.PATCH('/api/v1/datasources/{name}', { params, body }));
        await cache.invalidateQueries({ queryKey: keys.datasources });
        setSaved(true);
      } catch (error) {
        setErrors(settingErrors(error, form));
        throw error;
      }
    });
  };
  const edited = Object.keys(change()).length > 0;
  return (
    <form className="stack" onSubmit={save}>
      <WordFields words={words} set={setWords} errors={errors} />
      <Selection source={source} before={before} form={form} set={setForm} errors={errors} />
      <SettingsFields
        form={form}
        set={setForm}
        errors={errors}
        source={source.name}
        fixedLabels={source.labels !== null}
      />
      <div className="row">
        <button type="submit" className="primary" disabled={action.busy || !edited}>
          {action.busy ? texts.working : text.page.save}
        </button>
        <span className="quiet" role="status">
          {saved && !edited ? text.page.saved : text.page.saveNote}
        </span>
      </div>
      {isPlaced(errors) ? null : <ErrorText text={action.error} />}
    </form>
  );
}

export function Settings({ source }: { source: Datasource }) {
  const [saved, setSaved] = useState(false); // outlives the editor, which begins again with what was stored
  const { title, description, connection, timezone } = source;
  const stored = JSON.stringify([settingsOf(source, LOCAL_ZONE), title, description, connection, timezone]);
  return (
    <Permitted permission="datasources:edit" refusal={text.page.noPermission}>
      <SettingsEditor key={stored} source={source} saved={saved} setSaved={setSaved} />
    </Permitted>
  );
}
