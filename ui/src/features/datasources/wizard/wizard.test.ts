import { expect, it } from 'vitest';
import type { Connection } from '../../../api/client';
import { newSettings, settingsRequest } from '../settingsForm';
import { configsOf, selectionOf, withConfigs, withSelection } from './selection';
import { addressOf, withConnection, wizardSearch } from './wizard';

const connection = (kind: string, settings: object = {}) =>
  ({ name: 'c', kind, settings: { bucket: null, prefix: '', account: null, ...settings } }) as unknown as Connection;

it.each([
  [{ place: 'b', folder: '/2026/' }, connection('s3'), 's3://b/2026/'],
  [{ place: 'b' }, connection('aws-role'), 's3://b/'],
  [{ place: 'b', folder: 'x' }, connection('gcs-hmac'), 'gs://b/x'],
  [{ place: 'c1', folder: 'x/' }, connection('azure-key', { account: 'acc' }), 'az://acc/c1/x/'],
  [{ place: '/data/my photos' }, connection('local'), 'file:///data/my%20photos'],
  [{ place: '/data', via: 'folder' as const }, undefined, 'file:///data'],
  [{ place: 's3://open/x', via: 'server' as const }, undefined, 's3://open/x'],
  [{ place: ' ' }, connection('s3'), undefined],
  [{ place: 'b' }, undefined, undefined],
])('the address of %j', (search, by, address) => {
  expect(addressOf(search, by)).toBe(address);
});

it('patterns are lines, and images are selected unless something else is chosen', () => {
  expect(selectionOf({ only: ' a/** \n\n*.png', except: 'raw/**' })).toEqual({
    glob_patterns: ['a/**', '*.png'],
    exclude: ['raw/**'],
    media: ['image'],
  });
  expect(selectionOf({ media: 'video,image,nonsense' })).toEqual({ media: ['image', 'video'] });
  expect(selectionOf({ paths: 'a.jpg\n', file: ' list.txt ' })).toEqual({
    paths: ['a.jpg'],
    glob_file_path: 'list.txt',
    media: ['image'],
  });
});

it('further mirror configs are in the address, and all of them are asked for', () => {
  const further = [{ only: 'b/**', except: '', other: 1 }, 'x'];
  const search = wizardSearch({ only: 'a/**', more: JSON.stringify(further), media: 'video' });
  expect(selectionOf(search)).toEqual({
    mirror_configs: [{ glob_patterns: ['a/**'] }, { glob_patterns: ['b/**'] }, {}],
    media: ['video'],
  });
  const [first, second] = configsOf(search);
  if (first === undefined || second === undefined) throw new Error('the address has three configs');
  expect(selectionOf(withConfigs(search, [second, first]))).toMatchObject({
    mirror_configs: [{ glob_patterns: ['b/**'] }, { glob_patterns: ['a/**'] }],
  });
  expect(withConfigs(search, [second]).more).toBeUndefined();
  expect(selectionOf(withConfigs(search, [second]))).toEqual({ glob_patterns: ['b/**'], media: ['video'] });
  expect(selectionOf({ only: 'a/**', more: '[{' })).toEqual({ glob_patterns: ['a/**'], media: ['image'] });
});

it('a further mirror config keeps what is chosen for its objects', () => {
  const search = { only: 'a/**', more: JSON.stringify([{ only: 'b/**' }]) };
  const chosen = withSelection(newSettings('UTC'), search);
  const kept = { ...chosen, configs: chosen.configs.map((one) => ({ ...one, orphans: 'keep' as const })) };
  expect(settingsRequest(withSelection(kept, { ...search, only: 'c/**' }))).toMatchObject({
    mirror_configs: [
      { glob_patterns: ['c/**'], settings: { orphans: 'keep' } },
      { glob_patterns: ['b/**'], settings: { orphans: 'keep' } },
    ],
  });
});

it('a chosen connection proposes its bucket and folder, and forgets those of another', () => {
  const before = { via: 'server' as const, place: 's3://x', folder: 'y', only: '**' };
  const chosen = withConnection(before, connection('s3', { bucket: 'b', prefix: 'p/' }));
  expect(chosen).toEqual({ connection: 'c', place: 'b', folder: 'p/', only: '**' });
});

it('the address holds a new connection and its service, until the connection is created', () => {
  expect(wizardSearch({ via: 'new', service: 'gcs' })).toEqual({ via: 'new', service: 'gcs' });
  expect(wizardSearch({ via: 'new', service: 'x' })).toEqual({ via: 'new' });
  expect(wizardSearch({ via: 'server', service: 'gcs' })).toEqual({ via: 'server' });
  expect(withConnection({ via: 'new', service: 'gcs' }, connection('gcs-hmac'))).toEqual({ connection: 'c' });
});

it('an address with unknown parts is read without them', () => {
  expect(wizardSearch({ step: 'nowhere', via: 'x', place: 3, only: 'a', other: 'b' })).toEqual({ only: 'a' });
});

it('the settings of a new datasource have what the address selects', () => {
  const made = withSelection(newSettings('UTC'), { only: 'a/**', paths: 'b.jpg', file: 'list.txt', media: 'video' });
  expect(settingsRequest(made)).toMatchObject({
    glob_patterns: ['a/**'],
    exclude: null,
    paths: ['b.jpg'],
    glob_file_path: 'list.txt',
    media: ['video'],
    orphans: 'trash',
  });
});
