// How a frozen asset is written in a row. Pure.
import type { FrozenAsset } from '../../../api/client';

/** How many annotations it has of each class, the most frequent ones first. */
export function classCounts(asset: FrozenAsset): [string, number][] {
  const counts = new Map<string, number>();
  for (const { ontology, class: name } of asset.annotations) {
    const full = `${String(ontology)}/${String(name)}`;
    counts.set(full, (counts.get(full) ?? 0) + 1);
  }
  return [...counts].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0]));
}

/** A frozen metadata value: as it was written, without quotes around a text. */
export function shownValue(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** The classes of a snapshot with their annotations in all splits together, the most frequent ones first. */
export function classTotals(classes: Record<string, Record<string, number>>): [string, number][] {
  return Object.entries(classes)
    .map(([name, splits]): [string, number] => [name, Object.values(splits).reduce((sum, one) => sum + one, 0)])
    .sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0]));
}
