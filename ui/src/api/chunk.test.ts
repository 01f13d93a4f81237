import { afterEach, expect, it, vi } from 'vitest';
import { loadChunk } from './chunk';
import { client } from './client';
import { isNewVersion, isTransient, type Problem } from './problem';
import { noteReached } from './reachable';

const missing = () => Promise.reject(new TypeError('Failed to fetch dynamically imported module: /assets/Page-1.js'));
const failure = (load: () => Promise<unknown>) => loadChunk(load).catch((error: unknown) => error);

function serve(get: () => Promise<unknown>): void {
  vi.spyOn(client, 'GET').mockImplementation(get as never);
}

afterEach(() => {
  vi.restoreAllMocks();
  noteReached(true);
});

it('a chunk is its module', async () => {
  expect(await loadChunk(async () => ({ Page: 7 }))).toEqual({ Page: 7 });
});

it('a chunk that the server no longer has is of an older version', async () => {
  serve(async () => ({ data: {}, response: new Response('{}') }));
  expect(isNewVersion(await failure(missing))).toBe(true);
  serve(async () => ({ error: {}, response: new Response('', { status: 500 }) }));
  expect(isNewVersion(await failure(missing))).toBe(true);
});

it('a chunk is asked for again when no server answers', async () => {
  serve(async () => Promise.reject(new TypeError('Failed to fetch')));
  const error = await failure(missing);
  expect(isTransient(error)).toBe(true);
  expect(isNewVersion(error)).toBe(false);
});

it('a chunk that comes at the second attempt, after the server is back, is of this version', async () => {
  serve(async () => ({ data: {}, response: new Response('{}') }));
  const load = vi.fn(missing as () => Promise<unknown>).mockRejectedValueOnce(new TypeError('Unable to preload CSS'));
  load.mockResolvedValueOnce({ Page: 7 });
  expect(await loadChunk(load)).toEqual({ Page: 7 });
});

it('a chunk is not asked for while the server is known to be away', async () => {
  noteReached(false);
  serve(async () => Promise.reject(new TypeError('Failed to fetch')));
  const load = vi.fn(missing);
  expect(isTransient(await failure(load))).toBe(true);
  expect(load).not.toHaveBeenCalled();
  serve(async () => ({ data: {}, response: new Response('{}') }));
  expect(await loadChunk(async () => ({ Page: 7 }))).toEqual({ Page: 7 });
});

it('a chunk that the browser never asks for again needs a reload', async () => {
  serve(async () => Promise.reject(new TypeError('Failed to fetch')));
  const load = () => missing();
  await failure(load);
  serve(async () => ({ data: {}, response: new Response('{}') }));
  const error = (await failure(load)) as Problem;
  expect(error.document.title).toBe('Reload this page');
  expect(isNewVersion(error)).toBe(true); // as for a new version, a button reloads it
});

it('what a chunk throws by itself is not about versions', async () => {
  const error = new TypeError('x is not a function');
  expect(await failure(() => Promise.reject(error))).toBe(error);
});
