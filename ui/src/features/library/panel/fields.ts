// Which facets the panel offers, and what a click on one of their values or folders writes into the query. Pure.
import type { Facet } from '../../../api/client';
import { addTerm, type Range, removeTerm, tokens, type Value, writeTerm } from '../query/terms';

export const FILE_FIELDS = [
  'kind',
  'tag',
  'datasource',
  'project',
  'split',
  'class',
  'type',
  'state',
  'size',
  'width',
  'height',
  'created',
  'modified',
  'updated',
];
/** What is open until somebody chooses: few fields, that nearly every library has. */
export const OPEN_FIELDS = ['kind', 'tag', 'datasource'];

export type Bin = Facet['bins'][number];

/** Dates and texts are never both in one bar. */
export function isDates(bins: Bin[]): boolean {
  return typeof bins[0]?.low === 'string';
}

/** The range from one bar to another. The end of a bar is the first day after it, and ranges include their ends. */
export function rangeOfBins(first: Bin, last: Bin): Range {
  const { low } = first;
  const { high } = last;
  if (typeof high !== 'string') return { low: String(low), high: String(high) };
  const day = new Date(`${high}T00:00:00Z`);
  day.setUTCDate(day.getUTCDate() - 1);
  return { low: String(low), high: day.toISOString().slice(0, 10) };
}

/** Whether a bar touches a range. */
export function isInRange(bin: Bin, { low, high }: Range): boolean {
  if (typeof bin.low === 'string' || typeof bin.high === 'string') {
    return (low === '' || String(bin.high) > low) && (high === '' || String(bin.low) <= high);
  }
  return (low === '' || bin.high > Number(low)) && (high === '' || bin.low < Number(high));
}

export function isExcluded(query: string, field: string, value: Value): boolean {
  return tokens(query).some((token) => token.text === `-${writeTerm(field, value)}`);
}

/** The query that leaves out a value, or no longer. */
export function toggleExclusion(query: string, field: string, value: Value): string {
  const term = `-${writeTerm(field, value)}`;
  return isExcluded(query, field, value) ? removeTerm(query, term) : addTerm(query, term);
}

/** A key may hold what a glob without quotation marks cannot say, and in those no star is a wildcard. */
const UNSPEAKABLE = /[^\p{L}\p{N}._~@%+,:/-]/gu;

/** Where a folder is. The same path may exist in several datasources. */
export interface Place {
  path: string;
  datasource: string | undefined; // undefined where there is only one
}

/** The term that finds what is below a folder. Where a character cannot be written, any text stands in its place. */
export function folderTerm({ path, datasource }: Place): string {
  const below = `path:${path.replace(UNSPEAKABLE, '*')}**`;
  return datasource === undefined ? below : `(${writeTerm('datasource', datasource)} ${below})`;
}

const FOLDER = /^(path:[^"()]*\/\*\*|\(datasource:.* path:[^"()]*\/\*\*\))$/s;

/** The term of the query that chooses a folder. */
export function chosenFolder(query: string): string | undefined {
  return tokens(query).find((token) => FOLDER.test(token.text))?.text;
}

/** Whether the chosen folder is below this one. */
export function holdsChosen(chosen: string | undefined, place: Place): boolean {
  const term = folderTerm(place);
  const beginning = term.slice(0, term.lastIndexOf('**'));
  return chosen !== undefined && chosen !== term && chosen.startsWith(beginning);
}

export function withoutFolder(query: string): string {
  const chosen = chosenFolder(query);
  return chosen === undefined ? query : removeTerm(query, chosen);
}

/** The query in this folder rather than in another; in none if it is chosen already. */
export function toggleFolder(query: string, place: Place): string {
  const term = folderTerm(place);
  const rest = withoutFolder(query);
  return chosenFolder(query) === term ? rest : addTerm(rest, term);
}
