// Bars over time: each has its place, also where nothing came in. Pure.
import type { Facet } from '../../api/client';

export interface TimeBar {
  from: string; // a day
  query: string; // that finds its assets
  assets: number;
}

const LEAST = 14; // bars, so that a young library has no picture of a single one
const MOST = 60; // older ones are left out
const DAY = 86_400_000; // ms

type Step = 'day' | 'month' | 'year';

/** The first day of the bar that is `bars` later, or earlier if negative. */
function moved(day: string, step: Step, bars: number): string {
  const date = new Date(`${day}T00:00:00Z`);
  if (step === 'day') date.setUTCDate(date.getUTCDate() + bars);
  else if (step === 'month') date.setUTCMonth(date.getUTCMonth() + bars, 1);
  else date.setUTCFullYear(date.getUTCFullYear() + bars, 0, 1);
  return date.toISOString().slice(0, 10);
}

function barFrom(from: string, step: Step, assets: number): TimeBar {
  const last = moved(moved(from, step, 1), 'day', -1);
  return { from, query: step === 'day' ? `created:${from}` : `created:${from}..${last}`, assets };
}

/** The bars of a facet of days, with empty ones between them. */
export function timeBars(facet: Facet | undefined): TimeBar[] {
  const found = (facet?.bins ?? []).map(({ low, high, assets }) => ({ low: String(low), high: String(high), assets }));
  const [first] = found;
  if (first === undefined) return [];
  const days = (Date.parse(first.high) - Date.parse(first.low)) / DAY;
  const step: Step = days < 2 ? 'day' : days < 32 ? 'month' : 'year';
  const counts = new Map(found.map(({ low, assets }) => [low, assets]));
  const bars: TimeBar[] = [];
  const last = found.at(-1)?.low ?? first.low;
  for (let day = first.low; day <= last && bars.length < 1000; day = moved(day, step, 1)) {
    bars.push(barFrom(day, step, counts.get(day) ?? 0));
  }
  for (let before = 1; bars.length < LEAST; before += 1) {
    bars.unshift(barFrom(moved(first.low, step, -before), step, 0));
  }
  return bars.slice(-MOST);
}
