// A schedule as a form holds it, and as the server stores it. Pure.
import { text } from './text';

export interface Form {
  kind: 'off' | 'hours' | 'daily' | 'cron';
  hours: string;
  time: string; // hh:mm
  cron: string;
  zone: string;
}

export interface Schedule {
  schedule: string;
  timezone: string | null;
}

const DAILY = /^([0-5]?\d) ([01]?\d|2[0-3]) \* \* \*$/;
const HOURS = /^every: (\d+)h$/;

const pad = (part: string) => part.padStart(2, '0');

/** The form that shows a schedule. The choices that are not taken have their defaults. */
export function toForm({ schedule, timezone }: Schedule, localZone: string): Form {
  const form: Form = { kind: 'off', hours: '6', time: '03:00', cron: '0 3 * * 1-5', zone: timezone ?? localZone };
  const hours = HOURS.exec(schedule)?.[1];
  const daily = DAILY.exec(schedule);
  if (schedule === 'off') return form;
  if (hours !== undefined) return { ...form, kind: 'hours', hours };
  if (daily !== null)
    return { ...form, kind: 'daily', time: `${pad(daily[2] ?? '')}:${pad(daily[1] ?? '')}`, cron: schedule };
  return { ...form, kind: 'cron', cron: schedule };
}

/** The schedule of a form; undefined while a field is empty. */
export function fromForm(form: Form): Schedule | undefined {
  const [hour = '', minute = ''] = form.time.split(':');
  switch (form.kind) {
    case 'off':
      return { schedule: 'off', timezone: null };
    case 'hours':
      return /^\d+$/.test(form.hours.trim()) ? { schedule: `every: ${form.hours.trim()}h`, timezone: null } : undefined;
    case 'daily':
      return minute === '' ? undefined : { schedule: `${Number(minute)} ${Number(hour)} * * *`, timezone: form.zone };
    case 'cron':
      return form.cron.trim() === '' ? undefined : { schedule: form.cron.trim(), timezone: form.zone };
  }
}

export function describeSchedule(schedule: Schedule): string {
  const form = toForm(schedule, 'UTC');
  const { summary } = text.schedule;
  switch (form.kind) {
    case 'off':
      return summary.off;
    case 'hours':
      return summary.hours(Number(form.hours));
    case 'daily':
      return summary.daily(form.time, form.zone);
    case 'cron':
      return summary.cron(form.cron, form.zone);
  }
}
