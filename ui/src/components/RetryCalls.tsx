// Calls a function again, for what failed or for an asset, as a job.
import { useQueryClient } from '@tanstack/react-query';
import { answer, client } from '../api/client';
import { keys } from '../api/queries';
import { ErrorText } from './ErrorText';
import { retry as text } from './retryText';
import { addToast } from './toasts';
import { useAsyncAction } from './useAsyncAction';
import { usePermission } from './usePermission';

interface Props {
  name: string; // of the function
  asset?: string; // without it, whatever failed or waits
}

/** Nothing for those who may not. */
export function RetryCalls({ name, asset }: Props) {
  const may = usePermission()('assets:edit');
  const action = useAsyncAction();
  const cache = useQueryClient();
  if (!may) return null;
  const call = async () => {
    const params = { path: { name } };
    const body = asset === undefined ? { failed: true } : { query: `id:${asset}` };
    const job = await answer(client.POST('/api/v1/functions/{name}/call', { params, body }));
    addToast({ job, doing: text.doing(name), done: () => text.done(name) });
    await cache.invalidateQueries({ queryKey: keys.functions });
  };
  return (
    <div className="row">
      <button
        type="button"
        className="secondary"
        aria-label={asset === undefined ? undefined : text.again(name)}
        disabled={action.busy}
        onClick={() => action.run(call)}
      >
        {asset === undefined ? text.failed : text.short}
      </button>
      <ErrorText text={action.error} />
    </div>
  );
}
