// Text with a little markup.
import { Fragment, type ReactNode } from 'react';

const MARKUP = /(`[^`]*`|\*\*[^*]*\*\*|\{\w+\})/;

interface RichProps {
  text: string;
  parts?: Record<string, ReactNode>;
}

/** A text of the catalogue: `code`, **strong**, and {name} for a part, such as a link. */
export function Rich({ text, parts = {} }: RichProps) {
  return text.split(MARKUP).map((piece, place) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: the pieces of one text never change places
    <Fragment key={place}>{place % 2 === 1 ? marked(piece, parts) : piece}</Fragment>
  ));
}

function marked(piece: string, parts: Record<string, ReactNode>): ReactNode {
  if (piece.startsWith('`')) return <code>{piece.slice(1, -1)}</code>;
  if (piece.startsWith('**')) return <strong>{piece.slice(2, -2)}</strong>;
  return parts[piece.slice(1, -1)];
}

/** Sentences of the server, each in a paragraph. */
export function Sentences({ texts }: { texts: string[] }) {
  return texts.map((text) => (
    <p key={text}>
      <Prose text={text} />
    </p>
  ));
}

/** A text of the server, in which only `commands` are marked. */
export function Prose({ text }: { text: string }) {
  return text.split('`').map((piece, place) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: the pieces of one text never change places
    <Fragment key={place}>{place % 2 === 1 ? <code>{piece}</code> : piece}</Fragment>
  ));
}
