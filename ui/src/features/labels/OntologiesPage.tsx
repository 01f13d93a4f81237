// All ontologies, by name, and the way to create one.
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { answer, client, type Ontology } from '../../api/client';
import { labelQueries } from '../../api/labelQueries';
import { Dialog } from '../../components/Dialog';
import { DialogActions } from '../../components/DialogActions';
import { TextField } from '../../components/Field';
import { ago, count } from '../../components/format';
import { Notice, Pending } from '../../components/Notice';
import { PageHead } from '../../components/PageHead';
import { TableBox } from '../../components/TableBox';
import { useAsyncAction } from '../../components/useAsyncAction';
import { usePermission, useRefusal } from '../../components/usePermission';
import { text } from './text';
import './labels.css';

function CreateDialog({ close }: { close: () => void }) {
  const [name, setName] = useState('');
  const action = useAsyncAction();
  const cache = useQueryClient();
  const navigate = useNavigate();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    action.run(async () => {
      const params = { path: { name: name.trim() } };
      const made = await answer(client.PUT('/api/v1/ontologies/{name}', { params, body: { classes: [], version: 0 } }));
      await cache.invalidateQueries({ queryKey: labelQueries.keys.ontologies });
      close();
      await navigate({ to: '/labels/$name', params: { name: made.name } });
    });
  };
  return (
    <Dialog title={text.create.title} close={close}>
      <form className="form" onSubmit={submit}>
        <TextField label={text.create.name} value={name} change={setName} focus />
        <DialogActions
          close={close}
          label={text.create.action}
          blocked={name.trim() === ''}
          busy={action.busy}
          error={action.error}
        />
      </form>
    </Dialog>
  );
}

function Table({ ontologies }: { ontologies: Ontology[] }) {
  const { columns } = text;
  return (
    <TableBox
      name="ontologies-table"
      label={text.title}
      columns={[columns.name, columns.classes, columns.updated]}
      numbers={[columns.classes]}
    >
      {ontologies.map((one) => (
        <tr key={one.name}>
          <td className="wrap">
            <Link to="/labels/$name" params={{ name: one.name }}>
              {one.name}
            </Link>
          </td>
          <td className="number">{count(one.classes.length)}</td>
          <td>{text.changed(ago(one.updated), one.by)}</td>
        </tr>
      ))}
    </TableBox>
  );
}

export function OntologiesPage() {
  const { data, error } = useQuery(labelQueries.ontologies());
  const may = usePermission();
  const refused = useRefusal();
  const [creating, setCreating] = useState(false);
  const create = may('labels:edit') ? (
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
          {refused('labels:edit') ? <p className="quiet">{text.empty.cannot}</p> : null}
        </Notice>
      ) : null}
      {data !== undefined && data.length > 0 ? (
        <>
          <PageHead title={text.title} lead={text.number(data.length)}>
            {create}
          </PageHead>
          <Table ontologies={data} />
        </>
      ) : null}
      {creating ? <CreateDialog close={() => setCreating(false)} /> : null}
    </main>
  );
}
