// The selection of the grid, for as long as its query is shown.
import { useEffect, useRef, useState } from 'react';
import { describeError } from '../../api/problem';
import { fetchAssets } from '../../api/queries';
import type { Fetch, Pages } from './grid/pages';
import { type Place, placeAt, rangeTo } from './grid/range';
import { identityOf, pageOf, type Result } from './Results';
import { isSelected, MOST_IDS, NOTHING, type Selection, select } from './selection';
import { text } from './text';

export interface Selecting {
  selection: Selection;
  problem: string | undefined; // why a range could not be selected
  toggle: (index: number, pages: Pages) => void;
  extend: (index: number, pages: Pages) => void;
  all: () => void;
  none: () => void;
}

/** Where a range begins, by the id of the asset: its position drifts. `before`: what was selected without the range. */
interface Anchor {
  place: Place;
  before: Selection;
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

/** Fetches a result by position, without anything missing. */
function fetcher(result: Result): Fetch {
  return (offset, limit, signal) =>
    result.picture === undefined
      ? fetchAssets(result.query, offset, signal, { limit, whole: true })
      : pageOf(result, offset, signal, limit);
}

export function useSelection(result: Result | undefined): Selecting {
  const [selection, setSelection] = useState<Selection>(NOTHING);
  const [problem, setProblem] = useState<string>();
  const [shown, setShown] = useState<string>();
  const now = useRef(NOTHING); // the selection, for what comes before the next render
  const anchor = useRef<Anchor>(undefined);
  const turn = useRef(0); // of the newest range: those before it come too late
  const latest = useRef<string>(undefined); // the identity of the result that is shown when an answer comes
  useEffect(() => {
    latest.current = shown;
    now.current = NOTHING;
    anchor.current = undefined;
  }, [shown]);
  if (result !== undefined && identityOf(result) !== shown) {
    setShown(identityOf(result));
    setSelection(NOTHING); // what is not shown must not be changed by a click
    setProblem(undefined);
  }
  const put = (next: Selection) => {
    now.current = next;
    setProblem(undefined);
    setSelection(next);
  };
  const choose = (next: Selection, begun?: Anchor) => {
    turn.current += 1;
    anchor.current = begun;
    put(next);
  };
  const begin = (index: number, pages: Pages, on?: boolean) => {
    const place = placeAt(pages, index);
    if (place === undefined) return;
    const next = select(now.current, [place.id], on ?? !isSelected(now.current, place.id));
    choose(next, { place, before: next });
  };
  const extend = async (index: number, pages: Pages) => {
    const begun = anchor.current;
    if (begun === undefined) return begin(index, pages, true);
    if (result === undefined) return;
    turn.current += 1;
    const mine = turn.current;
    const range = await rangeTo(begun.place, index, MOST_IDS, pages, fetcher(result));
    if (latest.current !== identityOf(result) || turn.current !== mine) return;
    if (range.kind === 'ids') put(select(begun.before, range.ids, true));
    else setProblem(text.selection[range.kind]);
  };
  return {
    selection,
    problem,
    toggle: (index, pages) => begin(index, pages),
    extend: (index, pages) => {
      extend(index, pages).catch((error: unknown) => setProblem(describeError(error)));
    },
    all: () => {
      if (result === undefined || result.first.total === 0) return;
      const { total, total_capped: capped } = result.first;
      if (result.picture !== undefined) {
        const picked = (ids: string[]) => {
          if (latest.current === identityOf(result)) choose(select(NOTHING, ids, true));
        };
        allIds(result).then(picked, (error: unknown) => setProblem(describeError(error)));
        return;
      }
      choose({ kind: 'all', query: result.query, total, capped, except: new Set() });
    },
    none: () => choose(NOTHING),
  };
}
