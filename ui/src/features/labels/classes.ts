// The classes of an ontology while they are edited, and their JSON as `mirrorlake ontology export` writes it.
import type { LabelClass, Ontology, Shape } from '../../api/client';

export const SHAPES: readonly Shape[] = [
  'box',
  'rotated_box',
  'polygon',
  'polyline',
  'keypoints',
  'mask',
  'classification',
];
export const TYPES = ['text', 'number', 'boolean'] as const;

export interface Pair {
  name: string;
  value: string;
}

/** A class that is edited; the number tells rows apart whose names change. */
export interface Row {
  id: number;
  name: string;
  shape: Shape;
  colour: string;
  attributes: Pair[];
  externalIds: Pair[];
}

const pairsOf = (found: Record<string, string>): Pair[] =>
  Object.entries(found).map(([name, value]) => ({ name, value }));
const recordOf = (pairs: Pair[]): Record<string, string> =>
  Object.fromEntries(
    pairs.filter(({ name }) => name.trim() !== '').map(({ name, value }) => [name.trim(), value.trim()]),
  );

export function rowsOf(classes: readonly LabelClass[]): Row[] {
  return classes.map((one, id) => ({
    id,
    name: one.name,
    shape: one.shape,
    colour: one.colour,
    attributes: pairsOf(one.attributes),
    externalIds: pairsOf(one.external_ids),
  }));
}

export function classesOf(rows: readonly Row[]): LabelClass[] {
  return rows.map((row) => ({
    name: row.name.trim(),
    shape: row.shape,
    colour: row.colour,
    attributes: recordOf(row.attributes),
    external_ids: recordOf(row.externalIds),
  }));
}

const GOLDEN = 0.618; // of the circle of hues: neighbours in the list differ

/** The colour of the class at a position, as the command line gives it. */
export function colourAt(position: number): string {
  const hue = (position * GOLDEN) % 1;
  const channel = (offset: number) => {
    const place = (((hue + offset) % 1) + 1) % 1;
    const strength = place < 1 / 6 ? place * 6 : place < 0.5 ? 1 : place < 2 / 3 ? (2 / 3 - place) * 6 : 0;
    return Math.round((0.2 + 0.7 * strength) * 255)
      .toString(16)
      .padStart(2, '0');
  };
  return `#${channel(1 / 3)}${channel(0)}${channel(-1 / 3)}`;
}

export function newRow(rows: readonly Row[]): Row {
  return {
    id: Math.max(-1, ...rows.map((row) => row.id)) + 1,
    name: '',
    shape: rows.at(-1)?.shape ?? 'box',
    colour: colourAt(rows.length),
    attributes: [],
    externalIds: [],
  };
}

/** Whether two lists of classes are the same, order included. */
export function equal(one: readonly LabelClass[], other: readonly LabelClass[]): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

export function writeJson(ontology: Pick<Ontology, 'classes'>): string {
  return `${JSON.stringify({ classes: ontology.classes }, null, 2)}\n`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The classes of a file, or undefined if it is something else. The server checks their values. */
export function readJson(content: string): LabelClass[] | undefined {
  let document: unknown;
  try {
    document = JSON.parse(content);
  } catch {
    return undefined;
  }
  const rows: unknown = isRecord(document) ? document.classes : document;
  if (!Array.isArray(rows)) return undefined;
  const read = rows.map((row: unknown): LabelClass | undefined => {
    if (!isRecord(row) || typeof row.name !== 'string' || typeof row.colour !== 'string') return undefined;
    const shape = SHAPES.find((one) => one === row.shape);
    const texts = (value: unknown) =>
      Object.fromEntries(Object.entries(isRecord(value) ? value : {}).map(([name, each]) => [name, String(each)]));
    if (shape === undefined) return undefined;
    const { name, colour } = row;
    return { name, shape, colour, attributes: texts(row.attributes), external_ids: texts(row.external_ids) };
  });
  return read.some((row) => row === undefined) ? undefined : (read as LabelClass[]);
}
