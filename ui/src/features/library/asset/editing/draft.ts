// Annotations while they are edited, what of them is sent, and what becomes of them when somebody else changed them
// meanwhile. Pure.
import type { Annotation } from '../../../../api/client';
import { classKey } from '../shapes';
import { crossesItself } from './geometry';

/** What is edited. The places of annotations are their names: over REST they have no other. */
export interface Draft {
  annotations: Annotation[];
  selected: number | undefined;
}

export function replaceAt(draft: Draft, place: number, annotation: Annotation): Draft {
  return { ...draft, annotations: draft.annotations.map((one, at) => (at === place ? annotation : one)) };
}

/** As `replaceAt`, if the annotation there still is the one that was known; undefined if keys have changed it since. */
export function replaceKnown(draft: Draft, place: number, known: Annotation, next: Annotation): Draft | undefined {
  return draft.annotations[place] === known ? replaceAt(draft, place, next) : undefined;
}

export function removeSelected(draft: Draft): Draft {
  return { annotations: draft.annotations.filter((_, at) => at !== draft.selected), selected: undefined };
}

const contents = new WeakMap<Annotation, string>(); // an annotation never changes: a change makes another one

/** What two annotations that mean the same have in common, whoever made them. */
function content(one: Annotation): string {
  const known = contents.get(one);
  if (known !== undefined) return known;
  const sorted = (value: object) => Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  const found = JSON.stringify([classKey(one), one.shape, sorted(one.geometry), sorted(one.attributes)]);
  contents.set(one, found);
  return found;
}

/** What of `all` is not among `others`. Equal ones are counted. */
function without(all: readonly Annotation[], others: readonly Annotation[]): Annotation[] {
  const left = new Map<string, number>();
  for (const one of others) left.set(content(one), (left.get(content(one)) ?? 0) + 1);
  return all.filter((one) => {
    const count = left.get(content(one)) ?? 0;
    if (count > 0) left.set(content(one), count - 1);
    return count === 0;
  });
}

/** The places of annotations that cross or touch themselves and are not stored so: the server refuses those. */
export function crossingPlaces(base: readonly Annotation[], annotations: readonly Annotation[]): Set<number> {
  const crossing = annotations.flatMap((one, place) => (crossesItself(one) ? [place] : []));
  if (crossing.length === 0) return new Set();
  const changed = new Set(without(annotations, base));
  return new Set(crossing.filter((place) => annotations[place] !== undefined && changed.has(annotations[place])));
}

export function isSame(one: readonly Annotation[], other: readonly Annotation[]): boolean {
  return one.length === other.length && without(one, other).length === 0;
}

/** The ontologies whose annotations differ, each with all that it has now: a request replaces those of one ontology. */
export function changedOntologies(before: readonly Annotation[], after: readonly Annotation[]) {
  const names = new Set([...before, ...after].map((one) => one.ontology));
  const of = (all: readonly Annotation[], name: string) => all.filter((one) => one.ontology === name);
  const changed = [...names].filter((name) => !isSame(of(before, name), of(after, name)));
  return new Map(changed.map((name) => [name, of(after, name)]));
}

/** The same annotations changed by two people at once. */
export interface Conflict {
  added: number; // by the other
  removed: number;
  by: string | undefined; // who added them, if it was one
  mine: Annotation[]; // to be kept instead of theirs, in the ontologies that were changed here
  both: Annotation[] | undefined; // undefined: both changed or removed the same annotation
}

export function conflictOf(
  base: readonly Annotation[],
  mine: readonly Annotation[],
  theirs: readonly Annotation[],
): Conflict {
  const [added, removed] = [without(theirs, base), without(base, theirs)];
  const [addedHere, removedHere] = [without(mine, base), without(base, mine)];
  const touched = removed.length - without(removed, removedHere).length;
  const makers = new Set(added.map((one) => one.by));
  const changedHere = changedOntologies(base, mine);
  const [maker] = makers;
  return {
    added: added.length,
    removed: removed.length,
    by: makers.size === 1 ? (maker ?? undefined) : undefined,
    mine: [...theirs.filter((one) => !changedHere.has(one.ontology)), ...[...changedHere.values()].flat()],
    both: touched > 0 ? undefined : [...without(theirs, removedHere), ...without(addedHere, added)],
  };
}
