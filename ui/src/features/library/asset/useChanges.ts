// The changes that can be made to an asset.
import { useQueryClient } from '@tanstack/react-query';
import { answer, client } from '../../../api/client';
import { describeError } from '../../../api/problem';
import { keys } from '../../../api/queries';
import { isActive } from '../../../api/vocabulary';
import type { Edit } from './changes';

export interface Changes {
  edit?: Edit;
  restore?: () => Promise<void>;
  trash?: () => Promise<void>;
}

const JOB_MS = 400; // between two looks at a job of one asset, which takes less than a second

export function useChanges(id: string): Changes {
  const cache = useQueryClient();
  const params = { path: { asset_id: id } };
  const edit: Edit = async (body) => {
    try {
      const raw = { body: body as never, bodySerializer: () => body }; // sent as it is: numbers keep their digits
      const edited = await answer(client.PATCH('/api/v1/assets/{asset_id}', { params, ...raw }));
      await cache.cancelQueries({ queryKey: keys.asset(id) }); // an older answer must not replace this one
      cache.setQueryData(keys.asset(id), edited);
      void cache.invalidateQueries({ queryKey: [...keys.asset(id), 'history'] });
    } catch (error) {
      return describeError(error);
    }
  };
  const restore = async () => {
    const restored = await answer(client.POST('/api/v1/assets/{asset_id}/restore', { params }));
    cache.setQueryData(keys.asset(id), restored);
    await cache.invalidateQueries({ queryKey: keys.assets });
  };
  const trash = async () => {
    let job = await answer(client.POST('/api/v1/trash', { body: { assets: [id] } }));
    while (isActive(job.state)) {
      await new Promise((resolve) => setTimeout(resolve, JOB_MS));
      job = await answer(client.GET('/api/v1/jobs/{job_id}', { params: { path: { job_id: job.id } } }));
    }
    if (job.error !== null) throw new Error(job.error);
    await cache.invalidateQueries({ queryKey: keys.assets });
    await cache.invalidateQueries({ queryKey: keys.asset(id) });
  };
  return { edit, restore, trash };
}
