// What can be taken back of a job that has ended. Pure.
import type { Job } from '../api/client';
import { isActive } from '../api/vocabulary';

/** Whether an edit or a function changed something that can be brought back. One that was cancelled or failed may have. */
export function canUndo(job: Job, jobs: readonly Job[], now: number): boolean {
  if (job.kind !== 'edit' && job.kind !== 'function') return false;
  if (isActive(job.state) || job.continued_by !== null || job.started === null) return false;
  const { changed, undo_until: until } = job.result ?? {};
  if (job.kind === 'function' && changed === undefined) return false; // it may have ended before its first call
  if (changed === 0 || (typeof until === 'string' && Date.parse(until) < now)) return false;
  return !jobs.some((one) => one.kind === 'undo' && one.args.job === job.id && one.state !== 'cancelled');
}
