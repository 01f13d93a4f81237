// The form of a connection: which fields its kind has, and the request that they make. Pure.
import type { Connection, ConnectionKind } from '../../api/client';
import { KINDS, PRESETS } from '../../api/connectionKinds';
import { SERVICE_NAMES, type Service } from './services';

/** The kinds of connections by where the storage is, the usual one first. */
export const SERVICES: Record<Service, readonly ConnectionKind[]> = {
  aws: ['aws-keys', 'aws-role', 'aws-bucket-policy', 'aws-ambient', 'aws-web-identity', 's3-anonymous'],
  s3: ['s3', 's3-anonymous'],
  gcs: ['gcs-service-account', 'gcs-workload-identity', 'gcs-ambient', 'gcs-hmac', 'gcs-anonymous'],
  azure: [
    'azure-key',
    'azure-sas',
    'azure-connection-string',
    'azure-service-principal',
    'azure-managed-identity',
    'azure-anonymous',
  ],
  local: ['local'],
};

export interface Draft {
  name: string;
  service: Service;
  kind: ConnectionKind;
  values: Record<string, string>; // settings and secrets by name; flags are `true`
}

export type FieldKind = 'text' | 'secret' | 'file' | 'preset' | 'flag' | 'pathStyle';

export interface FormField {
  name: string;
  kind: FieldKind;
  required: boolean;
}

const NAME = /^[A-Za-z0-9]([A-Za-z0-9._-]{0,98}[A-Za-z0-9])?$/;
const FLAGS = ['requester_pays', 'allow_writes'];
const FILES = ['credentials_json', 'connection_string'];
// In the order in which a person has them at hand. Others are more settings.
const USUAL = [
  'preset',
  'endpoint',
  'account',
  'tenant_id',
  'client_id',
  'role_arn',
  'access_key_id',
  'secret_access_key',
  'client_secret',
  'account_key',
  'sas_token',
  'connection_string',
  'credentials_json',
  'region',
  'bucket',
  'prefix',
];

interface Row {
  settings: readonly string[];
  secrets: readonly string[];
  required: readonly string[];
}

const rowOf = (kind: ConnectionKind): Row => KINDS[kind];
const addressOf = (preset: string | undefined): string | null =>
  preset !== undefined && preset in PRESETS ? PRESETS[preset as keyof typeof PRESETS].address : null;

export function newDraft(service: Service): Draft {
  return { name: '', service, kind: SERVICES[service][0] ?? 's3', values: {} };
}

/** The draft that changes a stored connection. Its secrets are unknown, so their fields are empty. */
export function draftOf({ name, kind, settings }: Connection): Draft {
  const values: Record<string, string> = {};
  for (const [setting, value] of Object.entries(settings)) {
    if (value !== null && value !== false && value !== '') values[setting] = String(value);
  }
  const service = SERVICE_NAMES.find((one) => SERVICES[one].includes(kind)) ?? 's3';
  return { name, service: kind === 's3-anonymous' && settings.endpoint ? 's3' : service, kind, values };
}

function isRequired(name: string, draft: Draft, stored: readonly string[]): boolean {
  if (stored.includes(name)) return false;
  const address = addressOf(draft.values.preset);
  if (address?.includes(`{${name}}`)) return true;
  return rowOf(draft.kind).required.includes(name) && !(name === 'endpoint' && address !== null);
}

/** Whether a field makes sense for the service: presets and endpoints are those of other servers than AWS. */
function applies(name: string, { service, kind, values }: Draft): boolean {
  if (service === 'aws' && ['preset', 'endpoint', 'account', 'path_style'].includes(name)) return false;
  if (kind === 's3' || kind === 's3-anonymous') {
    const address = addressOf(values.preset);
    if (name === 'account') return address?.includes('{account}') ?? false;
    if (name === 'endpoint') return address === null || values.endpoint !== undefined;
  }
  return kind !== 'gcs-hmac' || name !== 'preset';
}

/** The fields of a draft: those that are usually filled in, and the others. `stored`: names of stored secrets. */
export function fieldsOf(draft: Draft, stored: readonly string[] = []): { usual: FormField[]; more: FormField[] } {
  const { settings, secrets } = rowOf(draft.kind);
  const all = [...settings, ...secrets].filter((name) => applies(name, draft));
  const field = (name: string): FormField => ({
    name,
    kind: kindOf(name, secrets.includes(name)),
    required: isRequired(name, draft, stored),
  });
  const usual = USUAL.filter((name) => all.includes(name));
  const rest = all.filter((name) => !usual.includes(name));
  const needed = rest.filter((name) => isRequired(name, draft, stored));
  return {
    usual: [...usual, ...needed].map(field),
    more: rest.filter((name) => !needed.includes(name)).map(field),
  };
}

function kindOf(name: string, secret: boolean): FieldKind {
  if (name === 'preset') return 'preset';
  if (name === 'path_style') return 'pathStyle';
  if (FLAGS.includes(name)) return 'flag';
  if (FILES.includes(name)) return 'file';
  return secret && name !== 'access_key_id' ? 'secret' : 'text';
}

type Values = Record<string, string | boolean | null>;

export interface ConnectionRequest {
  settings: Values;
  secrets: Record<string, string>;
}

function typed(name: string, value: string): string | boolean {
  return FLAGS.includes(name) || name === 'path_style' ? value === 'true' : value;
}

/** What is sent for a draft. With `before`, only what differs from it, and null for what was emptied. */
export function requestOf(draft: Draft, before?: Draft): ConnectionRequest {
  const { usual, more } = fieldsOf(draft);
  const { secrets } = rowOf(draft.kind);
  const request: ConnectionRequest = { settings: {}, secrets: {} };
  for (const { name } of [...usual, ...more]) {
    const value = (draft.values[name] ?? '').trim();
    if (secrets.includes(name)) {
      if (value !== '') request.secrets[name] = value;
    } else if (value !== (before?.values[name] ?? ''))
      request.settings[name] = value === '' ? null : typed(name, value);
  }
  return request;
}

/** What can be seen without the server: the first required field that is empty, or a name that none may have. */
export function draftError(draft: Draft, stored: readonly string[] = []): 'name' | { missing: string } | undefined {
  if (!NAME.test(draft.name.trim())) return 'name';
  const { usual } = fieldsOf(draft, stored);
  const missing = usual.find(({ name, required }) => required && (draft.values[name] ?? '').trim() === '');
  return missing === undefined ? undefined : { missing: missing.name };
}
