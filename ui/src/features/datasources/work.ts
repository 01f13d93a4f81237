// What people made of assets that go: annotations, edits and tags. Pure.
import { text } from './text';

const WORK = ['annotated', 'edited', 'tagged'] as const;

export const workDone = (found: Record<(typeof WORK)[number], number>): string =>
  WORK.filter((kind) => found[kind] > 0)
    .map((kind) => text.deletion.work[kind](found[kind]))
    .join(', ');
