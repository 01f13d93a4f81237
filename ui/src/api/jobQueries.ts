// The lists of runs, of jobs and of changes, page by page, filtered as their addresses say.
import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import { answer, client, type DatasourceChange, type Job, type Run } from './client';
import { nextCursor } from './libraryQueries';
import type { JobSearch, RunSearch } from './listSearch';
import { keys, SECOND } from './queries';
import { isActive } from './vocabulary';

const SHOWN = 50; // at once
const UNDONE = 500; // the newest jobs that undo something

interface Page<Item> {
  items: Item[];
  next: string | undefined;
}

/** Quickly while something is at work; more slowly the more pages are asked again with it. */
function pollPages<Item>(active: (item: Item) => boolean, quick: number, slow: number) {
  return ({ state }: { state: { data: { pages: Page<Item>[] } | undefined } }) => {
    const pages = state.data?.pages ?? [];
    const interval = pages.some(({ items }) => items.some(active)) ? quick : slow;
    return interval * Math.max(1, pages.length);
  };
}

export const jobQueries = {
  runs: (filter: RunSearch) =>
    infiniteQueryOptions({
      queryKey: [...keys.runs, 'all', filter],
      queryFn: async ({ pageParam, signal }): Promise<Page<Run>> => {
        const query = { limit: SHOWN, ...filter, ...(pageParam === '' ? {} : { cursor: pageParam }) };
        const request = client.GET('/api/v1/runs', { params: { query }, signal });
        const [items, { response }] = await Promise.all([answer(request), request]);
        return { items, next: nextCursor(response.headers.get('link')) };
      },
      initialPageParam: '',
      getNextPageParam: (last) => last.next,
      placeholderData: keepPreviousData,
      refetchInterval: pollPages<Run>(({ state }) => isActive(state), 2 * SECOND, 15 * SECOND),
    }),

  /** Jobs that are not runs. */
  jobs: (filter: JobSearch) =>
    infiniteQueryOptions({
      queryKey: [...keys.jobs, 'all', filter],
      queryFn: async ({ pageParam, signal }): Promise<Page<Job>> => {
        const query = { runs: false, limit: SHOWN, ...filter, ...(pageParam === '' ? {} : { cursor: pageParam }) };
        const request = client.GET('/api/v1/jobs', { params: { query }, signal });
        const [items, { response }] = await Promise.all([answer(request), request]);
        return { items, next: nextCursor(response.headers.get('link')) };
      },
      initialPageParam: '',
      getNextPageParam: (last) => last.next,
      placeholderData: keepPreviousData,
      refetchInterval: pollPages<Job>(({ state }) => isActive(state), SECOND, 10 * SECOND),
    }),

  /** Who changed what of a datasource. */
  changes: (name: string) =>
    infiniteQueryOptions({
      queryKey: [...keys.datasource(name), 'history'],
      queryFn: async ({ pageParam, signal }): Promise<Page<DatasourceChange>> => {
        const query = { limit: SHOWN, ...(pageParam === '' ? {} : { cursor: pageParam }) };
        const request = client.GET('/api/v1/datasources/{name}/history', { params: { path: { name }, query }, signal });
        const [items, { response }] = await Promise.all([answer(request), request]);
        return { items, next: nextCursor(response.headers.get('link')) };
      },
      initialPageParam: '',
      getNextPageParam: (last) => last.next,
    }),

  /** The jobs that undo others, whatever is listed: what was undone is not offered again. */
  undoing: () =>
    queryOptions({
      queryKey: [...keys.jobs, 'undoing'],
      queryFn: ({ signal }) =>
        answer(client.GET('/api/v1/jobs', { params: { query: { kind: 'undo', limit: UNDONE } }, signal })),
      refetchInterval: 10 * SECOND,
    }),
};
