import { QueryClient } from '@tanstack/react-query';
import { afterEach, expect, it, vi } from 'vitest';
import { client } from './client';
import { libraryQueries } from './libraryQueries';

afterEach(() => vi.restoreAllMocks());

it('asks at the end of a query, which the server finds, or at a position', async () => {
  const get = vi.spyOn(client, 'GET').mockResolvedValue({ data: {}, response: new Response('{}') } as never);
  for (const asked of [{ query: 'facts.😀' }, { query: 'a b', position: 1 }])
    await new QueryClient().fetchQuery(libraryQueries.completions(asked));
  const sent = get.mock.calls.map((call: unknown[]) => (call[1] as { params: { query: object } }).params.query);
  expect(sent).toEqual([{ query: 'facts.😀' }, { query: 'a b', position: 1 }]);
});
