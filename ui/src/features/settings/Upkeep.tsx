// What looks after a library: whether its thumbnails are there, and whether it still is as its sources are.
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, type ReactNode, useState } from 'react';
import { answer, client, type Job, type JobKind } from '../../api/client';
import { keys, queries } from '../../api/queries';
import { settingsQueries } from '../../api/settingsQueries';
import { ConfirmCount } from '../../components/ConfirmCount';
import { Dialog } from '../../components/Dialog';
import { ErrorText } from '../../components/ErrorText';
import { CheckField, SelectField, TextField } from '../../components/Field';
import { ago, bytes, count, when } from '../../components/format';
import { JobStatus } from '../../components/JobStatus';
import { Pending } from '../../components/Notice';
import { Prose } from '../../components/Rich';
import { TableBox } from '../../components/TableBox';
import { useAsyncAction } from '../../components/useAsyncAction';
import {
  type Cleaning,
  differences,
  type Making,
  newestOf,
  resultOf,
  type ThumbnailCheck,
  type Verified,
} from './maintenance';
import { Needs } from './Needs';
import { text as texts } from './text';

const text = texts.upkeep;
const SHOWN_FINDINGS = 50;

function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd className="wrap">{children}</dd>
    </div>
  );
}

function Errors({ errors }: { errors: Record<string, string> }) {
  return Object.entries(errors).map(([source, reason]) => (
    <p key={source} className="error-text">
      <Prose text={`${source}: ${reason}`} />
    </p>
  ));
}

/** Starts a job, whose progress is shown with the newest of its kinds. */
function useStart() {
  const action = useAsyncAction();
  const cache = useQueryClient();
  const started = async (request: Promise<Job>) => {
    await request;
    await cache.invalidateQueries({ queryKey: keys.jobs });
  };
  return { ...action, started, start: (request: () => Promise<Job>) => action.run(() => started(request())) };
}

function CheckFacts({ at, found }: { at: string; found: ThumbnailCheck }) {
  const { facts } = text.thumbnails;
  return (
    <dl className="described">
      <Fact label={facts.checked}>
        <span title={when(at)}>{ago(at)}</span>
      </Fact>
      <Fact label={facts.thumbnails}>{text.thumbnails.packed(found.thumbnails, found.packs, bytes(found.bytes))}</Fact>
      <Fact label={facts.lacking}>
        {found.lacking === 0 ? text.none : text.thumbnails.lacking(found.lacking, found.damaged)}
      </Fact>
      <Fact label={facts.dead}>{bytes(found.dead_bytes)}</Fact>
      <Fact label={facts.leftOver}>
        {found.left_over === 0 ? text.none : text.thumbnails.leftOver(found.left_over, bytes(found.left_over_bytes))}
      </Fact>
    </dl>
  );
}

function Held({ cleaning }: { cleaning: Cleaning }) {
  const [asking, setAsking] = useState(false);
  const { started, ...action } = useStart();
  const clean = async () => {
    const params = { query: { acknowledge: cleaning.left_over } };
    await started(answer(client.POST('/api/v1/thumbnails/clean', { params })));
    setAsking(false);
  };
  const { thumbnails } = text;
  return (
    <>
      <p>
        <Prose text={cleaning.hold ?? ''} />
      </p>
      <p>
        <button type="button" className="secondary" aria-haspopup="dialog" onClick={() => setAsking(true)}>
          {thumbnails.cleanAnyway}
        </button>
      </p>
      {asking ? (
        <Dialog title={thumbnails.cleanTitle} close={() => setAsking(false)}>
          <p>{thumbnails.cleanDetail}</p>
          <ConfirmCount
            number={cleaning.left_over}
            what={thumbnails.what}
            label={thumbnails.cleanAction}
            action={action}
            confirm={clean}
            close={() => setAsking(false)}
          />
        </Dialog>
      ) : null}
    </>
  );
}

function Cleaned({ cleaning }: { cleaning: Cleaning }) {
  if (cleaning.hold !== null) return <Held cleaning={cleaning} />;
  return (
    <>
      <p>{text.thumbnails.cleaned(cleaning.removed, bytes(cleaning.removed_bytes), cleaning.repacked)}</p>
      {cleaning.unreadable.map((reason) => (
        <ErrorText key={reason} text={reason} />
      ))}
    </>
  );
}

function Made({ making }: { making: Making }) {
  const left = Object.values(making.unmade).reduce((sum, number) => sum + number, 0);
  return (
    <>
      <p>{text.thumbnails.made(making.made + making.put_back, left)}</p>
      <Errors errors={making.errors} />
    </>
  );
}

const OF_THUMBNAILS: readonly JobKind[] = ['thumbnails_check', 'thumbnails_make', 'thumbnails_clean'];

/** What the last of these jobs changed; a check changes nothing, and what it found is shown above. */
function LastChange({ job }: { job: Job | undefined }) {
  if (job?.state !== 'succeeded' || job.result === null) return null;
  if (job.kind === 'thumbnails_clean') return <Cleaned cleaning={job.result as unknown as Cleaning} />;
  if (job.kind !== 'thumbnails_make') return null;
  return <Made making={(job.result as unknown as { making: Making }).making} />;
}

