// Every text is shown somewhere: a key of a catalogue that no code reads is dead.
import { expect, it } from 'vitest';
import { CATALOGUE, type Sources, unreadTexts } from './catalogues';

const sources = import.meta.glob<string>(['./**/*.{ts,tsx}', '!./**/*.test.ts', '!./api/schema.d.ts'], {
  query: '?raw',
  import: 'default',
  eager: true,
});

it('every text of a catalogue is read', () => {
  expect(unreadTexts(sources)).toEqual([]);
}, 60_000); // it parses every file, which takes seconds on a busy machine

it('what exports texts is named as a catalogue is', () => {
  const misnamed = Object.entries(sources).filter(
    ([file, content]) => !CATALOGUE.test(file) && /^export const text\b/m.test(content),
  );
  expect(misnamed.map(([file]) => file)).toEqual([]);
});

const TEXTS = "export const text = { a: 'A', b: { c: 'C', d: (n: number) => plural(n, {}) } };";

it.each([
  ['text.a; text.b.c; text.b.d(1);', []],
  ['text.a;', ['b.c', 'b.d']],
  ['text.a; use(text.b);', []],
  ['text.a; text.b[name];', []],
  ['text.a.map(show); text.b.c;', ['b.d']],
  ["text.a; text.b['c'];", ['b.d']],
  ['const { a, b } = text; use(a, b.d(1));', ['b.c']],
  ['const part = text.b; text.a; part?.c;', ['b.d']],
  ['const { b: { c } } = text; use({ c });', ['a', 'b.d']],
  ['type B = keyof typeof text.b; text.a;', ['b.c', 'b.d']],
  ['other.a; other.b;', ['a', 'b.c', 'b.d']],
])('of the code %s', (code, unread) => {
  const files: Sources = { './x/text.ts': TEXTS, './x/y/Z.tsx': `import { text } from '../text';\n${code}` };
  expect(unreadTexts(files)).toEqual(unread.map((key) => `./x/text.ts: text.${key}`));
});
