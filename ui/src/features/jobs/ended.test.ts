import { describe, expect, it } from 'vitest';
import type { Job } from '../../api/client';
import { keptFiles } from './ended';

const NOW = Date.parse('2026-11-30T12:00:00Z');
const job = (part: Partial<Job>): Job =>
  ({
    id: 7,
    kind: 'edit',
    state: 'succeeded',
    args: {},
    started: '2026-11-30T10:59:00Z',
    finished: '2026-11-30T11:00:00Z',
    continued_by: null,
    result: null,
    ...part,
  }) as Job;

describe('the files of an export', () => {
  const result = { path: null, files: [{ name: 'assets.csv', size: 9 }] };
  const exported = job({ kind: 'assets_export', result });

  it('are offered as long as they are kept', () => {
    expect(keptFiles(exported, NOW)).toEqual([{ name: 'assets.csv', url: '/api/v1/exports/7/files/assets.csv' }]);
    const labels = keptFiles({ ...exported, kind: 'labels_export' }, NOW);
    expect(labels.map(({ url }) => url)).toEqual(['/api/v1/labels/exports/7/files/assets.csv']);
    expect(keptFiles({ ...exported, finished: '2026-11-29T11:59:00Z' }, NOW)).toEqual([]);
  });

  it.each([
    ['that went to a bucket', { result: { ...result, path: 's3://b/x.csv' } }],
    ['that failed', { state: 'failed', result: null }],
    ['that is at work', { state: 'running', finished: null, result: null }],
    ['that is none', { kind: 'verify' }],
  ] as [string, Partial<Job>][])('are not offered of one %s', (_, part) => {
    expect(keptFiles({ ...exported, ...part }, NOW)).toEqual([]);
  });
});
