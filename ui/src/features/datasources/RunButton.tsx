// The button that starts a run, and the reason why it cannot.
import { useQueryClient } from '@tanstack/react-query';
import { useId } from 'react';
import { answer, client, type Datasource } from '../../api/client';
import { keys } from '../../api/queries';
import type { AsyncAction } from '../../components/useAsyncAction';
import { text } from './text';

/** Why a run cannot be started now, and whether it can be started anyway; undefined where nothing prevents it. */
function runDisabled(source: Datasource): { reason: string; canForce: boolean } | undefined {
  if (source.can_run) return undefined;
  const { last_run: last, cooldown_minutes: minutes } = source;
  if (last?.state === 'queued') {
    const reason = last.waiting?.stuck ? text.runDisabled.noWorker : text.runDisabled.queued;
    return { reason, canForce: false };
  }
  if (last?.state === 'running' || minutes === 0) return { reason: text.runDisabled.running, canForce: false };
  return { reason: text.runDisabled.coolingDown(minutes), canForce: true };
}

export function useStartRun(name: string): (force: boolean) => Promise<void> {
  const cache = useQueryClient();
  return async (force) => {
    try {
      await answer(client.POST('/api/v1/datasources/{name}/run', { params: { path: { name }, query: { force } } }));
    } finally {
      // Also after a refusal: what this page knew was out of date.
      await cache.invalidateQueries({ queryKey: keys.datasources });
      await cache.invalidateQueries({ queryKey: keys.runs });
    }
  };
}

export function RunButton({ source, action }: { source: Datasource; action: AsyncAction }) {
  const startRun = useStartRun(source.name);
  const id = useId();
  const disabled = runDisabled(source);
  const reason = disabled?.reason;
  const start = (force: boolean) => action.run(() => startRun(force));
  return (
    <>
      {/* Not `disabled`: then nobody could reach it with the keyboard and hear the reason. */}
      <button
        type="button"
        className="primary"
        aria-disabled={reason !== undefined || action.busy}
        aria-describedby={reason === undefined ? undefined : id}
        title={reason ?? text.card.runNow}
        onClick={reason === undefined ? () => start(false) : undefined}
      >
        {action.busy ? text.card.starting : text.card.run}
      </button>
      {reason !== undefined ? (
        <span id={id} className="quiet reason">
          {reason}
        </span>
      ) : null}
      {disabled?.canForce ? (
        <button type="button" className="secondary" title={text.card.runAnywayNote} onClick={() => start(true)}>
          {text.card.runAnyway}
        </button>
      ) : null}
    </>
  );
}
