// A schedule as people choose it in a form, and as the server writes it. Pure.

export interface Form {
  kind: 'off' | 'hours' | 'daily' | 'cron';
  hours: string;
  time: string; // hh:mm
  cron: string;
  zone: string;
}

export interface Said {
  schedule: string;
  timezone: string | null;
}

const DAILY = /^([0-5]?\d) ([01]?\d|2[0-3]) \* \* \*$/;
const HOURS = /^every: (\d+)h$/;

const pad = (text: string) => text.padStart(2, '0');

/** The form that shows a schedule; what the other choices begin with stands in it too. */
export function formOf({ schedule, timezone }: Said, here: string): Form {
  const form: Form = { kind: 'off', hours: '6', time: '03:00', cron: '0 3 * * 1-5', zone: timezone ?? here };
  const hours = HOURS.exec(schedule)?.[1];
  const daily = DAILY.exec(schedule);
  if (schedule === 'off') return form;
  if (hours !== undefined) return { ...form, kind: 'hours', hours };
  if (daily !== null)
    return { ...form, kind: 'daily', time: `${pad(daily[2] ?? '')}:${pad(daily[1] ?? '')}`, cron: schedule };
  return { ...form, kind: 'cron', cron: schedule };
}

/** What the form says; nothing while a field is empty. */
export function saidBy(form: Form): Said | undefined {
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

/** A schedule in words. */
export function inWords(said: Said): string {
  const form = formOf(said, 'UTC');
  switch (form.kind) {
    case 'off':
      return 'Only when asked';
    case 'hours':
      return form.hours === '1' ? 'Every hour' : `Every ${form.hours} hours`;
    case 'daily':
      return `Daily at ${form.time}, ${form.zone}`;
    case 'cron':
      return `By cron ${form.cron}, ${form.zone}`;
  }
}
