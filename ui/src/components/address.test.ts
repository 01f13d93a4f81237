import { createMemoryHistory, createRootRoute, createRoute, createRouter } from '@tanstack/react-router';
import { expect, it } from 'vitest';
import { assetHref, librarySearch, parseSearch, stringifySearch } from './address';

it.each(['95', '"x"', 'true', 'metadata.width:>', 'a b+c&d=e', 'tag:"x" (y OR z)', 'null'])(
  'the query %s is the same after a round trip',
  (query) => {
    expect(librarySearch(parseSearch(stringifySearch({ query, at: 7 })))).toEqual({ query, at: 7 });
  },
);

it('empty and unusable parameters are left out', () => {
  expect(stringifySearch({ query: '', at: undefined })).toBe('');
  expect(librarySearch({ query: '', at: '-1' })).toEqual({});
  expect(librarySearch({ at: '0' })).toEqual({ at: 0 });
  expect(librarySearch({ panel: 'cellar', size: '9' })).toEqual({});
  expect(librarySearch({ panel: 'folders', size: '120' })).toEqual({ panel: 'folders', size: 120 });
  expect(librarySearch({ page: '1', view: 'page' })).toEqual({});
  expect(librarySearch({ page: '3', view: 'source' })).toEqual({ page: 3, view: 'source' });
});

it('a link of the grid is the one that the router makes', () => {
  const root = createRootRoute();
  const asset = createRoute({ getParentRoute: () => root, path: '/assets/$assetId', validateSearch: librarySearch });
  const routeTree = root.addChildren([asset]);
  const router = createRouter({ routeTree, parseSearch, stringifySearch, history: createMemoryHistory() });
  for (const search of [
    {},
    { query: 'a b:"ü"' },
    { query: 'x', at: 0 },
    { at: 12, panel: 'none', size: 120 },
  ] as const) {
    // biome-ignore lint/suspicious/noExplicitAny: another router than the registered one
    const { href } = router.buildLocation({ to: '/assets/$assetId', params: { assetId: '1007' }, search } as any);
    expect(assetHref('1007', search)).toBe(href);
  }
});
