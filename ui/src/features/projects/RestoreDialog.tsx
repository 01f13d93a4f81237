// Restore a snapshot: what would change is counted first.
import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useState } from 'react';
import { answer, client, type Job, type Snapshot } from '../../api/client';
import { isActive } from '../../api/vocabulary';
import { Dialog } from '../../components/Dialog';
import { ErrorText } from '../../components/ErrorText';
import { CheckField } from '../../components/Field';
import { count } from '../../components/format';
import { JobStatus, useJob } from '../../components/JobStatus';
import { useAsyncAction } from '../../components/useAsyncAction';
import { text } from './text';

type Counted = keyof typeof text.restore.counts;
type Restored = Record<Counted, number> & { dry_run: boolean; undo: string | null };

const COUNTS = Object.keys(text.restore.counts) as Counted[];
const ALSO = ['metadata', 'tags', 'annotations'] as const;

function Result({ result }: { result: Restored }) {
  const rows = COUNTS.filter((name) => result[name] > 0);
  return (
    <div role="status">
      {result.dry_run ? null : <p>{text.restore.done(result.undo)}</p>}
      {rows.length === 0 && result.dry_run ? <p>{text.restore.nothing}</p> : null}
      <table className="plain">
        <tbody>
          {rows.map((name) => (
            <tr key={name}>
              <td className="number">{count(result[name])}</td>
              <th scope="row">{text.restore.counts[name]}</th>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function RestoreDialog({ snapshot, close }: { snapshot: Snapshot; close: () => void }) {
  const [also, setAlso] = useState({ metadata: false, tags: false, annotations: false });
  const [id, setId] = useState<number>();
  const [result, setResult] = useState<Restored>();
  const action = useAsyncAction();
  const cache = useQueryClient();
  const ended = useCallback(
    (job: Job) => {
      if (job.result === null) return;
      const found = job.result as unknown as Restored;
      setResult(found);
      if (!found.dry_run) void cache.invalidateQueries();
    },
    [cache],
  );
  const job = useJob(id, ended);
  const busy = action.busy || (job !== undefined && isActive(job.state));
  const start = (dry_run: boolean) =>
    action.run(async () => {
      setResult(undefined);
      const params = { path: { snapshot: snapshot.name } };
      const body = { ...also, dry_run };
      setId((await answer(client.POST('/api/v1/snapshots/{snapshot}/restore', { params, body }))).id);
    });
  return (
    <Dialog title={text.restore.title(snapshot.name)} close={close}>
      <p>{text.restore.detail}</p>
      <fieldset>
        <legend className="hidden">{text.restore.also}</legend>
        {ALSO.map((name) => (
          <CheckField
            key={name}
            label={text.restore[name]}
            checked={also[name]}
            change={(checked) => {
              setAlso({ ...also, [name]: checked });
              setResult(undefined);
            }}
          />
        ))}
      </fieldset>
      {result === undefined ? null : <Result result={result} />}
      {result?.dry_run === false ? null : (
        <div className="row">
          <button type="button" className="secondary" disabled={busy} onClick={() => start(true)}>
            {text.restore.preview}
          </button>
          <button type="button" className="primary" disabled={busy} onClick={() => start(false)}>
            {text.restore.action}
          </button>
        </div>
      )}
      {busy ? <JobStatus job={job} /> : <ErrorText text={action.error ?? job?.error ?? undefined} />}
    </Dialog>
  );
}
