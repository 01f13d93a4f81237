// How a datasource is doing: its newest run, what waits for somebody, when the next run is, and what it selects.
import { useQuery } from '@tanstack/react-query';
import type { Datasource, Run } from '../../api/client';
import { queries } from '../../api/queries';
import { BucketPanel } from '../../components/connections/BucketPanel';
import { ago, when, zoned } from '../../components/format';
import { RunLink } from '../../components/links';
import { Notice } from '../../components/Notice';
import { OutcomeCounts } from '../../components/OutcomeCounts';
import { Prose, Sentences } from '../../components/Rich';
import { RunProgress, RunStatus } from '../../components/RunStatus';
import { usePermission } from '../../components/usePermission';
import { Facts } from './Facts';
import { describeSchedule } from './schedule';
import { text } from './text';

function Held({ run }: { run: Run }) {
  if (run.state !== 'held' || run.hold === null) return null;
  return (
    <Notice title={text.page.held(run.hold.count)} alarm>
      <p>
        <Prose text={run.hold.reason} />
      </p>
      <p>
        <RunLink id={run.id} className="primary">
          {text.page.decide}
        </RunLink>
      </p>
    </Notice>
  );
}

function LastRun({ run }: { run: Run | null }) {
  return (
    <section className="panel">
      <h2>{text.page.lastRun}</h2>
      {run === null ? <p className="quiet">{text.card.neverRun}</p> : <RunLines run={run} />}
    </section>
  );
}

function RunLines({ run }: { run: Run }) {
  return (
    <>
      <p className="row">
        <RunStatus run={run} />
        <RunLink id={run.id} title={when(run.started)}>
          {text.card.lastRun(run.id, ago(run.started))}
        </RunLink>
      </p>
      <RunProgress run={run} />
      <p className="row">
        <OutcomeCounts counts={run.counts} />
      </p>
      {run.waiting === null ? null : (
        <p className={run.waiting.stuck ? 'error-text' : 'quiet'}>
          <Prose text={text.card.waiting(run.id, run.waiting.reason)} />
        </p>
      )}
      {run.error ? (
        <p className="error-text">
          <Prose text={run.error} />
        </p>
      ) : null}
      <Sentences texts={run.notes} />
      {run.counts.failed + run.counts.label_problems > 0 ? (
        <p>
          <RunLink id={run.id} kind="failed">
            {text.page.reasons}
          </RunLink>
        </p>
      ) : null}
    </>
  );
}

function Schedule({ source }: { source: Datasource }) {
  return (
    <section className="panel">
      <h2>{text.settings.schedule}</h2>
      <p>{describeSchedule(source)}</p>
      {source.paused !== null ? (
        <p className="error-text">
          <Prose text={text.page.paused(source.paused)} />
        </p>
      ) : null}
      {source.next_due !== null && source.paused === null ? (
        <p className="quiet" title={when(source.next_due)}>
          {text.page.next(
            ago(source.next_due),
            zoned(source.next_due, source.timezone ?? Intl.DateTimeFormat().resolvedOptions().timeZone),
          )}
        </p>
      ) : null}
    </section>
  );
}

/** The bucket that a connection reaches, for those who may look at connections. */
function Bucket({ source, name }: { source: Datasource; name: string }) {
  const { data } = useQuery({ ...queries.connection(name), enabled: usePermission()('connections:read') });
  if (data === undefined) return null;
  const place = {
    bucket: source.container,
    prefix: source.prefix,
    region: source.region ?? data.settings.region,
  };
  return <BucketPanel connection={data} place={place} sources={[source]} />;
}

export function Overview({ source }: { source: Datasource }) {
  return (
    <div className="panels">
      <div className="stack">
        {source.last_run === null ? null : <Held run={source.last_run} />}
        <LastRun run={source.last_run} />
        <Schedule source={source} />
      </div>
      <div className="stack">
        {source.connection === null ? null : <Bucket source={source} name={source.connection} />}
        <Facts source={source} />
      </div>
    </div>
  );
}
