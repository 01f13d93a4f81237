// The snapshots of a project: freeze, compare, export, restore and delete.
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useCallback, useState } from 'react';
import { answer, client, type ProjectDetail, type Snapshot } from '../../api/client';
import { keys, queries } from '../../api/queries';
import { isActive } from '../../api/vocabulary';
import { ConfirmCount } from '../../components/ConfirmCount';
import { Dialog } from '../../components/Dialog';
import { ErrorText } from '../../components/ErrorText';
import { SelectField, TextField } from '../../components/Field';
import { ago, count, when } from '../../components/format';
import { JobStatus, useJob } from '../../components/JobStatus';
import { Pending } from '../../components/Notice';
import { TableBox } from '../../components/TableBox';
import { useAsyncAction } from '../../components/useAsyncAction';
import { ExportDialog } from './ExportDialog';
import { RestoreDialog } from './RestoreDialog';
import { SplitBar } from './Splits';
import { text } from './text';

function Freeze({ project }: { project: string }) {
  const [note, setNote] = useState('');
  const [id, setId] = useState<number>();
  const action = useAsyncAction();
  const cache = useQueryClient();
  const ended = useCallback(() => void cache.invalidateQueries({ queryKey: keys.projects }), [cache]);
  const job = useJob(id, ended);
  const busy = action.busy || (job !== undefined && isActive(job.state));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    action.run(async () => {
      setId((await answer(client.POST('/api/v1/snapshots', { body: { project, note: note.trim() } }))).id);
      setNote('');
    });
  };
  return (
    <form className="inline-form" onSubmit={submit}>
      <TextField
        label={text.snapshots.note}
        placeholder={text.snapshots.notePlaceholder}
        value={note}
        change={setNote}
      />
      <button type="submit" className="primary" disabled={busy}>
        {text.snapshots.freeze}
      </button>
      {busy ? <JobStatus job={job} /> : <ErrorText text={action.error ?? job?.error ?? undefined} />}
    </form>
  );
}

function Compare({ project, snapshots }: { project: string; snapshots: Snapshot[] }) {
  const [after, setAfter] = useState(snapshots[0]?.name ?? '');
  const [before, setBefore] = useState(snapshots[1]?.name ?? '');
  const navigate = useNavigate();
  const options = snapshots.map(({ name }) => ({ value: name, label: name }));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void navigate({ to: '/projects/$name/compare', params: { name: project }, search: { before, after } });
  };
  return (
    <form className="inline-form" onSubmit={submit}>
      <SelectField label={text.snapshots.compareFrom} value={before} change={setBefore} options={options} />
      <SelectField label={text.snapshots.compareWith} value={after} change={setAfter} options={options} />
      <button type="submit" className="secondary" disabled={before === after}>
        {text.snapshots.compare}
      </button>
    </form>
  );
}

function DeleteDialog({ snapshot, close }: { snapshot: Snapshot; close: () => void }) {
  const action = useAsyncAction();
  const cache = useQueryClient();
  const remove = async () => {
    const params = { path: { snapshot: snapshot.name }, query: { acknowledge: snapshot.assets } };
    await answer(client.DELETE('/api/v1/snapshots/{snapshot}', { params }));
    close();
    await cache.invalidateQueries({ queryKey: keys.projects });
  };
  return (
    <Dialog title={text.remove.title(snapshot.name)} close={close}>
      <p>{text.remove.detail}</p>
      <ConfirmCount
        number={snapshot.assets}
        what={text.remove.what}
        label={text.remove.action}
        action={action}
        confirm={remove}
        close={close}
      />
    </Dialog>
  );
}

type Opened = 'restore' | 'export' | 'delete';

function Row({ snapshot, edit }: { snapshot: Snapshot; edit: boolean }) {
  const [open, setOpen] = useState<Opened>();
  const close = () => setOpen(undefined);
  const { train = 0, valid = 0, test = 0, none = 0 } = snapshot.splits;
  const { snapshots } = text;
  const actions = [
    { name: 'export' as const, label: snapshots.export, title: snapshots.exportOf(snapshot.name) },
    ...(edit
      ? [
          { name: 'restore' as const, label: snapshots.restore, title: snapshots.restoreOf(snapshot.name) },
          { name: 'delete' as const, label: snapshots.remove, title: snapshots.removeOf(snapshot.name) },
        ]
      : []),
  ];
  return (
    <tr>
      <td title={snapshots.digest(snapshot.digest)}>{snapshot.name}</td>
      <td className="number">{count(snapshot.assets)}</td>
      <td className="split-cell">
        <SplitBar counts={{ train, valid, test, none, assigned: 0 }} />
      </td>
      <td className="wrap">{snapshot.note}</td>
      <td title={snapshots.created(when(snapshot.created), snapshot.created_by)}>{ago(snapshot.created)}</td>
      <td>
        <div className="row end tight">
          {actions.map(({ name, label, title }) => (
            <button
              key={name}
              type="button"
              className="text-button"
              aria-label={title}
              aria-haspopup="dialog"
              onClick={() => setOpen(name)}
            >
              {label}
            </button>
          ))}
        </div>
        {open === 'restore' ? <RestoreDialog snapshot={snapshot} close={close} /> : null}
        {open === 'export' ? (
          <ExportDialog title={snapshot.name} scope={{ snapshot: snapshot.name }} close={close} />
        ) : null}
        {open === 'delete' ? <DeleteDialog snapshot={snapshot} close={close} /> : null}
      </td>
    </tr>
  );
}

function Table({ snapshots, edit }: { snapshots: Snapshot[]; edit: boolean }) {
  const { columns } = text.snapshots;
  return (
    <TableBox
      name="snapshots-table"
      label={text.snapshots.title}
      columns={columns}
      numbers={columns.slice(1, 2)}
      unseen={columns.at(-1)}
    >
      {snapshots.map((snapshot) => (
        <Row key={snapshot.name} snapshot={snapshot} edit={edit} />
      ))}
    </TableBox>
  );
}

export function Snapshots({ project, edit }: { project: ProjectDetail; edit: boolean }) {
  const { data, error } = useQuery(queries.snapshots(project.name));
  return (
    <section className="panel">
      <h2>{text.snapshots.title}</h2>
      {edit ? <Freeze project={project.name} /> : null}
      <Pending data={data} error={error} />
      {data?.length === 0 ? <p className="quiet">{text.snapshots.none}</p> : null}
      {data !== undefined && data.length > 0 ? <Table snapshots={data} edit={edit} /> : null}
      {data !== undefined && data.length > 1 ? <Compare project={project.name} snapshots={data} /> : null}
    </section>
  );
}
