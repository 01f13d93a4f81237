import { expect, it } from 'vitest';
import { KINDS } from '../../api/connectionKinds';
import { fieldsOfCommand, inFieldNames } from './fieldNames';

it.each([
  ['Leave --endpoint out for AWS.', 'Leave “Endpoint” out for AWS.'],
  ["Use --account 'a1' --bucket 'b'.", "Use “Account” 'a1' “Bucket” 'b'."],
  ['It belongs to --bucket; --role-arn is that of a role.', 'It belongs to “Bucket”; “Role ARN” is that of a role.'],
  ['Give the whole file: --credentials-json - < FILE.', 'Give the whole file: “Key file”.'],
  ['Leave --anonymous out.', 'Leave --anonymous out.'], // no field
  [
    'Set one, on its page or with: mirrorlake connection change c --bucket BUCKET',
    'Set one, on its page or with: mirrorlake connection change c --bucket BUCKET',
  ],
])('%s', (advice, shown) => {
  expect(inFieldNames(advice)).toBe(shown);
});

it('what a form calls a field decides', () => {
  const label = (name: string) => (name === 'bucket' ? 'Container' : undefined);
  expect(inFieldNames('Use --bucket and --region.', label)).toBe('Use “Container” and --region.');
});

it('every setting and secret of a connection is named by its field', () => {
  const names = Object.values(KINDS).flatMap(({ settings, secrets }) => [...settings, ...secrets]);
  for (const name of new Set<string>(names)) {
    expect(inFieldNames(`Use --${name.replaceAll('_', '-')}.`), name).not.toContain('--');
  }
});

it('a command that changes a connection changes fields of its form', () => {
  expect(fieldsOfCommand("mirrorlake connection change 'my c' --requester-pays --project PROJECT")).toEqual([
    'The requester pays',
    'Billed project',
  ]);
  expect(fieldsOfCommand('aws s3api head-bucket --bucket b')).toEqual([]);
});
