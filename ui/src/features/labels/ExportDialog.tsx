// Export the labels of an ontology to a file: choose a format and assets, wait for the job, download.
import { type FormEvent, useState } from 'react';
import { answer, client, type Job, labelExportUrl, type Ontology } from '../../api/client';
import { isActive } from '../../api/vocabulary';
import { Dialog } from '../../components/Dialog';
import { DialogActions } from '../../components/DialogActions';
import { CheckField, SelectField, TextField } from '../../components/Field';
import { Icon } from '../../components/Icon';
import { JobStatus, useJob } from '../../components/JobStatus';
import { NotExported } from '../../components/NotExported';
import { text as shared } from '../../components/text';
import { useAsyncAction } from '../../components/useAsyncAction';
import { usePermission } from '../../components/usePermission';
import { FORMATS } from './formats';
import { text } from './text';

const texts = text.exports;
const nothing = () => undefined;

interface Exported {
  images: number;
  annotations: number;
  left_out: number;
  converted: number;
  not_copied: string[];
  not_copied_count: number;
  files: { name: string; size: number }[];
}

function Ready({ job }: { job: Job }) {
  const result = job.result as unknown as Exported;
  return (
    <>
      <p role="status">{texts.ready(result.annotations, result.images)}</p>
      {result.converted > 0 ? <p>{texts.converted(result.converted)}</p> : null}
      {result.left_out > 0 ? <p>{texts.leftOut(result.left_out)}</p> : null}
      <ul className="stack-s">
        {result.files.map((file) => (
          <li key={file.name}>
            <a className="download" href={labelExportUrl(job.id, file.name)} download={file.name}>
              <Icon name="download" /> {texts.download(file.name, file.size)}
            </a>
          </li>
        ))}
      </ul>
      {result.not_copied_count > 0 ? (
        <NotExported
          summary={texts.notCopied(result.not_copied_count)}
          total={result.not_copied_count}
          names={result.not_copied}
        />
      ) : null}
    </>
  );
}

export function ExportDialog({ ontology, close }: { ontology: Ontology; close: () => void }) {
  const [options, setOptions] = useState({ format: 'coco', query: '', copy_images: false, bake_orientation: false });
  const [id, setId] = useState<number>();
  const mayCopy = usePermission()('assets:read');
  const action = useAsyncAction();
  const job = useJob(id, nothing);
  const ready = job?.state === 'succeeded';
  const busy = action.busy || (job !== undefined && isActive(job.state));
  const change = (part: Partial<typeof options>) => {
    setOptions({ ...options, ...part });
    setId(undefined);
  };
  const start = (event: FormEvent) => {
    event.preventDefault();
    action.run(async () => {
      const body = {
        ...options,
        bake_orientation: options.copy_images && options.bake_orientation,
        ontology: ontology.name,
      };
      setId((await answer(client.POST('/api/v1/labels/exports', { body }))).id);
    });
  };
  return (
    <Dialog title={texts.title(ontology.name)} close={close}>
      <form className="form" onSubmit={start}>
        <SelectField
          label={text.labels.format}
          value={options.format}
          change={(format) => change({ format })}
          options={FORMATS}
        />
        <TextField
          label={text.labels.query}
          hint={text.labels.queryHint}
          value={options.query}
          change={(query) => change({ query })}
        />
        {mayCopy ? (
          <CheckField
            label={texts.copyImages}
            checked={options.copy_images}
            change={(copy_images) => change({ copy_images })}
          />
        ) : null}
        {options.copy_images ? (
          <CheckField
            {...shared.upright}
            checked={options.bake_orientation}
            change={(bake_orientation) => change({ bake_orientation })}
          />
        ) : null}
        {ready ? <Ready job={job} /> : null}
        {busy ? <JobStatus job={job} /> : null}
        <DialogActions
          close={close}
          label={ready ? undefined : texts.action}
          running={busy}
          error={busy ? undefined : (action.error ?? job?.error ?? undefined)}
        />
      </form>
    </Dialog>
  );
}
