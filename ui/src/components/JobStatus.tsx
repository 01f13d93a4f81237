// A job that this page started: how far it is, and what to do with its result once it has succeeded.
import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { answer, client, type Job } from '../api/client';
import { queries } from '../api/queries';
import { isActive } from '../api/vocabulary';
import { ErrorText } from './ErrorText';
import { Prose } from './Rich';
import { text } from './text';
import { useAsyncAction } from './useAsyncAction';
import { usePermission } from './usePermission';

/** Calls `ended` once with the job when it has ended. `id` undefined: there is no job. */
export function useJob(id: number | undefined, ended: (job: Job) => void): Job | undefined {
  const { data } = useQuery(queries.job(id));
  const reported = useRef<number>(undefined);
  useEffect(() => {
    if (data === undefined || isActive(data.state) || reported.current === data.id) return;
    reported.current = data.id;
    ended(data);
  }, [data, ended]);
  return data;
}

/** Progress while the job is at work, then its error if it has one. */
export function JobStatus({ job }: { job: Job | undefined }) {
  const action = useAsyncAction();
  const mayCancel = usePermission()('jobs:control');
  if (job === undefined) return null;
  if (!isActive(job.state)) return <ErrorText text={job.error ?? undefined} />;
  const { progress, waiting } = job;
  const cancel = () =>
    action.run(async () => {
      await answer(client.POST('/api/v1/jobs/{job_id}/cancel', { params: { path: { job_id: job.id } } }));
    });
  return (
    <div className="job-status" role="status">
      {progress !== null && progress.total !== null && progress.total > 0 ? (
        <progress value={progress.done} max={progress.total} aria-label={progress.step} />
      ) : null}
      <span className={waiting?.stuck ? 'error-text' : 'quiet'}>
        {waiting !== null ? (
          <Prose text={text.job.waiting(waiting.reason)} />
        ) : progress === null ? (
          text.working
        ) : (
          text.job.progress(progress.step, progress.done, progress.total, progress.unit)
        )}
      </span>
      {mayCancel ? (
        <button
          type="button"
          className="secondary"
          onClick={cancel}
          disabled={action.busy || job.cancel_requested !== null}
        >
          {text.job.cancel}
        </button>
      ) : null}
      <ErrorText text={action.error} />
    </div>
  );
}
