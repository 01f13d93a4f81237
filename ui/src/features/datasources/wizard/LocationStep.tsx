// The second step: where the objects are and which of them are wanted, beside what that selects.
import { useEffect, useState } from 'react';
import type { Connection, MediaKind } from '../../../api/client';
import { describeError, Problem, patternError } from '../../../api/problem';
import { inFieldNames } from '../../../components/connections/fieldNames';
import { AreaField, CheckField, TextField } from '../../../components/Field';
import { MorePatterns } from '../ConfigFields';
import { NEW_CONFIG } from '../configForm';
import { PreviewPanel, useLocationPreview } from './LocationPreview';
import { lines, MEDIA, mediaOf, selectionOf } from './selection';
import { text } from './text';
import { addressOf, type WizardSearch } from './wizard';

const PAUSE = 500; // ms without typing before the question is asked

interface Props {
  search: WizardSearch;
  connection: Connection | undefined;
  change: (search: WizardSearch) => void;
}

/** The error of a preview beside the field that it concerns: a pattern, else the location; undefined: it concerns none. */
function errorsOf(
  error: unknown,
  search: WizardSearch,
): { place?: string; only?: string; except?: string; paths?: string; glob_file_path?: string } | undefined {
  if (!(error instanceof Problem)) return undefined;
  const { field } = error.document;
  const pattern = patternError(error);
  if (pattern !== undefined) {
    const place = lines(search.except).includes(pattern.text) ? 'except' : 'only';
    return { [place]: pattern.message };
  }
  if (field === 'paths' || field === 'glob_file_path') return { [field]: describeError(error) };
  return field || error.status === 400 || error.status === 422
    ? { place: inFieldNames(describeError(error)) }
    : undefined;
}

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
  const errors = errorsOf(asked.error, search);
  const set = (name: keyof WizardSearch) => (value: string) => setDraft({ ...draft, [name]: value });
  return (
    <div className="location-step">
      <div className="stack">
        <PlaceFields draft={draft} connection={connection} set={set} error={errors?.place} />
        <AreaField {...text.location.only} mono error={errors?.only} value={draft.only ?? ''} change={set('only')} />
        <AreaField
          {...text.location.except}
          mono
          rows={2}
          error={errors?.except}
          value={draft.except ?? ''}
          change={set('except')}
        />
        <MorePatterns
          form={{ ...NEW_CONFIG, paths: draft.paths ?? '', globFile: draft.file ?? '' }}
          set={({ paths, globFile }) => setDraft({ ...draft, paths, file: globFile })}
          errors={{ ...errors }}
          place=""
        />
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
