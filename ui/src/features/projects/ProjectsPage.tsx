// All projects, by name, and the way to create one.
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { answer, client, type Project } from '../../api/client';
import { fieldErrors } from '../../api/problem';
import { keys, queries } from '../../api/queries';
import { Dialog } from '../../components/Dialog';
import { DialogActions } from '../../components/DialogActions';
import { AreaField, TextField } from '../../components/Field';
import { quoted } from '../../components/format';
import { AssetsLink } from '../../components/links';
import { Notice, Pending } from '../../components/Notice';
import { PageHead } from '../../components/PageHead';
import { TableBox } from '../../components/TableBox';
import { useAsyncAction } from '../../components/useAsyncAction';
import { usePermission, useRefusal } from '../../components/usePermission';
import { text } from './text';
import './projects.css';

function CreateDialog({ close }: { close: () => void }) {
  const [name, setName] = useState('');
  const [description, setDescription] = useState('');
  const [errors, setErrors] = useState<Record<string, string>>({});
  const action = useAsyncAction();
  const cache = useQueryClient();
  const navigate = useNavigate();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    action.run(async () => {
      try {
        const made = await answer(client.POST('/api/v1/projects', { body: { name: name.trim(), description } }));
        await cache.invalidateQueries({ queryKey: keys.projects });
        close();
        await navigate({ to: '/projects/$name', params: { name: made.name } });
      } catch (error) {
        setErrors(fieldErrors(error));
        throw error;
      }
    });
  };
  return (
    <Dialog title={text.create.title} close={close}>
      <form className="form" onSubmit={submit}>
        <TextField label={text.create.name} error={errors.name} value={name} change={setName} focus />
        <AreaField
          label={text.create.description}
          error={errors.description}
          value={description}
          change={setDescription}
        />
        <DialogActions
          close={close}
          label={text.create.action}
          blocked={name.trim() === ''}
          busy={action.busy}
          error={(errors.name ?? errors.description) ? undefined : action.error}
        />
      </form>
    </Dialog>
  );
}

function Missing({ name, number }: { name: string; number: number }) {
  return (
    <span className="in-text">
      {', '}
      <AssetsLink query={`project:${quoted(name)} state:missing`}>{text.missingOf(number)}</AssetsLink>
    </span>
  );
}

function Table({ projects }: { projects: Project[] }) {
  return (
    <TableBox name="projects-table" label={text.title} columns={Object.values(text.columns)}>
      {projects.map((project) => (
        <tr key={project.name}>
          <td className="wrap">
            <Link to="/projects/$name" params={{ name: project.name }}>
              {project.name}
            </Link>
          </td>
          <td>
            {text.assets(project.assets)}
            {project.missing ? <Missing name={project.name} number={project.missing} /> : null}
          </td>
        </tr>
      ))}
    </TableBox>
  );
}

export function ProjectsPage() {
  const { data, error } = useQuery(queries.projects());
  const may = usePermission();
  const refused = useRefusal();
  const [creating, setCreating] = useState(false);
  const create = may('projects:edit') ? (
    <button type="button" className="primary" aria-haspopup="dialog" onClick={() => setCreating(true)}>
      {text.create.open}
    </button>
  ) : null;
  return (
    <main className="page">
      <Pending page data={data} error={error} />
      {data?.length === 0 ? (
        <Notice title={text.empty.title}>
          <p>{text.empty.detail}</p>
          {create}
          {refused('projects:edit') ? <p className="quiet">{text.empty.cannot}</p> : null}
        </Notice>
      ) : null}
      {data !== undefined && data.length > 0 ? (
        <>
          <PageHead title={text.title} lead={text.number(data.length)}>
            {create}
          </PageHead>
          <Table projects={data} />
        </>
      ) : null}
      {creating ? <CreateDialog close={() => setCreating(false)} /> : null}
    </main>
  );
}
