// The files that a job which has ended still offers. Pure.
import { exportUrl, type Job, labelExportUrl } from '../../api/client';

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
