// What a pass would do, before anybody lets it: counts, requests, and some keys of each kind with the reason.
import { useQuery } from '@tanstack/react-query';
import { api, type Preview } from '../api/client';
import { OUTCOMES } from '../api/outcomes';
import { bytes, count, plural } from '../format';
import { Dialog } from '../shell/Dialog';
import { Notice, ProblemNotice, Prose } from '../shell/Notice';

const LOOK_MS = 800;

/** The groups of a preview, each with the kinds of outcomes that it counts. */
const GROUPS = [...new Set(OUTCOMES.map((one) => one.sample))].filter((group) => group !== null);
const KINDS = GROUPS.map((group) => ({
  kind: group,
  name: group.replaceAll('_', ' '),
  of: ({ counts }: Preview) =>
    OUTCOMES.filter((one) => one.sample === group).reduce((sum, { kind }) => sum + counts[kind], 0),
}));

/** The preview when it has ended. */
async function made(name: string, signal: AbortSignal): Promise<Preview> {
  let told = await api.beginPreview(name);
  while (told.state === 'running') {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    signal.throwIfAborted();
    told = await api.preview(told.id, signal);
  }
  return told;
}

function Kind({ preview, kind, name, total }: { preview: Preview; kind: string; name: string; total: number }) {
  const some = preview.samples?.[kind] ?? [];
  if (total === 0 && some.length === 0) return null;
  return (
    <details open={total <= 10}>
      <summary>
        {count(total)} {name}
      </summary>
      <ul className="samples">
        {some.map((one) => (
          <li key={one.key}>
            <span className="mono wrap">{one.key}</span> <span className="quiet">{one.reason}</span>
          </li>
        ))}
        {total > some.length ? <li className="quiet">and {count(total - some.length)} more</li> : null}
      </ul>
    </details>
  );
}

function Told({ preview }: { preview: Preview }) {
  const { counts, would, hold } = preview;
  const nothing = KINDS.every((one) => one.of(preview) === 0);
  if (preview.error !== null)
    return (
      <p className="trouble" role="alert">
        <Prose text={preview.error} />
      </p>
    );
  return (
    <>
      <p>
        {plural(counts.listed, 'object')} listed, {count(counts.selected)} selected.{' '}
        {nothing ? 'Nothing would change.' : 'A pass would find:'}
      </p>
      <div className="kinds">
        {KINDS.map(({ kind, name, of }) => (
          <Kind key={kind} preview={preview} kind={kind} name={name} total={of(preview)} />
        ))}
      </div>
      {hold !== null ? (
        <Notice title={`${plural(hold.count, 'removal')} would be held`} alarm>
          <p>
            <Prose text={hold.reason} />
          </p>
        </Notice>
      ) : null}
      {would !== null ? (
        <p className="quiet">
          It would take {plural(would.list, 'LIST')}, {plural(would.get, 'GET')} and {plural(would.head, 'HEAD')}, and
          read {bytes(would.bytes)}. Nothing was stored.
        </p>
      ) : null}
    </>
  );
}

export function PreviewDialog({ name, close }: { name: string; close: () => void }) {
  const { data, error } = useQuery({
    queryKey: ['preview', name],
    queryFn: ({ signal }) => made(name, signal),
    gcTime: 0, // made anew each time
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });
  return (
    <Dialog title={`What a pass over ${name} would do`} close={close}>
      {error !== null ? <ProblemNotice error={error} /> : null}
      {data === undefined && error === null ? (
        <p className="quiet" role="status">
          Listing the source…
        </p>
      ) : null}
      {data !== undefined ? <Told preview={data} /> : null}
    </Dialog>
  );
}
