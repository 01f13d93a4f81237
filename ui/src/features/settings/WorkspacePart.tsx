// The workspace itself: its name, what it holds, and its limits.
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { answer, client, type Workspace } from '../../api/client';
import { queries } from '../../api/queries';
import { settingsQueries } from '../../api/settingsQueries';
import { enterWorkspace, followRename } from '../../api/workspace';
import { ErrorText } from '../../components/ErrorText';
import { TextField } from '../../components/Field';
import { ago, when } from '../../components/format';
import { Pending } from '../../components/Notice';
import { useAsyncAction } from '../../components/useAsyncAction';
import { usePermission } from '../../components/usePermission';
import { limitFromText, limitToText } from './limits';
import { text } from './text';

const GIGABYTE = 1_000_000_000;

interface UsageProps {
  label: string;
  used: number;
  limit: number | null;
  shown: (value: number) => string;
}

function Usage({ label, used, limit, shown }: UsageProps) {
  const share = limit === null || limit === 0 ? undefined : Math.min(1, used / limit);
  return (
    <div>
      <dt>{label}</dt>
      <dd>
        {limit === null ? text.workspace.noLimit(shown(used)) : text.workspace.ofLimit(shown(used), shown(limit))}
        {share === undefined ? null : (
          <meter
            className="usage"
            value={share}
            high={0.9}
            aria-label={text.workspace.meter(label, Math.round(share * 100))}
          />
        )}
      </dd>
    </div>
  );
}

function Rename({ workspace }: { workspace: Workspace }) {
  const [name, setName] = useState(workspace.name);
  const action = useAsyncAction();
  const cache = useQueryClient();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    action.run(async () => {
      const params = { path: { name: workspace.name } };
      const renamed = await answer(client.PATCH('/api/v1/workspaces/{name}', { params, body: { name: name.trim() } }));
      followRename(workspace.name, renamed.name);
      await cache.invalidateQueries();
    });
  };
  return (
    <form className="form" onSubmit={submit}>
      <TextField label={text.workspace.name} error={action.error} value={name} change={setName} />
      <div className="row">
        <button
          type="submit"
          className="secondary"
          disabled={action.busy || name.trim() === '' || name.trim() === workspace.name}
        >
          {text.workspace.rename}
        </button>
      </div>
    </form>
  );
}

function LimitsForm({ workspace: { name, limits } }: { workspace: Workspace }) {
  const [assets, setAssets] = useState(limitToText(limits.assets, 1));
  const [gigabytes, setGigabytes] = useState(limitToText(limits.bytes, GIGABYTE));
  const [saved, setSaved] = useState(false);
  const action = useAsyncAction();
  const cache = useQueryClient();
  const wanted = { assets: limitFromText(assets, 1), bytes: limitFromText(gigabytes, GIGABYTE) };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const { assets: most, bytes } = wanted;
    if (most === undefined || bytes === undefined) return;
    action.run(async () => {
      const params = { path: { name } };
      const body = { limits: { assets: most, bytes } };
      await answer(client.PATCH('/api/v1/workspaces/{name}', { params, body }));
      setSaved(true);
      await cache.invalidateQueries({ queryKey: ['workspaces'] });
    });
  };
  const error = (value: number | null | undefined) => (value === undefined ? text.workspace.invalid : undefined);
  return (
    <section className="panel">
      <h2>{text.workspace.limits}</h2>
      <form className="form" onSubmit={submit}>
        <div className="form-grid">
          <TextField
            {...text.workspace.limitAssets}
            error={error(wanted.assets)}
            value={assets}
            change={(value) => {
              setAssets(value);
              setSaved(false);
            }}
          />
          <TextField
            {...text.workspace.limitBytes}
            error={error(wanted.bytes)}
            value={gigabytes}
            change={(value) => {
              setGigabytes(value);
              setSaved(false);
            }}
          />
        </div>
        <div className="row">
          <button
            type="submit"
            className="secondary"
            disabled={action.busy || Object.values(wanted).includes(undefined)}
          >
            {text.workspace.saveLimits}
          </button>
          <span className="quiet" role="status">
            {saved ? text.workspace.saved : null}
          </span>
        </div>
        <ErrorText text={action.error} />
      </form>
    </section>
  );
}

function NewWorkspace() {
  const [name, setName] = useState('');
  const action = useAsyncAction();
  const create = (event: FormEvent) => {
    event.preventDefault();
    action.run(async () => {
      const made = await answer(client.POST('/api/v1/workspaces', { body: { name: name.trim(), limits: {} } }));
      enterWorkspace(made.name);
    });
  };
  return (
    <section className="panel">
      <h2>{text.workspace.fresh}</h2>
      <p className="quiet">{text.workspace.freshNote}</p>
      <form className="form" onSubmit={create}>
        <TextField label={text.workspace.freshName} error={action.error} value={name} change={setName} />
        <div className="row">
          <button type="submit" className="secondary" disabled={action.busy || name.trim() === ''}>
            {text.workspace.create}
          </button>
        </div>
      </form>
    </section>
  );
}

export function WorkspacePart() {
  const identity = useQuery(queries.identity()).data;
  const { data, error } = useQuery(settingsQueries.workspace(identity?.workspace));
  const may = usePermission();
  if (data === undefined) return <Pending data={data} error={error} />;
  return (
    <div className="stack">
      <section className="panel">
        <h2>{text.workspace.usage}</h2>
        <dl className="described">
          <Usage
            label={text.workspace.assets}
            used={data.assets}
            limit={data.limits.assets}
            shown={text.workspace.count}
          />
          <Usage label={text.workspace.bytes} used={data.bytes} limit={data.limits.bytes} shown={text.workspace.size} />
          <div>
            <dt>{text.workspace.created}</dt>
            <dd title={when(data.created)}>{ago(data.created)}</dd>
          </div>
        </dl>
      </section>
      {may('workspace:edit') ? (
        <section className="panel">
          <h2>{text.workspace.title}</h2>
          <Rename key={data.name} workspace={data} />
        </section>
      ) : null}
      {may('workspaces:manage') ? (
        <>
          <LimitsForm key={data.name} workspace={data} />
          <NewWorkspace />
        </>
      ) : null}
    </div>
  );
}
