import { expect, it } from 'vitest';
import { bytes, clock, duration, plural } from './format';

it('a plural has the form that the number asks for', () => {
  const forms = { one: '# asset', other: '# assets' };
  expect([0, 1, 2, 1666].map((value) => plural(value, forms))).toEqual([
    '0 assets',
    '1 asset',
    '2 assets',
    '1,666 assets',
  ]);
});

it('sizes and durations keep two or three digits', () => {
  expect([999, 1000, 64_200_000, 41_000_000_000].map(bytes)).toEqual(['999 B', '1.0 kB', '64 MB', '41 GB']);
  expect(duration('2026-01-01T00:00:00Z', '2026-01-01T00:03:12Z')).toBe('3 min 12 s');
});

it('lengths are written as players show them', () => {
  expect([0, 6.6, 59.6, 725, 3723].map(clock)).toEqual(['0:00', '0:07', '1:00', '12:05', '1:02:03']);
});
