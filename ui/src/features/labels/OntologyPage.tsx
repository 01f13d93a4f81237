// One ontology: its classes, which are edited as a draft and saved as a whole, and labels that come in.
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { useRef, useState } from 'react';
import { answer, client, type Ontology } from '../../api/client';
import { labelQueries } from '../../api/labelQueries';
import { Confirm } from '../../components/Confirm';
import { Dialog } from '../../components/Dialog';
import { DialogActions } from '../../components/DialogActions';
import { download } from '../../components/download';
import { ErrorText } from '../../components/ErrorText';
import { Pending } from '../../components/Notice';
import { PageHead } from '../../components/PageHead';
import { text as texts } from '../../components/text';
import { unlessGone } from '../../components/unlessGone';
import { useAsyncAction } from '../../components/useAsyncAction';
import { usePermission } from '../../components/usePermission';
import { ClassRows } from './ClassRows';
import { classesOf, equal, type Row, readJson, rowsOf, writeJson } from './classes';
import { ExportDialog } from './ExportDialog';
import { ImportDialog } from './ImportDialog';
import { Statistics } from './Statistics';
import { text } from './text';
import './labels.css';

const route = getRouteApi('/labels/$name');

interface DeleteProps {
  name: string;
  used: number;
  close: () => void;
}

function DeleteDialog({ name, used, close }: DeleteProps) {
  const cache = useQueryClient();
  const navigate = useNavigate();
  const remove = async () => {
    await answer(client.DELETE('/api/v1/ontologies/{name}', { params: { path: { name } } }));
    await navigate({ to: '/labels' });
    await cache.invalidateQueries({ queryKey: labelQueries.keys.ontologies });
  };
  const title = text.deletion.title(name);
  if (used > 0)
    return (
      <Dialog title={title} close={close}>
        <p>{text.deletion.used(used)}</p>
        <DialogActions close={close} />
      </Dialog>
    );
  return (
    <Confirm title={title} label={text.deletion.action} confirm={remove} close={close}>
      <p>{text.deletion.detail}</p>
    </Confirm>
  );
}

/** The classes as they are edited: a draft from the first change on, until it is saved. */
function useDraft(ontology: Ontology) {
  const [rows, setRows] = useState<Row[]>(() => rowsOf(ontology.classes));
  const [note, setNote] = useState<string>();
  const [base, setBase] = useState(ontology);
  const action = useAsyncAction();
  const cache = useQueryClient();
  const changed = !equal(classesOf(rows), base.classes);
  if (base !== ontology && !changed) {
    setBase(ontology); // somebody else has changed it, and nothing is lost here
    setRows(rowsOf(ontology.classes));
  }
  const edit = (next: Row[]) => {
    setRows(next);
    setNote(undefined);
  };
  const save = () =>
    action.run(async () => {
      const params = { path: { name: ontology.name } };
      const body = { classes: classesOf(rows), version: base.version };
      const saved = await answer(client.PUT('/api/v1/ontologies/{name}', { params, body }));
      cache.setQueryData(labelQueries.ontology(ontology.name).queryKey, saved);
      setBase(saved);
      setRows(rowsOf(saved.classes));
      setNote(text.saved(saved.version));
      void cache.invalidateQueries({ queryKey: labelQueries.keys.ontologies });
    });
  const read = (content: string) => {
    const found = readJson(content);
    setNote(found === undefined ? text.notClasses : text.imported);
    if (found !== undefined) setRows(rowsOf(found));
  };
  const discard = () => {
    setBase(ontology);
    edit(rowsOf(ontology.classes));
  };
  return { rows, changed, note, edit, save, read, discard, busy: action.busy, error: action.error };
}

function Shown({ ontology }: { ontology: Ontology }) {
  const may = usePermission()('labels:edit');
  const { data: counts = [] } = useQuery(labelQueries.counts());
  const [open, setOpen] = useState<'labels' | 'exports' | 'delete'>();
  const file = useRef<HTMLInputElement>(null);
  const draft = useDraft(ontology);
  const own = counts.filter((one) => one.ontology === ontology.name);
  const used = new Map(own.map((one) => [one.class_name, one.annotations]));
  const close = () => setOpen(undefined);
  return (
    <>
      <PageHead
        title={ontology.name}
        lead={text.lead(ontology.classes.length, ontology.version)}
        above={<Link to="/labels">{text.back}</Link>}
      >
        {may ? (
          <button type="button" className="primary" aria-haspopup="dialog" onClick={() => setOpen('labels')}>
            {text.labels.open}
          </button>
        ) : null}
        <button type="button" className="secondary" aria-haspopup="dialog" onClick={() => setOpen('exports')}>
          {text.exports.open}
        </button>
        {may ? (
          <>
            <button type="button" className="secondary" onClick={() => file.current?.click()}>
              {text.import}
            </button>
            <input
              ref={file}
              type="file"
              accept=".json,application/json"
              aria-label={text.import}
              hidden
              onChange={async ({ target }) => {
                const [chosen] = target.files ?? [];
                if (chosen !== undefined) draft.read(await chosen.text());
                target.value = '';
              }}
            />
          </>
        ) : null}
        <button
          type="button"
          className="secondary"
          onClick={() => download(`${ontology.name}.json`, writeJson(ontology))}
        >
          {text.export}
        </button>
        {may ? (
          <button type="button" className="secondary" aria-haspopup="dialog" onClick={() => setOpen('delete')}>
            {text.deletion.open}
          </button>
        ) : null}
      </PageHead>
      <div className="stack">
        <section className="panel">
          <h2>{text.classes.title}</h2>
          <ClassRows rows={draft.rows} change={may ? draft.edit : undefined} used={used} />
          <p role="status" className="quiet">
            {draft.note}
          </p>
          <ErrorText text={draft.error} />
          {draft.changed ? (
            <div className="row end">
              <button type="button" className="secondary" onClick={draft.discard}>
                {text.discard}
              </button>
              <button type="button" className="primary" disabled={draft.busy} onClick={draft.save}>
                {draft.busy ? texts.working : text.save}
              </button>
            </div>
          ) : null}
        </section>
        <Statistics counts={own} />
      </div>
      {open === 'labels' ? <ImportDialog ontology={ontology} close={close} /> : null}
      {open === 'exports' ? <ExportDialog ontology={ontology} close={close} /> : null}
      {open === 'delete' ? (
        <DeleteDialog name={ontology.name} used={[...used.values()].reduce((sum, one) => sum + one, 0)} close={close} />
      ) : null}
    </>
  );
}

export function OntologyPage() {
  const { name } = route.useParams();
  const { data, error } = unlessGone(useQuery(labelQueries.ontology(name)));
  return (
    <main className="page">
      <Pending page data={data} error={error} />
      {data === undefined ? null : <Shown key={data.name} ontology={data} />}
    </main>
  );
}
