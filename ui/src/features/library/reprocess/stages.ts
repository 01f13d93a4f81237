// The stages of processing that can run again, and how their jobs are shown. Pure.
import type { OwnFunction } from '../../../api/client';
import { text } from './text';

type Kind = keyof typeof text.done;

export interface Stage {
  stage: string; // as a request names it
  label: string;
  hint: string | undefined;
}

/** What a caller may run again. Functions that are paused or called for runs cannot. */
export function stagesFor(mayRun: boolean, functions: readonly OwnFunction[]): Stage[] {
  const known = (['look', 'text', 'embedding'] as const).filter((stage) => stage !== 'look' || mayRun);
  const own = functions.filter(({ paused, events }) => !paused && !events.includes('run.finished'));
  return [
    ...known.map((stage) => ({ stage, ...text.stages[stage] })),
    ...own.map(({ name, query }) => ({
      stage: `function:${name}`,
      label: text.function(name),
      hint: text.functionHint(query),
    })),
  ];
}

export function kindOf(stage: string): Kind {
  return stage.startsWith('function:') ? 'function' : (stage as Kind);
}
