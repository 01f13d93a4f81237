// The terms of a query text: which there are, and the text with one more or one less. Pure.
//
// The parser of the server decides what a query means. This reads only as much of the language as the controls beside
// the query need: where a term begins and ends. What it cannot read it leaves as it is.
import { quoted } from '../../../components/format';

export interface Token {
  text: string;
  start: number; // in units of the string
  end: number;
}

/** A term such as `-tag:"a b"`. */
export interface Term {
  negated: boolean;
  field: string;
  operator: string;
  value: string; // without its quotation marks
  quoted: boolean;
}

export type Value = string | number | boolean;

const TERM = /^(-?)([A-Za-z][\w.-]*)(:>=|:<=|:>|:<|:!=|:=|>=|<=|!=|:|>|<|=)([\s\S]*)$/;
const PLAIN = /^[A-Za-z][\w/-]*$/; // a text that means the same with and without quotation marks
const WORDS = /^(true|false|null|and|or|not|none|any)$/i;

/** The pieces of a query between spaces. Brackets and quotation marks hold theirs together. */
export function tokens(query: string): Token[] {
  const found: Token[] = [];
  let at = 0;
  while (at < query.length) {
    if (/\s/.test(query.charAt(at))) {
      at += 1;
      continue;
    }
    const end = endOf(query, at);
    found.push({ text: query.slice(at, end), start: at, end });
    at = end;
  }
  return found;
}

function endOf(query: string, start: number): number {
  let depth = 0;
  let inQuotes = false;
  for (let at = start; at < query.length; at++) {
    const letter = query.charAt(at);
    if (inQuotes) {
      if (letter === '\\') at += 1;
      else if (letter === '"') inQuotes = false;
    } else if (letter === '"') inQuotes = true;
    else if (letter === '(') depth += 1;
    else if (letter === ')') depth -= 1;
    else if (depth <= 0 && /\s/.test(letter)) return at;
  }
  return query.length;
}

