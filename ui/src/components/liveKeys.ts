// Which queries are asked again after which changes in the library. Pure.
import type { Job, JobKind } from '../api/client';
import { labelQueries } from '../api/labelQueries';
import { libraryKeys } from '../api/libraryQueries';
import { keys } from '../api/queries';

type Key = readonly unknown[];

/** What was changed by others or by this page, and is no job. Made by `api/change_events.py`. */
export interface Change {
  subjects: string[];
  assets: string[];
  more: boolean; // also assets that are not named
}

// What a search finds, and what is counted of it. It is asked again at most every few seconds.
export const SEARCHED: readonly Key[] = [
  keys.assets,
  libraryKeys.facets,
  libraryKeys.folders,
  libraryKeys.completions,
  libraryKeys.keys,
  labelQueries.keys.counts,
];

const OF_SUBJECT: Readonly<Record<string, readonly Key[]>> = {
  project: [keys.projects],
  datasource: [keys.datasources],
  connection: [keys.connections, keys.datasources],
  ontology: [labelQueries.keys.ontologies],
  saved_search: [libraryKeys.saved],
  webhook: [keys.webhooks],
  function: [keys.functions],
  member: [keys.members],
  api_key: [keys.apiKeys],
};
const OF_ASSETS = new Set(['asset', 'project', 'ontology', 'job']); // what changes assets, or what searches find of them

/** The queries to ask again at once after a change, and whether searches may find something else. */
export function staleAfter({ subjects, assets, more }: Change): { at_once: Key[]; searched: boolean } {
  const every = more || subjects.includes('job') || subjects.includes('ontology');
  return {
    at_once: [
      ...(every ? [['asset']] : assets.map(keys.asset)),
      ...(subjects.includes('project') ? [['asset']] : []),
      ...subjects.flatMap((subject) => OF_SUBJECT[subject] ?? []),
    ],
    searched: subjects.some((subject) => OF_ASSETS.has(subject)),
  };
}

// Kinds of jobs after whose end the same search may find other assets, or show other values of them.
const CHANGING: ReadonlySet<string> = new Set<JobKind>([
  ...(['mirror', 'events', 'confirm', 'retry', 'purge', 'reapply'] as const),
  ...(['edit', 'undo', 'labels_import', 'function', 'picture_text', 'likeness'] as const),
  ...(['project_split', 'split_assign', 'snapshot_create', 'snapshot_restore'] as const),
]);

/** The queries to ask again after the end of a job. */
export function staleAfterJob(kind: Job['kind']): readonly Key[] {
  if (kind === 'connection_check') return [keys.connections, keys.datasources];
  return CHANGING.has(kind) ? ALL : [];
}

/** Every query of what the library holds. */
export const ALL: readonly Key[] = [
  ...SEARCHED,
  ['asset'],
  ['like'],
  keys.runs,
  keys.likeness,
  keys.projects, // with their snapshots
  keys.datasources,
  keys.connections,
  labelQueries.keys.ontologies,
  libraryKeys.saved,
];
