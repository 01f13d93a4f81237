// Texts of the ontologies, and of importing and exporting labels.
import type { Shape } from '../../api/client';
import { bytes, count, plural } from '../../components/format';

const annotations = (number: number) => plural(number, { one: '# annotation', other: '# annotations' });

export const text = {
  title: 'Labels',
  number: (number: number) => plural(number, { one: '# ontology', other: '# ontologies' }),
  empty: {
    title: 'No ontologies yet',
    detail:
      'An ontology is a named list of classes: what can be drawn on a picture, with a colour and a shape. Create one, then import labels into it or draw.',
    cannot: 'You may look at ontologies, but not create one.',
  },
  columns: { name: 'Ontology', classes: 'Classes', updated: 'Changed' },
  changed: (when: string, by: string | null) => (by === null ? when : `${when} by ${by}`),
  create: { open: 'New ontology', title: 'New ontology', name: 'Name', action: 'Create ontology' },

  back: 'Labels',
  lead: (classes: number, version: number) =>
    `${plural(classes, { one: '# class', other: '# classes' })}, version ${count(version)}`,
  statistics: {
    title: 'What is annotated',
    columns: { name: 'Class', annotations: 'Annotations', assets: 'Assets', size: 'Mean size', share: 'Share' },
    size: (width: number, height: number) => `${Math.round(width * 100)} × ${Math.round(height * 100)} %`,
  },

  classes: {
    title: 'Classes',
    none: 'No classes yet.',
    name: 'Name',
    colour: (name: string) => `Colour of ${name}`,
    nameOf: (position: number) => `Name of class ${position}`,
    shapeOf: (name: string) => `Shape of ${name}`,
    used: annotations,
    more: (attributes: number, ids: number) =>
      `${plural(attributes, { one: '# attribute', other: '# attributes' })}, ${plural(ids, { one: '# external id', other: '# external ids' })}`,
    remove: (name: string) => `Remove ${name}`,
    add: 'Add a class',
    unnamed: 'the new class',
    shapes: {
      box: 'Box',
      rotated_box: 'Rotated box',
      polygon: 'Polygon',
      polyline: 'Line',
      keypoints: 'Keypoints',
      mask: 'Mask',
      classification: 'Whole picture',
    } satisfies Record<Shape, string>,
  },
  attributes: {
    title: 'Attributes',
    name: 'Attribute',
    type: 'Type',
    types: { text: 'Text', number: 'Number', boolean: 'Yes or no' },
    add: 'Add an attribute',
    drop: 'Leave this attribute out',
  },
  externalIds: {
    title: 'What other systems call it',
    name: 'Namespace, such as YOLO',
    value: 'Id',
    add: 'Add an id',
    drop: 'Leave this id out',
  },
  save: 'Save changes',
  discard: 'Discard changes',
  saved: (version: number) => `Saved as version ${count(version)}.`,
  export: 'Export classes',
  import: 'Import classes',
  imported: 'The classes of the file are shown. Nothing is stored before you save.',
  notClasses: 'This file is not a list of classes as an ontology exports it.',
  deletion: {
    open: 'Delete',
    title: (name: string) => `Delete the ontology ${name}?`,
    detail: 'The ontology and its classes are deleted. No asset has an annotation of them.',
    used: (number: number) =>
      plural(number, {
        one: '# annotation uses its classes. Delete it first: the number beside its class shows where it is.',
        other: '# annotations use its classes. Delete them first: the numbers beside the classes show where they are.',
      }),
    action: 'Delete ontology',
  },

  exports: {
    open: 'Export labels',
    title: (name: string) => `Export the labels of ${name}`,
    copyImages: 'Copy the pictures beside the labels',
    action: 'Export',
    ready: (number: number, images: number) =>
      `${annotations(number)} of ${plural(images, { one: '# picture', other: '# pictures' })}. The file is kept for a day.`,
    converted: (number: number) => `${annotations(number)} became another shape, which the format has.`,
    leftOut: (number: number) => `${annotations(number)} left out, because the format cannot express them.`,
    notCopied: (number: number) =>
      plural(number, { one: '# picture was not copied', other: '# pictures were not copied' }),
    download: (name: string, size: number) => `Download ${name} (${bytes(size)})`,
  },

  labels: {
    open: 'Import labels',
    title: (name: string) => `Import labels into ${name}`,
    file: 'File',
    fileHint: 'One label file, or a zip file of them.',
    format: 'Format',
    matchBy: 'Find the asset of a picture by',
    matches: { key: 'its key', name: 'its name', digest: 'the digest of its bytes, as the name of the file' },
    query: 'Only assets that match',
    queryHint: 'A query; empty: every asset.',
    addClasses: 'Add classes that the ontology lacks',
    keepExisting: 'Keep the annotations of earlier imports',
    preview: 'Preview',
    uploading: 'Uploading…',
    found: (matched: number, images: number) =>
      `${count(matched)} of ${plural(images, { one: '# picture is an asset', other: '# pictures are assets' })}.`,
    would: (added: number, replaced: number) =>
      replaced === 0
        ? `${annotations(added)} would be added.`
        : `${annotations(added)} would be added, and ${count(replaced)} of earlier imports replaced.`,
    unmatched: (names: string[]) => `Without an asset: ${names.join(', ')}`,
    mapping: { name: 'In the file', annotations: 'Annotations', becomes: 'Becomes' },
    becomes: (name: string) => `What ${name} becomes`,
    fits: (name: string | null) => (name === null ? 'nothing: choose a class' : name),
    isNew: (name: string) => `${name}, a new class`,
    leaveOut: 'Leave it out',
    problems: (number: number) => plural(number, { one: '# problem', other: '# problems' }),
    problem: (file: string, place: string, reason: string) =>
      place === '' ? `${file}: ${reason}` : `${file}, ${place}: ${reason}`,
    skipInvalid: 'Import the rest without what has a problem',
    action: 'Import',
    doing: (name: string) => `Importing labels into ${name}…`,
    done: (result: Record<string, unknown>) =>
      `${annotations(typeof result.annotations === 'number' ? result.annotations : 0)} imported.`,
  },
};
