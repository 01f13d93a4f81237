// Texts of running runs, wherever they are shown.
import type { RunFlag } from '../api/client';
import type { Extent } from '../api/runProgress';
import { count } from './format';

export const text = {
  flags: {
    retrying: 'The source does not answer, or asks for fewer requests. Each request is repeated after a pause.',
    stalled: 'Nothing has moved for a while.',
  } satisfies Record<RunFlag, string>,
  progress: (run: number) => `Progress of run ${run}`,
  extent: ({ step, done, total, estimated, unit }: Extent) => {
    if (total === null) return done === 0 ? `${step}…` : `${step}: ${count(done)} ${unit}`;
    return `${step}: ${count(done)} of ${estimated ? 'about ' : ''}${count(total)} ${unit}`;
  },
};
