// The selection of the grid, for as long as its query is shown.
import { useEffect, useRef, useState } from 'react';
import { describeError } from '../../api/problem';
import { fetchAssets } from '../../api/queries';
import type { Pages } from './grid/pages';
import { identityOf, pageOf, type Result } from './Results';
import { isSelected, MOST_IDS, NOTHING, type Selection, select } from './selection';
import { text } from './text';

const LARGE_PAGE = 500; // assets of one request, as many as the server gives

export interface Selecting {
  selection: Selection;
  problem: string | undefined; // why a range could not be selected
  toggle: (id: string, index: number) => void;
  extend: (pages: Pages, index: number) => void;
  all: () => void;
  none: () => void;
}

/** The ids from one position to another: those that are loaded, and from the server those that are not. */
async function idsBetween(pages: Pages, result: Result, from: number, to: number): Promise<string[]> {
  const ids: string[] = [];
  const never = new AbortController().signal;
  for (let index = from; index <= to; ) {
    const known = pages.at(index);
    if (known !== undefined) {
      ids.push(known.id);
      index += 1;
    } else {
      const { query, picture } = result;
      const { items } =
        picture === undefined
          ? await fetchAssets(query, index, never, { limit: Math.min(LARGE_PAGE, to - index + 1), whole: true })
          : await pageOf(result, index, never);
      if (items.length === 0) break; // the result has become shorter
      ids.push(...items.slice(0, to - index + 1).map((one) => one.id));
      index += items.length;
    }
  }
  return ids;
}

/** The ids of a result that no query names: that of a picture, which is short. */
async function allIds(result: Result): Promise<string[]> {
  const ids: string[] = [];
  const never = new AbortController().signal;
  for (let page = result.first; page.items.length > 0; page = await pageOf(result, ids.length, never)) {
    ids.push(...page.items.map((one) => one.id));
  }
  return ids;
}

export function useSelection(result: Result | undefined): Selecting {
  const [selection, setSelection] = useState<Selection>(NOTHING);
  const [problem, setProblem] = useState<string>();
  const [shown, setShown] = useState<string>();
  const range = useRef<{ anchor: number; end: number }>({ anchor: 0, end: 0 });
  const latest = useRef<string>(undefined); // the identity of the result that is shown when an answer comes
  useEffect(() => {
    latest.current = shown;
  }, [shown]);
  if (result !== undefined && identityOf(result) !== shown) {
    setShown(identityOf(result));
    setSelection(NOTHING); // what is not shown must not be changed by a click
    setProblem(undefined);
  }
  const extend = async (pages: Pages, index: number) => {
    if (result === undefined) return;
    const { anchor, end } = range.current;
    const [from, to] = [Math.min(anchor, index), Math.max(anchor, index)];
    if (to - from >= MOST_IDS) return setProblem(text.selection.tooMany);
    range.current = { anchor, end: index };
    const ids = await idsBetween(pages, result, from, to);
    if (latest.current !== identityOf(result)) return;
    const given: string[] = []; // up: what the range no longer reaches
    for (let place = Math.min(anchor, end); place <= Math.max(anchor, end); place++) {
      const id = place < from || place > to ? pages.at(place)?.id : undefined;
      if (id !== undefined) given.push(id);
    }
    setProblem(undefined);
    setSelection((before) => select(select(before, given, false), ids, true));
  };
  return {
    selection,
    problem,
    toggle: (id, index) => {
      range.current = { anchor: index, end: index };
      setProblem(undefined);
      setSelection((before) => select(before, [id], !isSelected(before, id)));
    },
    extend: (pages, index) => {
      extend(pages, index).catch((error: unknown) => setProblem(describeError(error)));
    },
    all: () => {
      if (result === undefined || result.first.total === 0) return;
      const { total, total_capped: capped } = result.first;
      if (result.picture !== undefined) {
        const picked = (ids: string[]) => {
          if (latest.current === identityOf(result)) setSelection(select(NOTHING, ids, true));
        };
        allIds(result).then(picked, (error: unknown) => setProblem(describeError(error)));
        return;
      }
      setSelection({ kind: 'all', query: result.query, total, capped, except: new Set() });
    },
    none: () => {
      setProblem(undefined);
      setSelection(NOTHING);
    },
  };
}
