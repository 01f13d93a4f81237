// Preview a run: its counts, its requests, and some objects of each kind with the reason.
import { useQuery } from '@tanstack/react-query';
import type { Datasource, Preview } from '../../api/client';
import { queries } from '../../api/queries';
import { type PreviewGroup, previewGroups } from '../../api/vocabulary';
import { Dialog } from '../../components/Dialog';
import { DialogActions } from '../../components/DialogActions';
import { ErrorText } from '../../components/ErrorText';
import { ErrorNotice, Notice } from '../../components/Notice';
import { Prose, Sentences } from '../../components/Rich';
import { useAsyncAction } from '../../components/useAsyncAction';
import { usePermission } from '../../components/usePermission';
import { useStartRun } from './RunButton';
import { text } from './text';

const OPEN_AT_MOST = 10; // longer groups start closed

function Group({ preview, group }: { preview: Preview; group: PreviewGroup }) {
  const samples = preview.samples?.[group.group] ?? [];
  const more = group.count - samples.length;
  return (
    <details open={group.count <= OPEN_AT_MOST}>
      <summary>{text.preview.group(group.count, group.label)}</summary>
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

function Plan({ preview }: { preview: Preview }) {
  const { counts, would, hold } = preview;
  const groups = previewGroups(counts);
  if (preview.error !== null) return <ErrorText text={preview.error} />;
  return (
    <>
      <p>
        {text.preview.summary(counts.listed, counts.selected)}{' '}
        {groups.length === 0 ? text.preview.noChanges : text.preview.changes}
      </p>
      <Sentences texts={preview.notes} />
      <div className="groups">
        {groups.map((group) => (
          <Group key={group.group} preview={preview} group={group} />
        ))}
      </div>
      {hold !== null ? (
        <Notice title={text.preview.held(hold.count)} alarm>
          <p>
            <Prose text={hold.reason} />
          </p>
        </Notice>
      ) : null}
      {would !== null ? (
        <p className="quiet">{text.preview.cost(would.list, would.get, would.head, would.bytes)}</p>
      ) : null}
    </>
  );
}

function InProgress({ waiting }: { waiting: Preview['waiting'] }) {
  return (
    <p className={waiting?.stuck ? 'error-text' : 'quiet'} role="status">
      {waiting === null ? text.preview.listing : <Prose text={text.preview.waiting(waiting.reason)} />}
    </p>
  );
}

interface Props {
  source: Datasource;
  close: () => void;
}

/** After a preview comes the run, unless it cannot be started now. */
function Actions({ source, found, close }: Props & { found: Preview | undefined }) {
  const { busy, error, run } = useAsyncAction();
  const start = useStartRun(source.name);
  const may = usePermission();
  const ended = found !== undefined && found.state !== 'running' && found.error === null;
  const offered = ended && source.can_run && may('runs:control');
  const act = () =>
    run(async () => {
      await start(false);
      close();
    });
  return (
    <DialogActions close={close} label={offered ? text.card.runNow : undefined} act={act} busy={busy} error={error} />
  );
}

export function PreviewDialog({ source, close }: Props) {
  const { name } = source;
  const begun = useQuery(queries.begunPreview(name));
  const { data, error } = useQuery(queries.preview(begun.data));
  const failure = begun.error ?? error;
  return (
    <Dialog title={text.preview.title(name)} close={close}>
      {failure !== null ? <ErrorNotice error={failure} /> : null}
      {failure === null && (data === undefined || data.state === 'running') ? (
        <InProgress waiting={data?.waiting ?? null} />
      ) : null}
      {data !== undefined && data.state !== 'running' ? <Plan preview={data} /> : null}
      <Actions source={source} found={data} close={close} />
    </Dialog>
  );
}
