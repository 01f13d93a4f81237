// What a dialog would change of many assets, written as the body of a request. Pure.
// Values stay the JSON text that was typed: parsed and written again, 1.0 would become 1 and a long number another.
import type { Selected } from '../../../api/client';

export type Typed = 'text' | 'number' | 'boolean';

export interface Row {
  id: number; // of the row, while it is edited
  key: string;
  remove: boolean;
  type: Typed;
  value: string;
}

export interface Draft {
  addTags: string[];
  removeTags: string[];
  addProjects: string[];
  removeProjects: string[];
  rows: Row[];
}

export const EMPTY: Draft = { addTags: [], removeTags: [], addProjects: [], removeProjects: [], rows: [] };

const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/; // as JSON writes it

/** A typed value as JSON; undefined where it is not of its type. */
export function jsonOf({ type, value }: Pick<Row, 'type' | 'value'>): string | undefined {
  if (type === 'text') return JSON.stringify(value);
  if (type === 'boolean') return value === 'false' ? 'false' : 'true';
  return NUMBER.test(value.trim()) ? value.trim() : undefined;
}

/** The rows that are complete. */
function written(rows: Row[]): Row[] {
  return rows.filter((row) => row.key.trim() !== '' && (row.remove || jsonOf(row) !== undefined));
}

export function isNothing(draft: Draft): boolean {
  const { addTags, removeTags, addProjects, removeProjects, rows } = draft;
  return [addTags, removeTags, addProjects, removeProjects, written(rows)].every((list) => list.length === 0);
}

/** The body of a bulk edit of these assets. */
export function bodyOf(selected: Selected, draft: Draft): string {
  const rows = written(draft.rows);
  const set = rows.filter((row) => !row.remove);
  const parts: [string, string][] = [
    ...Object.entries(selected).map(([name, value]): [string, string] => [name, JSON.stringify(value)]),
    ['add_tags', JSON.stringify(draft.addTags)],
    ['remove_tags', JSON.stringify(draft.removeTags)],
    ['add_projects', JSON.stringify(draft.addProjects)],
    ['remove_projects', JSON.stringify(draft.removeProjects)],
    ['metadata', `{${set.map((row) => `${JSON.stringify(row.key.trim())}:${jsonOf(row)}`).join(',')}}`],
    ['remove_metadata', JSON.stringify(rows.filter((row) => row.remove).map((row) => row.key.trim()))],
  ];
  const filled = parts.filter(([, json]) => json !== '[]' && json !== '{}');
  return `{${filled.map(([name, json]) => `"${name}":${json}`).join(',')}}`;
}
