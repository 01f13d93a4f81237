import { expect, it } from 'vitest';
import { noAnswer, Problem } from '../api/problem';
import { unlessGone } from './unlessGone';

const problem = (status: number) => new Problem({ type: 'about:blank', title: '', status, detail: '' });

it('what was deleted, or is no longer for the caller, is not shown', () => {
  for (const status of [404, 403]) expect(unlessGone({ data: 7, error: problem(status) }).data).toBeUndefined();
});

it('what is shown stays while the server is away or fails', () => {
  for (const error of [null, noAnswer(), problem(500), problem(401)])
    expect(unlessGone({ data: 7, error }).data).toBe(7);
});
