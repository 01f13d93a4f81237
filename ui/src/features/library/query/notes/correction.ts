// What a note of the server proposes instead of a part of the query: the query with it. Pure.
//
// Notes end with the proposal in backquotes: "Did you mean `metadata.score`?", or "… write `has:metadata.site`."

const NOTE = /^[^`]*`([^`]+)`.*?(Did you mean|, write) `([^`]+)`[?.]$/s;
const KEY = /^(metadata|facts)\./;

export interface Correction {
  before: string; // of the note
  proposed: string;
  after: string;
  query: string; // with what is proposed
}

const literal = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Where the query has what the note is about. */
function wrongPart(wrong: string, proposed: string, asWord: boolean): RegExp {
  if (asWord) return new RegExp(`(?<=^|[\\s(-])${literal(wrong)}(?=$|[\\s)])`, 'g');
  const space = KEY.exec(proposed)?.[0];
  if (space !== undefined) return new RegExp(`(?<=^|[^\\w.])${literal(space + wrong)}(?![\\w.-])`, 'g');
  const field = proposed.slice(0, proposed.indexOf(':'));
  const quoted = `"${wrong.replace(/["\\]/g, '\\$&')}"`;
  return new RegExp(`(?<=^|[\\s(-])${field}:=?(?:${literal(wrong)}|${literal(quoted)})(?=$|[\\s)])`, 'gi');
}

/** Undefined where a note proposes nothing, or is about something that the query writes in another way. */
export function correction(query: string, note: string): Correction | undefined {
  const found = NOTE.exec(note);
  if (found === null) return undefined;
  const [, wrong = '', how, proposed = ''] = found;
  const corrected = query.replace(wrongPart(wrong, proposed, how !== 'Did you mean'), () => proposed);
  if (corrected === query) return undefined;
  const at = note.lastIndexOf(`\`${proposed}\``);
  return { before: note.slice(0, at), proposed, after: note.slice(at + proposed.length + 2), query: corrected };
}
