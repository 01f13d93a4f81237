// How far a running run is, and how it is doing beside its state. Pure. A test compares the flags with ui/openapi.json.
import type { Run, RunFlag } from './client';
import type { Tone } from './vocabulary';

export const RUN_FLAGS: Record<RunFlag, { label: string; tone: Tone }> = {
  retrying: { label: 'retrying', tone: 'warn' },
  stalled: { label: 'stalled', tone: 'bad' },
};

export interface Extent {
  step: string;
  done: number;
  total: number | null; // null: nobody knows
  estimated: boolean; // the total is what the preceding run listed
  unit: string;
}

/** The extent of the current step; undefined for a run that is not at work. */
export function extentOf({ state, progress, expected }: Run): Extent | undefined {
  if (state !== 'running') return undefined;
  if (progress === null) return { step: 'starting', done: 0, total: null, estimated: false, unit: 'objects' };
  const { step, done, unit } = progress;
  const estimated = progress.total === null && step === 'listing';
  const total = estimated ? expected : progress.total;
  // A source that has grown since is beyond what the preceding run listed.
  return { step, done, total: total !== null && total > 0 && done <= total ? total : null, estimated, unit };
}
