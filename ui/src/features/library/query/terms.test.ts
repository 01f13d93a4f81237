import { describe, expect, it } from 'vitest';
import {
  addTerm,
  chosenValues,
  isChosen,
  orderOf,
  rangeOf,
  removeTerm,
  setOrder,
  setRange,
  termAt,
  toggleValue,
  tokens,
  trashIn,
  withoutChoice,
} from './terms';

describe('tokens', () => {
  it.each([
    ['cat  dog', ['cat', 'dog']],
    ['tag:"a b" -x', ['tag:"a b"', '-x']],
    ['metadata.a:"say \\"hi\\" you" b', ['metadata.a:"say \\"hi\\" you"', 'b']],
    ['(a OR (b c)) d', ['(a OR (b c))', 'd']],
    ['photo(1).jpg "(" x', ['photo(1).jpg', '"("', 'x']],
    ['tag:"never ends', ['tag:"never ends']],
    ['(never ends', ['(never ends']],
    [') x', [')', 'x']],
  ])('of %s', (query, found) => expect(tokens(query).map((token) => token.text)).toEqual(found));
});

describe('a value', () => {
  it.each([
    ['', 'tag', 'ripe', 'tag:ripe'],
    ['cat', 'tag', 'a b', 'cat tag:"a b"'],
    ['tag:ripe', 'tag', 'golden', '(tag:ripe OR tag:golden)'],
    ['cat (tag:ripe OR tag:golden) dog', 'tag', 'ripe', 'cat tag:golden dog'],
    ['cat tag:"ripe"', 'tag', 'ripe', 'cat'],
    ['TAG:ripe', 'tag', 'ripe', ''],
    ['metadata.n:80', 'metadata.n', 80, ''],
    ['metadata.n:80', 'metadata.n', 'x', '(metadata.n:80 OR metadata.n:x)'],
    ['metadata.code:"007"', 'metadata.code', 'true', '(metadata.code:"007" OR metadata.code:"true")'],
    ['-tag:ripe', 'tag', 'ripe', '-tag:ripe tag:ripe'],
    ['cat OR dog sort:name', 'tag', 'ripe', '(cat OR dog) tag:ripe sort:name'],
    ['tag:ri*', 'tag', 'ri*', '(tag:ri* OR tag:"ri*")'],
    ['metadata.n:1..5', 'metadata.n', 3, 'metadata.n:1..5 metadata.n:3'],
  ])('is chosen or not: %s, %s %s', (query, field, value, after) => {
    expect(toggleValue(query, field, value)).toBe(after);
  });

  it('is back after choosing it twice', () => {
    const query = 'cat sort:size:desc';
    expect(toggleValue(toggleValue(query, 'tag', 'a "b" \\'), 'tag', 'a "b" \\')).toBe(query);
  });

  it('is found as it was written', () => {
    expect(chosenValues('x (tag:a OR tag:"b c")', 'tag')).toEqual(['a', 'b c']);
    expect(isChosen('tag:"b c"', 'tag', 'b c')).toBe(true);
    expect(isChosen('tag:a OR tag:b', 'tag', 'a')).toBe(false); // a term beside it would not join both sides
  });

  it('of its own facet does not narrow what that counts', () => {
    expect(withoutChoice('x (tag:a OR tag:b) y', 'tag')).toBe('x y');
    expect(withoutChoice('x size:1..2', 'size')).toBe('x');
    expect(withoutChoice('x -tag:a tag:b -tag:"c d" -kind:image', 'tag')).toBe('x -kind:image');
    expect(withoutChoice('x', 'tag')).toBe('x');
  });
});

describe('a range', () => {
  it('replaces the earlier one, and goes when both ends are open', () => {
    const first = setRange('cat', 'metadata.score', { low: '0.2', high: '' });
    expect(first).toBe('cat metadata.score:0.2..');
    expect(rangeOf(first, 'metadata.score')?.range).toEqual({ low: '0.2', high: '' });
    expect(setRange(`${first} dog`, 'metadata.score', { low: '', high: '1' })).toBe('cat metadata.score:..1 dog');
    expect(setRange(first, 'metadata.score', { low: '', high: '' })).toBe('cat');
  });
});

describe('an order', () => {
  it('is read in both notations and replaced', () => {
    expect(orderOf('cat sort:-size')).toEqual({ column: 'size', descending: true });
    expect(orderOf('sort:metadata.a:desc x')).toEqual({ column: 'metadata.a', descending: true });
    expect(orderOf('cat')).toBeUndefined();
    expect(setOrder('cat sort:-size dog', { column: 'name', descending: false })).toBe('cat dog sort:name');
    expect(setOrder('cat sort:name sort:size', undefined)).toBe('cat');
  });
});

it('a term is removed by its text, and added beside alternatives in brackets', () => {
  expect(removeTerm('a -tag:b c', '-tag:b')).toBe('a c');
  expect(removeTerm('a OR b', 'b')).toBe('a OR b');
  expect(addTerm('a OR b', 'c')).toBe('(a OR b) c');
});

it('the term under a position is found, and no keyword', () => {
  expect(termAt('cat AND tag:"a b"', 12)?.text).toBe('tag:"a b"');
  expect(termAt('cat AND dog', 5)).toBeUndefined();
  expect(termAt('cat ', 3)).toBeUndefined();
});

it.each([
  ['state:trash', 'only'],
  ['state:trash tag:x', 'only'],
  ['tag:x AND (state=Trash name:"a b")', 'only'],
  ['state:trash OR tag:x', 'some'],
  ['state:any', 'some'],
  ['-state:trash', 'some'],
  ['NOT state:trash', 'some'],
  ['(state:trash OR tag:x) width:>5', 'some'],
  ['tag:"state:trash"', 'none'],
  ['state:present', 'none'],
  ['', 'none'],
])('what %s finds of the trash: %s', (query, expected) => {
  expect(trashIn(query)).toBe(expected);
});
