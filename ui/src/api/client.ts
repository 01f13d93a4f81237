// Ask the server, and turn every way it can refuse into one kind of error that a page can show.
import type { components } from './schema';

type Schemas = components['schemas'];
export type AssetItem = Schemas['Asset'];
export type AssetPage = Schemas['AssetPage'];
export type AssetFull = Schemas['AssetDetail'];
export type Datasource = Schemas['DatasourceSummary'];
export type Run = Schemas['Run'];
export type Hold = Schemas['Hold'];
export type Consent = Schemas['Consent'];
export type NextTimes = Schemas['NextTimes'];
export type Preview = Schemas['Preview'];
export type Purge = Schemas['Purge'];
export type Deletion = Schemas['Deletion'];
export type Outcome = Schemas['Outcome'];
export type OutcomeKind = Schemas['OutcomeKind'];
export type ProblemDocument = Schemas['Problem'];

const ROOT = '/api/v1';
export const PAGE = 100; // assets asked for at once

export class Problem extends Error {
  readonly document: ProblemDocument;

  constructor(document: ProblemDocument) {
    super(document.detail);
    this.document = document;
  }
}

/** No answer, or a database that starts: what may pass by itself, and is worth asking again. */
export function passing(error: Error | null): boolean {
  return error instanceof Problem && (error.document.status === 0 || error.document.status === 503);
}

type Params = Record<string, string | number | undefined>;

function address(path: string, params: Params): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) if (value !== undefined) search.set(name, String(value));
  const text = search.toString();
  return `${ROOT}${path}${text ? `?${text}` : ''}`;
}

async function get<T>(path: string, params: Params = {}, signal?: AbortSignal): Promise<T> {
  return ask(address(path, params), { signal: signal ?? null, headers: { accept: 'application/json' } });
}

function send<T>(method: 'POST' | 'PATCH' | 'DELETE', path: string, body?: string, params: Params = {}): Promise<T> {
  const headers: Record<string, string> = { accept: 'application/json' };
  if (body !== undefined) headers['content-type'] = 'application/json';
  return ask(address(path, params), { method, body: body ?? null, headers });
}

const assetPath = (id: string) => `/assets/${encodeURIComponent(id)}`;
const sourcePath = (name: string) => `/datasources/${encodeURIComponent(name)}`;

async function ask<T>(url: string, init: RequestInit): Promise<T> {
  let answer: Response;
  try {
    answer = await fetch(url, init);
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new Problem({
      type: 'urn:mirrorlake:no-answer',
      title: 'The server does not answer',
      status: 0,
      detail: 'The mirrorlake server does not answer.',
      fix: 'Start it with `mirrorlake up`; this page goes on by itself.',
    });
  }
  if (answer.ok) return (await answer.json()) as T;
  if (answer.headers.get('content-type')?.startsWith('application/problem+json')) {
    throw new Problem((await answer.json()) as ProblemDocument);
  }
  throw new Problem({
    type: 'about:blank',
    title: 'Unexpected answer',
    status: answer.status,
    detail: `The server answered ${answer.status}.`,
  });
}

export const api = {
  assets: (query: string, offset: number, signal?: AbortSignal) =>
    get<AssetPage>('/assets', { query, offset, limit: PAGE }, signal),
  asset: (id: string, signal?: AbortSignal) => get<AssetFull>(assetPath(id), {}, signal),
  /** `body` is a change as JSON, written by `changes`: numbers keep their digits that way. */
  edit: (id: string, body: string) => send<AssetFull>('PATCH', assetPath(id), body),
  restore: (id: string) => send<AssetFull>('POST', `${assetPath(id)}/restore`),
  datasources: (signal?: AbortSignal) => get<Datasource[]>('/datasources', {}, signal),
  deletion: (name: string, signal?: AbortSignal) => get<Deletion>(`${sourcePath(name)}/deletion`, {}, signal),
  purgeable: (name: string, days: number, signal?: AbortSignal) =>
    get<Purge>(`${sourcePath(name)}/purge`, { days }, signal),
  purge: (name: string, days: number, acknowledge: number) =>
    send<Run>('POST', `${sourcePath(name)}/purge`, undefined, { days, acknowledge }),
  remove: (name: string, acknowledge: number) => send<Deletion>('DELETE', sourcePath(name), undefined, { acknowledge }),
  runs: (signal?: AbortSignal) => get<Run[]>('/runs', { limit: 200 }, signal),
  newestRuns: (signal?: AbortSignal) => get<Run[]>('/runs', { limit: 10 }, signal),
  run: (id: number, signal?: AbortSignal) => get<Run>(`/runs/${id}`, {}, signal),
  start: (name: string) => send<Run>('POST', `${sourcePath(name)}/run`),
  change: (name: string, settings: Record<string, unknown>) =>
    send<Datasource>('PATCH', sourcePath(name), JSON.stringify(settings)),
  nextTimes: (said: { schedule: string; timezone: string | null }, signal?: AbortSignal) =>
    get<NextTimes>('/schedule', { schedule: said.schedule, timezone: said.timezone ?? undefined }, signal),
  beginPreview: (name: string) => send<Preview>('POST', `${sourcePath(name)}/preview`),
  preview: (id: string, signal?: AbortSignal) => get<Preview>(`/previews/${encodeURIComponent(id)}`, {}, signal),
  cancel: (id: number) => send<Run>('POST', `/runs/${id}/cancel`),
  retry: (id: number) => send<Run>('POST', `/runs/${id}/retry`),
  confirm: (consent: Consent) => send<Run>('POST', '/runs/confirm', JSON.stringify(consent)),
  outcomes: (id: number, kind: OutcomeKind | undefined, offset: number, signal?: AbortSignal) =>
    get<Outcome[]>(`/runs/${id}/outcomes`, { kind, offset, limit: PAGE }, signal),
};

/** The thumbnail's address. It changes when the asset does, so the browser may keep what it got for good. */
export function thumbnailUrl(asset: AssetItem): string {
  return `${ROOT}/assets/${encodeURIComponent(asset.id)}/thumbnail?v=${encodeURIComponent(asset.updated)}`;
}

export function originalUrl(asset: AssetItem): string {
  return `${ROOT}/assets/${encodeURIComponent(asset.id)}/original`;
}
