import { QueryClient } from '@tanstack/react-query';
import { afterEach, expect, it, vi } from 'vitest';
import { client } from './client';
import { libraryQueries } from './libraryQueries';

afterEach(() => vi.restoreAllMocks());

it.each([
  [{ query: 'facts.😀' }, { query: 'facts.😀' }], // at the end, which the server counts by its own characters
  [{ query: 'a b', position: 1 }, { query: 'a b', position: 1 }],
])('asks for what can be written in %o', async (asked, sent) => {
  const get = vi.spyOn(client, 'GET').mockResolvedValue({ data: {}, response: new Response('{}') } as never);
  await new QueryClient().fetchQuery(libraryQueries.completions(asked));
  expect(get.mock.calls[0]?.[1]).toMatchObject({ params: { query: sent } });
});
