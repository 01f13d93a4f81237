// Who is signed in, and the way out.
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { answer, client } from '../api/client';
import { Problem } from '../api/problem';
import { queries } from '../api/queries';
import { noteSignedIn } from '../api/sessionEnd';
import { chosenWorkspace, enterWorkspace } from '../api/workspace';
import { useAsyncAction } from '../components/useAsyncAction';
import { text } from './text';

export function WhoAmI() {
  const { data, error } = useQuery(queries.identity());
  const action = useAsyncAction();
  const cache = useQueryClient();
  useEffect(() => {
    // The workspace that the tab remembers was deleted, or the caller is no longer a member.
    const gone = error instanceof Problem && (error.status === 403 || error.status === 404);
    if (gone && chosenWorkspace() !== undefined) enterWorkspace(undefined);
  }, [error]);
  if (data === undefined) return null;

  const signOut = () =>
    action.run(async () => {
      await answer(client.DELETE('/api/v1/session'));
      noteSignedIn(false);
      await cache.resetQueries();
    });
  const name = data.kind === 'member' ? data.name : text.account.operator;
  return (
    <div className="who">
      {data.workspaces.length > 1 ? (
        <select
          aria-label={text.account.workspace}
          title={text.account.workspace}
          value={data.workspace}
          onChange={(event) => enterWorkspace(event.target.value)}
        >
          {data.workspaces.map(({ workspace }) => (
            <option key={workspace} value={workspace}>
              {workspace}
            </option>
          ))}
        </select>
      ) : null}
      <span title={text.account.title(name, data.role ?? undefined)}>{name}</span>
      <button type="button" onClick={signOut} disabled={action.busy}>
        {text.account.signOut}
      </button>
    </div>
  );
}
