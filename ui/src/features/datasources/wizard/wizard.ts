// The draft of a datasource: what the address of the wizard holds. Pure; the routes need it, so it is small.
import type { Connection } from '../../../api/client';
import { SERVICE_NAMES, type Service } from '../../../components/connections/services';

export const STEPS = ['connection', 'location', 'settings'] as const;
export type Step = (typeof STEPS)[number];
const VIAS = ['server', 'folder', 'new'] as const;

/** What one mirror config selects. */
export interface Patterns {
  only?: string; // patterns, one a line
  except?: string;
  paths?: string; // exact keys, one a line
  file?: string; // of patterns, in the bucket
}

/** What is asked of the location. In the address, so that a reload and a shared link restore it. */
export interface WizardSearch extends Patterns {
  step?: Step;
  connection?: string; // its name
  via?: (typeof VIAS)[number]; // without a connection, or with one that is yet to be created
  service?: Service; // of a new connection
  place?: string; // the bucket, the path of the folder, or the whole address
  folder?: string; // in the bucket
  more?: string; // patterns of further mirror configs, as JSON
  media?: string; // kinds, separated by commas
}

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value.slice(0, 4000) : undefined;

export function wizardSearch(search: Record<string, unknown>): WizardSearch {
  const found: WizardSearch = {};
  const step = STEPS.find((one) => one === search.step);
  if (step !== undefined) found.step = step;
  const via = VIAS.find((one) => one === search.via);
  if (via !== undefined) found.via = via;
  const service = SERVICE_NAMES.find((one) => one === search.service);
  if (via === 'new' && service !== undefined) found.service = service;
  for (const name of ['connection', 'place', 'folder', 'only', 'except', 'paths', 'file', 'media'] as const) {
    const value = text(search[name]);
    if (value !== undefined) found[name] = value;
  }
  if (typeof search.more === 'string' && search.more !== '') found.more = search.more;
  return found;
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

/** The search with a connection chosen, whose bucket and folder are proposed. */
export function withConnection(search: WizardSearch, connection: Connection): WizardSearch {
  const { via: _, service: __, place: ___, folder: ____, ...rest } = search;
  const { bucket, prefix } = connection.settings;
  return {
    ...rest,
    connection: connection.name,
    ...(bucket === null ? {} : { place: bucket }),
    ...(prefix === '' ? {} : { folder: prefix }),
  };
}
