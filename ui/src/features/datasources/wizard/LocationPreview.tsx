// What a location holds and what would be read of it: counted live by a job, which a change of the question replaces.
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { answer, client, type LocationPreview, type LocationSummary } from '../../../api/client';
import { describeError } from '../../../api/problem';
import { queries } from '../../../api/queries';
import { ErrorText } from '../../../components/ErrorText';
import { bytes, count, plural, seconds } from '../../../components/format';
import { Prose, Sentences } from '../../../components/Rich';
import type { Settings } from '../configForm';
import { text } from './text';
import './wizard.css'; // the settings of a datasource show a preview too

/** What would be selected of a location, or by a datasource with other settings. */
export type Question =
  | { uri: string; connection: string | null; settings: Settings }
  | { datasource: string; change: Record<string, unknown> };

function begin(question: Question): Promise<LocationPreview> {
  if (!('datasource' in question)) return answer(client.POST('/api/v1/location-previews', { body: question }));
  const params = { path: { name: question.datasource } };
  const path = '/api/v1/datasources/{name}/location-preview';
  return answer(client.POST(path, { params, body: question.change }));
}

const OPEN_AT_MOST = 1; // groups that are open at first

async function cancel(id: string): Promise<void> {
  try {
    await answer(client.POST('/api/v1/jobs/{job_id}/cancel', { params: { path: { job_id: Number(id) } } }));
  } catch {
    // It ended meanwhile, or nobody answers: then there is nothing to stop.
  }
}

export interface Asked {
  preview: LocationPreview | undefined;
  error: unknown;
  stop: () => void;
  again: () => void;
}

/** The preview for a question; undefined: nothing is asked. An earlier one that still lists is cancelled. */
export function useLocationPreview(question: Question | undefined): Asked {
  const [begun, setBegun] = useState<LocationPreview>();
  const [failed, setFailed] = useState<unknown>();
  const [round, setRound] = useState(0);
  const key = question === undefined ? undefined : JSON.stringify(question);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a round is another request for the same question
  useEffect(() => {
    setBegun(undefined);
    setFailed(undefined);
    if (key === undefined) return;
    let gone = false;
    let id: string | undefined;
    begin(JSON.parse(key) as Question).then(
      (preview) => {
        id = preview.id;
        if (gone) void cancel(id);
        else setBegun(preview);
      },
      (error: unknown) => {
        if (!gone) setFailed(error);
      },
    );
    return () => {
      gone = true;
      if (id !== undefined) void cancel(id);
    };
  }, [key, round]);
  const { data, error } = useQuery(queries.locationPreview(begun?.id));
  return {
    preview: data ?? begun,
    error: failed ?? error ?? undefined,
    stop: () => {
      if (begun !== undefined) void cancel(begun.id);
    },
    again: () => setRound(round + 1),
  };
}

interface Tally {
  name: string;
  objects: number;
  bytes: number;
  selected: number;
}

