// Delete a datasource: what happens to its assets, and their number to be typed before it does.
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { answer, client, type Deletion } from '../../api/client';
import { describeError } from '../../api/problem';
import { queries } from '../../api/queries';
import { ConfirmCount } from '../../components/ConfirmCount';
import { Dialog } from '../../components/Dialog';
import { DialogActions } from '../../components/DialogActions';
import { ErrorText } from '../../components/ErrorText';
import { count } from '../../components/format';
import { type AsyncAction, useAsyncAction } from '../../components/useAsyncAction';
import { text } from './text';
import { workDone } from './work';

const FATES = ['removed', 'trashed', 'kept'] as const;

function Consequences({ deletion }: { deletion: Deletion }) {
  const rows = FATES.filter((fate) => deletion[fate] > 0);
  const total = rows.reduce((sum, fate) => sum + deletion[fate], 0);
  if (total === 0) return <p>{text.deletion.none}</p>;
  return (
    <>
      <p>{text.deletion.total(total)}</p>
      <table className="plain">
        <tbody>
          {rows.map((fate) => (
            <tr key={fate}>
              <td className="number">{count(deletion[fate])}</td>
              <th scope="row">{text.deletion[fate]}</th>
            </tr>
          ))}
        </tbody>
      </table>
      {deletion.handed_over > 0 ? <p>{text.deletion.handedOver(deletion.handed_over)}</p> : null}
      {deletion.in_projects > 0 ? <p>{text.deletion.inProjects(deletion.in_projects)}</p> : null}
      {deletion.worked_on > 0 ? <p>{text.deletion.workedOn(deletion.worked_on, workDone(deletion))}</p> : null}
      <p className="quiet">
        {text.deletion.orphans[deletion.orphans]} {text.deletion.sourceUntouched}
      </p>
    </>
  );
}

interface ConfirmProps {
  deletion: Deletion | undefined; // while it is counted, nothing can be confirmed
  action: AsyncAction;
  remove: () => Promise<void>;
  close: () => void;
}

function Confirm({ deletion, action, remove, close }: ConfirmProps) {
  const { what, confirm: label } = text.deletion;
  if (deletion !== undefined && deletion.acknowledge > 0)
    return <ConfirmCount number={deletion.acknowledge} {...{ what, label, action, close }} confirm={remove} />;
  return (
    <DialogActions
      close={close}
      label={label}
      act={() => action.run(remove)}
      blocked={deletion === undefined}
      busy={action.busy}
      danger
      error={action.error}
    />
  );
}

export function DeleteDialog({ source: { name }, close }: { source: { name: string }; close: () => void }) {
  const { data, error } = useQuery(queries.deletion(name));
  const action = useAsyncAction();
  const cache = useQueryClient();
  const navigate = useNavigate();
  const remove = async () => {
    if (data === undefined) return;
    const params = { path: { name }, query: { acknowledge: data.acknowledge } };
    await answer(client.DELETE('/api/v1/datasources/{name}', { params }));
    close();
    await navigate({ to: '/datasources' }); // its own page is gone
    await cache.invalidateQueries();
  };
  return (
    <Dialog title={text.deletion.title(name)} close={close}>
      {error !== null ? <ErrorText text={describeError(error)} /> : null}
      {data === undefined && error === null ? <p className="quiet">{text.deletion.counting}</p> : null}
      {data !== undefined ? <Consequences deletion={data} /> : null}
      <Confirm deletion={data} action={action} remove={remove} close={close} />
    </Dialog>
  );
}
