// The API keys of a workspace: create one, which is shown once, and revoke.
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { type ApiKey, answer, client, type Role } from '../../api/client';
import { fieldErrors } from '../../api/problem';
import { keys, queries } from '../../api/queries';
import { Copyable } from '../../components/CopyButton';
import { ErrorText } from '../../components/ErrorText';
import { SelectField, TextField } from '../../components/Field';
import { ago, when } from '../../components/format';
import { Pending } from '../../components/Notice';
import { TableBox } from '../../components/TableBox';
import { useAsyncAction } from '../../components/useAsyncAction';
import { Confirm } from './Confirm';
import { Needs } from './Needs';
import { text } from './text';

const ROLES = Object.entries(text.roles).map(([value, label]) => ({ value, label }));
const MOST_DAYS = 3650;

function Create({ made }: { made: (key: ApiKey) => void }) {
  const [name, setName] = useState('');
  const [role, setRole] = useState<Role>('viewer');
  const [days, setDays] = useState('90');
  const [errors, setErrors] = useState<Record<string, string>>({});
  const action = useAsyncAction();
  const cache = useQueryClient();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const typed = days.trim();
    const number = typed === '' ? null : Number(typed);
    if (number !== null && (!/^\d{1,4}$/.test(typed) || number < 1 || number > MOST_DAYS)) {
      setErrors({ expires_days: text.keys.invalidDays });
      return;
    }
    setErrors({});
    action.run(async () => {
      try {
        made(
          await answer(client.POST('/api/v1/api-keys', { body: { name: name.trim(), role, expires_days: number } })),
        );
        setName('');
        await cache.invalidateQueries({ queryKey: keys.apiKeys });
      } catch (error) {
        setErrors(fieldErrors(error));
        throw error;
      }
    });
  };
  return (
    <form className="form" onSubmit={submit}>
      <div className="form-grid">
        <TextField {...text.keys.name} error={errors.name} value={name} change={setName} />
        <SelectField label={text.keys.role} value={role} change={(value) => setRole(value as Role)} options={ROLES} />
        <TextField {...text.keys.days} error={errors.expires_days} value={days} change={setDays} />
      </div>
      <div className="row">
        <button type="submit" className="primary" disabled={action.busy || name.trim() === ''}>
          {text.keys.create}
        </button>
      </div>
      {(errors.name ?? errors.expires_days) ? null : <ErrorText text={action.error} />}
    </form>
  );
}

function Expiry({ apiKey }: { apiKey: ApiKey }) {
  if (apiKey.revoked !== null) return <span className="badge tone-bad">{text.keys.revoked}</span>;
  if (apiKey.expires === null) return <>{text.never}</>;
  if (new Date(apiKey.expires) < new Date()) return <span className="badge tone-calm">{text.keys.expired}</span>;
  return <span title={when(apiKey.expires)}>{ago(apiKey.expires)}</span>;
}

function Row({ apiKey }: { apiKey: ApiKey }) {
  const [revoking, setRevoking] = useState(false);
  const cache = useQueryClient();
  const revoke = async () => {
    await answer(client.DELETE('/api/v1/api-keys/{key_id}', { params: { path: { key_id: apiKey.id } } }));
    await cache.invalidateQueries({ queryKey: keys.apiKeys });
  };
  return (
    <tr>
      <td className="wrap">
        {apiKey.name} <span className="quiet">{text.keys.by(apiKey.created_by)}</span>
      </td>
      <td className="mono">{apiKey.prefix}…</td>
      <td className="wrap" title={apiKey.permissions.join(', ')}>
        {[...(apiKey.role === null ? [] : [apiKey.role]), ...apiKey.permissions].join(', ')}
      </td>
      <td title={apiKey.last_address ?? undefined}>{apiKey.last_used === null ? text.never : ago(apiKey.last_used)}</td>
      <td>
        <Expiry apiKey={apiKey} />
      </td>
      <td>
        {apiKey.revoked === null ? (
          <div className="row end">
            <button
              type="button"
              className="text-action"
              aria-label={text.keys.revokeOf(apiKey.name)}
              aria-haspopup="dialog"
              onClick={() => setRevoking(true)}
            >
              {text.keys.revoke}
            </button>
          </div>
        ) : null}
        {revoking ? (
          <Confirm
            title={text.keys.revokeTitle(apiKey.name)}
            detail={text.keys.revokeDetail}
            label={text.keys.revokeAction}
            confirm={revoke}
            close={() => setRevoking(false)}
          />
        ) : null}
      </td>
    </tr>
  );
}

function Shown() {
  const { data, error } = useQuery(queries.apiKeys());
  const [made, setMade] = useState<ApiKey>();
  return (
    <div className="stack column">
      <Pending data={data} error={error} />
      <section className="panel column">
        <Create made={setMade} />
        {made === undefined || made.key === null ? null : (
          <div className="once" role="status">
            <p>{text.keys.made(made.name)}</p>
            <Copyable text={made.key} what={text.keys.theKey} />
          </div>
        )}
      </section>
      {data?.length === 0 ? <p className="quiet">{text.keys.none}</p> : null}
      {data !== undefined && data.length > 0 ? (
        <TableBox name="settings-table" label={text.keys.title} columns={text.keys.columns} unseen={text.actions}>
          {data.map((apiKey) => (
            <Row key={apiKey.id} apiKey={apiKey} />
          ))}
        </TableBox>
      ) : null}
    </div>
  );
}

const NEEDED = 'keys:edit';

export function Keys() {
  return (
    <Needs permission={NEEDED}>
      <Shown />
    </Needs>
  );
}
