import { expect, it } from 'vitest';
import { nextCursor } from './libraryQueries';
import { oneOfFew } from './turns';

it('only a few at once are at work, all are done, and an aborted one does nothing', async () => {
  let now = 0;
  let most = 0;
  const work = async () => {
    most = Math.max(most, ++now);
    await new Promise((resolve) => setTimeout(resolve, 1));
    now -= 1;
    return 'done';
  };
  const stopped = new AbortController();
  const live = new AbortController().signal;
  const all = [1, 2, 3, 4, 5].map(() => oneOfFew(live, work));
  const aborted = oneOfFew(stopped.signal, work);
  stopped.abort();
  await expect(aborted).rejects.toThrow();
  expect(await Promise.all(all)).toEqual(Array(5).fill('done'));
  expect(most).toBe(2);
});

it('the cursor of the next page is read from the Link header', () => {
  expect(nextCursor('</api/v1/folders?path=a%2F&cursor=b%2Fc>; rel="next"')).toBe('b/c');
  expect(nextCursor(null)).toBeUndefined();
});
