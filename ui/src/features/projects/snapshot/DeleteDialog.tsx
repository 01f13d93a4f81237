// Deleting a snapshot, which leads back to its project.
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { answer, client, type Snapshot } from '../../../api/client';
import { keys } from '../../../api/queries';
import { ConfirmCount } from '../../../components/ConfirmCount';
import { Dialog } from '../../../components/Dialog';
import { useAsyncAction } from '../../../components/useAsyncAction';
import { text } from '../text';

export function DeleteDialog({ snapshot, close }: { snapshot: Snapshot; close: () => void }) {
  const action = useAsyncAction();
  const cache = useQueryClient();
  const navigate = useNavigate();
  const remove = async () => {
    const params = { path: { snapshot: snapshot.name }, query: { acknowledge: snapshot.assets } };
    await answer(client.DELETE('/api/v1/snapshots/{snapshot}', { params }));
    await navigate({ to: '/projects/$name', params: { name: snapshot.project } });
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
