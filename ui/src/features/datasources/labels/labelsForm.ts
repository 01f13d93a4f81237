// The label files of a datasource as a form holds them. Pure.
import type { LabelSidecars, LabelStrategy, SidecarFormat } from '../../../api/client';
import { type Json, lines } from '../configForm';

export interface LabelsForm {
  format: SidecarFormat | ''; // empty: no label files are read
  ontology: string;
  suffix: string;
  imagePattern: string;
  labelPattern: string;
  namespace: string;
  classMap: string; // `0 = forklift`, one a line
  strategy: LabelStrategy;
  skipInvalid: boolean;
}

export const NO_LABELS: LabelsForm = {
  format: '',
  ontology: '',
  suffix: '',
  imagePattern: '',
  labelPattern: '',
  namespace: '',
  classMap: '',
  strategy: 'bucketWins',
  skipInvalid: false,
};

export function mapText(map: Readonly<Record<string, string>>): string {
  return Object.entries(map)
    .map(([name, target]) => `${name} = ${target}`)
    .join('\n');
}

/** A line without `=` is sent without a class, for the server to refuse it by its name. */
function mapOf(typed: string): { [name: string]: Json } | null {
  const found: { [name: string]: Json } = {};
  for (const line of lines(typed)) {
    const at = line.lastIndexOf('=');
    found[at < 0 ? line : line.slice(0, at).trim()] = at < 0 ? null : line.slice(at + 1).trim();
  }
  return Object.keys(found).length === 0 ? null : found;
}

export function labelsOf(stored: LabelSidecars | null | undefined): LabelsForm {
  if (stored == null) return NO_LABELS;
  return {
    format: stored.format,
    ontology: stored.ontology,
    suffix: stored.suffix ?? '',
    imagePattern: stored.image_pattern ?? '',
    labelPattern: stored.label_pattern ?? '',
    namespace: stored.namespace ?? '',
    classMap: mapText(stored.class_map),
    strategy: stored.strategy ?? 'bucketWins',
    skipInvalid: stored.skip_invalid ?? false,
  };
}

/** Which fields a format has: a COCO file names its images itself, and YOLO files are found by patterns alone. */
export function fieldsOf({ format, imagePattern, labelPattern }: LabelsForm): { patterns: boolean; suffix: boolean } {
  const patterned = imagePattern.trim() !== '' || labelPattern.trim() !== '';
  return { patterns: format !== 'coco', suffix: format !== 'yolo' && !patterned };
}

/** The setting `labels`; null: none are read. */
export function labelsRequest(form: LabelsForm): Json {
  if (form.format === '') return null;
  const { patterns, suffix } = fieldsOf(form);
  const typed = (value: string, applies = true) => (applies ? value.trim() || null : null);
  return {
    format: form.format,
    ontology: form.ontology,
    suffix: typed(form.suffix, suffix),
    imagePattern: typed(form.imagePattern, patterns),
    labelPattern: typed(form.labelPattern, patterns),
    namespace: typed(form.namespace),
    classMap: mapOf(form.classMap),
    strategy: form.strategy,
    skipInvalid: form.skipInvalid,
  };
}
