// Change the settings of a datasource: the patterns with what they would select, and the rest.
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { answer, client, type Datasource } from '../../api/client';
import { fieldErrors } from '../../api/problem';
import { keys } from '../../api/queries';
import { ErrorText } from '../../components/ErrorText';
import { AreaField, TextField } from '../../components/Field';
import { Permitted } from '../../components/Permitted';
import { text as texts } from '../../components/text';
import { useAsyncAction } from '../../components/useAsyncAction';
import { LOCAL_ZONE } from './ScheduleFields';
import { Group, SettingsFields } from './SettingsFields';
import { settingsChange, settingsOf } from './settingsForm';
import { text } from './text';
import { PreviewPanel, type Question, useLocationPreview } from './wizard/LocationPreview';
import { MediaFields } from './wizard/LocationStep';
import { text as wizardText } from './wizard/text';
import { selectionOf, type WizardSearch } from './wizard/wizard';

const ERRORS = ['metadataSidecarSuffix', 'namingStrategyMetadataKey', 'pool', 'title', 'description'];

function selectionDraft(source: Datasource): WizardSearch {
  const config = source.configs[0];
  return {
    only: (config?.globs ?? []).join('\n'),
    except: (config?.exclude ?? []).join('\n'),
    media: source.media.join(','),
  };
}

/** The settings of a selection by their names in the contract; null: the default. */
function selectionChange(draft: WizardSearch): Record<string, unknown> {
  const { glob_patterns = null, exclude = null, media = null } = selectionOf(draft);
  return { glob_patterns, exclude, media };
}

interface SelectionProps {
  source: Datasource;
  draft: WizardSearch;
  set: (draft: WizardSearch) => void;
}

function Selection({ source, draft, set }: SelectionProps) {
  const [question, ask] = useState<Question>();
  const asked = useLocationPreview(question);
  const change = (name: keyof WizardSearch) => (value: string) => {
    set({ ...draft, [name]: value });
    ask(undefined);
  };
  return (
    <Group title={text.page.selection}>
      <AreaField {...wizardText.location.only} mono value={draft.only ?? ''} change={change('only')} />
      <AreaField {...wizardText.location.except} mono rows={2} value={draft.except ?? ''} change={change('except')} />
      <MediaFields media={selectionOf(draft).media ?? []} change={change('media')} />
      {question === undefined ? (
        <p className="row">
          <button
            type="button"
            className="secondary"
            onClick={() => ask({ datasource: source.name, change: selectionChange(draft) })}
          >
            {text.page.previewSelection}
          </button>
          <span className="quiet">{text.page.previewNote}</span>
        </p>
      ) : (
        <PreviewPanel asked={asked} placed />
      )}
    </Group>
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
  const [selected] = useState(() => selectionDraft(source));
  const [selection, setSelection] = useState(selected);
  const [words, setWords] = useState({ title: source.title ?? '', description: source.description ?? '' });
  const [errors, setErrors] = useState<Record<string, string>>({});
  const action = useAsyncAction();
  const cache = useQueryClient();
  const several = source.configs.length > 1;

  const change = () => {
    const wanted: Record<string, unknown> = several ? {} : settingsChange(before, form);
    if (!several && JSON.stringify(selection) !== JSON.stringify(selected)) {
      Object.assign(wanted, selectionChange(selection));
    }
    if (words.title.trim() !== (source.title ?? '')) wanted.title = words.title.trim() || null;
    if (words.description.trim() !== (source.description ?? '')) wanted.description = words.description.trim() || null;
    return wanted;
  };
  const save = (event: FormEvent) => {
    event.preventDefault();
    setSaved(false);
    setErrors({});
    action.run(async () => {
      try {
        const params = { path: { name: source.name } };
        await answer(client.PATCH('/api/v1/datasources/{name}', { params, body: change() }));
        await cache.invalidateQueries({ queryKey: keys.datasources });
        setSaved(true);
      } catch (error) {
        setErrors(fieldErrors(error));
        throw error;
      }
    });
  };
  const edited = Object.keys(change()).length > 0;
  const placed = Object.keys(errors).some((field) => ERRORS.includes(field));
  const word = (name: 'title' | 'description') => ({
    error: errors[name],
    value: words[name],
    change: (value: string) => setWords({ ...words, [name]: value }),
  });
  return (
    <form className="stack" onSubmit={save}>
      <div className="form-grid">
        <TextField {...text.settings.title} {...word('title')} />
        <TextField {...text.settings.description} {...word('description')} />
      </div>
      {several ? (
        <p className="quiet">{text.settings.several(source.configs.length)}</p>
      ) : (
        <>
          <Selection source={source} draft={selection} set={setSelection} />
          <SettingsFields form={form} set={setForm} errors={errors} />
        </>
      )}
      <div className="row">
        <button type="submit" className="primary" disabled={action.busy || !edited}>
          {action.busy ? texts.working : text.page.save}
        </button>
        <span className="quiet" role="status">
          {saved && !edited ? text.page.saved : text.page.saveNote}
        </span>
      </div>
      {placed ? null : <ErrorText text={action.error} />}
    </form>
  );
}

export function Settings({ source }: { source: Datasource }) {
  const [saved, setSaved] = useState(false); // outlives the editor, which begins again with what was stored
  const { configs, media, look, policies, picture_text, keyword_tags, caption_tags, pool, schedule, timezone } = source;
  const tags = [keyword_tags, caption_tags];
  const wide = [look, policies, picture_text, ...tags, pool, schedule, timezone, source.title, source.description];
  const stored = JSON.stringify([configs, media, source.sidecar_suffix, source.base_name_sidecars, ...wide]);
  return (
    <Permitted permission="datasources:edit" refusal={text.page.noPermission}>
      <SettingsEditor key={stored} source={source} saved={saved} setSaved={setSaved} />
    </Permitted>
  );
}
