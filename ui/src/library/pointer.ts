// Where a query went wrong, cut so that the place can be shown under the text. Pure.

export interface Pointer {
  before: string;
  mark: string; // the character itself; empty where something is missing at the end
  after: string;
}

const AROUND = 48; // characters shown on either side

/** `position` counts characters as the server does: an emoji is one, though a string here holds it as two. */
export function point(text: string, position: number): Pointer {
  const letters = Array.from(text, (letter) => (/\s/.test(letter) ? ' ' : letter));
  const at = Math.min(Math.max(0, position), letters.length);
  const from = Math.max(0, at - AROUND);
  const until = Math.min(letters.length, at + 1 + AROUND);
  return {
    before: (from > 0 ? '…' : '') + letters.slice(from, at).join(''),
    mark: letters[at] ?? '',
    after: letters.slice(at + 1, until).join('') + (until < letters.length ? '…' : ''),
  };
}
