import { expect, it } from 'vitest';
import type { LabelClass } from '../../api/client';
import { classesOf, colourAt, newRow, readJson, rowsOf, writeJson } from './classes';

const cat: LabelClass = {
  name: 'cat',
  shape: 'box',
  colour: '#1e90ff',
  attributes: { age: 'number' },
  external_ids: { YOLO: '3' },
};

it('classes come back from their rows and from their file as they were', () => {
  expect(classesOf(rowsOf([cat]))).toEqual([cat]);
  expect(readJson(writeJson({ classes: [cat] }))).toEqual([cat]);
  expect(readJson(JSON.stringify([cat]))).toEqual([cat]);
});

it.each(['', '{', '3', '{"classes": 3}', '[{"name": "cat"}]', '[{"name": "a", "shape": "blob", "colour": "#000000"}]'])(
  'a file that is no list of classes is refused: %s',
  (content) => {
    expect(readJson(content)).toBeUndefined();
  },
);

it('names without a value are left out, and a new class has a number and a colour of its own', () => {
  const [row] = rowsOf([cat]);
  if (row === undefined) throw new Error('there is one');
  const pairs = [...row.attributes, { name: ' ', value: 'text' }];
  expect(classesOf([{ ...row, attributes: pairs }])).toEqual([cat]);
  const made = newRow([row]);
  expect([made.id, made.shape]).toEqual([1, 'box']);
  expect(new Set([0, 1, 2, 3].map(colourAt)).size).toBe(4);
  expect(made.colour).toMatch(/^#[0-9a-f]{6}$/);
});
