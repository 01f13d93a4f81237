// The access token, for a browser that has no session yet.
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useId, useState } from 'react';
import { answer, client } from '../api/client';
import { isSignedOut, Problem } from '../api/problem';
import { ErrorText } from './ErrorText';
import { text } from './text';
import { useAsyncAction } from './useAsyncAction';

export function SignIn() {
  const [token, setToken] = useState('');
  const action = useAsyncAction();
  const cache = useQueryClient();
  const id = useId();

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
    await cache.resetQueries();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (token.trim() !== '') action.run(signIn);
  };
  return (
    <form className="sign-in" onSubmit={submit}>
      <label htmlFor={id}>{text.signIn.token}</label>
      <div className="row">
        <input
          id={id}
          type="password"
          autoComplete="current-password"
          value={token}
          onChange={(event) => setToken(event.target.value)}
        />
        <button type="submit" className="primary" disabled={action.busy}>
          {action.busy ? text.working : text.signIn.action}
        </button>
      </div>
      <ErrorText text={action.error} />
    </form>
  );
}
