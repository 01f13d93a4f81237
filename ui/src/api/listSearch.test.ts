import { expect, test } from 'vitest';
import { jobSearch, runSearch } from './listSearch';

test('an address filters by what exists, and by any datasource', () => {
  expect(runSearch({ state: 'failed', datasource: 'a/b', kind: 'edit', page: '2' })).toEqual({
    state: 'failed',
    datasource: 'a/b',
  });
  expect(jobSearch({ state: 'held', kind: 'edit' })).toEqual({ state: 'held', kind: 'edit' });
});

test('what no list has is left out', () => {
  expect(jobSearch({ state: 'odd', kind: 'toString', datasource: '' })).toEqual({});
  expect(runSearch({ state: 7, datasource: ['x'] })).toEqual({});
});
