// The last step: how the datasource behaves. Creating it starts a run, or not.
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { answer, type Connection, client } from '../../../api/client';
import { keys } from '../../../api/queries';
import { ErrorText } from '../../../components/ErrorText';
import { TextField } from '../../../components/Field';
import { useAsyncAction } from '../../../components/useAsyncAction';
import { usePermission } from '../../../components/usePermission';
import { ConfigList } from '../ConfigFields';
import { LOCAL_ZONE } from '../ScheduleFields';
import { SettingsFields } from '../SettingsFields';
import { isPlaced, settingErrors, settingsRequest } from '../settingsForm';
import { text as texts } from '../text';
import { lines, mediaOf, patternsOf, withSelection } from './selection';
import { text } from './text';
import { useDraft } from './useDraft';
import { addressOf, type Patterns, type WizardSearch } from './wizard';

interface Props {
  search: WizardSearch;
  connection: Connection | undefined;
  back: () => void;
}

interface Row {
  name: string;
  value: string; // empty: not shown
  mono?: boolean;
}

/** What a mirror config selects. */
function patternRows({ only, except, paths, file }: Patterns): Row[] {
  const { settings } = text;
  const patterns = lines(only).join(', ');
  return [
    { name: settings.patterns, value: patterns || settings.everything, mono: patterns !== '' },
    { name: settings.except, value: lines(except).join(', '), mono: true },
    { name: settings.paths, value: lines(paths).join(', '), mono: true },
    { name: settings.file, value: file ?? '', mono: true },
  ];
}

function Summary({
  search,
  connection,
  uri,
}: {
  search: WizardSearch;
  connection: Connection | undefined;
  uri: string;
}) {
  const { settings } = text;
  const kinds = mediaOf(search).map((kind) => texts.page.media[kind]);
  const rows: Row[] = [
    { name: settings.address, value: uri, mono: true },
    { name: settings.via, value: connection?.name ?? settings.own },
    ...patternsOf(search).flatMap(patternRows),
    { name: settings.media, value: kinds.join(', ') },
  ];
  return (
    <section className="panel">
      <h2>{settings.summary}</h2>
      <dl className="described">
        {rows
          .filter(({ value }) => value !== '')
          .map(({ name, value, mono = false }, place) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: several configs have rows of the same names
            <div key={place}>
              <dt>{name}</dt>
              <dd className={mono ? 'mono wrap' : 'wrap'}>{value}</dd>
            </div>
          ))}
      </dl>
    </section>
  );
}

export function SettingsStep({ search, connection, back }: Props) {
  const [draft, setDraft, forget] = useDraft(LOCAL_ZONE);
  const { name, form } = draft;
  const whole = withSelection(form, search);
  const [errors, setErrors] = useState<Record<string, string>>({});
  const action = useAsyncAction();
  const cache = useQueryClient();
  const navigate = useNavigate();
  const may = usePermission();
  const uri = addressOf(search, connection) ?? '';

  const create = (run: boolean) =>
    action.run(async () => {
      setErrors({});
      const settings = settingsRequest(whole);
      const body = { uri, name: name.trim() || null, connection: connection?.name ?? null, settings, run };
      try {
        const made = await answer(client.POST('/api/v1/datasources', { body }));
        forget();
        await cache.invalidateQueries({ queryKey: keys.datasources });
        await navigate({ to: '/datasources/$name', params: { name: made.name } });
      } catch (error) {
        setErrors(settingErrors(error, whole));
        throw error;
      }
    });
  const runs = may('runs:control');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create(runs);
  };
  return (
    <form className="location-step" onSubmit={submit}>
      <div className="stack">
        <TextField
          {...text.settings.name}
          error={errors.name}
          value={name}
          change={(next) => {
            setDraft({ ...draft, name: next });
            setErrors({});
          }}
          focus
        />
        {whole.configs.length > 1 ? (
          <ConfigList form={whole} set={(next) => setDraft({ ...draft, form: next })} errors={errors} part="choices" />
        ) : null}
        <SettingsFields form={whole} set={(next) => setDraft({ ...draft, form: next })} errors={errors} />
        <div className="row wizard-actions">
          <button type="button" className="secondary" onClick={back}>
            {text.previous}
          </button>
          <span className="spacer" />
          {runs ? (
            <button type="button" className="secondary" disabled={action.busy} onClick={() => create(false)}>
              {text.settings.createOnly}
            </button>
          ) : null}
          <button type="submit" className="primary" disabled={action.busy}>
            {action.busy ? text.settings.creating : runs ? text.settings.create : text.settings.createOnly}
          </button>
        </div>
        {isPlaced(errors) ? null : <ErrorText text={action.error} />}
      </div>
      <Summary search={search} connection={connection} uri={uri} />
    </form>
  );
}
