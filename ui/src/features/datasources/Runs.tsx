// The newest runs of a datasource.
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { queries } from '../../api/queries';
import { triggerLabel } from '../../api/vocabulary';
import { ago, duration, when } from '../../components/format';
import { RunLink } from '../../components/links';
import { Pending } from '../../components/Notice';
import { OutcomeCounts } from '../../components/OutcomeCounts';
import { Prose } from '../../components/Rich';
import { RunProgress, RunStatus } from '../../components/RunStatus';
import { TableBox } from '../../components/TableBox';
import { text } from './text';

export function Runs({ name }: { name: string }) {
  const { data, error } = useQuery(queries.datasourceRuns(name));
  if (data === undefined) return <Pending data={data} error={error} />;
  if (data.length === 0) return <p className="quiet">{text.card.neverRun}</p>;
  return (
    <>
      <TableBox name="source-runs" label={text.page.tabs.runs} columns={text.page.runColumns}>
        {data.map((run) => (
          <tr key={run.id}>
            <td>
              <RunLink id={run.id} />
            </td>
            <td>
              <span className="states">
                <RunStatus run={run} />
              </span>
            </td>
            <td>{triggerLabel(run.trigger)}</td>
            <td title={when(run.started)}>{ago(run.started)}</td>
            <td className="number">{run.state === 'queued' ? null : duration(run.started, run.finished)}</td>
            <td>
              {run.error ? (
                <span className="error-text">
                  <Prose text={run.error} />{' '}
                </span>
              ) : null}
              <RunProgress run={run} />
              <OutcomeCounts counts={run.counts} />
            </td>
          </tr>
        ))}
      </TableBox>
      <p>
        <Link to="/runs" search={{ datasource: name }}>
          {text.page.allRuns}
        </Link>
      </p>
    </>
  );
}
