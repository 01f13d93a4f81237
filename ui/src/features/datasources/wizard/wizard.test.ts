import { expect, it } from 'vitest';
import type { Connection } from '../../../api/client';
import { newSettings, settingsRequest } from '../settingsForm';
import { selectionOf, withSelection } from './selection';
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
