import { expect, it } from 'vitest';
import { dayToMoment, queryOf } from './request';
import { activitySearch } from './search';

it('an address with unknown parts is read without them', () => {
  expect(activitySearch({ actor: 'anna', kind: '', page: 3, refused: true })).toEqual({
    actor: 'anna',
    refused: 'true',
  });
});

it('a day ends when the next one begins, where the reader is', () => {
  const begin = new Date(2026, 1, 28).toISOString();
  const end = new Date(2026, 2, 1).toISOString();
  expect(queryOf({ since: '2026-02-28', until: '2026-02-28' })).toEqual({ since: begin, until: end });
  expect(dayToMoment('soon')).toBeUndefined();
  expect(dayToMoment('2026-99-99')).toBe(new Date(2026, 98, 99).toISOString());
});

it('a subject is asked with its kind alone, and a kind that does not exist is not', () => {
  expect(queryOf({ subject: 'orchard' })).toEqual({});
  expect(queryOf({ kind: 'datasource', subject: 'orchard', action: 'delete' })).toEqual({
    kind: 'datasource',
    subject: 'orchard',
    action: 'delete',
  });
  expect(queryOf({ kind: 'nonsense', refused: 'true' })).toEqual({ refused: true });
});
