// What was done while annotations are edited, to be undone and done again. Pure.
import type { Draft } from './draft';
import type { Point } from './geometry';

const MOST = 200; // steps back

/** What is edited at one moment. */
export interface Moment {
  draft: Draft;
  outline: readonly Point[];
}

export interface Steps {
  past: readonly Moment[]; // the newest last
  future: readonly Moment[]; // that were undone, the next one last
  gesture?: unknown; // the drag that made the newest step
}

export const NO_STEPS: Steps = { past: [], future: [] };

/** The steps after a change of what was there. All changes of one `gesture`, such as a drag, are one step. */
export function withStep(steps: Steps, before: Moment, gesture?: unknown): Steps {
  if (gesture !== undefined && gesture === steps.gesture) return { ...steps, future: [] };
  return { past: [...steps.past, before].slice(-MOST), future: [], gesture };
}

export type Shift = { steps: Steps; moment: Moment };

/** What was there before the newest step; undefined without one. */
export function undone({ past, future }: Steps, now: Moment): Shift | undefined {
  const moment = past.at(-1);
  return moment && { moment, steps: { past: past.slice(0, -1), future: [...future, now] } };
}

/** What was there before it was undone last; undefined without that. */
export function redone({ past, future }: Steps, now: Moment): Shift | undefined {
  const moment = future.at(-1);
  return moment && { moment, steps: { past: [...past, now], future: future.slice(0, -1) } };
}
