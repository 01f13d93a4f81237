// All jobs that are not runs, newest first: what each is about, how far it is, and what can be done about it.
import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { answer, client, type Job, type JobKind } from '../../api/client';
import { jobQueries } from '../../api/jobQueries';
import { type JobSearch, jobSearch } from '../../api/listSearch';
import { keys } from '../../api/queries';
import { isActive, JOB_KINDS, jobLabel } from '../../api/vocabulary';
import { RunBadge } from '../../components/Badge';
import { canUndo } from '../../components/canUndo';
import { ErrorText } from '../../components/ErrorText';
import { ago, duration, when } from '../../components/format';
import { ListFilters } from '../../components/ListFilters';
import { DatasourceLink } from '../../components/links';
import { filters } from '../../components/listText';
import { MoreButton } from '../../components/MoreButton';
import { Pending } from '../../components/Notice';
import { PageHead } from '../../components/PageHead';
import { Prose, Rich } from '../../components/Rich';
import { TableBox } from '../../components/TableBox';
import { text as texts } from '../../components/text';
import { addToast } from '../../components/toasts';
import { useAsyncAction } from '../../components/useAsyncAction';
import { usePermission } from '../../components/usePermission';
import { type KeptFile, keptFiles } from './ended';
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
  if (!isActive(job.state)) {
    if (job.started === null) return null;
    const took = duration(job.started, job.finished);
    const { requests, bytes_read: read } = job.result ?? {}; // of jobs that read objects beside runs
    const counted = typeof requests === 'number' && typeof read === 'number' && requests > 0;
    return <span className="quiet">{counted ? text.read(took, requests, read) : text.took(took)}</span>;
  }
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

const UNFOLDED = 3; // files that are shown at once

function Files({ files }: { files: KeptFile[] }) {
  if (files.length === 0) return null;
  const links = (
    <ul className="job-files">
      {files.map(({ name, url }) => (
        <li key={name}>
          <a className="link" href={url} download={name}>
            {texts.toasts.download(name)}
          </a>
        </li>
      ))}
    </ul>
  );
  if (files.length <= UNFOLDED) return links;
  return (
    <details>
      <summary>{texts.toasts.files(files.length)}</summary>
      {links}
    </details>
  );
}

interface Listed {
  job: Job;
  undoing: Job[] | undefined; // the jobs that undo others; undefined: not known yet
}

/** What can still be done with what a job made. */
function Made({ job, undoing }: Listed) {
  const may = usePermission();
  const now = Date.now();
  return (
    <>
      {may('assets:edit') && undoing !== undefined && canUndo(job, undoing, now) ? <Undo job={job} /> : null}
      <Files files={keptFiles(job, now)} />
    </>
  );
}

function Row({ job, undoing }: Listed) {
  const may = usePermission()('jobs:control');
  return (
    <tr>
      <td>{text.job(job.id)}</td>
      <td>{jobLabel(job.kind)}</td>
      <td className="name wrap">
        {job.datasource === null ? (job.subject ?? text.wholeLibrary) : <DatasourceLink name={job.datasource} />}
      </td>
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
      <td>{!isActive(job.state) ? <Made job={job} undoing={undoing} /> : may ? <Cancel job={job} /> : null}</td>
    </tr>
  );
}

function Table({ jobs, undoing }: { jobs: Job[]; undoing: Job[] | undefined }) {
  return (
    <TableBox name="jobs-table" label={text.title} columns={Object.values(text.columns)} unseen={text.columns.actions}>
      {jobs.map((one) => (
        <Row key={one.id} job={one} undoing={undoing} />
      ))}
    </TableBox>
  );
}

const route = getRouteApi('/jobs');
// Runs have a page of their own.
const RUNS = new Set<string>(['mirror', 'events', 'confirm', 'retry', 'purge', 'reapply'] satisfies JobKind[]);
const KINDS = Object.entries(JOB_KINDS)
  .filter(([value]) => !RUNS.has(value))
  .map(([value, { label }]) => ({ value, label }))
  .sort((one, other) => one.label.localeCompare(other.label));

function Filters({ filter }: { filter: JobSearch }) {
  const navigate = route.useNavigate();
  const change = (search: object) => navigate({ search: jobSearch({ ...search }), replace: true });
  return <ListFilters filter={filter} kinds={KINDS} change={change} />;
}

export function JobsPage() {
  const filter = route.useSearch();
  const found = useInfiniteQuery(jobQueries.jobs(filter));
  const undoing = useQuery(jobQueries.undoing()).data;
  const jobs = found.data?.pages.flatMap(({ items }) => items);
  const filtered = Object.keys(filter).length > 0 || found.isPlaceholderData;
  return (
    <main className="page">
      <Pending page data={jobs} error={found.error} />
      {jobs === undefined ? null : (
        <>
          <PageHead
            title={text.title}
            lead={<Rich text={text.subtitle} parts={{ runs: <Link to="/runs">{text.runs}</Link> }} />}
          />
          {jobs.length > 0 || filtered ? <Filters filter={filter} /> : null}
          {jobs.length > 0 ? (
            <Table jobs={jobs} undoing={undoing} />
          ) : filtered ? (
            <p className="quiet">
              {filters.none} <Link to="/jobs">{filters.clear}</Link>
            </p>
          ) : (
            <p>{text.none}</p>
          )}
          <MoreButton list={found} />
        </>
      )}
    </main>
  );
}
