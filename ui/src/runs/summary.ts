// The counts of a run in the order and the words in which they are shown. Pure.
import type { OutcomeKind, Run } from '../api/client';
import { OUTCOMES } from '../api/outcomes';

/** Kinds of outcomes that are kept one by one, with the name of their count. */
export const KINDS: { kind: OutcomeKind; name: string }[] = OUTCOMES.filter((one) => one.listed);

export interface Part {
  kind: OutcomeKind;
  name: string;
  count: number;
}

/** What is worth a word in a list: everything that is not zero. */
export function parts(run: Run): Part[] {
  return KINDS.map(({ kind, name }) => ({ kind, name, count: run.counts[kind] })).filter((part) => part.count > 0);
}

export function live(run: Run): boolean {
  return run.state === 'running' || run.state === 'queued';
}
