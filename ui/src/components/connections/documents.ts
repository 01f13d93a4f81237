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

/** Whether there are documents for a bucket. A public one and a folder need none. */
export function isOfBucket(kind: ConnectionKind): boolean {
  return kind !== 'local' && !kind.endsWith('-anonymous');
}

/** Whether earlier versions of objects need a permission of their own. */
export function hasVersions(kind: ConnectionKind): boolean {
  return isOfBucket(kind) && KINDS[kind].provider === 's3';
}

export function documentTexts(documents: ConnectionDocuments): DocumentText[] {
  const found: DocumentText[] = [];
  for (const name of JSON_DOCUMENTS) {
    const document = documents[name];
    if (document === null) continue;
    found.push({ name, content: `${JSON.stringify(document, null, 2)}\n`, suffix: 'json' });
  }
  if (documents.commands.length > 0)
    found.push({ name: 'commands', content: `${documents.commands.join('\n')}\n`, suffix: 'sh' });
  if (documents.terraform !== null) found.push({ name: 'terraform', content: documents.terraform, suffix: 'tf' });
  return found;
}
