// The documents of a connection as texts, those that the cloud has. Pure.
import type { ConnectionDocuments } from '../../api/client';

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
