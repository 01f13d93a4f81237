// One run: its counts, its requests, and what happened to single objects.
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { answer, client, type OutcomeKind, type Run } from '../../api/client';
import { keys, queries } from '../../api/queries';
import { isActive, OUTCOME_KINDS, occurred, triggerLabel } from '../../api/vocabulary';
import { ErrorText } from '../../components/ErrorText';
import { ago, count, duration, when } from '../../components/format';
import { DatasourceLink, RunLink } from '../../components/links';
import { Notice, Pending } from '../../components/Notice';
import { PageHead } from '../../components/PageHead';
import { Prose, Rich, Sentences } from '../../components/Rich';
import { RunProgress, RunStatus } from '../../components/RunStatus';
import { text as runTexts } from '../../components/runText';
import { unlessGone } from '../../components/unlessGone';
import { useAsyncAction } from '../../components/useAsyncAction';
import { usePermission } from '../../components/usePermission';
import { HeldRemovals } from './HeldRemovals';
import { Outcomes } from './Outcomes';
import { text } from './text';
import './runs.css';

const route = getRouteApi('/runs/$runId');
const { flags } = runTexts;

export function RunPage() {
  const { runId } = route.useParams();
  const { kind } = route.useSearch();
  const { data: run, error } = unlessGone(useQuery(queries.run(Number(runId))));
  return (
    <main className="page wide">
      <Pending page data={run} error={error} />
      {run !== undefined ? <RunReport key={run.id} run={run} kind={kind} /> : null}
    </main>
  );
}

function RunReport({ run, kind }: { run: Run; kind: OutcomeKind | undefined }) {
  const may = usePermission()('runs:control');
  return (
    <>
      <PageHead
        title={
          <>
            {text.run.title(run.id)} <RunStatus run={run} />
          </>
        }
        lead={<Origin run={run} />}
        above={<Link to="/runs">{text.title}</Link>}
      >
        {may && isActive(run.state) ? <Cancel run={run} /> : null}
        {may && !isActive(run.state) && run.counts.failed > 0 ? <Retry run={run} /> : null}
      </PageHead>
      {run.confirms === null ? null : (
        <p>
          <Rich text={text.run.confirms} parts={{ run: <RunLink id={run.confirms} /> }} />
        </p>
      )}
      {run.waiting !== null ? (
        <Notice title={run.waiting.stuck ? text.run.noWorkerTitle : text.run.queuedTitle} alarm={run.waiting.stuck}>
          <p>
            <Prose text={text.queuedBecause(run.waiting.reason)} />
          </p>
        </Notice>
      ) : null}
      <Doing run={run} />
      {run.error ? <Ending run={run} error={run.error} /> : null}
      {run.notes.length > 0 ? (
        <Notice title={text.run.notesTitle(run.counts.selected, run.limited)} alarm>
          <Sentences texts={run.notes} />
        </Notice>
      ) : null}
      {run.hold !== null ? <HeldRemovals run={run.id} hold={run.hold} open={run.state === 'held'} may={may} /> : null}
      {run.state === 'queued' ? null : (
        <>
          <Counts run={run} />
          <Outcomes run={run} kind={kind} />
        </>
      )}
    </>
  );
}

/** How far a run at work is, and what keeps it. */
function Doing({ run }: { run: Run }) {
  if (run.state !== 'running') return null;
  return (
    <div className="stack">
      <RunProgress run={run} />
      {run.flags.includes('retrying') ? <p>{flags.retrying}</p> : null}
      {run.flags.includes('stalled') && run.moved !== null ? (
        <Notice title={text.run.stalledTitle(ago(run.moved))} alarm>
          <p>{text.run.stalled}</p>
        </Notice>
      ) : null}
    </div>
  );
}

/** Where the run comes from, and when it ran. */
function Origin({ run }: { run: Run }) {
  const line = run.state === 'queued' ? text.run.queued : isActive(run.state) ? text.run.running : text.run.finished;
  return (
    <Rich
      text={line}
      parts={{
        datasource: <DatasourceLink name={run.datasource} />,
        trigger: triggerLabel(run.trigger),
        when: <span title={when(run.started)}>{ago(run.started)}</span>,
        duration: duration(run.started, run.finished),
      }}
    />
  );
}

function Cancel({ run }: { run: Run }) {
  const action = useAsyncAction();
  const cache = useQueryClient();
  const [requested, setRequested] = useState(false);
  const cancel = async () => {
    const params = { path: { run_id: run.id } };
    cache.setQueryData(keys.run(run.id), await answer(client.POST('/api/v1/runs/{run_id}/cancel', { params })));
    setRequested(true);
  };
  return (
    <>
      <button
        type="button"
        className="secondary"
        disabled={action.busy || requested}
        onClick={() => action.run(cancel)}
      >
        {action.busy || requested ? text.run.cancelling : text.run.cancel}
      </button>
      {run.state === 'running' ? <span className="quiet">{text.run.cancelNote}</span> : null}
      <ErrorText text={action.error} />
    </>
  );
}

function Retry({ run }: { run: Run }) {
  const action = useAsyncAction();
  const navigate = useNavigate();
  const retry = async () => {
    const params = { path: { run_id: run.id } };
    const started = await answer(client.POST('/api/v1/runs/{run_id}/retry', { params }));
    await navigate({ to: '/runs/$runId', params: { runId: String(started.id) } });
  };
  return (
    <>
      <button type="button" className="secondary" disabled={action.busy} onClick={() => action.run(retry)}>
        {action.busy ? text.run.retrying : text.run.retry(run.counts.failed)}
      </button>
      <ErrorText text={action.error} />
    </>
  );
}

function Ending({ run, error }: { run: Run; error: string }) {
  const { title, next } =
    run.state === 'failed' ? text.run.failed : run.state === 'cancelled' ? text.run.cancelled : text.run.incomplete;
  return (
    <Notice title={title} alarm={run.state !== 'cancelled'}>
      <p>
        <Prose text={error} />
      </p>
      <p className="quiet">{next}</p>
    </Notice>
  );
}

function Tile({ name, value, tone }: { name: string; value: number; tone?: string }) {
  return (
    <div className={tone === undefined ? 'tile' : `tile ${tone}`}>
      <dt>{name}</dt>
      <dd>{count(value)}</dd>
    </div>
  );
}

/** What was counted; outcomes that did not occur are left out. */
function Counts({ run }: { run: Run }) {
  const { counts, requests } = run;
  return (
    <>
      <dl className="tiles">
        <Tile name={text.counts.listed} value={counts.listed} />
        <Tile name={text.counts.selected} value={counts.selected} />
        {counts.unchanged > 0 ? <Tile name={OUTCOME_KINDS.unchanged.label} value={counts.unchanged} /> : null}
        {occurred(counts).map((row) => (
          <Tile
            key={row.kind}
            name={row.label}
            value={row.count}
            tone={`${row.kind} tone-${OUTCOME_KINDS[row.kind].tone}`}
          />
        ))}
        {counts.label_problems > 0 ? (
          <Tile name={text.counts.labelProblems} value={counts.label_problems} tone="tone-warn" />
        ) : null}
      </dl>
      <p className="quiet">{text.counts.requests(requests.list, requests.get, requests.head, run.bytes_read)}</p>
      {run.server === null ? null : <p className="quiet">{text.counts.server(run.server)}</p>}
    </>
  );
}
