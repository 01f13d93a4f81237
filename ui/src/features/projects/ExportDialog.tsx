// Export a project or a snapshot, and download the files.
import { useState } from 'react';
import { answer, client, type ExportFormat, exportUrl, type Job } from '../../api/client';
import { isActive } from '../../api/vocabulary';
import { Dialog } from '../../components/Dialog';
import { DialogActions } from '../../components/DialogActions';
import { exportFormats } from '../../components/exports/text';
import { CheckField, SelectField } from '../../components/Field';
import { Icon } from '../../components/Icon';
import { JobStatus, useJob } from '../../components/JobStatus';
import { NotExported } from '../../components/NotExported';
import { text as texts } from '../../components/text';
import { useAsyncAction } from '../../components/useAsyncAction';
import { text } from './text';

interface Exported {
  assets: number;
  size: number;
  files: { name: string; size: number }[];
  left_out: string[];
  left_out_count: number;
  missing: number | null;
}

const FORMATS = Object.entries(exportFormats).map(([value, label]) => ({ value, label }));
const COPYING: ExportFormat = 'webdataset'; // the format with the files themselves
const nothing = () => undefined;

function Files({ job }: { job: Job }) {
  const result = job.result as unknown as Exported;
  return (
    <>
      <p role="status">{text.export.ready(result.assets, result.size)}</p>
      {result.missing ? <p>{text.export.missing(result.missing)}</p> : null}
      <ul className="stack-s">
        {result.files.map((file) => (
          <li key={file.name}>
            <a className="download" href={exportUrl(job.id, file.name)} download={file.name}>
              <Icon name="download" /> {text.export.download(file.name, file.size)}
            </a>
          </li>
        ))}
      </ul>
      {result.left_out_count > 0 ? (
        <NotExported
          summary={text.export.leftOut(result.left_out_count)}
          total={result.left_out_count}
          names={result.left_out}
        />
      ) : null}
    </>
  );
}

interface Props {
  title: string;
  scope: { project?: string; snapshot?: string };
  close: () => void;
}

export function ExportDialog({ title, scope, close }: Props) {
  const [format, setFormat] = useState<ExportFormat>('parquet');
  const [upright, setUpright] = useState(false);
  const [id, setId] = useState<number>();
  const action = useAsyncAction();
  const job = useJob(id, nothing);
  const ready = job?.state === 'succeeded';
  const busy = action.busy || (job !== undefined && isActive(job.state));
  const start = () =>
    action.run(async () => {
      const body = { format, ...scope, ...(format === COPYING && upright ? { bake_orientation: true } : {}) };
      setId((await answer(client.POST('/api/v1/exports', { body }))).id);
    });
  return (
    <Dialog title={text.export.title(title)} close={close}>
      <SelectField
        label={text.export.format}
        value={format}
        change={(value) => {
          setFormat(value as ExportFormat);
          setId(undefined);
        }}
        options={FORMATS}
      />
      {format === COPYING ? (
        <CheckField
          {...texts.upright}
          checked={upright}
          change={(on) => {
            setUpright(on);
            setId(undefined);
          }}
        />
      ) : null}
      {ready ? <Files job={job} /> : null}
      {busy ? <JobStatus job={job} /> : null}
      <DialogActions
        close={close}
        label={ready ? undefined : text.export.action}
        act={start}
        running={busy}
        error={busy ? undefined : (action.error ?? job?.error ?? undefined)}
      />
    </Dialog>
  );
}
