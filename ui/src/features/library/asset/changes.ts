// Turn what is typed into the body of an edit. Pure.
// Values stay the JSON text that was typed: parsed and written again, 1.0 would become 1 and a long number another.

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
