// Every query of the pages: its key, its request and how often it is repeated.
//
// Keys form a tree: invalidating `keys.runs` covers everything that depends on runs.
import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import {
  type AssetPage,
  answer,
  client,
  type Job,
  type LocationPreview,
  type OutcomeKind,
  PAGE_SIZE,
  type Preview,
  type Run,
} from './client';
import { isTransient, Problem } from './problem';
import { noteSignedIn } from './sessionEnd';
import { isActive } from './vocabulary';

export const SECOND = 1000; // ms
const PREVIEW_POLL = 800; // ms
export const TOP_FOLDERS = 200; // in one request

export const keys = {
  identity: ['identity'],
  signInOptions: ['sign-in-options'],
  about: ['about'],
  assets: ['assets'],
  asset: (id: string) => ['asset', id],
  connections: ['connections'],
  connection: (name: string) => ['connections', 'one', name],
  datasources: ['datasources'],
  datasource: (name: string) => ['datasources', 'one', name],
  jobs: ['jobs'],
  job: (id: number) => ['job', id],
  projects: ['projects'],
  project: (name: string) => ['projects', 'one', name],
  likeness: ['likeness'],
  masterKeys: ['master-keys'],
  members: ['members'],
  apiKeys: ['api-keys'],
  webhooks: ['webhooks'],
  functions: ['functions'],
  sessions: ['sessions'],
  workspace: (name: string) => ['workspaces', name],
  runs: ['runs'],
  run: (id: number) => ['runs', 'one', id],
} as const;

interface Polled {
  state: { data: unknown; error: Error | null };
}

/** Repeat quickly while something is in progress or the server is unreachable, else at leisure. */
export function poll<T>(active: (data: T) => boolean, quick: number, slow: number | false) {
  return ({ state }: Polled) =>
    (state.data !== undefined && active(state.data as T)) || isTransient(state.error) ? quick : slow;
}

const PATIENCE = 300; // ms, for what no index answers: the page says how far the search came

interface Extent {
  limit?: number;
  whole?: boolean; // nothing may be missing, however long the search takes
}

export async function fetchAssets(
  query: string,
  offset: number,
  signal: AbortSignal,
  { limit = PAGE_SIZE, whole = false }: Extent = {},
) {
  const params = { query: { query, offset, limit, ...(whole ? {} : { patience_ms: PATIENCE }) } };
  return answer(client.GET('/api/v1/assets', { params, signal }));
}

/** A picture that a search begins with. */
export interface Picture {
  id: number; // of this tab
  file: Blob;
}

/** Assets that look like a picture, among those that a query finds. The server keeps nothing of it. */
export async function fetchLike(
  picture: Picture,
  query: string,
  offset: number,
  signal: AbortSignal,
  limit = PAGE_SIZE,
) {
  const form = new FormData();
  form.set('file', picture.file, 'picture');
  for (const [name, value] of Object.entries({ query, offset, limit })) form.set(name, String(value));
  const body = { body: form as never, bodySerializer: () => form };
  return answer(client.POST('/api/v1/search/picture', { ...body, signal }));
}

/** A page with the best total that the server has: it counts beyond a limit only for the start of a result. */
async function fetchWithTotal(query: string, offset: number, signal: AbortSignal): Promise<AssetPage> {
  const page = await fetchAssets(query, offset, signal);
  if (!page.total_capped || offset === 0) return page;
  const { total, total_capped } = await fetchAssets(query, 0, signal, { limit: 1 });
  return total_capped ? page : { ...page, total, total_capped };
}

