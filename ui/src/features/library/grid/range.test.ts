import { expect, test, vi } from 'vitest';
import { type AssetItem, type AssetPage, PAGE_SIZE } from '../../../api/client';
import { type Fetch, Pages } from './pages';
import { type Place, placeAt, rangeTo } from './range';

const TOTAL = 5000;
const MOST = 1000;

/** The ids of a library: those of the numbers from 0 on, until a run adds others. */
const library = () => Array.from({ length: TOTAL }, (_, number) => String(number));
const added = (count: number) => Array.from({ length: count }, (_, number) => `new-${number}`);

function answer(ids: string[], offset: number, limit: number): AssetPage {
  const items = ids.slice(offset, offset + limit).map((id) => ({ id }) as AssetItem);
  return { total: ids.length, total_capped: false, offset, next_cursor: null, notes: [], searched: null, items };
}

/** A server whose library `change` may replace before an answer, and how often it was asked. */
function served(change: (asked: number) => string[]) {
  let asked = 0;
  const fetch: Fetch = async (offset, limit) => answer(change(asked++), offset, limit);
  return vi.fn(fetch);
}

function loaded(ids: string[], fetch: Fetch, offset = 0): Pages {
  const nothing = () => undefined;
  return new Pages(fetch, nothing, nothing, answer(ids, offset, PAGE_SIZE));
}

const anchor = (index: number): Place => ({ id: String(index), index, total: TOTAL });
const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, place) => String(from + place));

test('a range of loaded assets needs no request, in both directions', async () => {
  const fetch = served(library);
  const pages = loaded(library(), fetch);
  expect(await rangeTo(anchor(3), 7, MOST, pages, fetch)).toEqual({ kind: 'ids', ids: numbers(3, 7) });
  expect(await rangeTo(anchor(7), 3, MOST, pages, fetch)).toEqual({ kind: 'ids', ids: numbers(3, 7) });
  expect(await rangeTo(anchor(7), 7, MOST, pages, fetch)).toEqual({ kind: 'ids', ids: ['7'] });
  expect(fetch).not.toHaveBeenCalled();
});

test('a range begins at its asset, wherever a run has moved that', async () => {
  const after = [...added(30), ...library()];
  const fetch = served(() => after);
  const pages = loaded(after, fetch);
  expect(await rangeTo(anchor(3), 37, MOST, pages, fetch)).toEqual({ kind: 'ids', ids: numbers(3, 7) });
});

test('what a run added between both ends is part of the range', async () => {
  const after = [...library().slice(0, 5), ...added(2), ...library().slice(5)];
  const fetch = served(() => after);
  const pages = loaded(after, fetch);
  const ids = [...numbers(3, 4), ...added(2), ...numbers(5, 7)];
  expect(await rangeTo(anchor(3), 9, MOST, pages, fetch)).toEqual({ kind: 'ids', ids });
});

test('a range from what is no longer loaded comes from the server', async () => {
  const fetch = served(library);
  const pages = loaded(library(), fetch, 900);
  expect(await rangeTo(anchor(150), 905, MOST, pages, fetch)).toEqual({ kind: 'ids', ids: numbers(150, 905) });
});

test('an end that is not loaded is whatever is there', async () => {
  const fetch = served(library);
  const pages = loaded(library(), fetch);
  const range = await rangeTo(anchor(40), 777, MOST, pages, fetch);
  expect(range).toEqual({ kind: 'ids', ids: numbers(40, 777) });
});

test('assets that come while a range is fetched do not shift it', async () => {
  for (const moment of [0, 1, 2, 3, 4]) {
    const fetch = served((asked) => (asked < moment ? library() : [...added(moment + 1), ...library()]));
    const pages = loaded(library(), fetch);
    const known = placeAt(loaded(library(), fetch, 700), 777);
    const far = loaded(library(), fetch, 700);
    expect(known?.id).toBe('777');
    expect(await rangeTo(anchor(40), 777, MOST, far, fetch)).toEqual({ kind: 'ids', ids: numbers(40, 777) });
    expect(pages.total).toBe(TOTAL);
  }
});

test('assets that vanish while a range is fetched do not shift it', async () => {
  const fewer = library().slice(20);
  const fetch = served((asked) => (asked < 2 ? library() : fewer));
  const pages = loaded(library(), fetch, 700);
  expect(await rangeTo(anchor(40), 777, MOST, pages, fetch)).toEqual({ kind: 'ids', ids: numbers(40, 777) });
});

test('a range whose beginning was removed selects nothing', async () => {
  const fewer = library().filter((id) => id !== '40');
  const fetch = served(() => fewer);
  const pages = loaded(fewer, fetch);
  expect(await rangeTo(anchor(40), 50, MOST, pages, fetch)).toEqual({ kind: 'gone' });
});

test('a range that is too long, and one of a result that never stands still, select nothing', async () => {
  const steady = served(library);
  expect(await rangeTo(anchor(40), 1039, MOST, loaded(library(), steady), steady)).toMatchObject({ kind: 'ids' });
  expect(await rangeTo(anchor(40), 1040, MOST, loaded(library(), steady), steady)).toEqual({ kind: 'long' });
  const restless = served((asked) => [...added(asked), ...library()]);
  const pages = loaded(library(), restless);
  const range = await rangeTo(anchor(40), 777, MOST, pages, restless);
  expect(['unsteady', 'gone']).toContain(range.kind);
});

test('a request that fails is the failure of the range', async () => {
  const fetch: Fetch = async () => {
    throw new Error('no answer');
  };
  await expect(rangeTo(anchor(40), 777, MOST, loaded(library(), fetch), fetch)).rejects.toThrow('no answer');
});
