import { expect, it } from 'vitest';
import { accept, codePoints, isUnfinished, moveActive } from './completion';

it('a suggestion replaces code points, and the caret is behind it', () => {
  expect(accept('😀 ta dog', { start: 2, end: 4 }, 'tag:')).toEqual({ text: '😀 tag: dog', caret: 7 });
  expect(codePoints('😀 ta dog', 5)).toBe(4);
});

it('of the suggestions none is active first and again after the last', () => {
  expect(moveActive(-1, 1, 2)).toBe(0);
  expect(moveActive(1, 1, 2)).toBe(-1);
  expect(moveActive(-1, -1, 2)).toBe(1);
});

it('only fields, keys and operators want something after them', () => {
  const suggestion = { label: 'x', assets: null, type: null };
  expect(isUnfinished({ ...suggestion, text: 'tag:', kind: 'field' })).toBe(true);
  expect(isUnfinished({ ...suggestion, text: 'metadata.a', kind: 'key' })).toBe(true);
  expect(isUnfinished({ ...suggestion, text: 'tag:a', kind: 'tag' })).toBe(false);
});
