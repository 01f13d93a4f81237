import { expect, it } from 'vitest';
import { keys } from '../api/queries';
import { ALL, staleAfter, staleAfterJob } from './liveKeys';

it('an edit of one asset asks for that asset alone, and for what searches find', () => {
  const { at_once, searched } = staleAfter({ subjects: ['asset'], assets: ['a', 'b'], more: false });
  expect(at_once).toEqual([keys.asset('a'), keys.asset('b')]);
  expect(searched).toBe(true);
});

it('where more assets than are named may have changed, every open one is asked for', () => {
  expect(staleAfter({ subjects: ['asset'], assets: ['a'], more: true }).at_once).toEqual([['asset']]);
  expect(staleAfter({ subjects: ['ontology'], assets: [], more: false }).at_once).toContainEqual(['asset']);
});

it('what is no part of searches asks for its own pages alone', () => {
  const changed = staleAfter({ subjects: ['webhook', 'session'], assets: [], more: false });
  expect(changed).toEqual({ at_once: [keys.webhooks], searched: false });
});

it('a frozen snapshot and new likenesses are seen, and a check of thumbnails changes nothing', () => {
  expect(staleAfterJob('snapshot_create')).toContainEqual(keys.projects);
  expect(staleAfterJob('likeness')).toContainEqual(['like']);
  expect(staleAfterJob('thumbnails_check')).toEqual([]);
  expect(ALL).toContainEqual(['saved-searches']);
});
