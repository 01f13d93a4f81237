// Texts of the label files of a datasource.
import type { LabelStrategy, SidecarFormat } from '../../../api/client';
import { plural } from '../../../components/format';

export const text = {
  legend: 'Label files',
  hint: 'Annotations follow the label files of the bucket: each run reads those that changed.',
  format: 'Format of the label files',
  formatHint: 'It cannot be changed later.',
  fixed: 'It cannot be changed. For files of another format, add another datasource.',
  formats: {
    '': 'None are read',
    yolo: 'YOLO',
    encord: 'Encord',
    dataloop: 'Dataloop',
    coco: 'COCO',
    voc: 'Pascal VOC',
    labelme: 'LabelMe',
  } satisfies Record<SidecarFormat | '', string>,
  ontology: 'Ontology',
  choose: 'Choose one',
  noOntology: 'There is none yet: create it with its classes on the page {link}.',
  labelsPage: 'Labels',
  strategy: 'When a label file and a person change annotations',
  strategies: {
    bucketWins: 'The file replaces those of its classes',
    userWins: 'Classes that a person edited stay',
    untilFirstChange: 'The file, until a person changes something',
  } satisfies Record<LabelStrategy, string>,
  imagePattern: {
    label: 'Keys of images',
    hint: '`{name}` is the same in both, `{name**}` across folders too, `{ext}` any suffix.',
    placeholder: 'images/{split}/{name}.{ext}',
  },
  labelPattern: {
    label: 'Keys of label files',
    hint: 'With the same placeholders, without `{ext}`.',
    placeholder: 'labels/{split}/{name}.txt',
  },
  suffix: { label: 'Suffix of label files', hint: 'Empty: that of the format.', placeholder: '.encord.json' },
  namespace: {
    label: 'Namespace of external ids',
    hint: 'Names the classes in the files. Empty: that of the format.',
    placeholder: 'YOLO',
  },
  classMap: {
    label: 'Classes of the files',
    hint: 'One a line, such as `0 = forklift`, before external ids. Without a class after `=`, its labels are left out.',
    placeholder: '0 = forklift',
  },
  look: 'Look for class names in the bucket',
  looking: 'Looking…',
  use: (key: string, number: number) =>
    plural(number, { one: `Use the # class of ${key}`, other: `Use the # classes of ${key}` }),
  noNames: 'No data.yaml, classes.txt or obj.names was found.',
  skipInvalid: {
    label: 'Take the valid labels of a file with invalid ones',
    hint: 'Otherwise such a file changes nothing.',
  },
};
