import { expect, test, vi } from 'vitest';
import type { AssetItem, AssetPage } from '../../../api/client';
import { Pages } from './pages';

const item = (id: number) => ({ id: String(id) }) as AssetItem;

function page(offset: number, total: number, capped = false, limit = 100): AssetPage {
  const length = Math.max(0, Math.min(limit, total - offset));
  return {
    total,
    total_capped: capped,
    offset,
    next_cursor: null,
    notes: [],
    searched: null,
    items: Array.from({ length }, (_, place) => item(offset + place)),
  };
}

const settle = () => new Promise((resolve) => setTimeout(resolve));

test('any position is fetched alone, and once', async () => {
  const fetch = vi.fn(async (offset: number) => page(offset, 1_000_000));
  const changed = vi.fn();
  const pages = new Pages(fetch, changed, () => {}, page(0, 1_000_000));
  pages.want(777_777, 777_790);
  pages.want(777_777, 777_790);
  await settle();
  expect(fetch.mock.calls.map(([offset]) => offset)).toEqual([777_700]);
  expect(pages.at(777_777)?.id).toBe('777777');
  expect(pages.find('777788', 777_777)).toBe(777_788);
  expect(changed).toHaveBeenCalledTimes(1);
});

test('a page that leaves the view before it has loaded is aborted', async () => {
  const signals: AbortSignal[] = [];
  const fetch = (offset: number, _limit: number, signal: AbortSignal) => {
    signals.push(signal);
    return offset === 500 ? new Promise<AssetPage>(() => {}) : Promise.resolve(page(offset, 5000));
  };
  const pages = new Pages(
    fetch,
    () => {},
    () => {},
    page(0, 5000),
  );
  pages.want(500, 520);
  pages.want(3000, 3020);
  await settle();
  expect(signals.map((signal) => signal.aborted)).toEqual([true, false]);
  expect(pages.at(3000)?.id).toBe('3000');
});

test('past a lower bound the grid grows while full pages arrive', async () => {
  const fetch = async (offset: number) => ({ ...page(offset, 10_250), total: 10_000, total_capped: true });
  const pages = new Pages(
    fetch,
    () => {},
    () => {},
    page(0, 10_000, true),
  );
  expect(pages.total).toBe(10_000);
  pages.want(9_900, 10_000);
  await settle();
  expect(pages.total).toBe(10_100);
  pages.want(10_000, 10_100);
  await settle();
  pages.want(10_100, 10_200);
  await settle();
  pages.want(10_200, 10_300);
  await settle();
  expect(pages.total).toBe(10_250);
});

test('an exact total stays while later pages answer with a lower bound', async () => {
  const fetch = async (offset: number) => ({ ...page(offset, 21_780), total: 10_000, total_capped: true });
  const pages = new Pages(
    fetch,
    () => {},
    () => {},
    page(0, 21_780),
  );
  pages.want(21_700, 21_780);
  await settle();
  expect(pages.total).toBe(21_780);
  expect(pages.at(21_779)?.id).toBe('21779');
});

test('a failed page is reported and not fetched again at once', async () => {
  const failed = vi.fn();
  const fetch = vi.fn(async () => {
    throw new Error('no');
  });
  const pages = new Pages(fetch, () => {}, failed, page(0, 5000));
  pages.want(300, 320);
  await settle();
  pages.want(300, 320);
  expect(failed).toHaveBeenCalledTimes(1);
  expect(fetch).toHaveBeenCalledTimes(1);
});

test('pages beside each other come from one request, which begins and ends with their neighbours', async () => {
  const fetch = vi.fn(async (offset: number, limit: number) => page(offset, 5000, false, limit));
  const drifted = vi.fn();
  const none = () => {};
  const pages = new Pages(fetch, none, none, page(0, 5000), drifted);
  pages.want(120, 330);
  await settle();
  expect(fetch.mock.calls.map(([offset, limit]) => [offset, limit])).toEqual([[99, 301]]);
  expect([pages.at(100)?.id, pages.at(399)?.id]).toEqual(['100', '399']);
  await pages.ensure(500, 501);
  await pages.ensure(400, 401);
  expect(fetch.mock.calls.slice(1).map(([offset, limit]) => [offset, limit])).toEqual([
    [500, 100],
    [399, 102],
  ]);
  expect(drifted).not.toHaveBeenCalled();
});

test('a page that does not continue its neighbour is not shown, and nothing more is fetched', async () => {
  const added = 7; // at the start of the result, since its first page was fetched
  const fetch = vi.fn(async (offset: number, limit: number) => ({
    ...page(offset, 5000 + added, false, limit),
    items: Array.from({ length: limit }, (_, place) => item(offset + place - added)),
  }));
  const drifted = vi.fn();
  const none = () => {};
  const pages = new Pages(fetch, none, none, page(0, 5000), drifted);
  pages.want(90, 130);
  await settle();
  expect(pages.at(100)).toBeUndefined();
  pages.want(900, 930);
  await settle();
  expect(drifted).toHaveBeenCalledTimes(1);
  expect(fetch).toHaveBeenCalledTimes(1);
});

test('assets are found again where they have moved to, even if the first of them is gone', async () => {
  const fetch = async (offset: number, limit: number) => ({
    ...page(offset, 5150, false, limit),
    items: Array.from({ length: limit }, (_, place) => item(offset + place - 150)),
  });
  const none = () => {};
  const pages = new Pages(fetch, none, none, { ...page(0, 5150), items: [] }, none);
  expect(await pages.locate(['gone', '2000'], [2000, 2150])).toEqual({ id: '2000', index: 2150 });
  expect(await pages.locate(['gone'], [2000, -100, 9000])).toBeUndefined();
});
