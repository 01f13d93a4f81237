// Where the events of a datasource come from: a queue of its cloud, or signed requests.
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { answer, client, type Datasource, type EventStatus, type ReceiverKind } from '../../api/client';
import { fieldErrors } from '../../api/problem';
import { keys } from '../../api/queries';
import { ErrorText } from '../../components/ErrorText';
import { RadioCards, TextField } from '../../components/Field';
import { text as texts } from '../../components/text';
import { useAsyncAction } from '../../components/useAsyncAction';
import { text } from './text';

const { events } = text.page;
// The queue that the cloud of a bucket sends its notifications to.
const QUEUES: Partial<Record<Datasource['provider'], ReceiverKind>> = {
  s3: 'sqs',
  gs: 'pubsub',
  az: 'azure-queue',
};

function kindsFor(source: Datasource, stored: ReceiverKind | undefined): ReceiverKind[] {
  const offered = [stored, QUEUES[source.provider], 'webhook' as const];
  return [...new Set(offered)].filter((kind) => kind !== undefined);
}

/** Show again how events arrive. */
export function useRefreshed(name: string): () => Promise<void> {
  const cache = useQueryClient();
  return () => cache.invalidateQueries({ queryKey: keys.datasource(name) });
}

interface Props {
  source: Datasource;
  status: EventStatus | null;
  done: (made: EventStatus) => void;
  cancel: () => void;
}

export function EventsForm({ source, status, done, cancel }: Props) {
  const kinds = kindsFor(source, status?.kind);
  const [kind, setKind] = useState<ReceiverKind>(kinds[0] ?? 'webhook');
  const [address, setAddress] = useState(status?.address ?? '');
  const [errors, setErrors] = useState<Record<string, string>>({});
  const action = useAsyncAction();
  const refresh = useRefreshed(source.name);
  const save = (event: FormEvent) => {
    event.preventDefault();
    setErrors({});
    action.run(async () => {
      try {
        const body = { kind, address: kind === 'webhook' ? null : address.trim() || null };
        const params = { path: { name: source.name } };
        const made = await answer(client.PUT('/api/v1/datasources/{name}/events', { params, body }));
        await refresh();
        done(made);
      } catch (error) {
        setErrors(fieldErrors(error));
        throw error;
      }
    });
  };
  return (
    <form className="form" onSubmit={save}>
      <RadioCards
        legend={events.legend}
        name="receiver"
        value={kind}
        change={(value) => setKind(value as ReceiverKind)}
        options={kinds.map((value) => ({ value, ...events.choices[value] }))}
      />
      {kind === 'webhook' ? null : (
        <TextField {...events.addresses[kind]} mono error={errors.address} value={address} change={setAddress} />
      )}
      <div className="row">
        <button type="button" className="secondary" onClick={cancel}>
          {texts.cancel}
        </button>
        <button type="submit" className="primary" disabled={action.busy}>
          {action.busy ? texts.working : events.save}
        </button>
      </div>
      {errors.address === undefined ? <ErrorText text={action.error} /> : null}
    </form>
  );
}
