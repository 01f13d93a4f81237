// The webhooks of a workspace: add one, whose secret is shown once, send a test, and see what was delivered.
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { answer, client, type Delivery, type Webhook, type WebhookEvent } from '../../api/client';
import { keys, queries } from '../../api/queries';
import { settingsQueries } from '../../api/settingsQueries';
import { ErrorText } from '../../components/ErrorText';
import { SelectField, TextField } from '../../components/Field';
import { ago, count, when } from '../../components/format';
import { Pending } from '../../components/Notice';
import { TableBox } from '../../components/TableBox';
import { usePermission } from '../../components/usePermission';
import { EventChoices } from './EventChoices';
import { ItemCard } from './ItemCard';
import { AddForm, SettingsList } from './SettingsList';
import { text as texts } from './text';
import { useSubmit } from './useChange';

const text = texts.webhooks;
const NEEDED = 'webhooks:read';
const EVENTS = Object.keys(text.eventNames) as WebhookEvent[];

function Add() {
  const [url, setUrl] = useState('');
  const [datasource, setDatasource] = useState('');
  const [events, setEvents] = useState<WebhookEvent[]>(EVENTS);
  const [made, setMade] = useState<Webhook>();
  const sources = useQuery(queries.datasources()).data ?? [];
  const { busy, errors, error, submit } = useSubmit(keys.webhooks, ['url']);
  const add = (event: FormEvent) =>
    submit(event, async () => {
      const body = { url: url.trim(), events, datasource: datasource || null };
      setMade(await answer(client.POST('/api/v1/webhooks', { body })));
      setUrl('');
    });
  const options = [{ value: '', label: text.every }, ...sources.map(({ name }) => ({ value: name, label: name }))];
  return (
    <AddForm
      submit={add}
      label={text.add}
      blocked={busy || url.trim() === '' || events.length === 0}
      error={error}
      more={
        <EventChoices legend={text.events} names={text.eventNames} chosen={events} choose={setEvents}>
          {events.length === 0 ? <ErrorText text={text.noneChosen} /> : null}
        </EventChoices>
      }
      once={{ secret: made?.secret, sentence: text.secret, what: text.theSecret }}
    >
      <TextField {...text.url} mono error={errors.url} value={url} change={setUrl} />
      <SelectField label={text.datasource} value={datasource} change={setDatasource} options={options} />
    </AddForm>
  );
}

function State({ state }: { state: Delivery['state'] | null }) {
  if (state === null) return <span className="quiet">{text.unused}</span>;
  const { label, tone } = text.states[state];
  return <span className={`badge tone-${tone}`}>{label}</span>;
}

function Deliveries({ id }: { id: number }) {
  const { data, error } = useQuery(settingsQueries.deliveries(id));
  if (data === undefined) return <Pending data={data} error={error} />;
  if (data.length === 0) return <p className="quiet">{text.noDeliveries}</p>;
  return (
    <TableBox name="settings-table" label={text.deliveries} columns={text.columns} named={text.columns.slice(2, 5)}>
      {data.map((delivery) => (
        <tr key={delivery.id}>
          <td>{delivery.event}</td>
          <td>
            <State state={delivery.state} />
          </td>
          <td className="wrap">{delivery.error ?? delivery.status}</td>
          <td>{count(delivery.attempts)}</td>
          <td title={when(delivery.created)}>{ago(delivery.created)}</td>
        </tr>
      ))}
    </TableBox>
  );
}

function Card({ webhook, edit }: { webhook: Webhook; edit: boolean }) {
  const params = { path: { webhook_id: webhook.id } };
  const test = () => answer(client.POST('/api/v1/webhooks/{webhook_id}/test', { params }));
  const removal = {
    label: text.remove,
    title: text.removeTitle,
    detail: text.removeDetail,
    confirm: text.removeAction,
    run: () => answer(client.DELETE('/api/v1/webhooks/{webhook_id}', { params })),
  };
  return (
    <ItemCard
      title={webhook.url}
      mono
      badge={<State state={webhook.last_state} />}
      changes={keys.webhooks}
      action={edit ? { label: text.test, run: test, opens: true } : null}
      details={{ label: text.deliveries, show: () => <Deliveries id={webhook.id} /> }}
      removal={edit ? removal : null}
    >
      <p className="quiet">
        {webhook.datasource ?? text.every}: {webhook.events.map((name) => text.eventNames[name]).join(', ')}
        {webhook.waiting > 0 ? ` · ${text.waiting(webhook.waiting)}` : null}
      </p>
      {webhook.last_state === 'failed' ? <ErrorText text={webhook.last_error ?? undefined} /> : null}
    </ItemCard>
  );
}

export function Webhooks() {
  const edit = usePermission()('webhooks:edit');
  return (
    <SettingsList
      permission={NEEDED}
      query={settingsQueries.webhooks()}
      form={edit ? <Add /> : null}
      none={text.none}
      item={(webhook) => <Card key={webhook.id} webhook={webhook} edit={edit} />}
    />
  );
}
