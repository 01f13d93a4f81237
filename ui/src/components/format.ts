// Format numbers, sizes and times.
const rules = new Intl.PluralRules('en');
const whole = new Intl.NumberFormat('en');
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
const exact = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'medium' });

export function count(value: number): string {
  return whole.format(value);
}

type PluralForms = Partial<Record<Intl.LDMLPluralRule, string>> & { other: string };

/** The form for a number; `#` in it is the number: `plural(2, { one: '# asset', other: '# assets' })`. */
export function plural(value: number, forms: PluralForms): string {
  return (forms[rules.select(value)] ?? forms.other).replaceAll('#', count(value));
}

export function bytes(value: number): string {
  if (value < 1000) return `${value} B`;
  let rest = value;
  for (const unit of ['kB', 'MB', 'GB', 'TB', 'PB']) {
    rest /= 1000;
    if (rest < 999.5) return `${rest < 9.95 ? rest.toFixed(1) : Math.round(rest)} ${unit}`;
  }
  return `${count(Math.round(rest))} PB`;
}

export function when(iso: string): string {
  return exact.format(new Date(iso));
}

/** A moment as a clock in that time zone shows it, with the zone. */
export function zoned(iso: string, zone: string): string {
  const date = new Date(iso);
  const options: Intl.DateTimeFormatOptions = {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    timeZoneName: 'short',
  };
  try {
    return new Intl.DateTimeFormat('en', { ...options, timeZone: zone }).format(date);
  } catch {
    return new Intl.DateTimeFormat('en', options).format(date); // a zone that this browser does not know
  }
}

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 31_557_600],
  ['month', 2_629_800],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
];

export function ago(iso: string, now: number = Date.now()): string {
  const seconds = (new Date(iso).getTime() - now) / 1000;
  for (const [unit, length] of STEPS) {
    if (Math.abs(seconds) >= length) return relative.format(Math.round(seconds / length), unit);
  }
  return 'just now';
}

export function duration(from: string, until: string | null, now: number = Date.now()): string {
  return seconds(Math.max(0, ((until === null ? now : new Date(until).getTime()) - new Date(from).getTime()) / 1000));
}

export function seconds(value: number): string {
  if (value < 10) return `${value.toFixed(1)} s`;
  if (value < 60) return `${Math.round(value)} s`;
  const minutes = Math.floor(value / 60);
  if (minutes < 60) return `${minutes} min ${Math.floor(value % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** The length of a video or recording, as players show it: 0:07, 12:05, 1:02:03. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const two = (number: number) => String(number).padStart(2, '0');
  return `${hours > 0 ? `${hours}:${two(minutes)}` : minutes}:${two(whole % 60)}`;
}

/** A value as a query writes it. */
export function quoted(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

export function term(value: string | number | boolean): string {
  return typeof value === 'string' ? quoted(value) : String(value);
}
