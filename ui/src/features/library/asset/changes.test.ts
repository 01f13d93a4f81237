import { describe, expect, it } from 'vitest';
import type { KnownKey } from '../../../api/client';
import { changes, otherType, valueAsJson, valueAsTyped } from './changes';

describe('what is typed', () => {
  it.each([
    ['95', '95'],
    ['1.0', '1.0'],
    ['-2.5e3', '-2.5e3'],
    ['9007199254740993', '9007199254740993'],
    [' true ', 'true'],
    ['"95"', '"95"'],
    ['front', '"front"'],
    ['', '""'],
    ['007', '"007"'],
    ['NaN', '"NaN"'],
    ['{"a": 1}', '"{\\"a\\": 1}"'],
    ['[1]', '"[1]"'],
    ['a "b" \\ c', '"a \\"b\\" \\\\ c"'],
  ])('%s is sent as %s', (typed, json) => {
    expect(valueAsJson(typed)).toBe(json);
  });

  it('is refused when it is null', () => {
    expect(valueAsJson('null')).toBeNull();
  });

  it.each(['front', '95', 'true', 'null', '', '"x"', '{"a":1}', 95, 2.5, true])('%s survives being edited', (value) => {
    const json = valueAsJson(valueAsTyped(value));
    expect(json === null ? null : JSON.parse(json)).toBe(value);
  });

  it('keeps every digit in the change', () => {
    expect(changes.set('a.b', '9007199254740993')).toBe('{"metadata":{"a.b":9007199254740993}}');
  });
});

describe('the type of a value', () => {
  const known = (type: KnownKey['type'], mixed = false) => ({ type, mixed }) as KnownKey;

  it.each([
    ['95', known('string'), 'string'],
    ['"2026-01-31"', known('date'), undefined],
    ['95', known('date'), 'string'],
    ['"95"', known('number'), 'number'],
    ['95', known('number'), undefined],
    ['"yes"', known('boolean'), 'boolean'],
    ['true', known('boolean'), undefined],
    ['95', known('string', true), undefined],
    ['95', undefined, undefined],
    [null, known('number'), undefined],
  ])('%s of a key that is %o elsewhere', (json, key, other) => {
    expect(otherType(json, key)).toBe(other);
  });
});
