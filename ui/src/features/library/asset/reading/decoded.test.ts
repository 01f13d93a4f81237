import { expect, it } from 'vitest';
import { decoded } from './decoded';

const bytes = (...values: number[]) => new Uint8Array(values).buffer;

it('reads a text in the encoding that was found, and in UTF-8 without one', () => {
  expect(decoded(bytes(0xc3, 0xbc), 'utf-8')).toBe('ü');
  expect(decoded(bytes(0xfc, 0x62), 'windows-1252')).toBe('üb');
  expect(decoded(bytes(0xff, 0xfe, 0xfc, 0), 'utf-16-le')).toBe('ü');
  expect(decoded(bytes(0xfe, 0xff, 0, 0xfc), 'utf-16-be')).toBe('ü');
  expect(decoded(bytes(0xc3, 0xbc), undefined)).toBe('ü');
});

it('shows what it can of an encoding that browsers do not know', () => {
  expect(decoded(bytes(0x61, 0, 0, 0), 'utf-32-le')).toContain('a');
});
