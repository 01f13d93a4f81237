// For a browser that has no session yet: a member's name and password, the identity provider, or the access token.
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useId, useState } from 'react';
import { answer, client } from '../api/client';
import { isSignedOut, Problem } from '../api/problem';
import { queries } from '../api/queries';
import { ErrorText } from './ErrorText';
import { PasswordField } from './PasswordField';
import { providerError } from './providerError';
import { text } from './text';
import { useAsyncAction } from './useAsyncAction';

const PROVIDER = '/api/v1/sign-in/oidc';

/** `done`: what follows, instead of loading everything again. */
export function SignIn({ done }: { done?: () => Promise<void> }) {
  const [withToken, setWithToken] = useState(false);
  const provider = useQuery(queries.signInOptions()).data?.oidc;
  return (
    <div className="sign-in">
      <ErrorText text={providerError(window.location.hash)} />
      {provider ? (
        <button type="button" className="primary" onClick={() => window.location.assign(PROVIDER)}>
          {text.signIn.provider(provider)}
        </button>
      ) : null}
      {withToken ? <TokenForm done={done} /> : <PasswordForm done={done} />}
      <button type="button" onClick={() => setWithToken(!withToken)}>
        {withToken ? text.signIn.usePassword : text.signIn.useToken}
      </button>
    </div>
  );
}

interface Props {
  done: (() => Promise<void>) | undefined;
}

function PasswordForm({ done }: Props) {
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const action = useAsyncAction();
  const cache = useQueryClient();
  const id = useId();

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() === '' || password === '') return;
    action.run(async () => {
      await answer(client.POST('/api/v1/sign-in', { body: { name: name.trim(), password } }));
      await (done ?? (() => cache.resetQueries()))();
    });
  };
  return (
    <form onSubmit={submit}>
      <label htmlFor={id}>{text.signIn.name}</label>
      <input
        id={id}
        autoComplete="username"
        autoCapitalize="none"
        value={name}
        onChange={(event) => setName(event.target.value)}
      />
      <PasswordField
        label={text.signIn.password}
        autoComplete="current-password"
        value={password}
        change={setPassword}
      />
      <button type="submit" className="primary" disabled={action.busy}>
        {action.busy ? text.working : text.signIn.action}
      </button>
      <ErrorText text={action.error} />
    </form>
  );
}

function TokenForm({ done }: Props) {
  const [token, setToken] = useState('');
  const action = useAsyncAction();
  const cache = useQueryClient();

  const signIn = async () => {
    // A header takes no other characters; a token has none of them.
    if (!/^[\x21-\x7e]+$/.test(token.trim())) throw new Error(text.signIn.refused);
    try {
      // In a header, the token reaches neither the history nor the log of a proxy. The answer sets the session cookie.
      await answer(client.POST('/api/v1/session', { headers: { authorization: `Bearer ${token.trim()}` } }));
    } catch (error) {
      if (error instanceof Problem && isSignedOut(error)) throw new Error(text.signIn.refused);
      throw error;
    }
    await (done ?? (() => cache.resetQueries()))();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (token.trim() !== '') action.run(signIn);
  };
  return (
    <form onSubmit={submit}>
      <PasswordField label={text.signIn.token} autoComplete="current-password" value={token} change={setToken} />
      <button type="submit" className="primary" disabled={action.busy}>
        {action.busy ? text.working : text.signIn.action}
      </button>
      <ErrorText text={action.error} />
    </form>
  );
}
