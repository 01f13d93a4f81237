// The queries of one snapshot: what it is, what it holds, and what of that is gone. Pages come by cursors.
import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import { answer, client } from './client';
import { nextCursor } from './libraryQueries';
import { keys } from './queries';

const SHOWN = 50; // assets at once

/** The key of a project's snapshots: what changes one of them, or the project, invalidates all. */
const snapshotKey = (project: string, number: string) => [...keys.project(project), 'snapshots', number];

export const snapshotName = (project: string, number: string) => `${project}@${number}`;

/** Which assets of a snapshot are listed. */
export interface Wanted {
  named?: string;
  class_name?: string;
}

export const snapshotQueries = {
  one: (project: string, number: string) =>
    queryOptions({
      queryKey: snapshotKey(project, number),
      queryFn: ({ signal }) => {
        const params = { path: { snapshot: snapshotName(project, number) } };
        return answer(client.GET('/api/v1/snapshots/{snapshot}', { params, signal }));
      },
    }),

  assets: (project: string, number: string, wanted: Wanted) =>
    infiniteQueryOptions({
      queryKey: [...snapshotKey(project, number), 'assets', wanted],
      queryFn: async ({ pageParam, signal }) => {
        const query = { limit: SHOWN, ...wanted, ...(pageParam === '' ? {} : { cursor: pageParam }) };
        const params = { path: { snapshot: snapshotName(project, number) }, query };
        const request = client.GET('/api/v1/snapshots/{snapshot}/assets', { params, signal });
        const [items, { response }] = await Promise.all([answer(request), request]);
        return { items, next: nextCursor(response.headers.get('link')) };
      },
      initialPageParam: '',
      getNextPageParam: (last) => last.next,
      placeholderData: keepPreviousData,
      staleTime: Number.POSITIVE_INFINITY, // it never changes
    }),

  gone: (project: string, number: string) =>
    infiniteQueryOptions({
      queryKey: [...snapshotKey(project, number), 'gone'],
      queryFn: async ({ pageParam, signal }) => {
        const query = { limit: SHOWN, ...(pageParam === '' ? {} : { cursor: pageParam }) };
        const params = { path: { snapshot: snapshotName(project, number) }, query };
        const request = client.GET('/api/v1/snapshots/{snapshot}/gone', { params, signal });
        const [items, { response }] = await Promise.all([answer(request), request]);
        return { items, next: nextCursor(response.headers.get('link')) };
      },
      initialPageParam: '',
      getNextPageParam: (last) => last.next,
    }),
};
