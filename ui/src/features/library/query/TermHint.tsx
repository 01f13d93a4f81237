// What the term under the pointer means, in a sentence of the server. By keyboard, the same is in the help of the query.
import { useQuery } from '@tanstack/react-query';
import { type RefObject, useEffect, useState } from 'react';
import { libraryQueries } from '../../../api/libraryQueries';
import { termAt } from './terms';

const PAUSE_MS = 350; // that the pointer rests on a term

interface Pointed {
  term: string;
  left: number; // px from the start of the field
}

/** How many characters of the text begin left of `x`. The font has one width, but some characters take two. */
function characterAt(input: HTMLInputElement, x: number): number | undefined {
  const context = document.createElement('canvas').getContext('2d');
  if (context === null) return undefined;
  context.font = getComputedStyle(input).font;
  const width = (length: number) => context.measureText(input.value.slice(0, length)).width;
  if (x < 0 || x > width(input.value.length)) return undefined;
  let [low, high] = [0, input.value.length];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (width(middle) <= x) low = middle;
    else high = middle - 1;
  }
  return low;
}

export function TermHint({ input }: { input: RefObject<HTMLInputElement | null> }) {
  const [pointed, setPointed] = useState<Pointed>();
  const { data } = useQuery(libraryQueries.explained(pointed?.term ?? ''));
  useEffect(() => {
    const field = input.current;
    if (field === null) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const leave = () => {
      clearTimeout(timer);
      setPointed(undefined);
    };
    const move = (event: PointerEvent) => {
      clearTimeout(timer);
      const x = event.clientX - field.getBoundingClientRect().left;
      timer = setTimeout(() => {
        const at = characterAt(field, x + field.scrollLeft);
        const term = at === undefined ? undefined : termAt(field.value, at);
        setPointed(term === undefined ? undefined : { term: term.text, left: field.offsetLeft + x });
      }, PAUSE_MS);
    };
    field.addEventListener('pointermove', move);
    field.addEventListener('pointerleave', leave);
    field.addEventListener('keydown', leave);
    return () => {
      clearTimeout(timer);
      field.removeEventListener('pointermove', move);
      field.removeEventListener('pointerleave', leave);
      field.removeEventListener('keydown', leave);
    };
  }, [input]);
  if (pointed === undefined || data === undefined) return null;
  return (
    <div className="term-hint" role="tooltip" style={{ left: pointed.left }}>
      {data.terms.map((term) => (
        <p key={term.query + term.depth}>{term.text}</p>
      ))}
    </div>
  );
}
