// The own functions of a workspace: what each is called for, what came of it, and which calls failed.
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { answer, client, type FunctionEvent, type OwnFunction } from '../../api/client';
import { fieldErrors } from '../../api/problem';
import { keys, queries } from '../../api/queries';
import { Copyable } from '../../components/CopyButton';
import { ErrorText } from '../../components/ErrorText';
import { CheckField, TextField } from '../../components/Field';
import { count } from '../../components/format';
import { AssetLink, AssetsLink, RunLink } from '../../components/links';
import { Pending } from '../../components/Notice';
import { Prose } from '../../components/Rich';
import { TableBox } from '../../components/TableBox';
import { useAsyncAction } from '../../components/useAsyncAction';
import { usePermission } from '../../components/usePermission';
import { Confirm } from './Confirm';
import { Needs } from './Needs';
import { text as texts } from './text';

const text = texts.functions;
const EVENTS = Object.keys(text.events) as FunctionEvent[];
const FIELDS = ['name', 'url', 'query'] as const;
const EMPTY = { name: '', url: '', query: '' };

function Add({ made }: { made: (added: OwnFunction) => void }) {
  const [form, setForm] = useState(EMPTY);
  const [events, setEvents] = useState<FunctionEvent[]>(['asset.created']);
  const [errors, setErrors] = useState<Record<string, string>>({});
  const action = useAsyncAction();
  const cache = useQueryClient();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setErrors({});
    action.run(async () => {
      try {
        const body = { name: form.name.trim(), url: form.url.trim(), query: form.query.trim(), events };
        made(await answer(client.POST('/api/v1/functions', { body })));
        setForm(EMPTY);
        await cache.invalidateQueries({ queryKey: keys.functions });
      } catch (error) {
        setErrors(fieldErrors(error));
        throw error;
      }
    });
  };
  const incomplete = form.name.trim() === '' || form.url.trim() === '' || events.length === 0;
  return (
    <form className="form" onSubmit={submit}>
      <div className="form-grid">
        {FIELDS.map((name) => (
          <TextField
            key={name}
            {...text[name]}
            mono
            error={errors[name]}
            value={form[name]}
            change={(value) => setForm({ ...form, [name]: value })}
          />
        ))}
      </div>
      <fieldset>
        <legend className="quiet">{text.calledFor}</legend>
        <div className="row events">
          {EVENTS.map((name) => (
            <CheckField
              key={name}
              label={text.events[name]}
              checked={events.includes(name)}
              change={(on) => setEvents(EVENTS.filter((one) => (one === name ? on : events.includes(one))))}
            />
          ))}
        </div>
      </fieldset>
      <div className="row">
        <button type="submit" className="primary" disabled={action.busy || incomplete}>
          {text.add}
        </button>
      </div>
      {FIELDS.some((name) => errors[name] !== undefined) ? null : <ErrorText text={action.error} />}
    </form>
  );
}

function Failures({ name }: { name: string }) {
  const { data, error } = useQuery(queries.functionFailures(name));
  if (data === undefined) return <Pending data={data} error={error} />;
  if (data.length === 0) return <p className="quiet">{text.noFailures}</p>;
  return (
    <TableBox name="settings-table" label={text.failures} columns={text.columns}>
      {data.map((one) => (
        <tr key={`${one.asset} ${one.run} ${one.event}`}>
          <td className="wrap">
            {one.asset !== null ? <AssetLink id={one.asset}>{one.key ?? one.asset}</AssetLink> : null}
            {one.run !== null ? <RunLink id={one.run} /> : null}
          </td>
          <td>{text.callStates[one.state]}</td>
          <td>{count(one.attempts)}</td>
          <td className="wrap">{one.error}</td>
        </tr>
      ))}
    </TableBox>
  );
}

function Card({ one }: { one: OwnFunction }) {
  const [open, setOpen] = useState(false);
  const [deleting, setDeleting] = useState(false);
  const action = useAsyncAction();
  const cache = useQueryClient();
  const edit = usePermission()('functions:edit');
  const params = { path: { name: one.name } };
  const refresh = () => cache.invalidateQueries({ queryKey: keys.functions });
  const turn = () =>
    action.run(async () => {
      await answer(
        one.paused
          ? client.POST('/api/v1/functions/{name}/resume', { params })
          : client.POST('/api/v1/functions/{name}/pause', { params }),
      );
      await refresh();
    });
  const { label, tone } = text.states[one.problem !== null ? 'broken' : one.paused ? 'paused' : 'working'];
  return (
    <li className="panel">
      <div className="panel-head">
        <h2 className="wrap">{one.name}</h2>
        <span className={`badge tone-${tone}`}>{label}</span>
      </div>
      <p className="quiet wrap">{text.where(text.kinds[one.kind], one.pool)}</p>
      {one.url === null ? null : <p className="mono wrap">{one.url}</p>}
      <p className="wrap">
        {one.events.map((name) => text.events[name]).join(', ')} ·{' '}
        <AssetsLink query={one.query}>{one.query === '' ? text.all : one.query}</AssetsLink>
      </p>
      <p className="quiet">{text.calls(one.done, one.waiting, one.failed)}</p>
      <ErrorText text={one.problem ?? undefined} />
      <div className="row">
        {edit ? (
          <button type="button" className="secondary" disabled={action.busy} onClick={turn}>
            {one.paused ? text.resume : text.pause}
          </button>
        ) : null}
        <button type="button" className="secondary" aria-expanded={open} onClick={() => setOpen(!open)}>
          {text.failures}
        </button>
        {edit ? (
          <button type="button" className="secondary" aria-haspopup="dialog" onClick={() => setDeleting(true)}>
            {text.remove}
          </button>
        ) : null}
      </div>
      <ErrorText text={action.error} />
      {open ? <Failures name={one.name} /> : null}
      {deleting ? (
        <Confirm
          title={text.removeTitle(one.name)}
          detail={text.removeDetail}
          label={text.removeAction}
          confirm={async () => {
            await answer(client.DELETE('/api/v1/functions/{name}', { params }));
            await refresh();
          }}
          close={() => setDeleting(false)}
        />
      ) : null}
    </li>
  );
}

function Shown() {
  const { data, error } = useQuery(queries.functions());
  const [made, setMade] = useState<OwnFunction>();
  const edit = usePermission()('functions:edit');
  return (
    <div className="stack column">
      <Pending data={data} error={error} />
      {edit ? (
        <section className="panel column">
          <Add made={setMade} />
          {made === undefined || made.secret === null ? null : (
            <div className="once" role="status">
              <p>{text.secret}</p>
              <Copyable text={made.secret} what={text.theSecret} />
            </div>
          )}
          <p className="quiet">
            <Prose text={text.python} />
          </p>
        </section>
      ) : null}
      {data?.length === 0 ? <p className="quiet">{text.none}</p> : null}
      <ul className="stack">
        {(data ?? []).map((one) => (
          <Card key={one.name} one={one} />
        ))}
      </ul>
    </div>
  );
}

const NEEDED = 'functions:read';

export function Functions() {
  return (
    <Needs permission={NEEDED}>
      <Shown />
    </Needs>
  );
}
