// The browsers that are signed in as the caller, and the password.
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { answer, client, type Session } from '../../api/client';
import { keys, queries } from '../../api/queries';
import { settingsQueries } from '../../api/settingsQueries';
import { ErrorText } from '../../components/ErrorText';
import { ago, when } from '../../components/format';
import { Pending } from '../../components/Notice';
import { PasswordField } from '../../components/PasswordField';
import { useAsyncAction } from '../../components/useAsyncAction';
import { browserName } from './browserName';
import { text } from './text';

function Row({ session }: { session: Session }) {
  const action = useAsyncAction();
  const cache = useQueryClient();
  const end = () =>
    action.run(async () => {
      await answer(client.DELETE('/api/v1/sessions/{session_id}', { params: { path: { session_id: session.id } } }));
      await cache.invalidateQueries({ queryKey: keys.sessions });
    });
  return (
    <li className="session">
      <div>
        <p className="wrap" title={session.agent ?? undefined}>
          {browserName(session.agent) ?? text.sessions.unknown}
        </p>
        <p className="quiet" title={when(session.last_used)}>
          {text.sessions.used(ago(session.last_used))}{' '}
          {session.address === null ? null : text.sessions.from(session.address)}
        </p>
        <ErrorText text={action.error} />
      </div>
      {session.current ? (
        <span className="badge tone-good">{text.sessions.current}</span>
      ) : (
        <button type="button" className="secondary" disabled={action.busy} onClick={end}>
          {text.sessions.end}
        </button>
      )}
    </li>
  );
}

function Password() {
  const [current, setCurrent] = useState('');
  const [fresh, setFresh] = useState('');
  const [done, setDone] = useState(false);
  const action = useAsyncAction();
  const { password } = text.sessions;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setDone(false);
    action.run(async () => {
      await answer(client.POST('/api/v1/me/password', { body: { current, new: fresh } }));
      setCurrent('');
      setFresh('');
      setDone(true);
    });
  };
  return (
    <section className="panel">
      <h2>{password.title}</h2>
      <form className="sign-in" onSubmit={submit}>
        <PasswordField label={password.current} autoComplete="current-password" value={current} change={setCurrent} />
        <PasswordField label={password.new} autoComplete="new-password" value={fresh} change={setFresh} />
        <button type="submit" className="primary" disabled={action.busy || current === '' || fresh === ''}>
          {password.action}
        </button>
        <p role="status">{done ? password.done : null}</p>
        <ErrorText text={action.error} />
      </form>
    </section>
  );
}

export function Sessions() {
  const { data, error } = useQuery(settingsQueries.sessions());
  const identity = useQuery(queries.identity()).data;
  if (data === undefined) return <Pending data={data} error={error} />;
  return (
    <div className="stack">
      <section className="panel">
        <h2>{text.sessions.title}</h2>
        <ul className="sessions">
          {data.map((session) => (
            <Row key={session.id} session={session} />
          ))}
        </ul>
      </section>
      {identity?.kind === 'member' ? <Password /> : null}
    </div>
  );
}
