import { afterEach, expect, it, vi } from 'vitest';
import { answer, client } from './client';
import { describeError, isSignedOut, isTransient, Problem } from './problem';

const run = () =>
  answer(client.GET('/api/v1/runs/{run_id}', { baseUrl: 'http://library.test', params: { path: { run_id: 7 } } }));

function respond(body: string, status: number, type: string): void {
  vi.stubGlobal('fetch', async () => new Response(body, { status, headers: { 'content-type': type } }));
}

afterEach(() => vi.unstubAllGlobals());

it('an answer is its data', async () => {
  respond('{"id": 7}', 200, 'application/json');
  expect(await run()).toEqual({ id: 7 });
});

it('a problem document becomes a Problem with its fix', async () => {
  const document = {
    type: 'urn:x',
    title: 'Not found',
    status: 404,
    detail: 'Run 7 does not exist.',
    fix: 'List runs.',
  };
  respond(JSON.stringify(document), 404, 'application/problem+json; charset=utf-8');
  const error = await run().catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(Problem);
  expect((error as Problem).document).toEqual(document);
  expect(describeError(error)).toBe('Run 7 does not exist. List runs.');
  expect(isTransient(error)).toBe(false);
});

it('any other failure becomes a Problem too', async () => {
  respond('<h1>Bad gateway</h1>', 502, 'text/html');
  await expect(run()).rejects.toMatchObject({ status: 502 });
  respond('', 401, 'text/plain');
  expect(isSignedOut(await run().catch((caught: unknown) => caught))).toBe(true);
});

it('no answer is transient, an aborted request is no problem', async () => {
  vi.stubGlobal('fetch', async () => Promise.reject(new TypeError('Failed to fetch')));
  expect(isTransient(await run().catch((caught: unknown) => caught))).toBe(true);
  vi.stubGlobal('fetch', async () => Promise.reject(new DOMException('aborted', 'AbortError')));
  await expect(run()).rejects.toBeInstanceOf(DOMException);
});
