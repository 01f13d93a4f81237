import { expect, it } from 'vitest';
import type { ConnectionDocuments, ConnectionKind } from '../../api/client';
import { documentTexts } from './documents';

const DOCUMENTS = {
  iam_policy: {},
  trust_policy: {},
  bucket_policy: {},
  cors: [],
  queue_policy: null,
  notification: null,
  commands: ['aws'],
  terraform: 'resource',
} as unknown as ConnectionDocuments;
const namesFor = (kind: ConnectionKind) => documentTexts(DOCUMENTS, kind).map(({ name }) => name);

it('begins with what is applied first for the kind of access', () => {
  const tools = ['commands', 'terraform'];
  expect(namesFor('aws-role')).toEqual(['trust_policy', 'iam_policy', 'cors', ...tools, 'bucket_policy']);
  expect(namesFor('aws-bucket-policy')).toEqual(['bucket_policy', 'cors', ...tools, 'iam_policy', 'trust_policy']);
  expect(namesFor('s3')).toEqual(['iam_policy', 'cors', ...tools, 'trust_policy', 'bucket_policy']);
  expect(namesFor('gcs-service-account').slice(0, 2)).toEqual(['iam_policy', 'cors']);
  expect(namesFor('azure-managed-identity').slice(0, 2)).toEqual(['iam_policy', 'cors']);
});

it('asks for nothing but CORS where a key grants everything already', () => {
  expect(namesFor('azure-key')[0]).toBe('cors');
  expect(namesFor('azure-sas')[0]).toBe('cors');
});
