import { expect, it } from 'vitest';
import { fieldsOf, labelsOf, labelsRequest, NO_LABELS } from './labelsForm';

const yolo = { ...NO_LABELS, format: 'yolo' as const, ontology: 'yard' };

it('without a format, no label files are read', () => {
  expect(labelsRequest({ ...NO_LABELS, ontology: 'yard' })).toBeNull();
});

it('only fields that the format has are sent', () => {
  const coco = { ...yolo, format: 'coco' as const, imagePattern: 'a/{name}.{ext}', suffix: 'labels.json' };
  expect(labelsRequest({ ...coco, imagePattern: '' })).toMatchObject({ suffix: 'labels.json' });
  expect(labelsRequest(coco)).toMatchObject({ imagePattern: null });
  expect(fieldsOf({ ...yolo, format: 'voc' })).toEqual({ patterns: true, suffix: true });
  expect(fieldsOf({ ...yolo, format: 'voc', labelPattern: 'b' })).toEqual({ patterns: true, suffix: false });
  expect(labelsRequest({ ...yolo, suffix: '.txt' })).toMatchObject({ suffix: null });
});

it('a class of the map is what stands before the last equals sign', () => {
  const typed = '0 = forklift\n 7=\n a = b = c \nnothing';
  expect(labelsRequest({ ...yolo, classMap: typed })).toMatchObject({
    classMap: { '0': 'forklift', '7': '', 'a = b': 'c', nothing: null },
  });
});

it('stored label files come back as they were', () => {
  const stored = labelsOf({
    format: 'yolo',
    ontology: 'yard',
    suffix: null,
    image_pattern: 'i/{name}.{ext}',
    label_pattern: 'l/{name}.txt',
    namespace: null,
    class_map: { '0': 'forklift', '7': '' },
    strategy: 'userWins',
    skip_invalid: true,
  });
  expect(labelsRequest(stored)).toEqual({
    format: 'yolo',
    ontology: 'yard',
    suffix: null,
    imagePattern: 'i/{name}.{ext}',
    labelPattern: 'l/{name}.txt',
    namespace: null,
    classMap: { '0': 'forklift', '7': '' },
    strategy: 'userWins',
    skipInvalid: true,
  });
});
