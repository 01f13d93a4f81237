// The second step: where the objects are and which of them are wanted, beside what that selects.
import { useEffect, useState } from 'react';
import type { Connection, MediaKind } from '../../../api/client';
import { describeError, Problem, patternError } from '../../../api/problem';
import { inFieldNames } from '../../../components/connections/fieldNames';
import { CheckField, TextField } from '../../../components/Field';
import { AddConfig, ConfigList, PatternFields } from '../ConfigFields';
import { NEW_CONFIG, PATTERNS } from '../configForm';
import { configPlace, newSettings, type SettingsForm, settingErrors } from '../settingsForm';
import { PreviewPanel, useLocationPreview } from './LocationPreview';
import { MEDIA, mediaOf, selectionOf, withConfigs, withSelection } from './selection';
import { text } from './text';
import { addressOf, type WizardSearch } from './wizard';

const PAUSE = 500; // ms without typing before the question is asked

interface Props {
  search: WizardSearch;
  connection: Connection | undefined;
  change: (search: WizardSearch) => void;
}

/** The errors of a preview beside the fields that they concern: patterns, else the location; undefined: none. */
function errorsOf(error: unknown, form: SettingsForm): Record<string, string> | undefined {
  if (!(error instanceof Problem)) return undefined;
  const { field } = error.document;
  const placed = settingErrors(error, form);
  if (Object.keys(placed).some(isPattern)) return placed;
  const pattern = patternError(error);
  if (pattern !== undefined) return { [`${configPlace(form, 0)}glob_patterns`]: pattern.message };
  return field || error.status === 400 || error.status === 422
    ? { place: inFieldNames(describeError(error)) }
    : undefined;
}

/** Whether a setting is one of patterns, of whichever mirror config. */
function isPattern(name: string): boolean {
  return PATTERNS.some((pattern) => name === pattern || name.endsWith(`].${pattern}`));
}

const asForm = (search: WizardSearch) => withSelection(newSettings('UTC'), search);

export function LocationStep({ search, connection, change }: Props) {
  const [draft, setDraft] = useState(search);
  useEffect(() => {
    if (draft === search) return;
    const timer = setTimeout(() => change(draft), PAUSE);
    return () => clearTimeout(timer);
  }, [draft, search, change]);
  const uri = addressOf(search, connection);
  const asked = useLocationPreview(
    uri === undefined ? undefined : { uri, connection: connection?.name ?? null, settings: selectionOf(search) },
  );
  const errors = errorsOf(asked.error, asForm(search));
  const set = (name: keyof WizardSearch) => (value: string) => setDraft({ ...draft, [name]: value });
  const form = asForm(draft);
  const setForm = ({ configs }: SettingsForm) => setDraft(withConfigs(draft, configs));
  const [first = NEW_CONFIG] = form.configs;
  return (
    <div className="location-step">
      <div className="stack">
        <PlaceFields draft={draft} connection={connection} set={set} error={errors?.place} />
        {form.configs.length > 1 ? (
          <ConfigList form={form} set={setForm} errors={errors ?? {}} part="patterns" />
        ) : (
          <PatternFields
            form={first}
            set={(config) => setForm({ ...form, configs: [config] })}
            errors={errors ?? {}}
            place=""
          />
        )}
        <AddConfig form={form} set={setForm} />
        <MediaFields media={mediaOf(draft)} change={set('media')} />
      </div>
      <PreviewPanel
        asked={errors === undefined ? asked : { ...asked, error: undefined }}
        placed={uri !== undefined && errors === undefined}
      />
    </div>
  );
}

interface PlaceProps {
  draft: WizardSearch;
  connection: Connection | undefined;
  set: (name: keyof WizardSearch) => (value: string) => void;
  error: string | undefined;
}

function PlaceFields({ draft, connection, set, error }: PlaceProps) {
  const place = { mono: true, error, value: draft.place ?? '', change: set('place'), focus: draft.place === undefined };
  if (draft.via === 'server') return <TextField {...text.location.address} {...place} />;
  if (draft.via === 'folder' || connection?.kind === 'local') return <TextField {...text.location.path} {...place} />;
  const label = connection?.kind.startsWith('azure') ? text.location.container : text.location.bucket;
  return (
    <div className="form-grid">
      <TextField label={label} {...place} />
      <TextField {...text.location.folder} mono value={draft.folder ?? ''} change={set('folder')} />
    </div>
  );
}

export function MediaFields({ media, change }: { media: readonly MediaKind[]; change: (media: string) => void }) {
  const toggle = (kind: MediaKind, on: boolean) =>
    change(MEDIA.filter((one) => (one === kind ? on : media.includes(one))).join(','));
  return (
    <fieldset>
      <legend className="legend">{text.location.media}</legend>
      <div className="row media">
        {MEDIA.map((kind) => (
          <CheckField
            key={kind}
            label={text.location.kinds[kind]}
            checked={media.includes(kind)}
            change={(on) => toggle(kind, on)}
          />
        ))}
      </div>
    </fieldset>
  );
}
