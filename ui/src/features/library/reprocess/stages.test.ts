import { expect, it } from 'vitest';
import type { OwnFunction } from '../../../api/client';
import { kindOf, stagesFor } from './stages';

const own = (name: string, part: object = {}) =>
  ({ name, query: '', paused: false, events: ['asset.created'], ...part }) as unknown as OwnFunction;

it('offers reading the objects only to those who may start runs', () => {
  expect(stagesFor(true, []).map(({ stage }) => stage)).toEqual(['look', 'text', 'embedding']);
  expect(stagesFor(false, []).map(({ stage }) => stage)).toEqual(['text', 'embedding']);
});

it('offers functions that are called for assets and not paused', () => {
  const functions = [own('measure', { query: 'kind:image' }), own('asleep', { paused: true })];
  const stages = stagesFor(false, [...functions, own('report', { events: ['run.finished'] })]);
  expect(stages.slice(2)).toEqual([
    { stage: 'function:measure', label: 'Call the function measure', hint: 'Otherwise called for `kind:image`.' },
  ]);
  expect(kindOf('function:measure')).toBe('function');
  expect(kindOf('embedding')).toBe('embedding');
});
