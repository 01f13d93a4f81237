import { expect, test } from 'vitest';
import { point } from './pointer';

test('the mark is the character that the server means', () => {
  expect(point('metadata.width:>', 15)).toEqual({ before: 'metadata.width:', mark: '>', after: '' });
});

test('an emoji counts as one character', () => {
  expect(point('🌊🌊 AND (', 7)).toEqual({ before: '🌊🌊 AND ', mark: '(', after: '' });
});

test('something missing at the end has an empty mark', () => {
  expect(point('cat AND', 7)).toEqual({ before: 'cat AND', mark: '', after: '' });
  expect(point('', 0)).toEqual({ before: '', mark: '', after: '' });
});

test('a tab or newline does not move the mark', () => {
  expect(point('a\tb\nc(', 5)).toEqual({ before: 'a b c', mark: '(', after: '' });
});

test('a long query is cut around the mark', () => {
  const found = point(`${'a'.repeat(500)}!${'b'.repeat(500)}`, 500);
  expect(found.mark).toBe('!');
  expect(found.before).toBe(`…${'a'.repeat(48)}`);
  expect(found.after).toBe(`${'b'.repeat(48)}…`);
});
