import { expect, test, vi } from 'vitest';
import { type AssetItem, type AssetPage, PAGE_SIZE } from '../../../api/client';
import type { Grid, Move } from './grid';
import { Takeover } from './move';
import { Pages } from './pages';

const TOTAL = 5000;
const IN_VIEW = 2000;

/** A result whose assets have the numbers of their positions, less `added` new ones at its start. */
function answer(added: number, offset: number, limit: number): AssetPage {
  return {
    total: TOTAL + added,
    total_capped: false,
    offset,
    next_cursor: null,
    notes: [],
    searched: null,
    items: Array.from({ length: limit }, (_, place) => ({ id: String(offset + place - added) }) as AssetItem),
  };
}

function result(added: number, wait: Promise<void>, drifted: () => void = () => {}): Pages {
  const fetch = async (offset: number, limit: number) => {
    await wait;
    return answer(added, offset, limit);
  };
  const none = () => {};
  return new Pages(fetch, none, none, answer(added, 0, PAGE_SIZE), drifted);
}

/** What the takeover asks of a grid: it shows asset 2000, wherever that is. */
function shownBy() {
  const shown: { total: number; move: Move | undefined }[] = [];
  let place = IN_VIEW;
  let total = TOTAL;
  const grid = {
    get total() {
      return total;
    },
    anchors: () => [{ id: String(IN_VIEW), index: place }],
    inViewAfter: (_: number, move: Move) => ({ first: move.to, end: move.to + 20 }),
    show: (pages: Pages) => shown.push({ total: pages.total, move: undefined }),
    renew: (pages: Pages, move?: Move) => {
      shown.push({ total: pages.total, move });
      total = pages.total;
      place = move?.to ?? place;
    },
  };
  return { grid: grid as unknown as Grid, shown };
}

const settle = () => new Promise((resolve) => setTimeout(resolve));

test('a result that comes while another is being placed waits for it, and only the newest of those is shown', async () => {
  const { grid, shown } = shownBy();
  const takeover = new Takeover(grid, () => {});
  const now = Promise.resolve();
  takeover.begin(result(0, now), IN_VIEW);
  let arrive = () => {};
  const slow = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  for (const added of [10, 20, 30]) takeover.renew(result(added, slow));
  await settle();
  expect(shown).toEqual([{ total: TOTAL, move: undefined }]);
  arrive();
  await settle();
  expect(shown.slice(1)).toEqual([
    { total: TOTAL + 10, move: { from: IN_VIEW, to: IN_VIEW + 10 } },
    { total: TOTAL + 30, move: { from: IN_VIEW + 10, to: IN_VIEW + 30 } },
  ]);
});

test('another result is shown at once, and what was being placed is not shown after it', async () => {
  const { grid, shown } = shownBy();
  const onShown = vi.fn();
  const takeover = new Takeover(grid, onShown);
  const now = Promise.resolve();
  takeover.begin(result(0, now), 0);
  takeover.renew(result(10, now));
  takeover.renew(result(20, now));
  const other = result(40, now);
  takeover.begin(other, 0);
  await settle();
  expect(shown.map(({ total }) => total)).toEqual([TOTAL, TOTAL + 40]);
  expect(onShown).toHaveBeenLastCalledWith(other);
});

test('a result whose positions have moved before it was placed is not shown', async () => {
  const { grid, shown } = shownBy();
  const takeover = new Takeover(grid, () => {});
  const now = Promise.resolve();
  takeover.begin(result(0, now), 0);
  const drifted = vi.fn();
  // Its first page is followed by another one than it began with.
  const torn = new Pages(
    async (offset, limit) => answer(offset < 1000 ? 10 : 17, offset, limit),
    () => {},
    () => {},
    { ...answer(10, IN_VIEW - PAGE_SIZE, PAGE_SIZE) },
    drifted,
  );
  takeover.renew(torn);
  await settle();
  expect(drifted).toHaveBeenCalledTimes(1);
  expect(shown).toHaveLength(1);
  takeover.renew(result(17, now));
  await settle();
  expect(shown.at(-1)).toEqual({ total: TOTAL + 17, move: { from: IN_VIEW, to: IN_VIEW + 17 } });
});
