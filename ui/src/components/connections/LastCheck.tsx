// The last check of a connection, and the request for another one.
import { useQueryClient } from '@tanstack/react-query';
import { answer, client, type Health } from '../../api/client';
import { keys } from '../../api/queries';
import { ErrorText } from '../ErrorText';
import { type AsyncAction, useAsyncAction } from '../useAsyncAction';
import { HealthRows, HealthSummary } from './HealthRows';
import { text } from './text';

/** Checks a connection. The server stores the result. */
export function useCheck(name: string): AsyncAction & { check: () => void } {
  const action = useAsyncAction();
  const cache = useQueryClient();
  const check = async () => {
    const params = { path: { name }, query: { origin: window.location.origin } };
    await answer(client.POST('/api/v1/connections/{name}/check', { params }));
    await cache.invalidateQueries({ queryKey: keys.connections });
  };
  return { ...action, check: () => action.run(check) };
}

interface Props {
  health: Health | null; // null: never checked
  busy: boolean; // whether another check is under way
  error: string | undefined; // why there was none
}

export function LastCheck({ health, busy, error }: Props) {
  return (
    <>
      {busy ? (
        <p className="quiet" role="status">
          {text.health.checking}
        </p>
      ) : health === null ? (
        <HealthSummary health={null} />
      ) : (
        <HealthRows health={health} />
      )}
      <ErrorText text={error} />
    </>
  );
}
