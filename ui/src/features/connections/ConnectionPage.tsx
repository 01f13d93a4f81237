// One connection: its health, the documents that grant it access, its settings, and where it is used.
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { answer, type Connection, client } from '../../api/client';
import { keys, queries } from '../../api/queries';
import { Confirm } from '../../components/Confirm';
import { CopyButton } from '../../components/CopyButton';
import { BucketPanel } from '../../components/connections/BucketPanel';
import { ConnectionForm } from '../../components/connections/ConnectionForm';
import { Documents } from '../../components/connections/Documents';
import { draftOf } from '../../components/connections/form';
import { LastCheck, useCheck } from '../../components/connections/LastCheck';
import { text as shared } from '../../components/connections/text';
import { Dialog } from '../../components/Dialog';
import { DialogActions } from '../../components/DialogActions';
import { ago, when } from '../../components/format';
import { DatasourceLink } from '../../components/links';
import { Pending } from '../../components/Notice';
import { PageHead } from '../../components/PageHead';
import { unlessGone } from '../../components/unlessGone';
import { usePermission } from '../../components/usePermission';
import { text } from './text';
import './connections.css';

const route = getRouteApi('/connections/$name');

function HealthPanel({ connection, edit }: { connection: Connection; edit: boolean }) {
  const { health, name } = connection;
  const { check, busy, error } = useCheck(name);
  return (
    <section className="panel">
      <div className="panel-head">
        <h2>{shared.health.title}</h2>
        {edit ? (
          <button type="button" className="secondary" disabled={busy} onClick={check}>
            {health === null ? shared.health.check : shared.health.again}
          </button>
        ) : null}
      </div>
      <LastCheck health={health} busy={busy} error={error} />
    </section>
  );
}

function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd className="wrap">{children}</dd>
    </div>
  );
}

function Facts({ connection }: { connection: Connection }) {
  const { values } = draftOf(connection);
  return (
    <dl className="described">
      <Fact label={text.facts.kind}>{shared.kinds[connection.kind]}</Fact>
      {Object.entries(values).map(([name, value]) => (
        <Fact key={name} label={shared.fields[name]?.label ?? name}>
          {value === 'true' ? text.facts.yes : <span className="mono">{value}</span>}
        </Fact>
      ))}
      {connection.kind === 'aws-role' ? (
        <Fact label={shared.externalId}>
          <code>{connection.external_id}</code> <CopyButton text={connection.external_id} what={shared.externalId} />
        </Fact>
      ) : null}
      {connection.secrets.map((name) => (
        <Fact key={name} label={shared.fields[name]?.label ?? name}>
          <span className="quiet">{text.facts.stored}</span>
        </Fact>
      ))}
      {Object.entries(connection.references).map(([name, place]) => (
        <Fact key={name} label={shared.fields[name]?.label ?? name}>
          {text.facts.reference(place)}
        </Fact>
      ))}
      {connection.trusted ? <Fact label={text.facts.trusted}>{text.facts.trustedNote}</Fact> : null}
      <Fact label={text.facts.created}>
        <span title={when(connection.created)}>{ago(connection.created)}</span>
      </Fact>
    </dl>
  );
}

function SettingsPanel({ connection, edit }: { connection: Connection; edit: boolean }) {
  const [editing, setEditing] = useState(false);
  return (
    <section className="panel">
      <div className="panel-head">
        <h2>{text.facts.title}</h2>
        {edit && !editing ? (
          <button type="button" className="secondary" onClick={() => setEditing(true)}>
            {text.edit}
          </button>
        ) : null}
      </div>
      {editing ? (
        <ConnectionForm
          service={draftOf(connection).service}
          connection={connection}
          done={() => setEditing(false)}
          cancel={() => setEditing(false)}
        />
      ) : (
        <Facts connection={connection} />
      )}
    </section>
  );
}

/** The wizard with this connection chosen, and its bucket proposed. */
function wizardFor({ name, settings }: Connection) {
  return {
    step: 'location' as const,
    connection: name,
    ...(settings.bucket === null ? {} : { place: settings.bucket }),
    ...(settings.prefix === '' ? {} : { folder: settings.prefix }),
  };
}

function Bucket({ connection }: { connection: Connection }) {
  const { data } = useQuery(queries.datasources());
  const sources = (data ?? []).filter(({ connection: used }) => used === connection.name);
  return <BucketPanel connection={connection} place={connection.settings} sources={sources} among="own" />;
}

function UsedBy({ connection, add }: { connection: Connection; add: boolean }) {
  return (
    <section className="panel">
      <h2>{text.usedBy.title}</h2>
      {connection.datasources.length === 0 ? <p className="quiet">{text.usedBy.none}</p> : null}
      <ul className="stack-s">
        {connection.datasources.map((name) => (
          <li key={name} className="wrap">
            <DatasourceLink name={name} />
          </li>
        ))}
      </ul>
      {add ? (
        <p>
          <Link to="/new/datasource" search={wizardFor(connection)} className="secondary">
            {text.usedBy.add}
          </Link>
        </p>
      ) : null}
    </section>
  );
}

function DeleteDialog({ connection, close }: { connection: Connection; close: () => void }) {
  const cache = useQueryClient();
  const navigate = useNavigate();
  const { name, datasources } = connection;
  const remove = async () => {
    await answer(client.DELETE('/api/v1/connections/{name}', { params: { path: { name } } }));
    await navigate({ to: '/connections' });
    cache.removeQueries({ queryKey: keys.connection(name) });
    await cache.invalidateQueries({ queryKey: keys.connections });
  };
  const title = text.remove.title(name);
  if (datasources.length > 0)
    return (
      <Dialog title={title} close={close}>
        <p>{text.remove.inUse(datasources)}</p>
        <DialogActions close={close} />
      </Dialog>
    );
  return (
    <Confirm title={title} label={text.remove.confirm} confirm={remove} close={close}>
      <p>{text.remove.detail}</p>
    </Confirm>
  );
}

function Shown({ connection }: { connection: Connection }) {
  const may = usePermission();
  const [deleting, setDeleting] = useState(false);
  const edit = may('connections:edit');
  return (
    <>
      <PageHead title={connection.name} above={<Link to="/connections">{text.back}</Link>}>
        {edit ? (
          <button type="button" className="secondary" aria-haspopup="dialog" onClick={() => setDeleting(true)}>
            {text.remove.action}
          </button>
        ) : null}
      </PageHead>
      <div className="panels">
        <div className="stack">
          <Bucket connection={connection} />
          <HealthPanel connection={connection} edit={edit} />
          <section className="panel">
            <h2>{shared.documents.title}</h2>
            <Documents connection={connection} />
          </section>
        </div>
        <div className="stack">
          <SettingsPanel connection={connection} edit={edit} />
          <UsedBy connection={connection} add={may('datasources:edit')} />
        </div>
      </div>
      {deleting ? <DeleteDialog connection={connection} close={() => setDeleting(false)} /> : null}
    </>
  );
}

export function ConnectionPage() {
  const { name } = route.useParams();
  const { data, error } = unlessGone(useQuery(queries.connection(name)));
  return (
    <main className="page">
      <Pending page data={data} error={error} />
      {data === undefined ? null : <Shown key={data.id} connection={data} />}
    </main>
  );
}
