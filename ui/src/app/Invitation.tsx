// The page behind the link of an invitation: the member sets a password and is signed in.
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { answer, client } from '../api/client';
import { ErrorText } from '../components/ErrorText';
import { Notice } from '../components/Notice';
import { PasswordField } from '../components/PasswordField';
import { useAsyncAction } from '../components/useAsyncAction';
import { text } from './text';

const MARK = '#invitation=';

/** The secret in the address. It follows the #, so that the browser sent it to no server. */
export function invitationSecret(hash: string): string | undefined {
  return hash.startsWith(MARK) ? hash.slice(MARK.length) : undefined;
}

export function Invitation({ secret, done }: { secret: string; done: () => void }) {
  const [password, setPassword] = useState('');
  const [again, setAgain] = useState('');
  const action = useAsyncAction();
  const cache = useQueryClient();

  const submit = (event: FormEvent) => {
    event.preventDefault();
    action.run(async () => {
      if (password !== again) throw new Error(text.invitation.different);
      await answer(client.POST('/api/v1/sign-in/invitation', { body: { secret, password } }));
      await cache.resetQueries();
      done();
    });
  };
  return (
    <main className="page">
      <Notice title={text.invitation.title}>
        <form className="sign-in" onSubmit={submit}>
          <PasswordField
            label={text.invitation.password}
            autoComplete="new-password"
            value={password}
            change={setPassword}
          />
          <PasswordField label={text.invitation.again} autoComplete="new-password" value={again} change={setAgain} />
          <button type="submit" className="primary" disabled={action.busy || password === ''}>
            {text.invitation.action}
          </button>
          <ErrorText text={action.error} />
        </form>
      </Notice>
    </main>
  );
}
