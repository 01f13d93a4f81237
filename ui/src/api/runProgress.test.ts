import { expect, it } from 'vitest';
import contract from '../../openapi.json';
import type { Run } from './client';
import { extentOf, RUN_FLAGS } from './runProgress';

const run = (progress: object | null, expected: number | null = null, state = 'running') =>
  ({ state, progress, expected }) as unknown as Run;
const listing = (done: number) => ({ step: 'listing', done, total: null, unit: 'objects' });

it('the flags are those of the contract', () => {
  expect(Object.keys(RUN_FLAGS).sort()).toEqual(contract.components.schemas.RunFlag.enum.toSorted());
});

it('a listing is measured by what the preceding run listed, until it is longer', () => {
  expect(extentOf(run(listing(40), 100))).toMatchObject({ done: 40, total: 100, estimated: true });
  expect(extentOf(run(listing(101), 100))?.total).toBeNull();
  expect(extentOf(run(listing(40)))?.total).toBeNull();
  expect(extentOf(run(listing(0), 0))?.total).toBeNull();
});

it('what is read is measured by the plan, whatever was listed before', () => {
  const processing = { step: 'processing', done: 2, total: 3, unit: 'objects' };
  expect(extentOf(run(processing, 100))).toMatchObject({ done: 2, total: 3, estimated: false });
  expect(extentOf(run({ ...processing, total: null }, 100))?.total).toBeNull();
});

it('only a run at work has an extent', () => {
  expect(extentOf(run(null))).toMatchObject({ step: 'starting', total: null });
  expect(extentOf(run(listing(3), 5, 'succeeded'))).toBeUndefined();
});
