// The typed REST client: paths, parameters and answers come from the generated schema.
import createClient from 'openapi-fetch';
import { noAnswer, Problem, unexpectedAnswer } from './problem';
import type { components, paths } from './schema';

type Schemas = components['schemas'];
export type AssetItem = Schemas['Asset'];
export type AssetPage = Schemas['AssetPage'];
export type AssetFull = Schemas['AssetDetail'];
export type AssetState = Schemas['AssetState'];
export type Datasource = Schemas['DatasourceSummary'];
export type Deletion = Schemas['Deletion'];
export type Hold = Schemas['Hold'];
export type Job = Schemas['Job'];
export type JobKind = Schemas['JobKind'];
export type Orphans = Schemas['Orphans'];
export type Outcome = Schemas['Outcome'];
export type OutcomeKind = Schemas['OutcomeKind'];
export type Preview = Schemas['Preview'];
export type Purge = Schemas['Purge'];
export type Run = Schemas['Run'];
export type RunCounts = Schemas['Counts'];
export type RunState = Schemas['RunState'];

export const PAGE_SIZE = 100; // items of one request

export const client = createClient<paths>({
  headers: { accept: 'application/json' },
  fetch: (request) => fetch(request), // looked up per call, so that tests can replace it
});

/**
 * The data of a request. Every failure becomes a `Problem`, except for a request that was aborted.
 *
 *     const run = await answer(client.GET('/api/v1/runs/{run_id}', { params: { path: { run_id: 7 } } }));
 */
export async function answer<T>(request: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  let result: Awaited<typeof request>;
  try {
    result = await request;
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw noAnswer();
  }
  const { data, error, response } = result;
  if (response.ok) return data as T;
  const described = response.headers.get('content-type')?.startsWith('application/problem+json');
  throw described ? new Problem(error as Schemas['Problem']) : unexpectedAnswer(response.status);
}

/** The address of a thumbnail. It changes whenever the asset does, so the browser may cache the image forever. */
export function thumbnailUrl(asset: AssetItem): string {
  return `/api/v1/assets/${encodeURIComponent(asset.id)}/thumbnail?v=${encodeURIComponent(asset.updated)}`;
}

export function originalUrl(asset: AssetItem): string {
  return `/api/v1/assets/${encodeURIComponent(asset.id)}/original`;
}
