import { expect, it } from 'vitest';
import type { Connection, Datasource } from '../../api/client';
import { findProblems } from './problems';

const run = (more: object) => ({
  id: 7,
  state: 'succeeded',
  hold: null,
  waiting: null,
  error: null,
  counts: { failed: 0 },
  flags: [],
  moved: null,
  ...more,
});
const source = (more: object, status = 'active') =>
  ({ name: 'site', status, paused: null, last_run: run(more) }) as unknown as Datasource;
const connection = (check: string, ok: boolean) =>
  ({ name: 'archive', datasources: ['site'], health: { checks: [{ check, ok }] } }) as unknown as Connection;

it('nothing is found where everything works', () => {
  const never = { name: 'new', status: 'new', last_run: null } as unknown as Datasource;
  const fine = [connection('list', true), connection('presigned get', false)];
  expect(findProblems([source({}), never], fine)).toEqual([]);
});

it('each kind of problem leads to where it is solved, the worst first', () => {
  const found = findProblems(
    [
      source({ counts: { failed: 2 } }),
      source({ limited: true }),
      source({ state: 'held', hold: { count: 55, confirmed_by: null } }),
      source({ state: 'failed', error: 'AccessDenied' }),
      source({}, 'broken_connection'),
    ],
    [connection('list', false)],
  );
  expect(found.map(({ tone }) => tone)).toEqual(['bad', 'bad', 'bad', 'warn', 'warn', 'warn']);
  expect(found.map(({ to }) => to)).toEqual([
    { run: 7 },
    { datasource: 'site' },
    { connection: 'archive' },
    { run: 7, kind: 'failed' },
    { run: 7 },
    { run: 7 },
  ]);
  expect(found[0]?.sentence).toBe('AccessDenied');
});

it('a stalled run is named, a run that retries is not', () => {
  const stalled = { state: 'running', flags: ['retrying', 'stalled'], moved: new Date().toISOString() };
  expect(findProblems([source(stalled, 'running')], [])).toMatchObject([
    { tone: 'bad', about: 'site', sentence: expect.stringContaining('Run 7 is stalled'), to: { run: 7 } },
  ]);
  expect(findProblems([source({ state: 'running', flags: ['retrying'] }, 'running')], [])).toEqual([]);
});

it('a hold that was confirmed is nobody’s problem', () => {
  expect(findProblems([source({ state: 'held', hold: { count: 5, confirmed_by: 8 } })], [])).toEqual([]);
});
