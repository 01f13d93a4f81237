// Turn what is typed into the body of an edit. Pure.
// Values stay the JSON text that was typed: parsed and written again, 1.0 would become 1 and a long number another.
import type { KnownKey } from '../../../api/client';

/** A typed value as JSON: a JSON scalar unchanged, everything else as a string. Null for null, which is no value. */
export function valueAsJson(typed: string): string | null {
  let read: unknown;
  try {
    read = JSON.parse(typed);
  } catch {
    return JSON.stringify(typed);
  }
  if (read === null) return null;
  return typeof read === 'object' ? JSON.stringify(typed) : typed.trim();
}

type ValueType = 'string' | 'number' | 'boolean';

/** The type that a key has everywhere else, where a value of another one is sent, as JSON. */
export function otherType(json: string | null, known: KnownKey | undefined): ValueType | undefined {
  if (json === null || known === undefined || known.mixed) return undefined;
  const usual = known.type === 'date' ? 'string' : known.type;
  return typeof JSON.parse(json) === usual ? undefined : usual;
}

/** An existing value as it would be typed. */
export function valueAsTyped(value: string | number | boolean): string {
  if (typeof value !== 'string') return String(value);
  return valueAsJson(value) === JSON.stringify(value) ? value : JSON.stringify(value);
}

/** Sends an edit, written by `changes`. Returns what is wrong with it, if anything. */
export type Edit = (body: string) => Promise<string | undefined>;

export const changes = {
  addTag: (tag: string) => JSON.stringify({ addTags: [tag] }),
  removeTag: (tag: string) => JSON.stringify({ removeTags: [tag] }),
  set: (key: string, valueJson: string) => `{"metadata":{${JSON.stringify(key)}:${valueJson}}}`,
  remove: (key: string) => JSON.stringify({ removeMetadata: [key] }),
};
