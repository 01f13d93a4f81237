// Choose the schedule of a datasource; the next times show what the choice means.
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { answer, client, type Datasource } from '../../api/client';
import { keys } from '../../api/queries';
import { Dialog } from '../../components/Dialog';
import { DialogActions } from '../../components/DialogActions';
import { useAsyncAction } from '../../components/useAsyncAction';
import { Choices, LOCAL_ZONE, NextRuns } from './ScheduleFields';
import { fromForm, toForm } from './schedule';
import { text } from './text';

export function ScheduleDialog({ source, close }: { source: Datasource; close: () => void }) {
  const [form, set] = useState(() => toForm(source, LOCAL_ZONE));
  const action = useAsyncAction();
  const cache = useQueryClient();
  const schedule = fromForm(form);
  const save = (event: FormEvent) => {
    event.preventDefault();
    if (schedule === undefined) return;
    action.run(async () => {
      const params = { path: { name: source.name } };
      await answer(client.PATCH('/api/v1/datasources/{name}', { params, body: { ...schedule } }));
      await cache.invalidateQueries({ queryKey: keys.datasources });
      close();
    });
  };
  return (
    <Dialog title={text.schedule.title(source.name)} close={close}>
      <form className="stack" onSubmit={save}>
        <Choices form={form} set={set} />
        <NextRuns schedule={schedule} />
        <DialogActions
          close={close}
          label={text.schedule.save}
          blocked={schedule === undefined}
          busy={action.busy}
          error={action.error}
        />
      </form>
    </Dialog>
  );
}
