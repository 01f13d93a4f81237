// The draft of a datasource: what the address of the wizard holds, and the request that it makes. Pure.
import type { Connection, MediaKind } from '../../../api/client';

export const STEPS = ['connection', 'location', 'settings'] as const;
export type Step = (typeof STEPS)[number];

/** What is asked of the location. In the address, so that a reload and a shared link restore it. */
export interface WizardSearch {
  step?: Step;
  connection?: string; // its name
  via?: 'server' | 'folder'; // without a connection
  place?: string; // the bucket, the path of the folder, or the whole address
  folder?: string; // in the bucket
  only?: string; // patterns, one a line
  except?: string;
  media?: string; // kinds, separated by commas
}

export const MEDIA: readonly MediaKind[] = ['image', 'video', 'document', 'audio', 'text'];
const SHOWN_LINES = 200; // patterns that an address may hold

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value.slice(0, 4000) : undefined;

export function wizardSearch(search: Record<string, unknown>): WizardSearch {
  const found: WizardSearch = {};
  const step = STEPS.find((one) => one === search.step);
  if (step !== undefined) found.step = step;
  if (search.via === 'server' || search.via === 'folder') found.via = search.via;
  for (const name of ['connection', 'place', 'folder', 'only', 'except', 'media'] as const) {
    const value = text(search[name]);
    if (value !== undefined) found[name] = value;
  }
  return found;
}

export function lines(value: string | undefined): string[] {
  const found = (value ?? '').split('\n').map((line) => line.trim());
  return found.filter((line) => line !== '').slice(0, SHOWN_LINES);
}

/** The address of the location; undefined while a part is missing. */
export function addressOf(search: WizardSearch, connection: Connection | undefined): string | undefined {
  const place = (search.place ?? '').trim();
  const folder = (search.folder ?? '').trim().replace(/^\/+/, '');
  if (place === '') return undefined;
  if (search.via === 'server') return place;
  if (search.via === 'folder' || connection?.kind === 'local') return `file://${encodeURI(place)}`;
  if (connection === undefined) return undefined;
  const { kind, settings } = connection;
  if (kind.startsWith('gcs')) return `gs://${place}/${folder}`;
  if (kind.startsWith('azure')) return `az://${settings.account ?? ''}/${place}/${folder}`;
  return `s3://${place}/${folder}`;
}

/** The settings that decide what is selected. */
export function selectionOf(search: WizardSearch): Record<string, string[]> {
  const selection: Record<string, string[]> = {};
  const [only, except] = [lines(search.only), lines(search.except)];
  const media = MEDIA.filter((kind) => (search.media ?? 'image').split(',').includes(kind));
  if (only.length > 0) selection.glob_patterns = only;
  if (except.length > 0) selection.exclude = except;
  selection.media = media.length === 0 ? ['image'] : media;
  return selection;
}

/** The search with a connection chosen, whose bucket and folder are proposed. */
export function withConnection(search: WizardSearch, connection: Connection): WizardSearch {
  const { via: _, place: __, folder: ___, ...rest } = search;
  const { bucket, prefix } = connection.settings;
  return {
    ...rest,
    connection: connection.name,
    ...(bucket === null ? {} : { place: bucket }),
    ...(prefix === '' ? {} : { folder: prefix }),
  };
}
