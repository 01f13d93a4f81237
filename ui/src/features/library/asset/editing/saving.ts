// Annotations on their way to the server: one request for each ontology that changed, each on the condition that
// nobody else has changed the annotations of the asset meanwhile.
import { fetchAnnotations, type StoredAnnotations } from '../../../../api/assetQueries';
import { type Annotation, answer, client } from '../../../../api/client';
import { Problem } from '../../../../api/problem';
import { changedOntologies, isSame } from './draft';

const STALE = 412;

export type Saved = { kind: 'saved' } | { kind: 'stale'; base: Annotation[]; theirs: StoredAnnotations }; // what was stored last from here, and what is now

/** Store these annotations. `onPart` gets what is stored after each request, also if a later one fails. */
export async function saveAnnotations(
  id: string,
  base: StoredAnnotations,
  annotations: Annotation[],
  onPart: (stored: StoredAnnotations) => void,
): Promise<Saved> {
  let known = base;
  for (const [ontology, all] of changedOntologies(base.annotations, annotations)) {
    let stored: Annotation[];
    try {
      stored = await replace(id, ontology, all, known.etag);
    } catch (error) {
      if (!(error instanceof Problem && error.status === STALE)) throw error;
      return { kind: 'stale', base: known.annotations, theirs: await fetchAnnotations(id) };
    }
    const present = await fetchAnnotations(id);
    onPart(present);
    if (!isSame(stored, present.annotations)) return { kind: 'stale', base: stored, theirs: present };
    known = present;
  }
  return { kind: 'saved' };
}

async function replace(id: string, ontology: string, all: Annotation[], etag: string | undefined) {
  const annotations = all.map(({ class_name, shape, geometry, attributes }) => {
    return { class_name, shape, geometry, attributes };
  });
  const params = { path: { asset_id: id } };
  const body = { ontology, annotations } as never;
  const headers = etag === undefined ? {} : { 'If-Match': etag };
  return answer(client.PUT('/api/v1/assets/{asset_id}/annotations', { params, body, headers }));
}
