import { expect, it } from 'vitest';
import type { Job } from '../../api/client';
import { differences, newestOf, resultOf, type Verified } from './maintenance';

const job = (kind: string, state: string, result: object | null = null) =>
  ({ kind, state, result, created: '2026-11-29T08:00:00Z', finished: '2026-11-29T09:00:00Z' }) as unknown as Job;

it('a result is that of the newest job that succeeded, whatever came after it', () => {
  const jobs = [
    job('verify', 'failed'),
    job('thumbnails_check', 'succeeded', { packs: 2 }),
    job('verify', 'succeeded', {}),
  ];
  expect(newestOf(jobs, ['verify'])).toBe(jobs[0]);
  expect(resultOf(jobs, 'verify')).toEqual({ at: '2026-11-29T09:00:00Z', found: {} });
  expect(resultOf(jobs, 'thumbnails_clean')).toBeUndefined();
  expect(resultOf(undefined, 'verify')).toBeUndefined();
});

it('damaged snapshots are differences, too', () => {
  const verification = { verified: 9, drift: { gone: 2, content: 1 }, errors: {}, damaged_snapshots: ['a@1'] };
  expect(differences({ verification, findings: [] } satisfies Verified)).toBe(4);
});