export const queries = {
  identity: () =>
    queryOptions({
      queryKey: keys.identity,
      queryFn: async ({ signal }) => {
        const identity = await answer(client.GET('/api/v1/me', { signal }));
        noteSignedIn(true);
        return identity;
      },
    }),

  about: () =>
    queryOptions({ queryKey: keys.about, queryFn: ({ signal }) => answer(client.GET('/api/v1/about', { signal })) }),

  signInOptions: () =>
    queryOptions({
      queryKey: keys.signInOptions,
      queryFn: ({ signal }) => answer(client.GET('/api/v1/sign-in', { signal })),
    }),

  asset: (id: string) =>
    queryOptions({
      queryKey: keys.asset(id),
      queryFn: ({ signal }) =>
        answer(client.GET('/api/v1/assets/{asset_id}', { params: { path: { asset_id: id } }, signal })),
    }),

  /** The page of a result that holds position `start()`; the grid fetches the others. */
  assets: (query: string, start: () => number, picture?: Picture) =>
    queryOptions({
      queryKey: [...keys.assets, query, ...(picture === undefined ? [] : [picture.id])],
      queryFn: async ({ signal }) => {
        if (picture !== undefined) return { query, picture, first: await fetchLike(picture, query, 0, signal) };
        const offset = Math.floor(start() / PAGE_SIZE) * PAGE_SIZE;
        return { query, picture, first: await fetchWithTotal(query, offset, signal) };
      },
      structuralSharing: false, // an equal first page does not say that the others are as they were
      staleTime: 60 * SECOND,
      refetchOnWindowFocus: false,
    }),

  connections: () =>
    queryOptions({
      queryKey: keys.connections,
      queryFn: ({ signal }) => answer(client.GET('/api/v1/connections', { signal })),
    }),

  connection: (name: string) =>
    queryOptions({
      queryKey: keys.connection(name),
      queryFn: ({ signal }) => answer(client.GET('/api/v1/connections/{name}', { params: { path: { name } }, signal })),
    }),

  connectionDocuments: (name: string, origin: string, versions: boolean) =>
    queryOptions({
      queryKey: [...keys.connection(name), 'documents', origin, versions],
      queryFn: ({ signal }) => {
        const params = { path: { name }, query: { origin, versions } };
        return answer(client.GET('/api/v1/connections/{name}/documents', { params, signal }));
      },
      retry: false,
    }),

  /** The state of a preview of a location; `id` undefined: nothing is asked. */
  locationPreview: (id: string | undefined) =>
    queryOptions({
      queryKey: ['location-previews', id],
      queryFn: ({ signal }) => {
        const params = { path: { preview_id: id as string } };
        return answer(client.GET('/api/v1/location-previews/{preview_id}', { params, signal }));
      },
      enabled: id !== undefined,
      refetchInterval: poll<LocationPreview>((preview) => preview.state === 'running', PREVIEW_POLL, false),
      gcTime: 0,
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

  datasource: (name: string) =>
    queryOptions({
      queryKey: keys.datasource(name),
      queryFn: ({ signal }) => answer(client.GET('/api/v1/datasources/{name}', { params: { path: { name } }, signal })),
      refetchInterval: poll<{ status: string }>(
        ({ status }) => status === 'running' || status === 'queued',
        1.5 * SECOND,
        15 * SECOND,
      ),
    }),

  datasourceRuns: (name: string) =>
    queryOptions({
      queryKey: [...keys.runs, 'of', name],
      queryFn: ({ signal }) =>
        answer(client.GET('/api/v1/runs', { params: { query: { datasource: name, limit: 50 } }, signal })),
      refetchInterval: poll<Run[]>((runs) => runs.some((run) => isActive(run.state)), 2 * SECOND, 15 * SECOND),
    }),

  /** How events arrive; null: they do not. */
  datasourceEvents: (name: string) =>
    queryOptions({
      queryKey: [...keys.datasource(name), 'events'],
      queryFn: async ({ signal }) => {
        try {
          return await answer(client.GET('/api/v1/datasources/{name}/events', { params: { path: { name } }, signal }));
        } catch (error) {
          if (error instanceof Problem && error.status === 404) return null;
          throw error;
        }
      },
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

  /** One job; `id` undefined: nothing is asked. The stream of all jobs is quicker; this works without it, too. */
  job: (id: number | undefined) =>
    queryOptions({
      queryKey: keys.job(id ?? 0),
      queryFn: ({ signal }) =>
        answer(client.GET('/api/v1/jobs/{job_id}', { params: { path: { job_id: id as number } }, signal })),
      enabled: id !== undefined,
      refetchInterval: poll<Job>((job) => isActive(job.state), PREVIEW_POLL, false),
    }),

  projects: () =>
    queryOptions({
      queryKey: keys.projects,
      queryFn: ({ signal }) => answer(client.GET('/api/v1/projects', { signal })),
    }),

  project: (name: string) =>
    queryOptions({
      queryKey: keys.project(name),
      queryFn: ({ signal }) => answer(client.GET('/api/v1/projects/{name}', { params: { path: { name } }, signal })),
    }),

  snapshots: (project: string) =>
    queryOptions({
      queryKey: [...keys.project(project), 'snapshots'],
      queryFn: ({ signal }) =>
        answer(client.GET('/api/v1/snapshots', { params: { query: { project, limit: 500 } }, signal })),
    }),

  comparison: (project: string, before: string, after: string) =>
    queryOptions({
      queryKey: [...keys.project(project), 'comparison', before, after],
      queryFn: ({ signal }) => {
        const params = { path: { snapshot: before }, query: { with: after, limit: 500 } };
        return answer(client.GET('/api/v1/snapshots/{snapshot}/compare', { params, signal }));
      },
      retry: false,
    }),

  /** How many assets a query adds to a project; undefined: nothing is asked. */
  addition: (project: string, query: string | undefined) =>
    queryOptions({
      queryKey: [...keys.project(project), 'addition', query],
      queryFn: ({ signal }) => {
        const body = { query: query as string, add_projects: [project] };
        return answer(client.POST('/api/v1/edits/preview', { body, signal }));
      },
      enabled: query !== undefined,
      placeholderData: keepPreviousData,
      retry: false,
      gcTime: 0,
    }),

  /** What the whole library holds, by kind, type, datasource and the day on which it came. */
  libraryFacets: () =>
    queryOptions({
      queryKey: [...keys.assets, 'library-facets'],
      queryFn: ({ signal }) => {
        const query = { keys: 'kind,type,datasource,created', limit: 100 };
        return answer(client.GET('/api/v1/search/facets', { params: { query }, signal }));
      },
      staleTime: 60 * SECOND,
    }),

  /** The folders at the top of the library. */
  topFolders: () =>
    queryOptions({
      queryKey: [...keys.assets, 'top-folders'],
      queryFn: ({ signal }) =>
        answer(client.GET('/api/v1/folders', { params: { query: { limit: TOP_FOLDERS } }, signal })),
      staleTime: 60 * SECOND,
    }),

  /** The bytes of the library by type, datasource and folder. */
  storage: () =>
    queryOptions({
      queryKey: [...keys.assets, 'storage'],
      queryFn: ({ signal }) => answer(client.GET('/api/v1/search/storage', { signal })),
      staleTime: 60 * SECOND,
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
