// Import labels from a file: upload, preview with the classes that they become, then the job itself.
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useCallback, useRef, useState } from 'react';
import { answer, client, type Job, type MatchBy, type Ontology } from '../../api/client';
import { isActive } from '../../api/vocabulary';
import { Dialog } from '../../components/Dialog';
import { DialogActions } from '../../components/DialogActions';
import { CheckField, SelectField, TextField } from '../../components/Field';
import { JobStatus, useJob } from '../../components/JobStatus';
import { addToast } from '../../components/toasts';
import { useAsyncAction } from '../../components/useAsyncAction';
import { FORMATS } from './formats';
import { ImportPreview, type LabelImport } from './ImportPreview';
import { text } from './text';

const texts = text.labels;
const MATCHES = Object.entries(texts.matches).map(([value, label]) => ({ value, label }));

/** The id of the upload of a file, which is sent once. */
function useUpload() {
  const sent = useRef<{ file: File; id: string }>(undefined);
  return async (file: File): Promise<string> => {
    if (sent.current?.file !== file) {
      const raw = { body: file as never, bodySerializer: () => file as never };
      const headers = { 'content-type': 'application/octet-stream' };
      const made = await answer(client.POST('/api/v1/labels/uploads', { ...raw, headers }));
      sent.current = { file, id: made.id };
    }
    return sent.current.id;
  };
}

export function ImportDialog({ ontology, close }: { ontology: Ontology; close: () => void }) {
  const [file, setFile] = useState<File>();
  const [options, setOptions] = useState({
    format: 'yolo',
    match_by: 'key' as MatchBy,
    query: '',
    add_classes: true,
    keep_existing: false,
    skip_invalid: false,
  });
  const [classes, setClasses] = useState<Record<string, string>>({});
  const [preview, setPreview] = useState<LabelImport>();
  const [id, setId] = useState<number>();
  const upload = useUpload();
  const action = useAsyncAction();
  const cache = useQueryClient();
  const ended = useCallback((job: Job) => {
    if (job.result !== null) setPreview(job.result as unknown as LabelImport);
  }, []);
  const job = useJob(id, ended);
  const busy = action.busy || (job !== undefined && isActive(job.state));
  const change = (part: Partial<typeof options>) => {
    setOptions({ ...options, ...part });
    setPreview(undefined);
  };
  const start = async (dry_run: boolean): Promise<Job> => {
    if (file === undefined) throw new Error(texts.fileHint);
    const body = { ...options, path: file.name, ontology: ontology.name, upload: await upload(file), classes, dry_run };
    return answer(client.POST('/api/v1/labels/imports', { body }));
  };
  const look = (event: FormEvent) => {
    event.preventDefault();
    action.run(async () => {
      setPreview(undefined);
      setId((await start(true)).id);
    });
  };
  const run = () =>
    action.run(async () => {
      const made = await start(false);
      addToast({ job: made, doing: texts.doing(ontology.name), done: texts.done });
      close();
      await cache.invalidateQueries({ queryKey: ['jobs'] });
    });
  return (
    <Dialog title={texts.title(ontology.name)} close={close}>
      <form className="form" onSubmit={look}>
        <div className="field">
          <label htmlFor="label-file">{texts.file}</label>
          <input
            id="label-file"
            type="file"
            aria-describedby="label-file-hint"
            onChange={({ target }) => {
              setFile(target.files?.[0]);
              setPreview(undefined);
              setClasses({});
            }}
          />
          <p id="label-file-hint" className="hint">
            {texts.fileHint}
          </p>
        </div>
        <div className="form-grid">
          <SelectField
            label={texts.format}
            options={FORMATS}
            value={options.format}
            change={(format) => change({ format })}
          />
          <SelectField
            label={texts.matchBy}
            options={MATCHES}
            value={options.match_by}
            change={(match_by) => change({ match_by: match_by as MatchBy })}
          />
        </div>
        <TextField
          label={texts.query}
          hint={texts.queryHint}
          mono
          value={options.query}
          change={(query) => change({ query })}
        />
        <div className="stack-s">
          <CheckField
            label={texts.addClasses}
            checked={options.add_classes}
            change={(add_classes) => change({ add_classes })}
          />
          <CheckField
            label={texts.keepExisting}
            checked={options.keep_existing}
            change={(keep_existing) => change({ keep_existing })}
          />
        </div>
        {preview === undefined ? null : (
          <ImportPreview
            found={preview}
            ontology={ontology}
            chosen={classes}
            choose={(name, becomes) => {
              const { [name]: _, ...others } = classes;
              setClasses(becomes === undefined ? others : { ...classes, [name]: becomes });
            }}
          />
        )}
        {preview !== undefined && preview.problem_count > 0 ? (
          <CheckField
            label={texts.skipInvalid}
            checked={options.skip_invalid}
            change={(skip_invalid) => setOptions({ ...options, skip_invalid })}
          />
        ) : null}
        <JobStatus job={job} />
        <DialogActions
          close={close}
          label={texts.action}
          act={run}
          blocked={busy || preview === undefined || (preview.problem_count > 0 && !options.skip_invalid)}
          error={action.error}
        >
          <button type="submit" className="secondary" disabled={busy || file === undefined}>
            {action.busy ? texts.uploading : texts.preview}
          </button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
