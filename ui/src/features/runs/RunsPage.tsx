// All runs, newest first: what each of them found, and how it ended.
import { useQuery } from '@tanstack/react-query';
import type { Hold, Run } from '../../api/client';
import { queries } from '../../api/queries';
import { isActive, occurred } from '../../api/vocabulary';
import { RunBadge } from '../../components/Badge';
import { ago, count, duration, when } from '../../components/format';
import { RunLink } from '../../components/links';
import { FirstBucket, Pending } from '../../components/Notice';
import { OutcomeCounts } from '../../components/OutcomeCounts';
import { PageHead } from '../../components/PageHead';
import { Prose } from '../../components/Rich';
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
        <RunBadge state={run.state} />
      </td>
      <td className="name">{run.datasource}</td>
      <td title={when(run.started)}>{ago(run.started)}</td>
      <td className="number">{queued ? null : duration(run.started, run.finished)}</td>
      <td className="number">{queued ? null : count(run.counts.selected)}</td>
      <td>
        <RunOutcomes run={run} />
      </td>
    </tr>
  );
}

export function RunsPage() {
  const { data, error } = useQuery(queries.runs());
  return (
    <main className="page">
      <Pending page data={data} error={error} />
      {data?.length === 0 ? <FirstBucket /> : null}
      {data !== undefined && data.length > 0 ? (
        <>
          <PageHead title={text.title} lead={text.subtitle} />
          <TableBox
            name="runs-table"
            label={text.title}
            columns={Object.values(text.columns)}
            numbers={[text.columns.duration, text.columns.objects]}
          >
            {data.map((run) => (
              <Row key={run.id} run={run} />
            ))}
          </TableBox>
        </>
      ) : null}
    </main>
  );
}
