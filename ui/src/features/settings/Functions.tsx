// The own functions of a workspace: what each is called for, what came of it, and which calls failed.
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { answer, client, type FunctionEvent, type OwnFunction } from '../../api/client';
import { keys } from '../../api/queries';
import { settingsQueries } from '../../api/settingsQueries';
import { ErrorText } from '../../components/ErrorText';
import { CheckField, TextField } from '../../components/Field';
import { count } from '../../components/format';
import { AssetLink, AssetsLink, RunLink } from '../../components/links';
import { Pending } from '../../components/Notice';
import { RetryCalls } from '../../components/RetryCalls';
import { Prose } from '../../components/Rich';
import { TableBox } from '../../components/TableBox';
import { usePermission } from '../../components/usePermission';
import { EventChoices } from './EventChoices';
import { ItemCard } from './ItemCard';
import { AddForm, SettingsList } from './SettingsList';
import { text as texts } from './text';
import { useSubmit } from './useChange';

const text = texts.functions;
const NEEDED = 'functions:read';
const FIELDS = ['name', 'url', 'query'] as const;
const EMPTY = { name: '', url: '', query: '' };

function Add() {
  const [form, setForm] = useState(EMPTY);
  const [events, setEvents] = useState<FunctionEvent[]>(['asset.created']);
  const [once, setOnce] = useState(false);
  const [made, setMade] = useState<OwnFunction>();
  const { busy, errors, error, submit } = useSubmit(keys.functions, FIELDS);
  const add = (event: FormEvent) =>
    submit(event, async () => {
      const repeat = once ? ('once' as const) : ('always' as const);
      const body = { name: form.name.trim(), url: form.url.trim(), query: form.query.trim(), events, repeat };
      setMade(await answer(client.POST('/api/v1/functions', { body })));
      setForm(EMPTY);
    });
  const incomplete = form.name.trim() === '' || form.url.trim() === '' || events.length === 0;
  return (
    <>
      <AddForm
        submit={add}
        label={text.add}
        blocked={busy || incomplete}
        error={error}
        more={
          <>
            <EventChoices legend={text.calledFor} names={text.events} chosen={events} choose={setEvents} />
            <CheckField {...text.once} checked={once} change={setOnce} />
          </>
        }
        once={{ secret: made?.secret, sentence: text.secret, what: text.theSecret }}
      >
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
      </AddForm>
      <p className="quiet">
        <Prose text={text.python} />
      </p>
    </>
  );
}

function Failures({ name }: { name: string }) {
  const { data, error } = useQuery(settingsQueries.functionFailures(name));
  if (data === undefined) return <Pending data={data} error={error} />;
  if (data.length === 0) return <p className="quiet">{text.noFailures}</p>;
  return (
    <>
      <TableBox name="settings-table" label={text.failures} columns={text.columns} named={text.columns.slice(2, 3)}>
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
      <RetryCalls name={name} />
    </>
  );
}

function Card({ one, edit }: { one: OwnFunction; edit: boolean }) {
  const params = { path: { name: one.name } };
  const { label, tone } = text.states[one.problem !== null ? 'broken' : one.paused ? 'paused' : 'working'];
  const turn = () =>
    answer(
      one.paused
        ? client.POST('/api/v1/functions/{name}/resume', { params })
        : client.POST('/api/v1/functions/{name}/pause', { params }),
    );
  const removal = {
    label: text.remove,
    title: text.removeTitle(one.name),
    detail: text.removeDetail,
    confirm: text.removeAction,
    run: () => answer(client.DELETE('/api/v1/functions/{name}', { params })),
  };
  return (
    <ItemCard
      title={one.name}
      badge={<span className={`badge tone-${tone}`}>{label}</span>}
      changes={keys.functions}
      action={edit ? { label: one.paused ? text.resume : text.pause, run: turn } : null}
      details={{ label: text.failures, show: () => <Failures name={one.name} /> }}
      removal={edit ? removal : null}
    >
      <p className="quiet wrap">{text.where(text.kinds[one.kind], one.pool)}</p>
      {one.url === null ? null : <p className="mono wrap">{one.url}</p>}
      <p className="wrap">
        {one.events.map((name) => text.events[name]).join(', ')}
        {one.repeat === 'once' ? text.onceOnly : ''} ·{' '}
        <AssetsLink query={one.query}>{one.query === '' ? text.all : one.query}</AssetsLink>
      </p>
      <p className="quiet">{text.calls(one.done, one.waiting, one.failed)}</p>
      <ErrorText text={one.problem ?? undefined} />
    </ItemCard>
  );
}

export function Functions() {
  const edit = usePermission()('functions:edit');
  return (
    <SettingsList
      permission={NEEDED}
      query={settingsQueries.functions()}
      form={edit ? <Add /> : null}
      none={text.none}
      item={(one) => <Card key={one.name} one={one} edit={edit} />}
    />
  );
}
