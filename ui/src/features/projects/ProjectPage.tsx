// One project: its assets and splits, its snapshots, and how assets come in and go out.
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { answer, client, type ProjectDetail } from '../../api/client';
import { keys, queries } from '../../api/queries';
import { ConfirmCount } from '../../components/ConfirmCount';
import { Dialog } from '../../components/Dialog';
import { DialogActions } from '../../components/DialogActions';
import { AreaField, CheckField, TextField } from '../../components/Field';
import { quoted } from '../../components/format';
import { AssetsLink } from '../../components/links';
import { Pending } from '../../components/Notice';
import { PageHead } from '../../components/PageHead';
import { unlessGone } from '../../components/unlessGone';
import { useAsyncAction } from '../../components/useAsyncAction';
import { usePermission } from '../../components/usePermission';
import { AddAssets } from './AddAssets';
import { ExportDialog } from './ExportDialog';
import { Snapshots } from './Snapshots';
import { Splits } from './Splits';
import { text } from './text';
import './projects.css';

const route = getRouteApi('/projects/$name');

function EditDialog({ project, close }: { project: ProjectDetail; close: () => void }) {
  const [name, setName] = useState(project.name);
  const [description, setDescription] = useState(project.description);
  const action = useAsyncAction();
  const cache = useQueryClient();
  const navigate = useNavigate();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    action.run(async () => {
      const params = { path: { name: project.name } };
      const body = { name: name.trim(), description };
      const changed = await answer(client.PATCH('/api/v1/projects/{name}', { params, body }));
      close();
      await navigate({ to: '/projects/$name', params: { name: changed.name }, replace: true });
      await cache.invalidateQueries({ queryKey: keys.projects });
    });
  };
  return (
    <Dialog title={text.edit.title(project.name)} close={close}>
      <form className="form" onSubmit={submit}>
        <TextField label={text.create.name} value={name} change={setName} focus />
        <AreaField label={text.create.description} value={description} change={setDescription} />
        <DialogActions
          close={close}
          label={text.edit.action}
          blocked={name.trim() === ''}
          busy={action.busy}
          error={action.error}
        />
      </form>
    </Dialog>
  );
}

function DeleteDialog({ project, close }: { project: ProjectDetail; close: () => void }) {
  const [snapshots, setSnapshots] = useState(false);
  const action = useAsyncAction();
  const cache = useQueryClient();
  const navigate = useNavigate();
  const remove = async () => {
    const params = { path: { name: project.name }, query: { acknowledge: project.assets, snapshots } };
    await answer(client.DELETE('/api/v1/projects/{name}', { params }));
    await navigate({ to: '/projects' });
    cache.removeQueries({ queryKey: keys.project(project.name) });
    await cache.invalidateQueries({ queryKey: keys.projects });
  };
  return (
    <Dialog title={text.deletion.title(project.name)} close={close}>
      <p>{text.deletion.detail}</p>
      {project.snapshots > 0 ? (
        <CheckField label={text.deletion.snapshots(project.snapshots)} checked={snapshots} change={setSnapshots} />
      ) : null}
      <ConfirmCount
        number={project.assets}
        what={text.deletion.what}
        label={text.deletion.action}
        action={action}
        confirm={remove}
        close={close}
      />
    </Dialog>
  );
}

type Opened = 'edit' | 'delete' | 'export';

function Actions({ project, edit }: { project: ProjectDetail; edit: boolean }) {
  const [open, setOpen] = useState<Opened>();
  const close = () => setOpen(undefined);
  const offered: { name: Opened; label: string }[] = [
    { name: 'export', label: text.export.open },
    ...(edit
      ? ([
          { name: 'edit', label: text.edit.open },
          { name: 'delete', label: text.deletion.open },
        ] as const)
      : []),
  ];
  return (
    <>
      <AssetsLink className="secondary" query={`project:${quoted(project.name)}`}>
        {text.assets(project.assets)}
      </AssetsLink>
      {offered.map(({ name, label }) => (
        <button key={name} type="button" className="secondary" aria-haspopup="dialog" onClick={() => setOpen(name)}>
          {label}
        </button>
      ))}
      {open === 'edit' ? <EditDialog project={project} close={close} /> : null}
      {open === 'delete' ? <DeleteDialog project={project} close={close} /> : null}
      {open === 'export' ? <ExportDialog title={project.name} scope={{ project: project.name }} close={close} /> : null}
    </>
  );
}

/** What a look at the assets would leave out, or not find in the bucket. */
function Absent({ project }: { project: ProjectDetail }) {
  const { missing, trashed } = project;
  if (!missing && !trashed) return null;
  const query = `project:${quoted(project.name)}`;
  return (
    <p className="project-absent">
      {missing ? <AssetsLink query={`${query} state:missing`}>{text.missing(missing)}</AssetsLink> : null}{' '}
      {trashed ? <AssetsLink query={`${query} state:trash`}>{text.trashed(trashed)}</AssetsLink> : null}
    </p>
  );
}

function Shown({ project }: { project: ProjectDetail }) {
  const may = usePermission();
  const edit = may('projects:edit');
  const splits = <Splits key={`splits of ${project.name}`} project={project} edit={edit} />;
  const add = edit && may('assets:edit') ? <AddAssets key="add" project={project.name} /> : null;
  return (
    <>
      <PageHead
        title={project.name}
        lead={project.description || undefined}
        above={<Link to="/projects">{text.back}</Link>}
      >
        <Actions project={project} edit={edit} />
      </PageHead>
      <Absent project={project} />
      <div className="panels">
        <Snapshots project={project} edit={edit} />
        <div className="stack">{project.assets === 0 ? [add, splits] : [splits, add]}</div>
      </div>
    </>
  );
}

export function ProjectPage() {
  const { name } = route.useParams();
  const { data, error } = unlessGone(useQuery(queries.project(name)));
  return (
    <main className="page">
      <Pending page data={data} error={error} />
      {data === undefined ? null : <Shown project={data} />}
    </main>
  );
}
