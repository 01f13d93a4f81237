import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import type { AssetItem } from './client';

function open(search: string, kept: Record<string, string> = {}): string[] {
  const visited: string[] = [];
  vi.stubGlobal('window', {
    location: { search, assign: (address: string) => visited.push(address) },
    sessionStorage: {
      getItem: (name: string) => kept[name] ?? null,
      setItem: (name: string, value: string) => {
        kept[name] = value;
      },
      removeItem: (name: string) => {
        delete kept[name];
      },
    },
  });
  return visited;
}

beforeEach(() => vi.resetModules());
afterEach(() => vi.unstubAllGlobals());

it('without a choice, addresses and requests are those of the caller’s own workspace', async () => {
  open('');
  const { chosenWorkspace, inWorkspace } = await import('./workspace');
  expect(chosenWorkspace()).toBeUndefined();
  expect(inWorkspace('/api/v1/jobs/events')).toBe('/api/v1/jobs/events');
});

it('an address names the workspace, and the tab remembers it', async () => {
  const kept: Record<string, string> = { workspace: 'before' };
  open('?workspace=a%2Bb&query=x', kept);
  const { chosenWorkspace, inWorkspace } = await import('./workspace');
  expect(chosenWorkspace()).toBe('a+b');
  expect(kept).toEqual({ workspace: 'a+b' });
  expect(inWorkspace('/image?v=1')).toBe('/image?v=1&workspace=a%2Bb');
});

it('another workspace begins at its library', async () => {
  const visited = open('');
  const { enterWorkspace } = await import('./workspace');
  enterWorkspace('field trials');
  enterWorkspace(undefined);
  expect(visited).toEqual(['/?workspace=field%20trials', '/']);
});

it('a request names the workspace in its header', async () => {
  open('?workspace=Örtchen');
  const sent: Request[] = [];
  vi.stubGlobal('fetch', async (request: Request) => {
    sent.push(request);
    return new Response('{}', { headers: { 'content-type': 'application/json' } });
  });
  const { answer, client } = await import('./client');
  await answer(client.GET('/api/v1/me', { baseUrl: 'http://library.test' }));
  expect(sent[0]?.headers.get('Mirrorlake-Workspace')).toBe('%C3%96rtchen');
});

it('every address of an image names the workspace: an asset of another one may have the same id', async () => {
  open('?workspace=w');
  const { originalUrl, previewUrl, stripUrl, thumbnailUrl } = await import('./client');
  const asset = { id: 'a1', updated: '2026-11-29T00:00:00Z' } as AssetItem;
  for (const address of [thumbnailUrl(asset), previewUrl(asset, 2), stripUrl(asset), originalUrl(asset)]) {
    expect(new URL(address, 'http://library.test').searchParams.get('workspace')).toBe('w');
  }
});
