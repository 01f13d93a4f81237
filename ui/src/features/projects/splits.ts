// The settings of splits as a form holds them. Pure.
import type { SplitSettings } from '../../api/client';

export const PARTS = ['train', 'valid', 'test'] as const;
export type Part = (typeof PARTS)[number];
export type Grouping = 'asset' | 'content' | 'folder' | 'metadata';

export interface SplitForm {
  percents: Record<Part, string>;
  grouping: Grouping;
  key: string; // of metadata
  seed: string;
}

const METADATA = 'metadata.';

export function splitForm(settings: SplitSettings | null): SplitForm {
  const { train, valid, test, by, seed } = settings ?? { train: 80, valid: 10, test: 10, by: 'asset', seed: 0 };
  const byKey = by.startsWith(METADATA);
  return {
    percents: { train: String(train), valid: String(valid), test: String(test) },
    grouping: byKey ? 'metadata' : (by as Grouping),
    key: byKey ? by.slice(METADATA.length) : '',
    seed: String(seed),
  };
}

const whole = (typed: string): number => (/^\d{1,10}$/.test(typed.trim()) ? Number(typed) : Number.NaN);

export function percentSum(form: SplitForm): number {
  return PARTS.reduce((sum, part) => sum + whole(form.percents[part]), 0);
}

/** The settings of a form; undefined while a field is unusable or the parts do not make 100 percent. */
export function splitSettings(form: SplitForm): SplitSettings | undefined {
  const seed = whole(form.seed);
  if (percentSum(form) !== 100 || Number.isNaN(seed)) return undefined;
  if (form.grouping === 'metadata' && form.key.trim() === '') return undefined;
  const { train, valid, test } = form.percents;
  const by = form.grouping === 'metadata' ? METADATA + form.key.trim() : form.grouping;
  return { train: whole(train), valid: whole(valid), test: whole(test), by, seed };
}
