// Take a suggestion into a query. Pure. Positions of the server count code points, those of a field units of a string.
import type { Completions, Suggestion } from '../../../api/client';

export interface Typed {
  text: string;
  caret: number; // in units of the string
}

/** The position as the server counts it. */
export function codePoints(text: string, caret: number): number {
  return Array.from(text.slice(0, caret)).length;
}

/** The query with a suggestion in place of what it completes, and the caret behind it. */
export function accept(text: string, { start, end }: Pick<Completions, 'start' | 'end'>, suggestion: string): Typed {
  const letters = Array.from(text);
  const before = letters.slice(0, start).join('') + suggestion;
  return { text: before + letters.slice(end).join(''), caret: before.length };
}

/** Whether something has to follow a suggestion, so that the next suggestions are shown at once. */
export function isUnfinished(suggestion: Suggestion): boolean {
  return suggestion.kind === 'operator' || suggestion.kind === 'key' || suggestion.kind === 'fact'
    ? true
    : suggestion.kind === 'field' && /[:.]$/.test(suggestion.text);
}

/** The suggestion after or before the active one; -1 is none of them, so that Enter searches what is typed. */
export function moveActive(active: number, by: 1 | -1, length: number): number {
  const places = length + 1;
  return ((active + 1 + by + places) % places) - 1;
}
