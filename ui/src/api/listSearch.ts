// What the addresses of the pages of runs and jobs say: which of them are listed. Pure.
import type { JobKind, RunState } from './client';
import { JOB_KINDS, RUN_STATES } from './vocabulary';

export interface RunSearch {
  state?: RunState;
  datasource?: string;
}

export interface JobSearch extends RunSearch {
  kind?: JobKind;
}

/** Other parameters, and values that no list has, are left out. */
export function runSearch({ state, datasource }: Record<string, unknown>): RunSearch {
  return {
    ...(typeof state === 'string' && Object.hasOwn(RUN_STATES, state) ? { state: state as RunState } : {}),
    ...(typeof datasource === 'string' && datasource !== '' ? { datasource } : {}),
  };
}

export function jobSearch(search: Record<string, unknown>): JobSearch {
  const { kind } = search;
  return {
    ...runSearch(search),
    ...(typeof kind === 'string' && Object.hasOwn(JOB_KINDS, kind) ? { kind: kind as JobKind } : {}),
  };
}
