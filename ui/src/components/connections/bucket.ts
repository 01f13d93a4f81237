// What is known of a connected bucket: what its connection may do, and what its datasources hold. Pure.
import type { Datasource, Health, Storage } from '../../api/client';

export type Power = 'list' | 'read' | 'write';
export type Verdict = 'yes' | 'no' | 'unknown';

// The checks of each, all of which must have passed.
const CHECKS: Record<Power, readonly string[]> = {
  list: ['list'],
  read: ['head', 'get', 'get a range', 'read a match'],
  write: ['put', 'delete'],
};

/** Whether the last check found that it can; unknown: it was not tried. */
export function verdictOf(health: Health | null, power: Power): Verdict {
  const tried = (health?.checks ?? []).filter(({ check, ok }) => CHECKS[power].includes(check) && ok !== null);
  if (tried.length === 0) return 'unknown';
  return tried.every(({ ok }) => ok) ? 'yes' : 'no';
}

export interface Held {
  assets: number;
  bytes: number | undefined; // not known, or of more datasources than are added up
  estimated: boolean;
}

/** What these datasources hold together. */
export function heldBy(sources: readonly Datasource[], storage: Storage | undefined): Held {
  const shares = new Map(storage?.datasources.map(({ name, bytes }) => [name, bytes]));
  const holding = sources.filter(({ assets }) => assets > 0);
  const known = storage !== undefined && holding.every(({ name }) => shares.has(name));
  return {
    assets: sources.reduce((sum, { assets }) => sum + assets, 0),
    bytes: known ? holding.reduce((sum, { name }) => sum + (shares.get(name) ?? 0), 0) : undefined,
    estimated: storage?.sampled != null,
  };
}
