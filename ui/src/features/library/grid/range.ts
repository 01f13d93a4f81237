// The assets from one to another of a result, whose positions drift while a run adds and removes assets.
import { PAGE_SIZE } from '../../../api/client';
import { type Fetch, nearby, Pages } from './pages';

const LARGE_PAGE = 500; // assets of one request, as many as the server gives
const TRIES = 3; // so often, positions may move while a range is fetched

/** An asset, and where it was in a result of that size. */
export interface Place {
  id: string;
  index: number;
  total: number;
}

export type Range =
  | { kind: 'ids'; ids: string[] }
  | { kind: 'gone' } // an end of the range is no longer near where it was
  | { kind: 'long' }
  | { kind: 'unsteady' }; // it changed whenever it was fetched

export function placeAt(pages: Pages, index: number): Place | undefined {
  const id = pages.at(index)?.id;
  return id === undefined ? undefined : { id, index, total: pages.total };
}

/**
 * The assets from `anchor` to the one at `index` of `pages`, wherever both are by now. What is loaded is used as it is,
 * if it fits what comes from the server for the rest; else all of it comes from there.
 */
export async function rangeTo(anchor: Place, index: number, most: number, pages: Pages, fetch: Fetch): Promise<Range> {
  const known = placeAt(pages, index);
  const start = pages.find(anchor.id, anchor.index);
  let range: Range = { kind: 'unsteady' };
  if (known !== undefined && start !== undefined) range = await between(pages, start, known, anchor.id, most, fetch);
  for (let tried = 0; tried < TRIES && range.kind === 'unsteady'; tried++) {
    range = await fetchedRange(anchor, known, index, most, fetch);
  }
  return range;
}

/** The same with positions that are fetched again. `known` undefined: whatever is at `index` now is the end. */
async function fetchedRange(
  anchor: Place,
  known: Place | undefined,
  index: number,
  most: number,
  fetch: Fetch,
): Promise<Range> {
  const offset = Math.floor(index / PAGE_SIZE) * PAGE_SIZE;
  const first = await fetch(offset, PAGE_SIZE, new AbortController().signal);
  let failure: unknown;
  const nothing = () => undefined;
  const fail = (error: unknown) => {
    failure = error;
  };
  const fresh = new Pages(fetch, nothing, fail, first);
  const locate = (place: Place) => fresh.locate([place.id], nearby(place.index, fresh.total - place.total));
  const [start, end] = [await locate(anchor), known === undefined ? placeAt(fresh, index) : await locate(known)];
  if (failure !== undefined) throw failure;
  if (start === undefined || end === undefined) return { kind: 'gone' };
  return between(fresh, start.index, end, anchor.id, most, fetch);
}

async function between(
  pages: Pages,
  start: number,
  end: { id: string; index: number },
  anchor: string,
  most: number,
  fetch: Fetch,
): Promise<Range> {
  const [from, to] = [Math.min(start, end.index), Math.max(start, end.index)];
  if (to - from >= most) return { kind: 'long' };
  const ids: string[] = [];
  for (let index = from; index <= to; ) {
    const loaded = pages.at(index)?.id;
    const limit = Math.min(LARGE_PAGE, to - index + 1);
    const found =
      loaded !== undefined
        ? [loaded]
        : (await fetch(index, limit, new AbortController().signal)).items.map(({ id }) => id).slice(0, limit);
    if (found.length === 0) break; // the result has become shorter
    ids.push(...found);
    index += found.length;
  }
  const ends = start <= end.index ? [anchor, end.id] : [end.id, anchor];
  // Positions that moved between two requests repeat an asset, or end at another one.
  const fits = ids[0] === ends[0] && ids.at(-1) === ends[1] && new Set(ids).size === to - from + 1;
  return fits ? { kind: 'ids', ids } : { kind: 'unsteady' };
}
