// The part of a query around an error, short enough to be shown with a mark under the character. Pure.

export interface Pointer {
  before: string;
  mark: string; // the character itself; empty where something is missing at the end
  after: string;
}

const AROUND = 48; // characters shown on either side of the mark

/** `position` counts code points, as the server does: an emoji is one, though it is two units of a string here. */
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
