// What a person types, as the change that the server understands. Pure.
// Values stay the JSON text that was typed: read and written again, 1.0 would become 1 and a long number another one.

/** A value as it is typed, as JSON: a JSON scalar as it stands, everything else as a text. Null has no meaning here. */
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

/** A standing value as one would type it. */
export function valueAsTyped(value: string | number | boolean): string {
  if (typeof value !== 'string') return String(value);
  return valueAsJson(value) === JSON.stringify(value) ? value : JSON.stringify(value);
}

export const changes = {
  addTag: (tag: string) => JSON.stringify({ addTags: [tag] }),
  removeTag: (tag: string) => JSON.stringify({ removeTags: [tag] }),
  set: (key: string, valueJson: string) => `{"metadata":{${JSON.stringify(key)}:${valueJson}}}`,
  remove: (key: string) => JSON.stringify({ removeMetadata: [key] }),
};
