// The queries of one open asset beside its facts, such as annotations and history, and of what looks alike.
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { type Annotation, answer, client } from './client';
import { nextCursor } from './libraryQueries';
import { fetchAssets, keys } from './queries';

const MINUTE = 60_000; // ms
const STRIP = 9; // the picture itself and those beside each other
const ENTRIES = 20; // of a history at once
export const SNAPSHOTS = 50; // of one asset

/** The annotations of an asset at one moment; the ETag is the condition of a change of exactly these. */
export interface StoredAnnotations {
  annotations: Annotation[];
  etag: string | undefined;
}

export async function fetchAnnotations(id: string, signal?: AbortSignal): Promise<StoredAnnotations> {
  const params = { path: { asset_id: id } };
  const request = client.GET('/api/v1/assets/{asset_id}/annotations', { params, ...(signal ? { signal } : {}) });
  const [annotations, { response }] = await Promise.all([answer(request), request]);
  return { annotations, etag: response.headers.get('etag') ?? undefined };
}

export const assetQueries = {
  annotations: (id: string, enabled: boolean) =>
    queryOptions({
      queryKey: [...keys.asset(id), 'annotations'],
      queryFn: ({ signal }) => fetchAnnotations(id, signal),
      enabled,
      retry: false,
    }),

  ontologies: (enabled: boolean) =>
    queryOptions({
      queryKey: ['ontologies'],
      queryFn: ({ signal }) => answer(client.GET('/api/v1/ontologies', { signal })),
      enabled,
      staleTime: MINUTE,
    }),

  /** The newest snapshots that hold the asset. */
  snapshots: (id: string, enabled: boolean) =>
    queryOptions({
      queryKey: [...keys.asset(id), 'snapshots'],
      queryFn: ({ signal }) =>
        answer(client.GET('/api/v1/snapshots', { params: { query: { asset: id, limit: SNAPSHOTS } }, signal })),
      enabled,
    }),

  /** The first assets of a search by likeness, which the server refuses where it compares no pictures. */
  like: (query: string) =>
    queryOptions({
      queryKey: ['like', query],
      queryFn: ({ signal }) => fetchAssets(query, 0, signal, { limit: STRIP }),
      staleTime: MINUTE,
      retry: false,
    }),

  /** Groups of near-duplicates. A page examines assets for some seconds, so nothing but the person asks for it again. */
  duplicates: (query: string) =>
    infiniteQueryOptions({
      queryKey: ['near-duplicates', query],
      queryFn: ({ pageParam, signal }) => {
        const asked = { query, ...(pageParam === '' ? {} : { cursor: pageParam }) };
        return answer(client.GET('/api/v1/search/duplicates', { params: { query: asked }, signal }));
      },
      initialPageParam: '',
      getNextPageParam: (last) => last.next_cursor ?? undefined,
      staleTime: Number.POSITIVE_INFINITY,
      gcTime: MINUTE,
      retry: false,
    }),

  history: (id: string, enabled: boolean) =>
    infiniteQueryOptions({
      queryKey: [...keys.asset(id), 'history'],
      queryFn: async ({ pageParam, signal }) => {
        const query = { limit: ENTRIES, ...(pageParam === '' ? {} : { cursor: pageParam }) };
        const params = { path: { asset_id: id }, query };
        const request = client.GET('/api/v1/assets/{asset_id}/history', { params, signal });
        const [entries, { response }] = await Promise.all([answer(request), request]);
        return { entries, next: nextCursor(response.headers.get('link')) };
      },
      initialPageParam: '',
      getNextPageParam: (last) => last.next,
      enabled,
    }),
};
