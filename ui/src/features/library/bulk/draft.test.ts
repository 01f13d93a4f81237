import { expect, it } from 'vitest';
import { bodyOf, EMPTY, isNothing, jsonOf, type Row } from './draft';

const row = (key: string, type: Row['type'], value: string, remove = false): Row => ({
  id: 1,
  key,
  type,
  value,
  remove,
});

it('values keep the digits and the type that were chosen', () => {
  expect(jsonOf(row('a', 'number', ' 1.0 '))).toBe('1.0');
  expect(jsonOf(row('a', 'number', '12345678901234567890'))).toBe('12345678901234567890');
  expect(jsonOf(row('a', 'number', '0x10'))).toBeUndefined();
  expect(jsonOf(row('a', 'text', '95'))).toBe('"95"');
  expect(jsonOf(row('a', 'boolean', 'false'))).toBe('false');
});

it('a body names only what changes, and the selection as it is', () => {
  const rows = [
    row('n', 'number', '1.50'),
    row('x"y', 'text', 'a\nb'),
    row('old', 'text', '', true),
    row('bad', 'number', 'x'),
  ];
  expect(bodyOf({ query: 'cat' }, { ...EMPTY, addTags: ['a'], rows })).toBe(
    '{"query":"cat","add_tags":["a"],"metadata":{"n":1.50,"x\\"y":"a\\nb"},"remove_metadata":["old"]}',
  );
  expect(bodyOf({ query: '' }, EMPTY)).toBe('{"query":""}');
});

it('an incomplete row is no change', () => {
  expect(isNothing({ ...EMPTY, rows: [row('', 'text', 'a'), row('n', 'number', '')] })).toBe(true);
  expect(isNothing({ ...EMPTY, rows: [row('n', 'text', '')] })).toBe(false);
});
