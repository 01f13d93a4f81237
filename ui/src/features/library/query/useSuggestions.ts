// The suggestions at the caret: asked for while somebody types, and moved through by key.
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { Completions, Suggestion } from '../../../api/client';
import { libraryQueries } from '../../../api/libraryQueries';
import { codePoints, moveActive, type Typed } from './completion';

const PAUSE_MS = 40; // of typing, before suggestions are asked for

function useLate<T>(value: T, pause: number): T {
  const [late, setLate] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setLate(value), pause);
    return () => clearTimeout(timer);
  }, [value, pause]);
  return late;
}

export interface SuggestionList {
  completions: Completions | undefined; // undefined: nothing is shown
  active: number; // -1: none
  chosen: Suggestion | undefined;
  hover: (place: number) => void;
  ask: (typed: Typed) => void;
  close: () => void;
  move: (by: 1 | -1) => void;
}

export function useSuggestions(): SuggestionList {
  const [typed, setTyped] = useState<Typed>(); // undefined: closed
  const [active, setActive] = useState(-1);
  const asked = useLate(typed, PAUSE_MS);
  const wanted = asked === undefined ? undefined : { query: asked.text, position: codePoints(asked.text, asked.caret) };
  const { data } = useQuery(libraryQueries.completions(wanted));
  const fresh = typed !== undefined && asked?.text === typed.text && asked.caret === typed.caret;
  const completions = fresh && data !== undefined && data.suggestions.length > 0 ? data : undefined;
  return {
    completions,
    active,
    chosen: completions?.suggestions[active],
    hover: setActive,
    ask: (next) => {
      setTyped(next);
      setActive(-1);
    },
    close: () => setTyped(undefined),
    move: (by) => setActive(moveActive(active, by, completions?.suggestions.length ?? 0)),
  };
}
