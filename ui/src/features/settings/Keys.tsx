// The API keys of a workspace: create one, which is shown once, and revoke.
import { type FormEvent, useState } from 'react';
import { type ApiKey, answer, client, type Role } from '../../api/client';
import { keys } from '../../api/queries';
import { settingsQueries } from '../../api/settingsQueries';
import { SelectField, TextField } from '../../components/Field';
import { ago, when } from '../../components/format';
import { RemoveAction } from './RemoveAction';
import { AddForm, SettingsList } from './SettingsList';
import { text as texts } from './text';
import { useSubmit } from './useChange';

const text = texts.keys;
const ROLES = Object.entries(texts.roles).map(([value, label]) => ({ value, label }));
const MOST_DAYS = 3650;
const NEEDED = 'keys:edit';

/** The days until a key expires; null: never; undefined: not a number of days. */
function daysOf(typed: string): number | null | undefined {
  if (typed === '') return null;
  const number = Number(typed);
  return /^\d{1,4}$/.test(typed) && number >= 1 && number <= MOST_DAYS ? number : undefined;
}

function Create() {
  const [name, setName] = useState('');
  const [role, setRole] = useState<Role>('viewer');
  const [days, setDays] = useState('90');
  const [made, setMade] = useState<ApiKey>();
  const { busy, errors, error, refuse, submit } = useSubmit(keys.apiKeys, ['name', 'expires_days']);
  const create = (event: FormEvent) => {
    const expires_days = daysOf(days.trim());
    if (expires_days === undefined) {
      event.preventDefault();
      refuse({ expires_days: text.invalidDays });
      return;
    }
    submit(event, async () => {
      setMade(await answer(client.POST('/api/v1/api-keys', { body: { name: name.trim(), role, expires_days } })));
      setName('');
    });
  };
  return (
    <AddForm
      submit={create}
      label={text.create}
      blocked={busy || name.trim() === ''}
      error={error}
      once={{ secret: made?.key, sentence: text.made(made?.name ?? ''), what: text.theKey }}
    >
      <TextField {...text.name} error={errors.name} value={name} change={setName} />
      <SelectField
        label={text.role}
        hint={texts.mays[role]}
        value={role}
        change={(value) => setRole(value as Role)}
        options={ROLES}
      />
      <TextField {...text.days} error={errors.expires_days} value={days} change={setDays} />
    </AddForm>
  );
}

function Expiry({ apiKey }: { apiKey: ApiKey }) {
  if (apiKey.revoked !== null) return <span className="badge tone-bad">{text.revoked}</span>;
  if (apiKey.expires === null) return <>{texts.never}</>;
  if (new Date(apiKey.expires) < new Date()) return <span className="badge tone-calm">{text.expired}</span>;
  return <span title={when(apiKey.expires)}>{ago(apiKey.expires)}</span>;
}

function Row({ apiKey }: { apiKey: ApiKey }) {
  const params = { path: { key_id: apiKey.id } };
  return (
    <tr>
      <td className="wrap">
        {apiKey.name} <span className="quiet">{text.by(apiKey.created_by)}</span>
      </td>
      <td className="mono">{apiKey.prefix}…</td>
      <td className="wrap" title={apiKey.permissions.join(', ')}>
        {[...(apiKey.role === null ? [] : [apiKey.role]), ...apiKey.permissions].join(', ')}
      </td>
      <td title={apiKey.last_address ?? undefined}>
        {apiKey.last_used === null ? texts.never : ago(apiKey.last_used)}
      </td>
      <td>
        <Expiry apiKey={apiKey} />
      </td>
      <td>
        {apiKey.revoked === null ? (
          <div className="row end">
            <RemoveAction
              label={text.revoke}
              name={text.revokeOf(apiKey.name)}
              title={text.revokeTitle(apiKey.name)}
              detail={text.revokeDetail}
              confirm={text.revokeAction}
              changes={keys.apiKeys}
              run={() => answer(client.DELETE('/api/v1/api-keys/{key_id}', { params }))}
            />
          </div>
        ) : null}
      </td>
    </tr>
  );
}

export function Keys() {
  return (
    <SettingsList
      permission={NEEDED}
      query={settingsQueries.apiKeys()}
      form={<Create />}
      none={text.none}
      table={{ label: text.title, columns: text.columns, named: text.columns.slice(3, 5) }}
      item={(apiKey) => <Row key={apiKey.id} apiKey={apiKey} />}
    />
  );
}
