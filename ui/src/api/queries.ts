// Every query of the pages: its key, its request and how often it is repeated.
//
// Keys form a tree: invalidating `keys.runs` covers everything that depends on runs.
import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import {
  type AssetPage,
  answer,
  client,
  type Job,
  type OutcomeKind,
  PAGE_SIZE,
  type Preview,
  type Run,
} from './client';
import { isTransient } from './problem';
import { isActive } from './vocabulary';

const SECOND = 1000; // ms
const PREVIEW_POLL = 800; // ms

export const keys = {
  assets: ['assets'],
  asset: (id: string) => ['asset', id],
  datasources: ['datasources'],
  jobs: ['jobs'],
  runs: ['runs'],
  run: (id: number) => ['runs', 'one', id],
} as const;

interface Polled {
  state: { data: unknown; error: Error | null };
}

/** Repeat quickly while something is in progress or the server is unreachable, else at leisure. */
function poll<T>(active: (data: T) => boolean, quick: number, slow: number | false) {
  return ({ state }: Polled) =>
    (state.data !== undefined && active(state.data as T)) || isTransient(state.error) ? quick : slow;
}

export async function fetchAssets(query: string, offset: number, signal: AbortSignal, limit = PAGE_SIZE) {
  const params = { query: { query, offset, limit } };
  return answer(client.GET('/api/v1/assets', { params, signal }));
}

/** A page with the best total that the server has: it counts beyond a limit only for the start of a result. */
async function fetchWithTotal(query: string, offset: number, signal: AbortSignal): Promise<AssetPage> {
  const page = await fetchAssets(query, offset, signal);
  if (!page.total_capped || offset === 0) return page;
  const { total, total_capped } = await fetchAssets(query, 0, signal, 1);
  return total_capped ? page : { ...page, total, total_capped };
}

