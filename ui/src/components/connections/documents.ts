// The documents of a connection as texts, those that the cloud has. Pure.
import type { ConnectionDocuments, ConnectionKind } from '../../api/client';
import { KINDS } from '../../api/connectionKinds';

export type DocumentName =
  | 'iam_policy'
  | 'trust_policy'
  | 'bucket_policy'
  | 'cors'
  | 'queue_policy'
  | 'notification'
  | 'commands'
  | 'terraform';

export interface DocumentText {
  name: DocumentName;
  content: string;
  suffix: 'json' | 'sh' | 'tf';
}

const JSON_DOCUMENTS = ['iam_policy', 'trust_policy', 'bucket_policy', 'cors', 'queue_policy', 'notification'] as const;
type JsonDocument = (typeof JSON_DOCUMENTS)[number];
const OF_EVENTS: readonly JsonDocument[] = ['queue_policy', 'notification'];

/** Whether there are documents for a bucket. A public one and a folder need none. */
export function isOfBucket(kind: ConnectionKind): boolean {
  return kind !== 'local' && !kind.endsWith('-anonymous');
}

/** Whether earlier versions of objects need a permission of their own. */
export function hasVersions(kind: ConnectionKind): boolean {
  return isOfBucket(kind) && KINDS[kind].provider === 's3';
}

/** How a kind is granted its access: the documents that do it, in the order in which they are applied. */
const WAYS = {
  role: ['trust_policy', 'iam_policy', 'cors'],
  bucketPolicy: ['bucket_policy', 'cors'],
  identity: ['iam_policy', 'cors'],
  user: ['iam_policy', 'cors'],
  binding: ['iam_policy', 'cors'],
  assignment: ['iam_policy', 'cors'],
  cors: ['cors'],
} as const satisfies Record<string, readonly JsonDocument[]>;
export type Way = keyof typeof WAYS;

export function wayOf(kind: ConnectionKind): Way {
  if (kind === 'aws-role' || kind === 'aws-web-identity') return 'role';
  if (kind === 'aws-bucket-policy') return 'bucketPolicy';
  if (kind === 'aws-ambient') return 'identity';
  if (kind === 'azure-service-principal' || kind === 'azure-managed-identity') return 'assignment';
  const { provider } = KINDS[kind];
  return provider === 's3' ? 'user' : provider === 'gs' ? 'binding' : 'cors';
}

/** Those that are needed first, then the same for tools, then what would serve other kinds of access. */
export function documentTexts(documents: ConnectionDocuments, kind: ConnectionKind): DocumentText[] {
  const wanted = [...WAYS[wayOf(kind)], ...OF_EVENTS];
  const rest = JSON_DOCUMENTS.filter((name) => !wanted.includes(name));
  return [...jsonTexts(documents, wanted), ...toolTexts(documents), ...jsonTexts(documents, rest)];
}

function jsonTexts(documents: ConnectionDocuments, names: readonly JsonDocument[]): DocumentText[] {
  const found: DocumentText[] = [];
  for (const name of names) {
    const document = documents[name];
    if (document === null) continue;
    found.push({ name, content: `${JSON.stringify(document, null, 2)}\n`, suffix: 'json' });
  }
  return found;
}

function toolTexts(documents: ConnectionDocuments): DocumentText[] {
  const found: DocumentText[] = [];
  if (documents.commands.length > 0)
    found.push({ name: 'commands', content: `${documents.commands.join('\n')}\n`, suffix: 'sh' });
  if (documents.terraform !== null) found.push({ name: 'terraform', content: documents.terraform, suffix: 'tf' });
  return found;
}
