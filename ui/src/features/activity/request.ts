// The filters of the page as a request. Pure.
import type { Subject } from '../../api/client';
import type { ActivitySearch } from './search';
import { text } from './text';

export interface ActivityQuery {
  actor?: string;
  kind?: Subject;
  subject?: string;
  action?: string;
  refused?: boolean;
  since?: string;
  until?: string;
}

const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** The moment at which a day begins where the reader is, or the day after it; undefined: it is no day. */
export function dayToMoment(day: string | undefined, later = 0): string | undefined {
  if (day === undefined || !DAY.test(day)) return undefined;
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number);
  const moment = new Date(year, month - 1, date + later);
  return Number.isNaN(moment.getTime()) ? undefined : moment.toISOString();
}

/** What is asked. A kind that does not exist is not asked; a subject is, with its kind alone. */
export function queryOf(search: ActivitySearch): ActivityQuery {
  const kind = search.kind !== undefined && search.kind in text.kinds ? (search.kind as Subject) : undefined;
  const asked: Record<keyof ActivityQuery, string | boolean | undefined> = {
    actor: search.actor,
    kind,
    subject: kind === undefined ? undefined : search.subject,
    action: search.action,
    refused: search.refused === undefined ? undefined : true,
    since: dayToMoment(search.since),
    until: dayToMoment(search.until, 1),
  };
  return Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined));
}
