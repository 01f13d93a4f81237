import { expect, test, vi } from 'vitest';
import type { AssetItem, AssetPage } from '../../../api/client';
import { Pages } from './pages';

const item = (id: number) => ({ id: String(id) }) as AssetItem;

function page(offset: number, total: number, capped = false): AssetPage {
  const length = Math.max(0, Math.min(100, total - offset));
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
  const fetch = (offset: number, signal: AbortSignal) => {
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
