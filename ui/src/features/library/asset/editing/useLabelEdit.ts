// The editing of annotations: a draft until it is saved, one request for each ontology that changed.
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { type Annotation, answer, client, type Ontology } from '../../../api/client';
import { keys } from '../../../api/queries';
import { type AsyncAction, useAsyncAction } from '../../../components/useAsyncAction';
import { boxBetween, changedOntologies, type Draft, moved, type Point, removeSelected, replaceAt } from './edit';

export interface LabelClass {
  ontology: string;
  name: string;
  shape: Annotation['shape'];
  colour: string;
}

export interface LabelEdit {
  draft: Draft | undefined; // undefined: nothing is edited
  classes: LabelClass[];
  drawn: LabelClass | undefined; // the class of boxes that are drawn
  changed: boolean;
  action: AsyncAction;
  begin: () => void;
  discard: () => void;
  save: () => void;
  change: (draft: Draft) => void;
  choose: (one: LabelClass) => void;
  add: (geometry: Annotation['geometry'] | undefined) => void;
  remove: () => void;
  step: (by: 1 | -1) => void;
  move: (by: Point) => void;
  resize: (by: Point) => void;
}

function classesOf(ontologies: Ontology[]): LabelClass[] {
  return ontologies.flatMap((one) =>
    one.classes.map(({ name, shape, colour }) => ({ ontology: one.name, name, shape, colour })),
  );
}

export function useLabelEdit(id: string, stored: Annotation[], ontologies: Ontology[]): LabelEdit {
  const [draft, setDraft] = useState<Draft>();
  const [drawing, setDrawing] = useState<LabelClass>();
  const [of, setOf] = useState(id);
  const cache = useQueryClient();
  const action = useAsyncAction();
  if (of !== id) {
    setOf(id);
    setDraft(undefined); // another asset is open
  }
  const classes = classesOf(ontologies);
  const drawn = drawing ?? classes.find((one) => one.shape === 'box');
  const selected = draft?.selected === undefined ? undefined : draft.annotations[draft.selected];
  const replace = (next: Annotation) => {
    if (draft?.selected !== undefined) setDraft(replaceAt(draft, draft.selected, next));
  };
  const save = () =>
    action.run(async () => {
      for (const [ontology, all] of changedOntologies(stored, draft?.annotations ?? stored)) {
        const annotations = all.map(({ class_name, shape, geometry, attributes }) => {
          return { class_name, shape, geometry, attributes };
        });
        const params = { path: { asset_id: id } };
        const body = { ontology, annotations } as never;
        const saved = await answer(client.PUT('/api/v1/assets/{asset_id}/annotations', { params, body }));
        cache.setQueryData([...keys.asset(id), 'annotations'], saved);
      }
      await cache.invalidateQueries({ queryKey: keys.asset(id) });
      setDraft(undefined);
    });
  return {
    draft,
    classes,
    drawn,
    changed: draft !== undefined && changedOntologies(stored, draft.annotations).size > 0,
    action,
    begin: () => setDraft({ annotations: stored, selected: undefined }),
    discard: () => setDraft(undefined),
    save,
    change: setDraft,
    choose: (one) => {
      if (selected === undefined) setDrawing(one);
      else replace({ ...selected, ontology: one.ontology, class_name: one.name });
    },
    add: (geometry) => {
      if (draft === undefined || drawn === undefined || geometry === undefined) return;
      const made: Annotation = {
        ontology: drawn.ontology,
        class_name: drawn.name,
        shape: 'box',
        geometry,
        attributes: {},
        source: 'user',
        by: null,
        at: new Date().toISOString(),
      };
      setDraft({ annotations: [...draft.annotations, made], selected: draft.annotations.length });
    },
    remove: () => {
      if (draft !== undefined) setDraft(removeSelected(draft));
    },
    step: (by) => {
      if (draft === undefined || draft.annotations.length === 0) return;
      const count = draft.annotations.length;
      setDraft({ ...draft, selected: ((draft.selected ?? (by === 1 ? -1 : count)) + by + count) % count });
    },
    move: (by) => {
      if (selected !== undefined) replace(moved(selected, by));
    },
    resize: (by) => {
      if (selected?.shape !== 'box') return;
      const { x = 0, y = 0, width = 0, height = 0 } = selected.geometry as unknown as Record<string, number>;
      const geometry = boxBetween({ x, y }, { x: x + width + by.x, y: y + height + by.y });
      if (geometry !== undefined) replace({ ...selected, geometry });
    },
  };
}
