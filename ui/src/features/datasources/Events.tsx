// How events of the bucket arrive, and what has arrived.
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { EventStatus } from '../../api/client';
import { queries } from '../../api/queries';
import { Copyable } from '../../components/CopyButton';
import { ago, count, when } from '../../components/format';
import { Pending } from '../../components/Notice';
import { Prose } from '../../components/Rich';
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

export function Events({ name }: { name: string }) {
  const { data, error } = useQuery(queries.datasourceEvents(name));
  if (data === undefined) return <Pending data={data} error={error} />;
  return (
    <section className="panel">
      {data === null ? (
        <>
          <p>{text.page.events.none}</p>
          <Copyable text={text.page.events.command(name)} />
        </>
      ) : (
        <Status status={data} />
      )}
    </section>
  );
}
