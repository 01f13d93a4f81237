// Restore a snapshot: what would change is counted first.
import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useState } from 'react';
import { answer, client, type Job, type Snapshot } from '../../api/client';
import { isActive } from '../../api/vocabulary';
import { Dialog } from '../../components/Dialog';
import { DialogActions } from '../../components/DialogActions';
import { CheckField } from '../../components/Field';
import { count } from '../../components/format';
import { JobStatus, useJob } from '../../components/JobStatus';
import { useAsyncAction } from '../../components/useAsyncAction';
import { text } from './text';

type Counted = keyof typeof text.restore.counts;
type Reason = keyof typeof text.restore.reasons;
type Restored = Record<Counted, number> & {
  dry_run: boolean;
  undo: string | null;
  gone_reasons: Partial<Record<Reason, number>>;
  gone_assets: { asset_id: string; key: string; reason: Reason }[];
};

const COUNTS = Object.keys(text.restore.counts) as Counted[];
const REASONS = Object.keys(text.restore.reasons) as Reason[];
const ALSO = ['metadata', 'tags', 'annotations'] as const;

/** What does not come back as it was frozen: how many for each reason, and which. */
function Gone({ result }: { result: Restored }) {
  const reasons = REASONS.filter((reason) => (result.gone_reasons[reason] ?? 0) > 0);
  if (reasons.length === 0) return null;
  const total = reasons.reduce((sum, reason) => sum + (result.gone_reasons[reason] ?? 0), 0);
  return (
    <details>
      <summary>{text.restore.gone(total)}</summary>
      <table className="plain">
        <tbody>
          {reasons.map((reason) => (
            <tr key={reason}>
              <td className="number">{count(result.gone_reasons[reason] ?? 0)}</td>
              <th scope="row">{text.restore.reasons[reason]}</th>
            </tr>
          ))}
        </tbody>
      </table>
      <ul>
        {result.gone_assets.map((one) => (
          <li key={one.asset_id}>
            {one.key} <span className="quiet">{text.restore.reasons[one.reason]}</span>
          </li>
        ))}
      </ul>
      {total > result.gone_assets.length ? <p>{text.restore.firstOf(result.gone_assets.length)}</p> : null}
    </details>
  );
}

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
      <Gone result={result} />
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
        <legend className="legend">{text.restore.also}</legend>
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
      {busy ? <JobStatus job={job} /> : null}
      {result?.dry_run === false ? (
        <DialogActions close={close} />
      ) : (
        <DialogActions
          close={close}
          label={text.restore.action}
          act={() => start(false)}
          running={busy}
          error={busy ? undefined : (action.error ?? job?.error ?? undefined)}
        >
          <button type="button" className="secondary" disabled={busy} onClick={() => start(true)}>
            {text.restore.preview}
          </button>
        </DialogActions>
      )}
    </Dialog>
  );
}
