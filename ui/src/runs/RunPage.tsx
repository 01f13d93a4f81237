// One run: its counts, what it cost, and what happened to single objects.
import { keepPreviousData, useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, type Outcome, type OutcomeKind, PAGE, passing, type Run } from '../api/client';
import { ago, bytes, count, duration, quoted, when } from '../format';
import { go, to, usePlace } from '../router';
import { Trouble, useAct } from '../shell/act';
import { Badge } from '../shell/Badge';
import { Link } from '../shell/Link';
import { Notice, ProblemNotice, Prose } from '../shell/Notice';
import { Held } from './Held';
import { KINDS, live } from './summary';

function Tile({ name, value, tone }: { name: string; value: string; tone?: string | undefined }) {
  return (
    <div className={tone ? `tile ${tone}` : 'tile'}>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function Counts({ run }: { run: Run }) {
  const { counts, requests } = run;
  return (
    <>
      <dl className="tiles">
        <Tile name="listed" value={count(counts.listed)} />
        <Tile name="selected" value={count(counts.selected)} />
        <Tile name="unchanged" value={count(counts.unchanged)} />
        {KINDS.map(({ kind, name }) => (
          <Tile key={kind} name={name} value={count(counts[kind])} tone={counts[kind] > 0 ? kind : 'zero'} />
        ))}
      </dl>
      <p className="quiet">
        {count(requests.list)} LIST, {count(requests.get)} GET and {count(requests.head)} HEAD requests;{' '}
        {bytes(run.bytes_read)} read
      </p>
    </>
  );
}

function Row({ outcome }: { outcome: Outcome }) {
  return (
    <tr>
      <td>
        <Badge state={outcome.kind} />
      </td>
      <td className="mono wrap">
        {outcome.asset_id === null ? outcome.key : <Link to={`/assets/${outcome.asset_id}`}>{outcome.key}</Link>}
      </td>
      <td>
        {outcome.reason ? <Prose text={outcome.reason} /> : null}
        {outcome.stage ? <span className="quiet"> ({outcome.stage})</span> : null}
      </td>
    </tr>
  );
}

function Outcomes({ run, kind }: { run: Run; kind: OutcomeKind | undefined }) {
  const found = useInfiniteQuery({
    queryKey: ['outcomes', run.id, kind ?? '', run.state], // once more when it has ended
    queryFn: ({ pageParam, signal }) => api.outcomes(run.id, kind, pageParam, signal),
    initialPageParam: 0,
    placeholderData: keepPreviousData,
    refetchInterval: live(run) ? 3000 : false,
    getNextPageParam: (last, all) => (last.length === PAGE ? all.length * PAGE : undefined),
  });
  const rows = found.data?.pages.flat() ?? [];
  const choose = (next: OutcomeKind | undefined) =>
    go(to(`/runs/${run.id}`, { kind: next ?? null }), { replace: true });
  return (
    <section aria-label="Outcomes">
      <div className="choices">
        <button type="button" aria-pressed={kind === undefined} onClick={() => choose(undefined)}>
          All
        </button>
        {KINDS.filter((one) => run.counts[one.kind] > 0).map((one) => (
          <button
            key={one.kind}
            type="button"
            aria-pressed={kind === one.kind}
            onClick={() => choose(kind === one.kind ? undefined : one.kind)}
          >
            {one.name} <span className="quiet">{count(run.counts[one.kind])}</span>
          </button>
        ))}
      </div>
      {found.error !== null ? <ProblemNotice error={found.error} /> : null}
      {found.isSuccess && rows.length === 0 ? (
        <p className="quiet">No object is listed here: what simply stayed as it was is only counted.</p>
      ) : null}
      {rows.length > 0 ? (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        <section className="table-box" aria-label="Objects" tabIndex={0}>
          <table>
            <thead>
              <tr>
                <th scope="col">Outcome</th>
                <th scope="col">Object</th>
                <th scope="col">Why</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((outcome) => (
                <Row key={outcome.key} outcome={outcome} />
              ))}
            </tbody>
          </table>
        </section>
      ) : null}
      {found.hasNextPage ? (
        <button type="button" className="more" disabled={found.isFetching} onClick={() => found.fetchNextPage()}>
          Show more
        </button>
      ) : null}
    </section>
  );
}

function Cancel({ run }: { run: Run }) {
  const act = useAct();
  const cache = useQueryClient();
  const [asked, setAsked] = useState(false);
  const cancel = async () => {
    cache.setQueryData(['run', run.id], await api.cancel(run.id));
    setAsked(true);
  };
  return (
    <div className="row">
      <button type="button" className="more" disabled={act.busy || asked} onClick={() => act.run(cancel)}>
        {act.busy || asked ? 'Cancelling…' : 'Cancel'}
      </button>
      {run.state === 'running' ? <span className="quiet">What it has committed stays.</span> : null}
      <Trouble text={act.trouble} />
    </div>
  );
}

function Retry({ run }: { run: Run }) {
  const act = useAct();
  const retry = async () => go(`/runs/${(await api.retry(run.id)).id}`, { inside: true });
  return (
    <div className="row">
      <button type="button" className="more" disabled={act.busy} onClick={() => act.run(retry)}>
        {act.busy ? 'Starting…' : `Try ${count(run.counts.failed)} again`}
      </button>
      <span className="quiet">Only what failed is looked at.</span>
      <Trouble text={act.trouble} />
    </div>
  );
}

const ENDINGS: Record<string, { title: string; after: string }> = {
  failed: { title: 'The run failed', after: 'Nothing was lost: run it again and it goes on where it was.' },
  cancelled: {
    title: 'The run was cancelled',
    after: 'What it had committed is kept; the next pass goes on from there.',
  },
};
const IN_PART = {
  title: 'Not everything could be listed',
  after: 'Nothing there counts as gone. Everything else was brought in step.',
};

function Ending({ run, error }: { run: Run; error: string }) {
  const { title, after } = ENDINGS[run.state] ?? IN_PART;
  return (
    <Notice title={title} alarm={run.state !== 'cancelled'}>
      <p>
        <Prose text={error} />
      </p>
      <p className="quiet">{after}</p>
    </Notice>
  );
}

export function RunPage({ id }: { id: number }) {
  const { params } = usePlace();
  const { data: run, error } = useQuery({
    queryKey: ['run', id],
    queryFn: ({ signal }) => api.run(id, signal),
    refetchInterval: (query) =>
      (query.state.data !== undefined && live(query.state.data)) || passing(query.state.error) ? 1000 : false,
  });
  const queued = run?.state === 'queued';
  const asked = params.get('kind');
  const kind = KINDS.find((one) => one.kind === asked)?.kind;
  return (
    <main className="page wide">
      {error !== null && run === undefined ? <ProblemNotice error={error} /> : null}
      {run !== undefined ? (
        <>
          <div className="page-head">
            <h1>
              Run {run.id} <Badge state={run.state} />
            </h1>
            <p className="quiet">
              <Link to={to('/', { query: `datasource:${quoted(run.datasource)}` })}>{run.datasource}</Link>,{' '}
              {queued ? 'asked for' : 'started'} <span title={when(run.started)}>{ago(run.started)}</span>
              {queued ? null : `, ${live(run) ? 'running for' : 'took'} ${duration(run.started, run.finished)}`}
            </p>
            {run.confirms !== null ? (
              <p>
                Somebody agreed to what <Link to={`/runs/${run.confirms}`}>run {run.confirms}</Link> held; this run
                carries it out.
              </p>
            ) : null}
            {live(run) ? <Cancel run={run} /> : null}
            {!live(run) && run.counts.failed > 0 ? <Retry run={run} /> : null}
          </div>
          {run.waiting !== null ? (
            <Notice title={run.waiting.stuck ? 'Nobody takes this run' : 'This run waits'} alarm={run.waiting.stuck}>
              <p>
                <Prose text={`It waits: ${run.waiting.reason}.`} />
              </p>
            </Notice>
          ) : null}
          {run.error ? <Ending run={run} error={run.error} /> : null}
          {run.hold !== null ? <Held run={run.id} hold={run.hold} open={run.state === 'held'} /> : null}
          {queued ? null : (
            <>
              <Counts run={run} />
              <Outcomes run={run} kind={kind} />
            </>
          )}
        </>
      ) : null}
    </main>
  );
}
