// Which assets are selected: some by their ids, or everything that a query finds, which only the server knows. Pure.
import type { Selected } from '../../api/client';
import { addTerm } from './query/terms';

export type Selection =
  | { kind: 'some'; ids: ReadonlySet<string> }
  | { kind: 'all'; query: string; total: number; capped: boolean; except: ReadonlySet<string> };

export const NOTHING: Selection = { kind: 'some', ids: new Set() };
export const MOST_IDS = 10_000; // that one request may name

export function isEmpty(selection: Selection): boolean {
  return selection.kind === 'some' ? selection.ids.size === 0 : selection.except.size >= selection.total;
}

export function isSelected(selection: Selection, id: string): boolean {
  return selection.kind === 'some' ? selection.ids.has(id) : !selection.except.has(id);
}

export function sizeOf(selection: Selection): number {
  return selection.kind === 'some' ? selection.ids.size : selection.total - selection.except.size;
}

/** The selection with these assets, or without them. */
export function select(selection: Selection, ids: Iterable<string>, on: boolean): Selection {
  const set = new Set(selection.kind === 'some' ? selection.ids : selection.except);
  const adds = selection.kind === 'some' ? on : !on;
  for (const id of ids) {
    if (adds) set.add(id);
    else set.delete(id);
  }
  return selection.kind === 'some' ? { kind: 'some', ids: set } : { ...selection, except: set };
}

/** The selection as a request names it. What was taken out of everything is left out by the query. */
export function asRequest(selection: Selection): Selected {
  if (selection.kind === 'some') return { assets: [...selection.ids] };
  return { query: [...selection.except].reduce((query, id) => addTerm(query, `-id:${id}`), selection.query) };
}
