import { expect, it } from 'vitest';
import type { Facet, Folder, Storage } from '../../api/client';
import { TOP_FOLDERS } from '../../api/queries';
import { sharesByAssets, sharesByBytes } from './shares';
import { text } from './text';

const folder = (path: string, datasource: string, assets: number) => ({ path, datasource, assets }) as Folder;

it('folders of one name are told apart by their datasource, the largest first', () => {
  const { folder: shares } = sharesByAssets(
    [],
    [folder('a/', 'lake', 2), folder('a/', 'pond', 5), folder('b/', 'pond', 3)],
  );
  expect(shares?.shares.map(({ name, size }) => [name, size])).toEqual([
    ['a (pond)', 5],
    ['b', 3],
    ['a (lake)', 2],
  ]);
});

it('a folder leads to its assets, and one that a pattern would misread to its datasource', () => {
  const { folder: shares } = sharesByAssets(
    [],
    [folder('2026-01/', 'lake', 2), folder('a*b/', 'lake', 1), folder('/', 'x', 1)],
  );
  expect(shares?.shares.map(({ query }) => query)).toEqual([
    'datasource:"lake" path:2026-01/**',
    'datasource:"lake"',
    'datasource:"x" path:/**',
  ]);
  expect(shares?.shares.at(-1)?.name).toBe('/');
});

it('bytes are shares of the same charts, with the same queries', () => {
  const storage = {
    types: [{ name: 'image/jpeg', datasource: null, assets: 1, bytes: 2000 }],
    datasources: [{ name: 'la"ke', datasource: null, assets: 1, bytes: 2000 }],
    folders: [{ name: 'a/', datasource: 'lake', assets: 1, bytes: 700 }],
    sampled: null,
  } satisfies Storage;
  const facets = [{ field: 'type', values: [{ value: 'image/jpeg', assets: 1 }] }] as unknown as Facet[];
  const shares = sharesByBytes(storage);
  expect(shares.type?.shares).toEqual([{ ...sharesByAssets(facets, []).type?.shares[0], size: 2000 }]);
  expect(shares.datasource?.shares[0]?.query).toBe('datasource:"la\\"ke"');
  expect(shares.folder?.shares).toEqual([{ name: 'a', query: 'datasource:"lake" path:a/**', size: 700 }]);
});

it('what is not here yet is no empty chart', () => {
  expect(sharesByAssets(undefined, undefined)).toEqual(sharesByBytes(undefined));
  expect(sharesByBytes(undefined).type).toBeUndefined();
  expect(sharesByAssets([], []).type).toEqual({ shares: [], more: false });
});

it('what the server left out is known to be more', () => {
  const values = Array.from({ length: 100 }, (_, number) => ({ value: `lake ${number}`, assets: 1 }));
  const facets = [
    { field: 'datasource', values, more: true },
    { field: 'type', values: values.slice(0, 3), more: false },
  ] as unknown as Facet[];
  const folders = Array.from({ length: TOP_FOLDERS }, (_, number) => folder(`${number}/`, 'lake', 1));
  const shares = sharesByAssets(facets, folders);
  expect([shares.datasource?.more, shares.type?.more, shares.folder?.more]).toEqual([true, false, true]);
  expect(text.shares.more(32, false)).toBe('and 32 more');
  expect(text.shares.more(92, true)).toBe('and at least 93 more');
});
