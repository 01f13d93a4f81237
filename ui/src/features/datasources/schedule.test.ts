import { describe, expect, it } from 'vitest';
import { describeSchedule, fromForm, toForm } from './schedule';

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
  ])('survives the form: $schedule', (schedule) => {
    expect(fromForm(toForm(schedule, 'Asia/Tokyo'))).toEqual(schedule);
  });

  it('starts other choices in the time zone of the browser', () => {
    expect(toForm({ schedule: 'off', timezone: null }, 'Asia/Tokyo').zone).toBe('Asia/Tokyo');
  });

  it('is incomplete while a field is empty', () => {
    const form = toForm({ schedule: 'off', timezone: null }, 'UTC');
    expect(fromForm({ ...form, kind: 'hours', hours: '' })).toBeUndefined();
    expect(fromForm({ ...form, kind: 'hours', hours: 'six' })).toBeUndefined();
    expect(fromForm({ ...form, kind: 'daily', time: '' })).toBeUndefined();
    expect(fromForm({ ...form, kind: 'cron', cron: ' ' })).toBeUndefined();
  });

  it('is described', () => {
    expect(describeSchedule({ schedule: 'every: 1h', timezone: null })).toBe('Every hour');
    expect(describeSchedule({ schedule: '5 4 * * *', timezone: 'UTC' })).toBe('Daily at 04:05, UTC');
    expect(describeSchedule({ schedule: '0 3 * * 1-5', timezone: 'UTC' })).toBe('Cron 0 3 * * 1-5, UTC');
  });
});
