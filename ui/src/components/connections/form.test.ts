import { describe, expect, it } from 'vitest';
import type { Connection, ConnectionKind } from '../../api/client';
import { KINDS } from '../../api/connectionKinds';
import { draftError, draftOf, fieldsOf, newDraft, requestOf, SERVICES } from './form';
import { text } from './text';

const names = (fields: { name: string }[]) => fields.map((field) => field.name);

describe('the form of a connection', () => {
  it('offers every kind under a service, and names every field', () => {
    const offered = new Set(Object.values(SERVICES).flat());
    expect([...offered].sort()).toEqual(Object.keys(KINDS).sort());
    const fields = Object.values(KINDS).flatMap((row) => [...row.settings, ...row.secrets]);
    expect(fields.filter((name) => text.fields[name] === undefined)).toEqual([]);
  });

  it.each(Object.keys(KINDS) as ConnectionKind[])('of the kind %s shows each required field at once', (kind) => {
    const { usual } = fieldsOf({ name: '', service: 's3', kind, values: {} });
    expect(names(usual)).toEqual(expect.arrayContaining([...KINDS[kind].required]));
  });

  it('asks for an endpoint, unless the service has a known address', () => {
    const draft = newDraft('s3');
    expect(names(fieldsOf(draft).usual)).toContain('endpoint');
    const wasabi = { ...draft, values: { preset: 'wasabi' } };
    expect(names(fieldsOf(wasabi).usual)).not.toContain('endpoint');
    const r2 = fieldsOf({ ...draft, values: { preset: 'r2' } }).usual;
    expect(r2.find((field) => field.name === 'account')?.required).toBe(true);
  });

  it('sees an unusable name, then the first required field that is empty', () => {
    const draft = { ...newDraft('aws'), name: 'archive' };
    expect(draftError({ ...draft, name: 'a b' })).toBe('name');
    expect(draftError(draft)).toEqual({ missing: 'access_key_id' });
    expect(draftError({ ...draft, values: { access_key_id: 'A', secret_access_key: 's' } })).toBeUndefined();
    expect(draftError(draft, ['access_key_id', 'secret_access_key'])).toBeUndefined();
  });

  it('sends what was typed, and for a stored connection only what changed', () => {
    const draft = {
      ...newDraft('aws'),
      values: { bucket: ' b ', region: '', access_key_id: 'A', allow_writes: 'true' },
    };
    expect(requestOf(draft)).toEqual({
      settings: { bucket: 'b', allow_writes: true },
      secrets: { access_key_id: 'A' },
    });
    const before = { ...newDraft('aws'), values: { bucket: 'b', prefix: 'p/' } };
    const changed = { ...before, values: { ...before.values, prefix: '', region: 'eu-west-1' } };
    expect(requestOf(changed, before)).toEqual({ settings: { prefix: null, region: 'eu-west-1' }, secrets: {} });
  });

  it('of a stored connection has its settings and none of its secrets', () => {
    const settings = { bucket: 'b', prefix: '', endpoint: 'https://s', requester_pays: true, allow_writes: false };
    const stored = { name: 'n', kind: 's3-anonymous', settings, secrets: [] } as unknown as Connection;
    expect(draftOf(stored)).toEqual({
      name: 'n',
      service: 's3',
      kind: 's3-anonymous',
      values: { bucket: 'b', endpoint: 'https://s', requester_pays: 'true' },
    });
  });
});