function Tallies({ title, columns, rows }: { title: string; columns: readonly string[]; rows: Tally[] }) {
  if (rows.length === 0) return null;
  return (
    <details>
      <summary>
        {title} <span className="quiet">{count(rows.length)}</span>
      </summary>
      <table className="tallies">
        <thead>
          <tr>
            {columns.map((column, place) => (
              <th key={column} scope="col" className={place === 0 ? undefined : 'number'}>
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.name}>
              <th scope="row" className="wrap">
                {row.name}
              </th>
              <td className="number">{count(row.selected)}</td>
              <td className="number">{count(row.objects)}</td>
              <td className="number">{bytes(row.bytes)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}

function Samples({
  title,
  samples,
  total,
  open,
}: {
  title: string;
  samples: LocationSummary['samples'];
  total: number;
  open: boolean;
}) {
  const more = total - samples.length;
  return (
    <details open={open}>
      <summary>{title}</summary>
      <ul className="samples">
        {samples.map((sample) => (
          <li key={sample.key}>
            <span className="mono wrap">{sample.key}</span> <span className="quiet">{sample.reason}</span>
          </li>
        ))}
        {more > 0 ? <li className="quiet">{text.preview.more(more)}</li> : null}
      </ul>
    </details>
  );
}

function Groups({ summary }: { summary: LocationSummary }) {
  const read = summary.selected - summary.left_out.reduce((sum, group) => sum + skippedOf(group), 0);
  return (
    <div className="groups">
      <Samples title={text.preview.selectedGroup(read)} samples={summary.samples} total={read} open />
      {summary.left_out.map((group, place) => (
        <Samples
          key={group.kind}
          title={plural(group.objects, text.preview.leftOut[group.kind])}
          samples={group.samples}
          total={group.objects}
          open={place < OPEN_AT_MOST}
        />
      ))}
    </div>
  );
}

/** Objects of a group that patterns select, although they would not be read. */
function skippedOf(group: LocationSummary['left_out'][number]): number {
  return group.kind === 'empty' || group.kind === 'archived' || group.kind === 'unusable' ? group.objects : 0;
}

function Numbers({ summary }: { summary: LocationSummary }) {
  const left = summary.left_out.reduce((sum, group) => sum + group.objects, 0);
  const skipped = summary.left_out.reduce((sum, group) => sum + skippedOf(group), 0);
  const { selected, skipped: leftOut, size } = text.preview;
  const numbers = [
    { label: selected, value: count(summary.selected - skipped) },
    { label: leftOut, value: count(left) },
    { label: size, value: bytes(summary.estimate.bytes) },
  ];
  return (
    <dl className="numbers">
      {numbers.map(({ label, value }) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Estimate({ summary }: { summary: LocationSummary }) {
  const { requests, seconds: time, cost } = summary.estimate;
  const { sidecars } = summary;
  const money = (value: number) =>
    new Intl.NumberFormat('en', { style: 'currency', currency: cost?.currency ?? 'USD' }).format(value);
  return (
    <div className="quiet">
      {summary.selected > 0 ? (
        <p>{text.preview.estimate(requests.list + requests.get + requests.head, seconds(time))}</p>
      ) : null}
      {cost === null ? null : <p>{text.preview.cost(money(cost.same_region), money(cost.with_egress))}</p>}
      {sidecars.found > 0 ? <p>{text.preview.sidecars(sidecars.paired, sidecars.unpaired)}</p> : null}
    </div>
  );
}

function Summary({ summary, complete }: { summary: LocationSummary; complete: boolean }) {
  const folders: Tally[] = summary.folders.map(({ folder, ...tally }) => ({
    ...tally,
    name: folder || text.preview.rootFolder,
  }));
  const other = summary.other_folders;
  return (
    <>
      <Numbers summary={summary} />
      {complete && summary.selected === 0 ? <p>{text.preview.nothing}</p> : null}
      <Sentences texts={summary.notes} />
      <Estimate summary={summary} />
      <Groups summary={summary} />
      <Tallies
        title={text.preview.formats}
        columns={text.preview.formatColumns}
        rows={summary.formats.map(({ format, ...tally }) => ({ ...tally, name: format }))}
      />
      <Tallies title={text.preview.folders} columns={text.preview.folderColumns} rows={folders} />
      {other === null ? null : <p className="quiet">{text.preview.otherFolders(other.folders)}</p>}
    </>
  );
}

function Progress({ preview }: { preview: LocationPreview }) {
  const { summary, state, waiting } = preview;
  const running = state === 'running';
  const words = running
    ? summary === null
      ? text.preview.starting
      : text.preview.listing(summary.listed)
    : summary?.complete
      ? text.preview.complete
      : text.preview.stopped;
  return (
    <p className={waiting?.stuck ? 'error-text' : 'quiet'} role="status">
      {waiting === null ? words : <Prose text={text.preview.waiting(waiting.reason)} />}
    </p>
  );
}

export function PreviewPanel({ asked, placed }: { asked: Asked; placed: boolean }) {
  const { preview, error, stop, again } = asked;
  const running = preview?.state === 'running';
  return (
    <section className="panel preview-panel" aria-label={text.preview.title} aria-busy={running}>
      <div className="panel-head">
        <h2>{text.preview.title}</h2>
        {preview === undefined && error === undefined ? null : (
          <button type="button" className="secondary" onClick={running ? stop : again}>
            {running ? text.preview.stop : text.preview.again}
          </button>
        )}
      </div>
      {preview === undefined && error === undefined ? (
        <p className="quiet">{placed ? text.preview.starting : text.preview.waitingForAddress}</p>
      ) : null}
      {error === undefined ? null : <ErrorText text={describeError(error)} />}
      {preview === undefined ? null : (
        <>
          <Progress preview={preview} />
          {preview.error === null ? null : <ErrorText text={preview.error} />}
          {preview.summary === null ? null : (
            <Summary summary={preview.summary} complete={preview.state !== 'running'} />
          )}
        </>
      )}
    </section>
  );
}
