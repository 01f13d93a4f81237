// The jobs that somebody started on these pages: progress, result, and the way back.
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useEffect } from 'react';
import { answer, client, exportUrl, type Job } from '../api/client';
import { queries } from '../api/queries';
import { isActive } from '../api/vocabulary';
import { canUndo } from './canUndo';
import { ErrorText } from './ErrorText';
import { count } from './format';
import { IconButton } from './Icon';
import { Prose } from './Rich';
import { text } from './text';
import { addToast, type JobToast, removeToast, useToasts } from './toasts';
import { useAsyncAction } from './useAsyncAction';
import { usePermission } from './usePermission';

const SHOWN_MS = 12_000; // after the end of a job that succeeded

export function Toasts() {
  const toasts = useToasts();
  return (
    <section className="toasts" aria-label={text.toasts.label} aria-live="polite">
      {toasts.map((toast) => (
        <Toast key={toast.job.id} toast={toast} />
      ))}
    </section>
  );
}

function Toast({ toast }: { toast: JobToast }) {
  const { data: job = toast.job } = useQuery(queries.job(toast.job.id));
  const action = useAsyncAction();
  const mayCancel = usePermission()('jobs:control');
  const over = !isActive(job.state);
  const succeeded = job.state === 'succeeded';
  const undoable = canUndo(job, [], Date.now()); // the toast goes with the request to undo it
  useEffect(() => {
    if (!succeeded) return;
    const timer = setTimeout(() => removeToast(job.id), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [succeeded, job.id]);

  const undo = () =>
    action.run(async () => {
      const params = { path: { job_id: job.id } };
      const undoing = await answer(client.POST('/api/v1/jobs/{job_id}/undo', { params }));
      removeToast(job.id);
      addToast({ job: undoing, doing: text.toasts.undoing, done: text.toasts.undone });
    });
  const cancel = () =>
    action.run(async () => {
      await answer(client.POST('/api/v1/jobs/{job_id}/cancel', { params: { path: { job_id: job.id } } }));
    });
  return (
    <div className="toast">
      <p>
        <Prose text={messageOf(job, toast, undoable)} />
      </p>
      {job.waiting?.stuck ? <p className="quiet">{job.waiting.reason}</p> : null}
      <div className="row">
        {undoable ? (
          <button type="button" className="link" disabled={action.busy} onClick={undo}>
            {text.toasts.undo}
          </button>
        ) : null}
        {over ? <Files job={job} /> : null}
        {over || !mayCancel ? null : (
          <button type="button" className="link" disabled={action.busy} onClick={cancel}>
            {text.cancel}
          </button>
        )}
      </div>
      <IconButton icon="close" label={text.toasts.dismiss} onClick={() => removeToast(job.id)} small />
      {over ? null : <Progress job={job} />}
      <ErrorText text={action.error} />
    </div>
  );
}

function messageOf(job: Job, toast: JobToast, undoable: boolean): string {
  switch (job.state) {
    case 'succeeded':
      return toast.done(job.result ?? {});
    case 'failed':
      return job.error ?? text.toasts.failed;
    case 'cancelled':
      return undoable ? text.toasts.cancelledMidway : text.toasts.cancelled;
    default:
      return toast.doing;
  }
}

function Progress({ job }: { job: Job }) {
  const done = job.progress?.done ?? 0;
  const total = job.progress?.total ?? null;
  return (
    <div className="toast-progress">
      <progress
        aria-label={text.toasts.progress}
        {...(total === null ? {} : { value: done, max: Math.max(1, total) })}
      />
      <span className="quiet">
        {job.progress === null ? null : total === null ? count(done) : text.toasts.of(done, total)}
      </span>
    </div>
  );
}

/** The file of an export, for a day; or the page that lists its files, if there is more than one. */
function Files({ job }: { job: Job }) {
  const files = job.kind === 'assets_export' && job.state === 'succeeded' ? job.result?.files : undefined;
  if (!Array.isArray(files)) return null;
  if (files.length > 1)
    return (
      <Link className="link" to="/jobs">
        {text.toasts.files(files.length)}
      </Link>
    );
  return (files as { name: string }[]).map(({ name }) => (
    <a key={name} className="link" href={exportUrl(job.id, name)} download={name}>
      {text.toasts.download(name)}
    </a>
  ));
}
