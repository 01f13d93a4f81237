// The queries beside a search: completion, explanation, facets, keys and folders.
import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import { answer, client, PAGE_SIZE, type Selected } from './client';
import { oneOfFew } from './turns';

const SECOND = 1000; // ms
const VALUES = 10; // of a facet
const MOST_KEYS = 100; // in one list

export const libraryKeys = {
  completions: ['completions'],
  explained: ['explained'],
  facets: ['facets'],
  keys: ['metadata-keys'],
  folders: ['folders'],
  previews: ['edit-previews'],
  saved: ['saved-searches'],
} as const;

export const libraryQueries = {
  /** What can be written at a position, without one at the end; `undefined`: nothing is asked. */
  completions: (asked: { query: string; position?: number } | undefined) =>
    queryOptions({
      queryKey: [...libraryKeys.completions, asked?.query, asked?.position],
      queryFn: ({ signal }) =>
        answer(client.GET('/api/v1/search/completions', { params: { query: asked ?? {} }, signal })),
      enabled: asked !== undefined,
      staleTime: 30 * SECOND,
      gcTime: 60 * SECOND,
      retry: false,
    }),

  explained: (query: string, enabled = true) =>
    queryOptions({
      queryKey: [...libraryKeys.explained, query],
      queryFn: ({ signal }) => answer(client.GET('/api/v1/search/explain', { params: { query: { query } }, signal })),
      enabled: enabled && query !== '',
      staleTime: 60 * SECOND,
      retry: false,
    }),

  /** One field at a time: a slow one delays no other, and few at once leave the connections to the images. */
  facet: (query: string, field: string, enabled: boolean) =>
    queryOptions({
      queryKey: [...libraryKeys.facets, field, query],
      queryFn: ({ signal }) =>
        oneOfFew(signal, async () => {
          const params = { query: { query, keys: field, limit: VALUES } };
          const { facets } = await answer(client.GET('/api/v1/search/facets', { params, signal }));
          return facets[0] ?? null;
        }),
      enabled,
      placeholderData: keepPreviousData,
      staleTime: 30 * SECOND,
      retry: false,
    }),

  /** The metadata keys of the most assets, or those whose names contain a text. */
  metadataKeys: (contains: string) =>
    queryOptions({
      queryKey: [...libraryKeys.keys, contains],
      queryFn: ({ signal }) => {
        const query = { limit: MOST_KEYS, ...(contains === '' ? {} : { contains }) };
        return answer(client.GET('/api/v1/search/keys', { params: { query }, signal }));
      },
      placeholderData: keepPreviousData,
      staleTime: 60 * SECOND,
    }),

  /** How many assets a bulk edit would change; its body is JSON text. */
  editPreview: (body: string | undefined) =>
    queryOptions({
      queryKey: [...libraryKeys.previews, body],
      queryFn: ({ signal }) => {
        const raw = { body: body as never, bodySerializer: () => body as string }; // numbers keep their digits
        return answer(client.POST('/api/v1/edits/preview', { ...raw, signal }));
      },
      enabled: body !== undefined,
      placeholderData: keepPreviousData,
      gcTime: 0, // counted again whenever the dialog opens
      retry: false,
    }),

  /** How many assets would be moved to the trash, or out of it. */
  movePreview: (action: 'restore' | 'trash', body: Selected) =>
    queryOptions({
      queryKey: [...libraryKeys.previews, action, body],
      queryFn: ({ signal }) =>
        action === 'trash'
          ? answer(client.POST('/api/v1/trash/preview', { body, signal }))
          : answer(client.POST('/api/v1/restorations/preview', { body, signal })),
      gcTime: 0,
      retry: false,
    }),

  saved: () =>
    queryOptions({
      queryKey: libraryKeys.saved,
      queryFn: ({ signal }) => answer(client.GET('/api/v1/saved-searches', { signal })),
    }),

  folders: (path: string, datasource: string | undefined, query: string) =>
    infiniteQueryOptions({
      queryKey: [...libraryKeys.folders, path, datasource, query],
      queryFn: ({ pageParam, signal }) =>
        oneOfFew(signal, async () => {
          const cursor = pageParam === '' ? {} : { cursor: pageParam };
          const narrowed = { ...(query === '' ? {} : { query }), ...(datasource === undefined ? {} : { datasource }) };
          const asked = { path, limit: PAGE_SIZE, ...narrowed, ...cursor };
          const request = client.GET('/api/v1/folders', { params: { query: asked }, signal });
          const [folders, { response }] = await Promise.all([answer(request), request]);
          return { folders, next: nextCursor(response.headers.get('link')) };
        }),
      initialPageParam: '',
      getNextPageParam: (last) => last.next,
      staleTime: 30 * SECOND,
    }),
};

/** The cursor of the next page in a Link header. */
export function nextCursor(link: string | null): string | undefined {
  const address = /<([^>]*)>;\s*rel="next"/.exec(link ?? '')?.[1];
  if (address === undefined) return undefined;
  return new URL(address, 'http://localhost').searchParams.get('cursor') ?? undefined;
}
