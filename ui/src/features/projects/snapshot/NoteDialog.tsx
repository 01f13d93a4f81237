// The note of a snapshot, which alone of it can change.
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { answer, client, type Snapshot } from '../../../api/client';
import { keys } from '../../../api/queries';
import { Dialog } from '../../../components/Dialog';
import { DialogActions } from '../../../components/DialogActions';
import { AreaField } from '../../../components/Field';
import { useAsyncAction } from '../../../components/useAsyncAction';
import { text } from './text';

export function NoteDialog({ snapshot, close }: { snapshot: Snapshot; close: () => void }) {
  const [note, setNote] = useState(snapshot.note);
  const action = useAsyncAction();
  const cache = useQueryClient();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    action.run(async () => {
      const params = { path: { snapshot: snapshot.name } };
      await answer(client.PATCH('/api/v1/snapshots/{snapshot}', { params, body: { note: note.trim() } }));
      close();
      await cache.invalidateQueries({ queryKey: keys.projects });
    });
  };
  return (
    <Dialog title={text.note.title(snapshot.name)} close={close}>
      <form className="form" onSubmit={submit}>
        <AreaField label={text.note.label} value={note} change={setNote} />
        <DialogActions
          close={close}
          label={text.note.action}
          blocked={note.trim() === snapshot.note}
          busy={action.busy}
          error={action.error}
        />
      </form>
    </Dialog>
  );
}
