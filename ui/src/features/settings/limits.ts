// Limits of a workspace as a person types them: a whole number of units, or nothing. Pure.

export function limitToText(limit: number | null, unit: number): string {
  return limit === null ? '' : String(Math.round(limit / unit));
}

/** Null: no limit. Undefined: what was typed is no number. */
export function limitFromText(typed: string, unit: number): number | null | undefined {
  const plain = typed.trim().replaceAll(/[,\s]/g, '');
  if (plain === '') return null;
  const value = /^\d{1,15}$/.test(plain) ? Number(plain) * unit : Number.NaN;
  return Number.isSafeInteger(value) ? value : undefined;
}
