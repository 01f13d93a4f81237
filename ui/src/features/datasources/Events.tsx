// How events of the bucket arrive, and what has arrived.
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { answer, client, type Datasource, type EventStatus } from '../../api/client';
import { queries } from '../../api/queries';
import { Confirm } from '../../components/Confirm';
import { Copyable } from '../../components/CopyButton';
import { ago, count, when } from '../../components/format';
import { Pending } from '../../components/Notice';
import { Prose } from '../../components/Rich';
import { usePermission } from '../../components/usePermission';
import { EventsForm, useRefreshed } from './EventsForm';
import { text } from './text';

function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd className="wrap">{children}</dd>
    </div>
  );
}

function time(iso: string | null): ReactNode {
  return iso === null ? text.page.events.never : <span title={when(iso)}>{ago(iso)}</span>;
}

function Status({ status }: { status: EventStatus }) {
  const { events } = text.page;
  const { counts } = status;
  return (
    <>
      <dl className="described">
        <Fact label={events.kind}>{events.kinds[status.kind]}</Fact>
        {status.address === null ? null : (
          <Fact label={events.address}>
            <span className="mono">{status.address}</span>
          </Fact>
        )}
        <Fact label={events.lastEvent}>{time(status.last_event)}</Fact>
        {status.last_poll === null ? null : <Fact label={events.lastPoll}>{time(status.last_poll)}</Fact>}
        <Fact label={events.waiting}>{count(status.waiting)}</Fact>
        <Fact label={events.received}>{count(counts.received)}</Fact>
        {counts.foreign > 0 ? <Fact label={events.foreign}>{count(counts.foreign)}</Fact> : null}
        {counts.unreadable > 0 ? <Fact label={events.unreadable}>{count(counts.unreadable)}</Fact> : null}
      </dl>
      {status.last_error ? (
        <p className="error-text">
          <Prose text={status.last_error} />
        </p>
      ) : null}
      {status.last_warning ? (
        <p className="quiet">
          <Prose text={status.last_warning} />
        </p>
      ) : null}
    </>
  );
}

interface PartProps {
  source: Datasource;
  status: EventStatus | null;
}

function Controls({ source, status }: PartProps) {
  const [editing, setEditing] = useState(false);
  const [stopping, setStopping] = useState(false);
  const [secret, setSecret] = useState<string>();
  const { events } = text.page;
  const refresh = useRefreshed(source.name);
  const stop = async () => {
    await answer(client.DELETE('/api/v1/datasources/{name}/events', { params: { path: { name: source.name } } }));
    setSecret(undefined);
    setStopping(false);
    await refresh();
  };
  return (
    <>
      {secret === undefined ? null : <Once source={source} secret={secret} />}
      {editing ? (
        <EventsForm
          source={source}
          status={status}
          done={(made) => {
            setSecret(made.secret ?? undefined);
            setEditing(false);
          }}
          cancel={() => setEditing(false)}
        />
      ) : (
        <p className="row">
          <button type="button" className="secondary" onClick={() => setEditing(true)}>
            {status === null ? events.setUp : events.change}
          </button>
          {status === null ? null : (
            <button type="button" className="secondary" aria-haspopup="dialog" onClick={() => setStopping(true)}>
              {events.off}
            </button>
          )}
        </p>
      )}
      {stopping ? (
        <Confirm
          title={events.offTitle(source.name)}
          label={events.off}
          confirm={stop}
          close={() => setStopping(false)}
        >
          <p>{events.offDetail}</p>
        </Confirm>
      ) : null}
    </>
  );
}

/** What is shown once, when a webhook is made: the secret, and where its requests go. */
function Once({ source, secret }: { source: Datasource; secret: string }) {
  const { events } = text.page;
  const address = `${window.location.origin}/api/v1/events/${encodeURIComponent(source.name)}`;
  return (
    <div className="stack-s" role="status">
      <p>{events.secret}</p>
      <Copyable text={secret} what={events.theSecret} />
      <p>{events.endpoint}</p>
      <Copyable text={address} what={events.theEndpoint} />
    </div>
  );
}

export function Events({ source }: { source: Datasource }) {
  const { data, error } = useQuery(queries.datasourceEvents(source.name));
  const may = usePermission();
  if (data === undefined) return <Pending data={data} error={error} />;
  return (
    <section className="panel stack">
      <p className={data === null ? undefined : 'quiet'}>
        {data === null ? text.page.events.none : text.page.events.lead}
      </p>
      {data === null ? null : <Status status={data} />}
      {may('datasources:edit') ? <Controls source={source} status={data} /> : null}
    </section>
  );
}
