// What can still be done with a job that has ended. Pure.
import { exportUrl, type Job, labelExportUrl } from '../../api/client';
import { isActive } from '../../api/vocabulary';

const KEPT_MS = 24 * 3600 * 1000; // that the files of an export are kept

export interface KeptFile {
  name: string;
  url: string;
}

/** The files of an export that the server still keeps for a download. */
export function keptFiles({ id, kind, state, finished, result }: Job, now: number): KeptFile[] {
  const address = { assets_export: exportUrl, labels_export: labelExportUrl }[kind];
  const files = result?.files;
  if (address === undefined || state !== 'succeeded' || finished === null || !Array.isArray(files)) return [];
  if (result?.path != null || now - Date.parse(finished) > KEPT_MS) return []; // they are somewhere else, or deleted
  return (files as { name: string }[]).map(({ name }) => ({ name, url: address(id, name) }));
}

/** Whether an edit or a function changed something that can be brought back. One that was cancelled or failed may have. */
export function canUndo(job: Job, jobs: readonly Job[], now: number): boolean {
  if (job.kind !== 'edit' && job.kind !== 'function') return false;
  if (isActive(job.state) || job.continued_by !== null || job.started === null) return false;
  const { changed, undo_until: until } = job.result ?? {};
  if (job.kind === 'function' && changed === undefined) return false; // it may have ended before its first call
  if (changed === 0 || (typeof until === 'string' && Date.parse(until) < now)) return false;
  return !jobs.some((one) => one.kind === 'undo' && one.args.job === job.id && one.state !== 'cancelled');
}
