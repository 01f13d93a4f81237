import { describe, expect, it } from 'vitest';
import { formOf, inWords, saidBy } from './schedule';

describe('a schedule in a form', () => {
  it.each([
    { schedule: 'off', timezone: null },
    { schedule: 'every: 6h', timezone: null },
    { schedule: 'every: 24h', timezone: null },
    { schedule: '30 3 * * *', timezone: 'Europe/Berlin' },
    { schedule: '0 0 * * *', timezone: 'UTC' },
    { schedule: '0 3 * * 1-5', timezone: 'America/New_York' },
    { schedule: '*/5 * * * *', timezone: 'UTC' },
    { schedule: '61 3 * * *', timezone: 'UTC' },
  ])('is what it was: $schedule', (said) => {
    expect(saidBy(formOf(said, 'Asia/Tokyo'))).toEqual(said);
  });

  it('begins other choices where the browser is', () => {
    expect(formOf({ schedule: 'off', timezone: null }, 'Asia/Tokyo').zone).toBe('Asia/Tokyo');
  });

  it('says nothing while a field is empty', () => {
    const form = formOf({ schedule: 'off', timezone: null }, 'UTC');
    expect(saidBy({ ...form, kind: 'hours', hours: '' })).toBeUndefined();
    expect(saidBy({ ...form, kind: 'hours', hours: 'six' })).toBeUndefined();
    expect(saidBy({ ...form, kind: 'daily', time: '' })).toBeUndefined();
    expect(saidBy({ ...form, kind: 'cron', cron: ' ' })).toBeUndefined();
  });

  it('is told in words', () => {
    expect(inWords({ schedule: 'every: 1h', timezone: null })).toBe('Every hour');
    expect(inWords({ schedule: '5 4 * * *', timezone: 'UTC' })).toBe('Daily at 04:05, UTC');
    expect(inWords({ schedule: '0 3 * * 1-5', timezone: 'UTC' })).toBe('By cron 0 3 * * 1-5, UTC');
  });
});
