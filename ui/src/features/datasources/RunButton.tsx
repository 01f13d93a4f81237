// The button that starts a run, and the reason why it cannot.
import { useQueryClient } from '@tanstack/react-query';
import { useId } from 'react';
import { answer, client, type Datasource } from '../../api/client';
import { keys } from '../../api/queries';
import type { AsyncAction } from '../../components/useAsyncAction';
import { text } from './text';

/** Why a run cannot be started now; undefined where it can. */
function runDisabledReason(source: Datasource): string | undefined {
  if (source.can_run) return undefined;
  if (source.cooldown_minutes > 0) return text.runDisabled.coolingDown(source.cooldown_minutes);
  if (source.last_run?.state !== 'queued') return text.runDisabled.running;
  return source.last_run.waiting?.stuck ? text.runDisabled.noWorker : text.runDisabled.queued;
}

export function RunButton({ source, action }: { source: Datasource; action: AsyncAction }) {
  const cache = useQueryClient();
  const id = useId();
  const reason = runDisabledReason(source);
  const start = () =>
    action.run(async () => {
      await answer(client.POST('/api/v1/datasources/{name}/run', { params: { path: { name: source.name } } }));
      await cache.invalidateQueries({ queryKey: keys.datasources });
      await cache.invalidateQueries({ queryKey: keys.runs });
    });
  return (
    <>
      {/* Not `disabled`: then nobody could reach it with the keyboard and hear the reason. */}
      <button
        type="button"
        className="primary"
        aria-disabled={reason !== undefined || action.busy}
        aria-describedby={reason === undefined ? undefined : id}
        title={reason ?? text.card.runNow}
        onClick={reason === undefined ? start : undefined}
      >
        {action.busy ? text.card.starting : text.card.run}
      </button>
      {reason !== undefined ? (
        <span id={id} className="quiet reason">
          {reason}
        </span>
      ) : null}
    </>
  );
}
