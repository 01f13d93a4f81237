// All jobs that are not runs, newest first: what each is about, how far it is, and what can be done about it.
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { answer, client, type Job } from '../../api/client';
import { keys, queries } from '../../api/queries';
import { isActive, jobLabel } from '../../api/vocabulary';
import { RunBadge } from '../../components/Badge';
import { ErrorText } from '../../components/ErrorText';
import { ago, duration, when } from '../../components/format';
import { Pending } from '../../components/Notice';
import { PageHead } from '../../components/PageHead';
import { Prose, Rich } from '../../components/Rich';
import { TableBox } from '../../components/TableBox';
import { text as texts } from '../../components/text';
import { addToast } from '../../components/toasts';
import { useAsyncAction } from '../../components/useAsyncAction';
import { usePermission } from '../../components/usePermission';
import { canUndo, keptFiles } from './ended';
import { text } from './text';
import './jobs.css';

function Progress({ job }: { job: Job }) {
  if (job.waiting !== null)
    return (
      <span className={job.waiting.stuck ? 'error-text' : 'quiet'}>
        <Prose text={text.waiting(job.waiting.reason)} />
      </span>
    );
  if (job.error)
    return (
      <span className={job.state === 'failed' ? 'error-text' : 'quiet'}>
        <Prose text={job.error} />
      </span>
    );
  if (!isActive(job.state))
    return job.started === null ? null : (
      <span className="quiet">{text.took(duration(job.started, job.finished))}</span>
    );
  const progress = job.progress;
  return progress === null ? text.starting : text.progress(progress.step, progress.done, progress.total, progress.unit);
}

function Cancel({ job }: { job: Job }) {
  const action = useAsyncAction();
  const cache = useQueryClient();
  const cancel = async () => {
    await answer(client.POST('/api/v1/jobs/{job_id}/cancel', { params: { path: { job_id: job.id } } }));
    await cache.invalidateQueries({ queryKey: keys.jobs });
  };
  const ending = action.busy || job.cancel_requested !== null;
  return (
    <>
      <button
        type="button"
        className="secondary"
        aria-label={text.cancelJob(job.id)}
        disabled={ending}
        onClick={() => action.run(cancel)}
      >
        {ending ? text.cancelling : texts.cancel}
      </button>
      <ErrorText text={action.error} />
    </>
  );
}

function Undo({ job }: { job: Job }) {
  const action = useAsyncAction();
  const cache = useQueryClient();
  const undo = async () => {
    const undoing = await answer(client.POST('/api/v1/jobs/{job_id}/undo', { params: { path: { job_id: job.id } } }));
    addToast({ job: undoing, doing: texts.toasts.undoing, done: texts.toasts.undone });
    await cache.invalidateQueries({ queryKey: keys.jobs });
  };
  return (
    <>
      <button
        type="button"
        className="secondary"
        aria-label={text.undoJob(job.id)}
        disabled={action.busy}
        onClick={() => action.run(undo)}
      >
        {texts.toasts.undo}
      </button>
      <ErrorText text={action.error} />
    </>
  );
}

/** What can still be done with what a job made. */
function Made({ job, jobs }: { job: Job; jobs: Job[] }) {
  const may = usePermission();
  const now = Date.now();
  return (
    <>
      {may('assets:edit') && canUndo(job, jobs, now) ? <Undo job={job} /> : null}
      {keptFiles(job, now).map(({ name, url }) => (
        <a key={name} className="link" href={url} download={name}>
          {texts.toasts.download(name)}
        </a>
      ))}
    </>
  );
}

function Row({ job, jobs }: { job: Job; jobs: Job[] }) {
  const may = usePermission()('jobs:control');
  return (
    <tr>
      <td>{text.job(job.id)}</td>
      <td>{jobLabel(job.kind)}</td>
      <td className="name wrap">{job.datasource ?? job.subject ?? text.wholeLibrary}</td>
      <td>
        <RunBadge state={job.state} />
      </td>
      <td className="wrap" title={when(job.created)}>
        {ago(job.created)}{' '}
        {job.requested_by !== null ? <span className="quiet">{text.requestedBy(job.requested_by)}</span> : null}
      </td>
      <td className="wrap">
        <Progress job={job} />
      </td>
      <td>{!isActive(job.state) ? <Made job={job} jobs={jobs} /> : may ? <Cancel job={job} /> : null}</td>
    </tr>
  );
}

function Table({ jobs }: { jobs: Job[] }) {
  return (
    <TableBox name="jobs-table" label={text.title} columns={Object.values(text.columns)} unseen={text.columns.actions}>
      {jobs.map((one) => (
        <Row key={one.id} job={one} jobs={jobs} />
      ))}
    </TableBox>
  );
}

export function JobsPage() {
  const { data, error } = useQuery(queries.jobs());
  return (
    <main className="page">
      <Pending page data={data} error={error} />
      {data !== undefined ? (
        <>
          <PageHead
            title={text.title}
            lead={<Rich text={text.subtitle} parts={{ runs: <Link to="/runs">{text.runs}</Link> }} />}
          />
          {data.length > 0 ? <Table jobs={data} /> : <p>{text.none}</p>}
        </>
      ) : null}
    </main>
  );
}
