import { expect, it } from 'vitest';
import { percentSum, splitForm, splitSettings } from './splits';

it('settings are the same after a round trip through the form', () => {
  for (const by of ['asset', 'content', 'folder', 'metadata.camera.id']) {
    const settings = { train: 70, valid: 20, test: 10, by, seed: 7 };
    expect(splitSettings(splitForm(settings))).toEqual(settings);
  }
});

it('a project that was never divided proposes 80, 10 and 10', () => {
  expect(splitSettings(splitForm(null))).toEqual({ train: 80, valid: 10, test: 10, by: 'asset', seed: 0 });
});

it('a form that is not complete has no settings', () => {
  const form = splitForm(null);
  const percents = { ...form.percents, train: '90' };
  expect(percentSum({ ...form, percents })).toBe(110);
  expect(splitSettings({ ...form, percents })).toBeUndefined();
  expect(splitSettings({ ...form, percents: { ...form.percents, test: 'ten' } })).toBeUndefined();
  expect(splitSettings({ ...form, seed: '-1' })).toBeUndefined();
  expect(splitSettings({ ...form, grouping: 'metadata', key: ' ' })).toBeUndefined();
});
