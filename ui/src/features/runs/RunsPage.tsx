// All runs, newest first: what each of them found, and how it ended.
import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { Hold, Run } from '../../api/client';
import { jobQueries } from '../../api/jobQueries';
import { type RunSearch, runSearch } from '../../api/listSearch';
import { isActive, occurred } from '../../api/vocabulary';
import { ago, count, duration, when } from '../../components/format';
import { ListFilters } from '../../components/ListFilters';
import { DatasourceLink, RunLink } from '../../components/links';
import { filters } from '../../components/listText';
import { MoreButton } from '../../components/MoreButton';
import { FirstBucket, Pending } from '../../components/Notice';
import { OutcomeCounts } from '../../components/OutcomeCounts';
import { PageHead } from '../../components/PageHead';
import { Prose } from '../../components/Rich';
import { RunProgress, RunStatus } from '../../components/RunStatus';
import { TableBox } from '../../components/TableBox';
import { text } from './text';
import './runs.css';

function holdSummary(hold: Hold): string {
  if (hold.confirmed_by !== null) return text.hold.confirmed(hold.count, hold.confirmed_by);
  if (hold.superseded_by !== null) return text.hold.superseded(hold.count, hold.superseded_by);
  return text.hold.held(hold.count);
}

function RunOutcomes({ run }: { run: Run }) {
  const idle = !isActive(run.state) && occurred(run.counts).length === 0;
  return (
    <>
      {run.waiting !== null ? (
        <span className={run.waiting.stuck ? 'error-text' : 'quiet'}>
          <Prose text={text.queuedBecause(run.waiting.reason)} />
        </span>
      ) : null}
      {run.error ? (
        <span className="error-text">
          <Prose text={run.error} />{' '}
        </span>
      ) : null}
      <RunProgress run={run} />
      <OutcomeCounts counts={run.counts} />
      {run.hold !== null ? <span className="delta tone-warn">{holdSummary(run.hold)}</span> : null}
      {run.notes.map((note) => (
        <span key={note} className="delta tone-warn">
          <Prose text={note} />
        </span>
      ))}
      {idle && !run.error && run.hold === null && run.notes.length === 0 ? (
        <span className="quiet">{text.noChanges}</span>
      ) : null}
    </>
  );
}

function Row({ run }: { run: Run }) {
  const queued = run.state === 'queued';
  return (
    <tr>
      <td>
        <RunLink id={run.id} />
      </td>
      <td>
        <span className="states">
          <RunStatus run={run} />
        </span>
      </td>
      <td className="name">
        <DatasourceLink name={run.datasource} />
      </td>
      <td title={when(run.started)}>{ago(run.started)}</td>
      <td className="number">{queued ? null : duration(run.started, run.finished)}</td>
      <td className="number">{queued ? null : count(run.counts.selected)}</td>
      <td>
        <RunOutcomes run={run} />
      </td>
    </tr>
  );
}

const route = getRouteApi('/runs/');

function Shown({ runs, filter, more }: { runs: Run[]; filter: RunSearch; more: ReactNode }) {
  const navigate = route.useNavigate();
  const change = (search: object) => navigate({ search: runSearch({ ...search }), replace: true });
  return (
    <>
      <PageHead title={text.title} lead={text.subtitle} />
      <ListFilters filter={filter} change={change} />
      {runs.length === 0 ? (
        <p className="quiet">
          {filters.none} <Link to="/runs">{filters.clear}</Link>
        </p>
      ) : (
        <TableBox
          name="runs-table"
          label={text.title}
          columns={Object.values(text.columns)}
          numbers={[text.columns.duration, text.columns.objects]}
        >
          {runs.map((run) => (
            <Row key={run.id} run={run} />
          ))}
        </TableBox>
      )}
      {more}
    </>
  );
}

export function RunsPage() {
  const filter = route.useSearch();
  const found = useInfiniteQuery(jobQueries.runs(filter));
  const runs = found.data?.pages.flatMap(({ items }) => items);
  const none = runs?.length === 0 && !found.isPlaceholderData && Object.keys(filter).length === 0;
  return (
    <main className="page wide">
      <Pending page data={runs} error={found.error} />
      {none ? <FirstBucket /> : null}
      {runs === undefined || none ? null : <Shown runs={runs} filter={filter} more={<MoreButton list={found} />} />}
    </main>
  );
}
