// The snapshots of a project: freeze, compare and export. Each has a page of its own.
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { type FormEvent, useCallback, useState } from 'react';
import { answer, client, type ProjectDetail, type Snapshot } from '../../api/client';
import { keys, queries } from '../../api/queries';
import { isActive } from '../../api/vocabulary';
import { ErrorText } from '../../components/ErrorText';
import { SelectField, TextField } from '../../components/Field';
import { ago, count, when } from '../../components/format';
import { JobStatus, useJob } from '../../components/JobStatus';
import { Pending } from '../../components/Notice';
import { TableBox } from '../../components/TableBox';
import { useAsyncAction } from '../../components/useAsyncAction';
import { ExportDialog } from './ExportDialog';
import { SplitBar } from './Splits';
import { text } from './text';

function Freeze({ project }: { project: ProjectDetail }) {
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
      setId(
        (await answer(client.POST('/api/v1/snapshots', { body: { project: project.name, note: note.trim() } }))).id,
      );
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
      <button type="submit" className="primary" disabled={busy || project.assets === 0}>
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

function Row({ snapshot }: { snapshot: Snapshot }) {
  const [exporting, setExporting] = useState(false);
  const { train = 0, valid = 0, test = 0, none = 0 } = snapshot.splits;
  const { snapshots } = text;
  const params = { name: snapshot.project, number: String(snapshot.number) };
  return (
    <tr>
      <td title={snapshots.digest(snapshot.digest)}>
        <Link to="/projects/$name/snapshots/$number" params={params}>
          {snapshot.name}
        </Link>
      </td>
      <td className="number">{count(snapshot.assets)}</td>
      <td className="split-cell">
        <SplitBar counts={{ train, valid, test, none, assigned: 0 }} />
      </td>
      <td className="wrap">{snapshot.note}</td>
      <td title={snapshots.created(when(snapshot.created), snapshot.created_by)}>{ago(snapshot.created)}</td>
      <td>
        <button
          type="button"
          className="text-button"
          aria-label={snapshots.exportOf(snapshot.name)}
          aria-haspopup="dialog"
          onClick={() => setExporting(true)}
        >
          {snapshots.export}
        </button>
        {exporting ? (
          <ExportDialog title={snapshot.name} scope={{ snapshot: snapshot.name }} close={() => setExporting(false)} />
        ) : null}
      </td>
    </tr>
  );
}

function Table({ snapshots }: { snapshots: Snapshot[] }) {
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
        <Row key={snapshot.name} snapshot={snapshot} />
      ))}
    </TableBox>
  );
}

export function Snapshots({ project, edit }: { project: ProjectDetail; edit: boolean }) {
  const { data, error } = useQuery(queries.snapshots(project.name));
  return (
    <section className="panel">
      <h2>{text.snapshots.title}</h2>
      {edit ? <Freeze project={project} /> : null}
      <Pending data={data} error={error} />
      {data?.length === 0 ? <p className="quiet">{text.snapshots.none}</p> : null}
      {data !== undefined && data.length > 0 ? <Table snapshots={data} /> : null}
      {data !== undefined && data.length > 1 ? <Compare project={project.name} snapshots={data} /> : null}
    </section>
  );
}