function Thumbnails({ jobs }: { jobs: Job[] | undefined }) {
  const { busy, error, start } = useStart();
  const check = resultOf<ThumbnailCheck>(jobs, 'thumbnails_check');
  const newest = newestOf(jobs, OF_THUMBNAILS);
  const { thumbnails } = text;
  const acts = [
    { label: thumbnails.check, run: () => answer(client.POST('/api/v1/thumbnails/check')) },
    { label: thumbnails.make, run: () => answer(client.POST('/api/v1/thumbnails/make')) },
    { label: thumbnails.clean, run: () => answer(client.POST('/api/v1/thumbnails/clean')) },
  ];
  return (
    <section className="panel">
      <h2>{thumbnails.title}</h2>
      <p>{thumbnails.explanation}</p>
      {check === undefined ? <p className="quiet">{thumbnails.unchecked}</p> : <CheckFacts {...check} />}
      <JobStatus job={newest} />
      <LastChange job={newest} />
      <p className="row">
        {acts.map(({ label, run }) => (
          <button key={label} type="button" className="secondary" disabled={busy} onClick={() => start(run)}>
            {label}
          </button>
        ))}
      </p>
      <ErrorText text={error} />
    </section>
  );
}

function Findings({ found }: { found: Verified }) {
  const shown = found.findings.slice(0, SHOWN_FINDINGS);
  if (shown.length === 0) return null;
  return (
    <>
      <TableBox name="settings-table" label={text.verify.findings} columns={Object.values(text.verify.columns)}>
        {shown.map(({ datasource, key, drift, reason }) => (
          <tr key={`${datasource} ${key} ${drift}`}>
            <td>{text.verify.drifts[drift] ?? drift}</td>
            <td className="wrap">
              <span className="quiet">{datasource}</span> <span className="mono">{key}</span>
            </td>
            <td className="wrap">
              <Prose text={reason} />
            </td>
          </tr>
        ))}
      </TableBox>
      {differences(found) > shown.length ? <p className="quiet">{text.verify.more(differences(found))}</p> : null}
    </>
  );
}

function VerifyForm() {
  const sources = useQuery(queries.datasources()).data ?? [];
  const [datasource, setDatasource] = useState('');
  const [sample, setSample] = useState('');
  const [content, setContent] = useState(false);
  const { busy, error, start } = useStart();
  const { verify } = text;
  const number = Number(sample);
  const wrong = sample !== '' && !(Number.isInteger(number) && number > 0);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (wrong) return;
    const query = {
      ...(datasource === '' ? {} : { datasource }),
      ...(sample === '' ? {} : { sample: number }),
      content,
    };
    start(() => answer(client.POST('/api/v1/verify', { params: { query } })));
  };
  return (
    <form className="form" onSubmit={submit}>
      <div className="form-grid">
        <SelectField
          label={verify.datasource}
          value={datasource}
          change={setDatasource}
          options={[{ value: '', label: verify.all }, ...sources.map(({ name }) => ({ value: name, label: name }))]}
        />
        <TextField
          {...verify.sample}
          type="number"
          error={wrong ? verify.wrongSample : undefined}
          value={sample}
          change={setSample}
        />
      </div>
      <CheckField {...verify.content} checked={content} change={setContent} />
      <div className="row">
        <button type="submit" className="secondary" disabled={busy}>
          {verify.start}
        </button>
      </div>
      <ErrorText text={error} />
    </form>
  );
}

function Verification({ jobs }: { jobs: Job[] | undefined }) {
  const last = resultOf<Verified>(jobs, 'verify');
  const { verify } = text;
  return (
    <section className="panel">
      <h2>{verify.title}</h2>
      <p>{verify.explanation}</p>
      {last === undefined ? (
        <p className="quiet">{verify.never}</p>
      ) : (
        <>
          <p title={when(last.at)}>
            {verify.result(count(last.found.verification.verified), differences(last.found), ago(last.at))}
          </p>
          <Errors errors={last.found.verification.errors} />
          {last.found.verification.damaged_snapshots.map((name) => (
            <ErrorText key={name} text={verify.damaged(name)} />
          ))}
          <Findings found={last.found} />
        </>
      )}
      <JobStatus job={newestOf(jobs, ['verify'])} />
      <VerifyForm />
    </section>
  );
}

/** Files that were sent and are no assets yet; an import takes seconds, unless no worker runs. */
function Uploads() {
  const { data, error } = useQuery(settingsQueries.waitingUploads());
  const { uploads } = text;
  return (
    <section className="panel">
      <h2>{uploads.title}</h2>
      <Pending data={data} error={error} />
      {data?.length === 0 ? <p className="quiet">{uploads.none}</p> : null}
      {data === undefined || data.length === 0 ? null : (
        <>
          <p>{uploads.explanation}</p>
          <TableBox
            name="settings-table"
            label={uploads.title}
            columns={Object.values(uploads.columns)}
            numbers={[uploads.columns.size]}
          >
            {data.map((one) => (
              <tr key={one.id}>
                <td className="wrap">{one.name}</td>
                <td className="wrap">{one.datasource}</td>
                <td className="number">{bytes(one.size)}</td>
              </tr>
            ))}
          </TableBox>
        </>
      )}
    </section>
  );
}

export function Upkeep() {
  const { data: jobs } = useQuery(queries.jobs());
  return (
    <Needs permission="library:maintain">
      <div className="stack">
        <Thumbnails jobs={jobs} />
        <Verification jobs={jobs} />
        <Uploads />
      </div>
    </Needs>
  );
}
