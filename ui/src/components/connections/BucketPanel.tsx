// A connected bucket at a glance: whether it works, where it is, what it may be used for, what it holds, and how far
// its runs are.
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { Connection, Datasource } from '../../api/client';
import { queries } from '../../api/queries';
import { ago, bytes, count, when } from '../format';
import { ConnectionLink, DatasourceLink, RunLink } from '../links';
import { RunProgress, RunStatus } from '../RunStatus';
import { heldBy, type Power, verdictOf } from './bucket';
import { HealthSummary } from './HealthRows';
import { text } from './text';

const POWERS: readonly Power[] = ['list', 'read', 'write'];
const TONES = { yes: 'good', no: 'bad', unknown: 'calm' } as const;

interface Props {
  connection: Connection;
  place: { bucket: string | null; prefix: string; region: string | null };
  sources: readonly Datasource[]; // those that are counted
  among?: 'one' | 'several' | 'own'; // several are headed by their connections; its own page names it already
}

function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd className="wrap">{children}</dd>
    </div>
  );
}

function Powers({ connection }: { connection: Connection }) {
  const { bucket } = text;
  return (
    <ul className="row powers">
      {POWERS.map((power) => {
        const asked = power !== 'write' || connection.settings.allow_writes;
        const verdict = asked ? verdictOf(connection.health, power) : 'unknown';
        return (
          <li key={power} className={`badge tone-${TONES[verdict]}`}>
            {bucket.powers[power]}: {asked ? bucket.verdicts[verdict] : bucket.notAsked}
          </li>
        );
      })}
    </ul>
  );
}

/** The newest run of each datasource, and its progress while it is at work. */
export function SyncStates({ sources }: { sources: readonly Datasource[] }) {
  return (
    <ul className="sync-states">
      {sources.map(({ name, last_run: run }) => (
        <li key={name} className="stack-s">
          <span className="row">
            <DatasourceLink name={name} />
            {run === null ? (
              <span className="quiet">{text.bucket.neverRun}</span>
            ) : (
              <>
                <RunStatus run={run} />
                <RunLink id={run.id} title={when(run.started)}>
                  {text.bucket.run(run.id, ago(run.started))}
                </RunLink>
              </>
            )}
          </span>
          {run === null ? null : <RunProgress run={run} />}
        </li>
      ))}
    </ul>
  );
}

export function BucketPanel({ connection, place, sources, among = 'one' }: Props) {
  const { bucket, fields, container } = text;
  const { data: storage } = useQuery(queries.storage());
  const held = heldBy(sources, storage);
  const { health, kind } = connection;
  const label = kind.startsWith('azure') ? container : fields.bucket?.label;
  return (
    <section className="panel">
      <div className="panel-head">
        <h2 className="wrap">{among === 'several' ? <ConnectionLink name={connection.name} /> : bucket.title}</h2>
        <HealthSummary health={health} />
      </div>
      <dl className="described">
        {among === 'one' ? (
          <Fact label={bucket.connection}>
            <ConnectionLink name={connection.name} />
          </Fact>
        ) : null}
        <Fact label={text.kindLabel}>{text.kinds[kind]}</Fact>
        <Fact label={label ?? bucket.title}>
          {place.bucket === null ? bucket.any : <span className="mono">{place.bucket}</span>}
        </Fact>
        <Fact label={fields.prefix?.label ?? ''}>
          {place.prefix === '' ? bucket.whole : <span className="mono">{place.prefix}</span>}
        </Fact>
        {place.region === null ? null : (
          <Fact label={fields.region?.label ?? ''}>
            <span className="mono">{place.region}</span>
          </Fact>
        )}
        <Fact label={bucket.checked}>
          {health === null ? bucket.never : <span title={when(health.checked)}>{ago(health.checked)}</span>}
        </Fact>
        <Fact label={bucket.may}>
          <Powers connection={connection} />
        </Fact>
        <Fact label={bucket.sources}>{count(connection.datasources.length)}</Fact>
        <Fact label={bucket.assets}>{count(held.assets)}</Fact>
        {held.bytes === undefined ? null : (
          <Fact label={bucket.size}>{held.estimated ? bucket.about(bytes(held.bytes)) : bytes(held.bytes)}</Fact>
        )}
      </dl>
      <SyncStates sources={sources} />
    </section>
  );
}
