// The webhooks of a workspace: add one, whose secret is shown once, send a test, and see what was delivered.
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { answer, client, type Delivery, type Webhook, type WebhookEvent } from '../../api/client';
import { fieldErrors } from '../../api/problem';
import { keys, queries } from '../../api/queries';
import { Copyable } from '../../components/CopyButton';
import { ErrorText } from '../../components/ErrorText';
import { CheckField, SelectField, TextField } from '../../components/Field';
import { ago, count, when } from '../../components/format';
import { Pending } from '../../components/Notice';
import { TableBox } from '../../components/TableBox';
import { useAsyncAction } from '../../components/useAsyncAction';
import { usePermission } from '../../components/usePermission';
import { Confirm } from './Confirm';
import { Needs } from './Needs';
import { text } from './text';

const EVENTS = Object.keys(text.webhooks.eventNames) as WebhookEvent[];

function Add({ made }: { made: (webhook: Webhook) => void }) {
  const [url, setUrl] = useState('');
  const [datasource, setDatasource] = useState('');
  const [events, setEvents] = useState<WebhookEvent[]>(EVENTS);
  const [errors, setErrors] = useState<Record<string, string>>({});
  const sources = useQuery(queries.datasources()).data ?? [];
  const action = useAsyncAction();
  const cache = useQueryClient();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setErrors({});
    action.run(async () => {
      try {
        const body = { url: url.trim(), events, datasource: datasource || null };
        made(await answer(client.POST('/api/v1/webhooks', { body })));
        setUrl('');
        await cache.invalidateQueries({ queryKey: keys.webhooks });
      } catch (error) {
        setErrors(fieldErrors(error));
        throw error;
      }
    });
  };
  const options = [
    { value: '', label: text.webhooks.every },
    ...sources.map(({ name }) => ({ value: name, label: name })),
  ];
  return (
    <form className="form" onSubmit={submit}>
      <div className="form-grid">
        <TextField {...text.webhooks.url} mono error={errors.url} value={url} change={setUrl} />
        <SelectField label={text.webhooks.datasource} value={datasource} change={setDatasource} options={options} />
      </div>
      <fieldset>
        <legend className="quiet">{text.webhooks.events}</legend>
        <div className="row events">
          {EVENTS.map((name) => (
            <CheckField
              key={name}
              label={text.webhooks.eventNames[name]}
              checked={events.includes(name)}
              change={(on) => setEvents(EVENTS.filter((one) => (one === name ? on : events.includes(one))))}
            />
          ))}
        </div>
        {events.length === 0 ? <ErrorText text={text.webhooks.noneChosen} /> : null}
      </fieldset>
      <div className="row">
        <button type="submit" className="primary" disabled={action.busy || url.trim() === '' || events.length === 0}>
          {text.webhooks.add}
        </button>
      </div>
      {errors.url === undefined ? <ErrorText text={action.error} /> : null}
    </form>
  );
}

function State({ state }: { state: Delivery['state'] | null }) {
  if (state === null) return <span className="quiet">{text.webhooks.unused}</span>;
  const { label, tone } = text.webhooks.states[state];
  return <span className={`badge tone-${tone}`}>{label}</span>;
}

function Deliveries({ id }: { id: number }) {
  const { data, error } = useQuery(queries.deliveries(id));
  if (data === undefined) return <Pending data={data} error={error} />;
  if (data.length === 0) return <p className="quiet">{text.webhooks.noDeliveries}</p>;
  return (
    <TableBox name="settings-table" label={text.webhooks.deliveries} columns={text.webhooks.columns}>
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

function Card({ webhook }: { webhook: Webhook }) {
  const [open, setOpen] = useState(false);
  const [deleting, setDeleting] = useState(false);
  const action = useAsyncAction();
  const cache = useQueryClient();
  const edit = usePermission()('webhooks:edit');
  const params = { path: { webhook_id: webhook.id } };
  const refresh = () => cache.invalidateQueries({ queryKey: keys.webhooks });
  const test = () =>
    action.run(async () => {
      await answer(client.POST('/api/v1/webhooks/{webhook_id}/test', { params }));
      setOpen(true);
      await refresh();
    });
  return (
    <li className="panel">
      <div className="panel-head">
        <h2 className="mono wrap">{webhook.url}</h2>
        <State state={webhook.last_state} />
      </div>
      <p className="quiet">
        {webhook.datasource ?? text.webhooks.every}:{' '}
        {webhook.events.map((name) => text.webhooks.eventNames[name]).join(', ')}
        {webhook.waiting > 0 ? ` · ${text.webhooks.waiting(webhook.waiting)}` : null}
      </p>
      {webhook.last_state === 'failed' ? <ErrorText text={webhook.last_error ?? undefined} /> : null}
      <div className="row">
        {edit ? (
          <button type="button" className="secondary" disabled={action.busy} onClick={test}>
            {text.webhooks.test}
          </button>
        ) : null}
        <button type="button" className="secondary" aria-expanded={open} onClick={() => setOpen(!open)}>
          {text.webhooks.deliveries}
        </button>
        {edit ? (
          <button type="button" className="secondary" aria-haspopup="dialog" onClick={() => setDeleting(true)}>
            {text.webhooks.remove}
          </button>
        ) : null}
      </div>
      <ErrorText text={action.error} />
      {open ? <Deliveries id={webhook.id} /> : null}
      {deleting ? (
        <Confirm
          title={text.webhooks.removeTitle}
          detail={text.webhooks.removeDetail}
          label={text.webhooks.removeAction}
          confirm={async () => {
            await answer(client.DELETE('/api/v1/webhooks/{webhook_id}', { params }));
            await refresh();
          }}
          close={() => setDeleting(false)}
        />
      ) : null}
    </li>
  );
}

function Shown() {
  const { data, error } = useQuery(queries.webhooks());
  const [made, setMade] = useState<Webhook>();
  const edit = usePermission()('webhooks:edit');
  return (
    <div className="stack column">
      <Pending data={data} error={error} />
      {edit ? (
        <section className="panel column">
          <Add made={setMade} />
          {made === undefined || made.secret === null ? null : (
            <div className="once" role="status">
              <p>{text.webhooks.secret}</p>
              <Copyable text={made.secret} what={text.webhooks.theSecret} />
            </div>
          )}
        </section>
      ) : null}
      {data?.length === 0 ? <p className="quiet">{text.webhooks.none}</p> : null}
      <ul className="stack">
        {(data ?? []).map((webhook) => (
          <Card key={webhook.id} webhook={webhook} />
        ))}
      </ul>
    </div>
  );
}

const NEEDED = 'webhooks:read';

export function Webhooks() {
  return (
    <Needs permission={NEEDED}>
      <Shown />
    </Needs>
  );
}
