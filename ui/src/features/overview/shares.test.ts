import { expect, it } from 'vitest';
import type { Facet, Folder, Storage } from '../../api/client';
import { sharesByAssets, sharesByBytes } from './shares';

const folder = (path: string, datasource: string, assets: number) => ({ path, datasource, assets }) as Folder;

it('folders of one name are told apart by their datasource, the largest first', () => {
  const { folder: shares } = sharesByAssets(
    [],
    [folder('a/', 'lake', 2), folder('a/', 'pond', 5), folder('b/', 'pond', 3)],
  );
  expect(shares?.map(({ name, size }) => [name, size])).toEqual([
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
  expect(shares?.map(({ query }) => query)).toEqual([
    'datasource:"lake" path:2026-01/**',
    'datasource:"lake"',
    'datasource:"x" path:/**',
  ]);
  expect(shares?.at(-1)?.name).toBe('/');
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
  expect(shares.type).toEqual([{ ...sharesByAssets(facets, []).type?.[0], size: 2000 }]);
  expect(shares.datasource?.[0]?.query).toBe('datasource:"la\\"ke"');
  expect(shares.folder).toEqual([{ name: 'a', query: 'datasource:"lake" path:a/**', size: 700 }]);
});

it('what is not here yet is no empty chart', () => {
  expect(sharesByAssets(undefined, undefined)).toEqual(sharesByBytes(undefined));
  expect(sharesByBytes(undefined).type).toBeUndefined();
  expect(sharesByAssets([], []).type).toEqual([]);
});
