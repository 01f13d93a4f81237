import { describe, expect, it } from 'vitest';
import type { Job } from '../api/client';
import { canUndo } from './canUndo';

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

describe('an edit', () => {
  const result = { assets: 3, changed: 2, undo_until: '2026-12-30T11:00:00Z' };
  const edit = job({ result });

  it('can be undone until its day, also if it was cancelled on its way', () => {
    expect(canUndo(edit, [edit], NOW)).toBe(true);
    expect(canUndo(job({ state: 'cancelled' }), [], NOW)).toBe(true);
    expect(canUndo(job({ kind: 'function', result: { called: 3, changed: 1 } }), [], NOW)).toBe(true);
    expect(canUndo(job({ kind: 'function', result: { called: 3, changed: 0 } }), [], NOW)).toBe(false);
    expect(canUndo(job({ result: { ...result, undo_until: '2026-11-30T11:59:00Z' } }), [], NOW)).toBe(false);
  });

  it.each([
    ['at work', { state: 'running' }],
    ['cancelled before it began', { state: 'cancelled', started: null }],
    ['continued by another job', { state: 'failed', continued_by: 8 }],
    ['without an effect', { result: { ...result, changed: 0 } }],
    ['no edit', { kind: 'undo' }],
  ] as [string, Partial<Job>][])('cannot be undone if it is %s', (_, part) => {
    expect(canUndo({ ...edit, ...part }, [], NOW)).toBe(false);
  });

  it('is undone once', () => {
    const undo = (state: Job['state']) => job({ id: 8, kind: 'undo', state, args: { job: 7 } });
    expect(canUndo(edit, [undo('queued'), edit], NOW)).toBe(false);
    expect(canUndo(edit, [undo('succeeded'), edit], NOW)).toBe(false);
    expect(canUndo(edit, [undo('cancelled'), edit], NOW)).toBe(true);
  });
});
