// What somebody should look at, the worst first. Pure.
import type { Connection, Datasource } from '../../api/client';
import { ESSENTIAL } from '../../api/connectionKinds';
import type { Tone } from '../../api/vocabulary';
import { ago } from '../../components/format';
import { text } from './text';

export interface Found {
  tone: Tone;
  about: string; // the name of a datasource or connection
  sentence: string;
  to: { run: number; kind?: 'failed' } | { datasource: string } | { connection: string };
}

const ORDER: Tone[] = ['bad', 'warn', 'busy', 'calm', 'good'];

function* ofSource(source: Datasource): Generator<Found> {
  const { name, last_run: run, status, paused } = source;
  const { problems } = text;
  if (status === 'broken_connection')
    yield { tone: 'bad', about: name, sentence: paused ?? problems.broken, to: { datasource: name } };
  if (run === null) return;
  const to = { run: run.id };
  if (run.state === 'failed') yield { tone: 'bad', about: name, sentence: run.error ?? problems.failed, to };
  if (run.state === 'held' && run.hold !== null && run.hold.confirmed_by === null)
    yield { tone: 'warn', about: name, sentence: problems.held(run.hold.count), to };
  if (run.flags.includes('stalled'))
    yield {
      tone: 'bad',
      about: name,
      sentence: problems.stalled(run.id, run.moved === null ? '' : ago(run.moved)),
      to,
    };
  if (run.waiting?.stuck) yield { tone: 'bad', about: name, sentence: problems.stuck(run.waiting.reason), to };
  if (run.limited) yield { tone: 'warn', about: name, sentence: problems.limited, to };
  const failed = { run: run.id, kind: 'failed' as const };
  if (run.counts.failed > 0)
    yield { tone: 'warn', about: name, sentence: problems.rejected(run.counts.failed), to: failed };
  const labels = run.counts.label_problems;
  if (labels > 0) yield { tone: 'warn', about: name, sentence: problems.labels(labels), to: failed };
}

function* ofConnection({ name, health, datasources }: Connection): Generator<Found> {
  const red = health?.checks.find((row) => row.ok === false && ESSENTIAL.includes(row.check));
  if (red === undefined) return;
  const tone = datasources.length > 0 ? 'bad' : 'warn';
  yield { tone, about: name, sentence: text.problems.unhealthy(red.message), to: { connection: name } };
}

export function findProblems(sources: Datasource[], connections: Connection[]): Found[] {
  const found = [
    ...sources.flatMap((one) => [...ofSource(one)]),
    ...connections.flatMap((one) => [...ofConnection(one)]),
  ];
  return found.sort((left, right) => ORDER.indexOf(left.tone) - ORDER.indexOf(right.tone));
}
