// Queries of the settings of a workspace, as those in `queries`.
import { queryOptions } from '@tanstack/react-query';
import { answer, client, type Likeness, type SearchIndex } from './client';
import { keys, poll, SECOND } from './queries';

export const settingsQueries = {
  masterKeys: () =>
    queryOptions({
      queryKey: keys.masterKeys,
      queryFn: ({ signal }) => answer(client.GET('/api/v1/master-keys', { signal })),
      retry: false,
    }),

  members: () =>
    queryOptions({
      queryKey: keys.members,
      queryFn: ({ signal }) => answer(client.GET('/api/v1/members', { signal })),
    }),

  apiKeys: () =>
    queryOptions({
      queryKey: keys.apiKeys,
      queryFn: ({ signal }) => answer(client.GET('/api/v1/api-keys', { signal })),
    }),

  webhooks: () =>
    queryOptions({
      queryKey: keys.webhooks,
      queryFn: ({ signal }) => answer(client.GET('/api/v1/webhooks', { signal })),
      refetchInterval: 15 * SECOND,
    }),

  functions: () =>
    queryOptions({
      queryKey: keys.functions,
      queryFn: ({ signal }) => answer(client.GET('/api/v1/functions', { signal })),
      refetchInterval: 5 * SECOND,
    }),

  functionFailures: (name: string) =>
    queryOptions({
      queryKey: [...keys.functions, name, 'failures'],
      queryFn: ({ signal }) => {
        const params = { path: { name }, query: { limit: 50 } };
        return answer(client.GET('/api/v1/functions/{name}/failures', { params, signal }));
      },
      refetchInterval: 5 * SECOND,
    }),

  deliveries: (id: number) =>
    queryOptions({
      queryKey: [...keys.webhooks, id, 'deliveries'],
      queryFn: ({ signal }) => {
        const params = { path: { webhook_id: id }, query: { limit: 50 } };
        return answer(client.GET('/api/v1/webhooks/{webhook_id}/deliveries', { params, signal }));
      },
      refetchInterval: 5 * SECOND,
    }),

  sessions: () =>
    queryOptions({
      queryKey: keys.sessions,
      queryFn: ({ signal }) => answer(client.GET('/api/v1/sessions', { signal })),
    }),

  workspace: (name: string | undefined) =>
    queryOptions({
      queryKey: keys.workspace(name ?? ''),
      queryFn: ({ signal }) =>
        answer(client.GET('/api/v1/workspaces/{name}', { params: { path: { name: name as string } }, signal })),
      enabled: name !== undefined,
    }),

  /** Looked at again until all of them are built. */
  searchIndexes: () =>
    queryOptions({
      queryKey: ['search-indexes'],
      queryFn: ({ signal }) => answer(client.GET('/api/v1/search-indexes', { signal })),
      refetchInterval: poll<SearchIndex[]>(
        (indexes) => indexes.some(({ state }) => state === 'building'),
        2 * SECOND,
        15 * SECOND,
      ),
    }),

  /** Files that were sent and wait for their import. */
  waitingUploads: () =>
    queryOptions({
      queryKey: ['uploads', 'waiting'],
      queryFn: ({ signal }) => answer(client.GET('/api/v1/uploads', { params: { query: { limit: 100 } }, signal })),
      refetchInterval: poll<unknown[]>((uploads) => uploads.length > 0, 2 * SECOND, 15 * SECOND),
    }),

  /** Which model compares pictures. Looked at again until it answers searches. */
  likeness: () =>
    queryOptions({
      queryKey: keys.likeness,
      queryFn: ({ signal }) => answer(client.GET('/api/v1/likeness', { signal })),
      refetchInterval: poll<Likeness>(
        ({ model, answering }) => model !== null && answering?.startsWith(model) !== true,
        2 * SECOND,
        15 * SECOND,
      ),
    }),
};