export const queries = {
  asset: (id: string) =>
    queryOptions({
      queryKey: keys.asset(id),
      queryFn: ({ signal }) =>
        answer(client.GET('/api/v1/assets/{asset_id}', { params: { path: { asset_id: id } }, signal })),
    }),

  /** The page of a result that holds position `start()`; the grid fetches the others. */
  assets: (query: string, start: () => number) =>
    queryOptions({
      queryKey: [...keys.assets, query],
      queryFn: async ({ signal }) => {
        const offset = Math.floor(start() / PAGE_SIZE) * PAGE_SIZE;
        return { query, first: await fetchWithTotal(query, offset, signal) };
      },
      staleTime: 60 * SECOND,
      refetchOnWindowFocus: false,
    }),

  datasources: () =>
    queryOptions({
      queryKey: keys.datasources,
      queryFn: ({ signal }) => answer(client.GET('/api/v1/datasources', { signal })),
      refetchInterval: poll<{ last_run: Run | null }[]>(
        (found) => found.some((source) => source.last_run !== null && isActive(source.last_run.state)),
        1.5 * SECOND,
        15 * SECOND,
      ),
    }),

  deletion: (name: string) =>
    queryOptions({
      queryKey: [...keys.datasources, name, 'deletion'],
      queryFn: ({ signal }) =>
        answer(client.GET('/api/v1/datasources/{name}/deletion', { params: { path: { name } }, signal })),
      gcTime: 0, // counted again whenever the dialog opens
    }),

  /** `days` undefined: nothing is asked. */
  purge: (name: string, days: number | undefined) =>
    queryOptions({
      queryKey: [...keys.datasources, name, 'purge', days],
      queryFn: ({ signal }) => {
        const params = { path: { name }, query: { days: days as number } };
        return answer(client.GET('/api/v1/datasources/{name}/purge', { params, signal }));
      },
      enabled: days !== undefined,
      placeholderData: keepPreviousData,
      gcTime: 0, // counted again whenever the dialog opens
    }),

  /** Start a preview, or find the one that is in progress. */
  begunPreview: (name: string) =>
    queryOptions({
      queryKey: ['previews', name],
      queryFn: () => answer(client.POST('/api/v1/datasources/{name}/preview', { params: { path: { name } } })),
      gcTime: 0, // made again whenever the dialog opens
      staleTime: Number.POSITIVE_INFINITY,
      retry: false,
    }),

  /** The state of a preview that was started. */
  preview: (begun: Preview | undefined) =>
    queryOptions({
      queryKey: ['previews', 'one', begun?.id],
      queryFn: ({ signal }) => {
        const params = { path: { preview_id: begun?.id as string } };
        return answer(client.GET('/api/v1/previews/{preview_id}', { params, signal }));
      },
      enabled: begun !== undefined,
      initialData: begun,
      refetchInterval: poll<Preview>((preview) => preview.state === 'running', PREVIEW_POLL, false),
      gcTime: 0,
    }),

  /** The next times of a schedule; `schedule` undefined: nothing is asked. */
  schedule: (schedule: string | undefined, timezone: string | null) =>
    queryOptions({
      queryKey: ['schedule', schedule, timezone],
      queryFn: ({ signal }) => {
        const query = { schedule: schedule as string, ...(timezone === null ? {} : { timezone }) };
        return answer(client.GET('/api/v1/schedule', { params: { query }, signal }));
      },
      enabled: schedule !== undefined,
      placeholderData: keepPreviousData,
      retry: false,
    }),

  runs: () =>
    queryOptions({
      queryKey: [...keys.runs, 'all'],
      queryFn: ({ signal }) => answer(client.GET('/api/v1/runs', { params: { query: { limit: 200 } }, signal })),
      refetchInterval: poll<Run[]>((runs) => runs.some((run) => isActive(run.state)), 2 * SECOND, 15 * SECOND),
    }),

  newestRuns: () =>
    queryOptions({
      queryKey: [...keys.runs, 'newest'],
      queryFn: ({ signal }) => answer(client.GET('/api/v1/runs', { params: { query: { limit: 10 } }, signal })),
      refetchInterval: poll<Run[]>((runs) => runs.some((run) => isActive(run.state)), 3 * SECOND, 10 * SECOND),
    }),

  run: (id: number) =>
    queryOptions({
      queryKey: keys.run(id),
      queryFn: ({ signal }) =>
        answer(client.GET('/api/v1/runs/{run_id}', { params: { path: { run_id: id } }, signal })),
      refetchInterval: poll<Run>((run) => isActive(run.state), SECOND, false),
      staleTime: 0, // a worker may have ended it, or confirmed what it held, since
    }),

  /** Jobs that are not runs. */
  jobs: () =>
    queryOptions({
      queryKey: keys.jobs,
      queryFn: ({ signal }) => {
        const query = { runs: false, limit: 200 };
        return answer(client.GET('/api/v1/jobs', { params: { query }, signal }));
      },
      refetchInterval: poll<Job[]>((jobs) => jobs.some((job) => isActive(job.state)), SECOND, 10 * SECOND),
    }),

  outcomes: (run: Run, kind: OutcomeKind | undefined) =>
    infiniteQueryOptions({
      queryKey: [...keys.run(run.id), 'outcomes', kind, run.state], // fetched once more when the run has ended
      queryFn: ({ pageParam, signal }) => {
        const query = { offset: pageParam, limit: PAGE_SIZE, ...(kind === undefined ? {} : { kind }) };
        const params = { path: { run_id: run.id }, query };
        return answer(client.GET('/api/v1/runs/{run_id}/outcomes', { params, signal }));
      },
      initialPageParam: 0,
      placeholderData: keepPreviousData,
      refetchInterval: isActive(run.state) ? 3 * SECOND : false,
      getNextPageParam: (last, all) => (last.length === PAGE_SIZE ? all.length * PAGE_SIZE : undefined),
    }),
};
