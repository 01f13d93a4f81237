// The runs, newest first: what each pass found, and how it ended.
import { useQuery } from '@tanstack/react-query';
import { api, type Hold, passing, type Run } from '../api/client';
import { ago, count, duration, when } from '../format';
import { Badge } from '../shell/Badge';
import { Link } from '../shell/Link';
import { FirstBucket, ProblemNotice, Prose } from '../shell/Notice';
import { live, parts } from './summary';

/** What stands of the removals that a run held, in a few words. */
function became(hold: Hold): string {
  const held = `${count(hold.count)} held`;
  if (hold.confirmed_by !== null) return `${held}, confirmed by run ${hold.confirmed_by}`;
  return hold.superseded_by === null ? held : `${held}, outdated by run ${hold.superseded_by}`;
}

function Line({ run }: { run: Run }) {
  const found = parts(run);
  const queued = run.state === 'queued';
  return (
    <tr>
      <td>
        <Link to={`/runs/${run.id}`}>Run {run.id}</Link>
      </td>
      <td>
        <Badge state={run.state} />
      </td>
      <td className="name">{run.datasource}</td>
      <td title={when(run.started)}>{ago(run.started)}</td>
      <td className="number">{queued ? '' : duration(run.started, run.finished)}</td>
      <td className="number">{queued ? '' : count(run.counts.selected)}</td>
      <td>
        {run.waiting !== null ? (
          <span className={run.waiting.stuck ? 'trouble' : 'quiet'}>
            <Prose text={`it waits: ${run.waiting.reason}`} />
          </span>
        ) : null}
        {run.error ? <span className="trouble">{run.error}</span> : null}
        {found.map((part) => (
          <span key={part.kind} className={`delta ${part.kind}`}>
            {count(part.count)} {part.name}
          </span>
        ))}
        {run.hold !== null ? <span className="delta missing">{became(run.hold)}</span> : null}
        {!run.error && found.length === 0 && run.hold === null && !live(run) ? (
          <span className="quiet">nothing changed</span>
        ) : null}
      </td>
    </tr>
  );
}

export function RunsPage() {
  const { data, error } = useQuery({
    queryKey: ['runs'],
    queryFn: ({ signal }) => api.runs(signal),
    refetchInterval: (query) => (query.state.data?.some(live) || passing(query.state.error) ? 2000 : 15_000),
  });
  return (
    <main className="page wide">
      {error !== null && data === undefined ? <ProblemNotice error={error} /> : null}
      {data?.length === 0 ? <FirstBucket /> : null}
      {data !== undefined && data.length > 0 ? (
        <>
          <div className="page-head">
            <h1>Runs</h1>
            <p className="quiet">Every pass over a datasource, the newest first</p>
          </div>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
          <section className="table-box" aria-label="Runs" tabIndex={0}>
            <table>
              <thead>
                <tr>
                  <th scope="col">Run</th>
                  <th scope="col">State</th>
                  <th scope="col">Datasource</th>
                  <th scope="col">Started</th>
                  <th scope="col" className="number">
                    Took
                  </th>
                  <th scope="col" className="number">
                    Objects
                  </th>
                  <th scope="col">Outcome</th>
                </tr>
              </thead>
              <tbody>
                {data.map((run) => (
                  <Line key={run.id} run={run} />
                ))}
              </tbody>
            </table>
          </section>
        </>
      ) : null}
    </main>
  );
}
