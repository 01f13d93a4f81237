import { expect, it } from 'vitest';
import type { Datasource, Health, Storage } from '../../api/client';
import { heldBy, verdictOf } from './bucket';

const health = (...checks: [string, boolean | null][]): Health => ({
  ok: false,
  checked: '2026-11-29T08:00:00Z',
  checks: checks.map(([check, ok]) => ({ check, ok, message: '', fix: null, key: null, error: null, cause: null })),
});

it('it can what every tried check found, and nothing is known of what was not tried', () => {
  const found = health(['list', true], ['head', true], ['get', false], ['put', null]);
  expect(verdictOf(found, 'list')).toBe('yes');
  expect(verdictOf(found, 'read')).toBe('no');
  expect(verdictOf(found, 'write')).toBe('unknown');
  expect(verdictOf(null, 'list')).toBe('unknown');
});

const source = (name: string, assets: number) => ({ name, assets }) as Datasource;
const storage = { datasources: [{ name: 'a', bytes: 10 }], sampled: null } as unknown as Storage;

it('the bytes are those of all datasources, or unknown', () => {
  expect(heldBy([source('a', 2), source('empty', 0)], storage)).toEqual({ assets: 2, bytes: 10, estimated: false });
  expect(heldBy([source('a', 2), source('b', 1)], storage)).toMatchObject({ assets: 3, bytes: undefined });
  expect(heldBy([source('a', 2)], undefined)).toMatchObject({ assets: 2, bytes: undefined });
  expect(heldBy([], { ...storage, sampled: 0.5 })).toEqual({ assets: 0, bytes: 0, estimated: true });
});
