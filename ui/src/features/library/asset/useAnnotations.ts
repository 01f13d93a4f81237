// The annotations of the open asset, and which of their classes are shown.
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { assetQueries, type StoredAnnotations } from '../../../api/assetQueries';
import type { Annotation, Ontology } from '../../../api/client';
import type { Shown } from './Overlay';
import { type ClassOfAsset, classesOf } from './shapes';

const NONE: Annotation[] = [];
const NO_ONTOLOGY: Ontology[] = [];
const COLOUR = /^#[\da-f]{6}$/i; // what else a file may say is no colour for a style
export const FALLBACK = 'var(--accent)';

export interface AnnotationView {
  stored: StoredAnnotations | undefined; // undefined: they could not be read, or not yet
  annotations: Annotation[];
  ontologies: Ontology[];
  colours: ReadonlyMap<string, string>; // of every class that has one
  classes: (ClassOfAsset & { colour: string; shown: boolean })[];
  shown: Shown | undefined; // undefined: the overlay is off
  toggle: (name: string) => void;
  showAll: (on: boolean) => void;
}

export function useAnnotations(id: string, may: boolean, mayEdit: boolean): AnnotationView {
  const { data: stored } = useQuery(assetQueries.annotations(id, may));
  const annotations = stored?.annotations ?? NONE;
  const { data: ontologies = NO_ONTOLOGY } = useQuery(
    assetQueries.ontologies(may && (mayEdit || annotations.length > 0)),
  );
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set()); // stays from one asset to the next
  const colours = useMemo(() => {
    const found = new Map<string, string>();
    for (const ontology of ontologies)
      for (const { name, colour } of ontology.classes)
        if (COLOUR.test(colour)) found.set(`${ontology.name}/${name}`, colour);
    return found;
  }, [ontologies]);
  const classes = useMemo(
    () =>
      classesOf(annotations).map((one) => {
        return { ...one, colour: colours.get(one.name) ?? FALLBACK, shown: !hidden.has(one.name) };
      }),
    [annotations, colours, hidden],
  );
  const shown = useMemo(
    () => new Map(classes.filter((one) => one.shown).map((one) => [one.name, one.colour])),
    [classes],
  );
  return {
    stored,
    annotations,
    ontologies,
    colours,
    classes,
    shown: shown.size === 0 ? undefined : shown,
    toggle: (name) => {
      const next = new Set(hidden);
      if (!next.delete(name)) next.add(name);
      setHidden(next);
    },
    showAll: (on) => setHidden(on ? new Set() : new Set([...hidden, ...classes.map((one) => one.name)])),
  };
}