export function readTerm(text: string): Term | undefined {
  const [, minus = '', field = '', operator = '', value = ''] = TERM.exec(text) ?? [];
  if (field === '') return undefined;
  const whole = /^"((?:[^"\\]|\\.)*)"$/s.exec(value);
  const plain = whole === null ? value : (whole[1] ?? '').replace(/\\(["\\])/g, '$1');
  return { negated: minus !== '', field, operator, value: plain, quoted: whole !== null };
}

/** Fields are read in any case, the names of keys are not. */
function sameField(one: string, other: string): boolean {
  return one === other || (!one.includes('.') && one.toLowerCase() === other.toLowerCase());
}

/** A value as a query writes it, without quotation marks where they change nothing. */
export function writeValue(value: Value): string {
  if (typeof value !== 'string') return String(value);
  return PLAIN.test(value) && !WORDS.test(value) ? value : quoted(value);
}

export function writeTerm(field: string, value: Value): string {
  return `${field}:${writeValue(value)}`;
}

/** Whether a term asks for exactly this value. */
function asksFor(term: Term, value: Value): boolean {
  if (typeof value !== 'string') return !term.quoted && term.value === String(value);
  return term.value === value && (term.quoted || !value.includes('*'));
}

/** The terms that a piece offers as alternatives: `(a OR b)` has two, another term is its only one. */
function alternatives(token: string): Term[] | undefined {
  const bracket = within(token);
  if (bracket === undefined) {
    const term = readTerm(token);
    return term === undefined ? undefined : [term];
  }
  const inner = tokens(bracket).map((one) => one.text);
  if (inner.length % 2 === 0 || inner.some((text, place) => place % 2 === 1 && text !== 'OR')) return undefined;
  const terms = inner.filter((_, place) => place % 2 === 0).map(readTerm);
  return terms.every((term) => term !== undefined) ? terms : undefined;
}

/** The piece of a query that chooses values of a field, as `toggleValue` writes it. */
function choice(query: string, field: string): { token: Token; terms: Term[] } | undefined {
  if (hasAlternatives(query)) return undefined;
  for (const token of tokens(query)) {
    const terms = alternatives(token.text);
    const chooses = terms?.every(
      (term) => !term.negated && sameField(term.field, field) && (term.operator === ':' || term.operator === '='),
    );
    const range = terms?.some((term) => !term.quoted && term.value.includes('..'));
    if (terms !== undefined && chooses && !range) return { token, terms };
  }
  return undefined;
}

/** Whether a whole query is a choice between its sides, so that a term beside it would join only the last. */
function hasAlternatives(query: string): boolean {
  return tokens(query).some((token) => token.text === 'OR');
}

/** The query with one term more. */
export function addTerm(query: string, term: string): string {
  if (!hasAlternatives(query)) return [query.trim(), term].filter((part) => part !== '').join(' ');
  const all = tokens(query).map((token) => token.text);
  const sorts = all.filter((text) => text.toLowerCase().startsWith('sort:')); // they stay outside of brackets
  const rest = all.filter((text) => !sorts.includes(text));
  return [`(${rest.join(' ')})`, term, ...sorts].join(' ');
}

function replace(query: string, token: Token, by: string): string {
  const parts = [query.slice(0, token.start).trim(), by, query.slice(token.end).trim()];
  return parts.filter((part) => part !== '').join(' ');
}

/** The query without a term that is exactly this text. */
export function removeTerm(query: string, text: string): string {
  const token = hasAlternatives(query) ? undefined : tokens(query).find((one) => one.text === text);
  return token === undefined ? query : replace(query, token, '');
}

/** Whether the query has this value among those that it chooses of a field. */
export function isChosen(query: string, field: string, value: Value): boolean {
  return choice(query, field)?.terms.some((term) => asksFor(term, value)) ?? false;
}

/** The values that a query chooses of a field, as they are written. */
export function chosenValues(query: string, field: string): string[] {
  return choice(query, field)?.terms.map((term) => term.value) ?? [];
}

/** The query that chooses a value of a field as well, or no longer. Several values are alternatives. */
export function toggleValue(query: string, field: string, value: Value): string {
  const term = writeTerm(field, value);
  const found = choice(query, field);
  if (found === undefined) return addTerm(query, term);
  const kept = found.terms.filter((one) => !asksFor(one, value));
  const written = kept.map((one) => `${one.field}:${one.quoted ? quoted(one.value) : one.value}`);
  if (kept.length === found.terms.length) written.push(term);
  const [first = ''] = written;
  return replace(query, found.token, written.length > 1 ? `(${written.join(' OR ')})` : first);
}

/** The query without what it chooses or excludes of a field: what a facet counts, so that all its values can be seen. */
export function withoutChoice(query: string, field: string): string {
  const found = choice(query, field) ?? rangeOf(query, field);
  const rest = found === undefined ? query : replace(query, found.token, '');
  const excluded = tokens(rest).filter(({ text }) => {
    const term = readTerm(text);
    return term?.negated === true && term.operator === ':' && sameField(term.field, field);
  });
  return excluded.reduce((left, { text }) => removeTerm(left, text), rest);
}

export interface Range {
  low: string; // empty where it is open
  high: string;
}

/** The range of a field that `setRange` wrote. */
export function rangeOf(query: string, field: string): { token: Token; range: Range } | undefined {
  if (hasAlternatives(query)) return undefined;
  for (const token of tokens(query)) {
    const term = readTerm(token.text);
    const same = term !== undefined && !term.negated && !term.quoted && sameField(term.field, field);
    if (!same || term.operator !== ':') continue;
    const [, low, high] = /^(.*?)\.\.(.*)$/.exec(term.value) ?? [];
    if (low !== undefined && high !== undefined) return { token, range: { low, high } };
  }
  return undefined;
}

/** The query with this range of a field in place of an earlier one. Both ends open: without one. */
export function setRange(query: string, field: string, { low, high }: Range): string {
  const found = rangeOf(query, field);
  const term = low === '' && high === '' ? '' : `${field}:${low}..${high}`;
  if (found !== undefined) return replace(query, found.token, term);
  return term === '' ? query : addTerm(query, term);
}

export interface Order {
  column: string;
  descending: boolean;
}

/** The first sort of a query. */
export function orderOf(query: string): Order | undefined {
  for (const { text } of tokens(query)) {
    const [, minus, column, direction] = /^sort:(-?)(.+?)(?::(asc|desc))?$/i.exec(text) ?? [];
    if (column !== undefined) return { column, descending: minus === '-' || direction?.toLowerCase() === 'desc' };
  }
  return undefined;
}

/** The query with this order in place of its own; undefined: with that of the library. */
export function setOrder(query: string, order: Order | undefined): string {
  const rest = tokens(query).filter((token) => !/^sort:/i.test(token.text));
  const sort = order === undefined ? [] : [`sort:${order.column}${order.descending ? ':desc' : ''}`];
  return [...rest.map((token) => token.text), ...sort].join(' ');
}

/** The term around a position of the query, in units of the string. */
export function termAt(query: string, at: number): Token | undefined {
  return tokens(query).find((token) => token.start <= at && at < token.end && !/^(AND|OR|NOT)$/.test(token.text));
}

/** What a query finds of the trash: nothing else, none of it, or perhaps some. The server leaves it out unless named. */
export function trashIn(query: string): 'only' | 'some' | 'none' {
  if (!states(query).some((state) => state === 'trash' || state === 'any')) return 'none';
  return needsTrash(query) ? 'only' : 'some';
}

/** The states that a query names, wherever in it. */
function states(query: string): string[] {
  return tokens(query).flatMap(({ text }) => {
    const inner = within(text.replace(/^-/, ''));
    if (inner !== undefined) return states(inner);
    const term = readTerm(text);
    return term !== undefined && sameField(term.field, 'state') ? [term.value.toLowerCase()] : [];
  });
}

/** Whether every match must be in the trash, as one of the terms asks. */
function needsTrash(query: string): boolean {
  if (hasAlternatives(query)) return false;
  return tokens(query).some(({ text }, place, all) => {
    if (all[place - 1]?.text === 'NOT') return false;
    const inner = within(text);
    return inner === undefined ? /^state(:|=|:=)"?trash"?$/i.test(text) : needsTrash(inner);
  });
}

function within(token: string): string | undefined {
  return /^\(([\s\S]*)\)$/.exec(token)?.[1];
}
