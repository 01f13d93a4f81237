import { expect, it } from 'vitest';
import type { Datasource } from '../../api/client';
import { Problem } from '../../api/problem';
import { type ConfigForm, moved, NEW_CONFIG } from './configForm';
import {
  isPlaced,
  newSettings,
  type SettingsForm,
  selectionChange,
  settingErrors,
  settingsChange,
  settingsOf,
  settingsRequest,
} from './settingsForm';

const form = newSettings('Europe/Berlin');
const withConfigs = (...configs: Partial<ConfigForm>[]): SettingsForm => ({
  ...form,
  configs: configs.map((config) => ({ ...NEW_CONFIG, ...config })),
});

it('names the settings as the contract does', () => {
  const named = withConfigs({ naming: 'metadata', namingKey: 'id', globs: ' **/*.jpg \n\n', globFile: ' list.txt ' });
  expect(settingsRequest({ ...named, suffix: ' .meta.json ' })).toEqual({
    glob_patterns: ['**/*.jpg'],
    exclude: null,
    paths: null,
    glob_file_path: 'list.txt',
    media: ['image'],
    labels: null,
    inventory: null,
    listingOrdered: null,
    orphans: 'trash',
    metadataSidecarSuffix: '.meta.json',
    baseNameSidecars: true,
    updateMetadataStrategy: 'mergeBucketWins',
    namingStrategy: 'metadata',
    namingStrategyMetadataKey: 'id',
    updateImageWhenNewer: true,
    updateMetadataWhenNewer: true,
    look: 'full',
    pool: null,
    policies: null,
    pictureText: false,
    keywordTags: false,
    captionTags: false,
    schedule: 'off',
    timezone: null,
  });
});

it('a change names what differs, and what is read with it', () => {
  expect(settingsChange(form, form)).toEqual({});
  const daily = { ...form, schedule: { ...form.schedule, kind: 'daily' as const, time: '03:30', zone: 'UTC' } };
  expect(settingsChange(form, daily)).toEqual({ schedule: '30 3 * * *', timezone: 'UTC' });
  expect(settingsChange(form, withConfigs({ naming: 'fileName' }))).toEqual({
    namingStrategy: 'fileName',
    namingStrategyMetadataKey: null,
  });
});

it('policies come back as they were stored, and one that is no number is sent for the server to refuse', () => {
  const policies = {
    orientation: 'reject',
    duplicates: 'link',
    min_width: 640,
    max_seconds: 1.5,
    video_brands: ['mp42'],
    pixel_formats: [],
  };
  const source = { configs: [], schedule: 'off', timezone: null, look: 'header', policies } as unknown as Datasource;
  const stored = settingsOf(source, 'UTC');
  const asked = { orientation: 'reject', duplicates: 'link', videoBrands: ['mp42'], minWidth: 640, maxSeconds: 1.5 };
  expect(settingsRequest(stored)).toMatchObject({ look: 'header', policies: asked });
  const wide = { ...stored.policies.limits, minWidth: 'wide' };
  expect(settingsChange(stored, { ...stored, policies: { ...stored.policies, limits: wide } })).toEqual({
    policies: { ...asked, minWidth: 'wide' },
  });
});

it('metadata files are named like their objects unless that is stored as off', () => {
  const source = { configs: [], schedule: 'off', timezone: null, base_name_sidecars: false } as unknown as Datasource;
  const stored = settingsOf(source, 'UTC');
  expect(stored.baseNameSidecars).toBe(false);
  expect(settingsChange(stored, { ...stored, baseNameSidecars: true })).toEqual({ baseNameSidecars: true });
});

it('the text in pictures is off unless it is stored, and a change names it alone', () => {
  const source = { configs: [], schedule: 'off', timezone: null, picture_text: true } as unknown as Datasource;
  const stored = settingsOf(source, 'UTC');
  expect(stored.pictureText).toBe(true);
  expect(settingsChange(stored, { ...stored, pictureText: false })).toEqual({ pictureText: false });
});

it('captions become tags only if that is stored, and a change names it alone', () => {
  const source = { configs: [], schedule: 'off', timezone: null, caption_tags: true } as unknown as Datasource;
  const stored = settingsOf(source, 'UTC');
  expect([stored.captionTags, stored.keywordTags]).toEqual([true, false]);
  expect(settingsChange(stored, { ...stored, captionTags: false })).toEqual({ captionTags: false });
});

it('the pool of all workers is an empty field', () => {
  const source = { configs: [], schedule: 'off', timezone: null, pool: 'default' } as unknown as Datasource;
  expect(settingsOf(source, 'UTC').pool).toBe('');
  const gpu = settingsOf({ ...source, pool: 'gpu' }, 'UTC');
  expect(settingsChange(gpu, { ...gpu, pool: ' ' })).toEqual({ pool: null });
  expect(settingsChange(gpu, { ...gpu, pool: ' lab ' })).toEqual({ pool: 'lab' });
});

it('a stored datasource without a config of its own has the defaults', () => {
  const source = { configs: [], schedule: 'every: 6h', timezone: null } as unknown as Datasource;
  expect(settingsOf(source, 'UTC')).toMatchObject({
    configs: [{ orphans: 'trash' }],
    schedule: { kind: 'hours', hours: '6' },
  });
});

it('several configs are one setting, in their order', () => {
  const two = withConfigs({ globs: 'a/**' }, { id: 'rest', orphans: 'keep' });
  const { mirror_configs } = settingsRequest(two);
  expect(mirror_configs).toMatchObject([{ glob_patterns: ['a/**'] }, { id: 'rest', settings: { orphans: 'keep' } }]);
  expect(settingsRequest(two)).not.toHaveProperty('orphans');
  expect(moved(two.configs, 1, 0).map(({ id }) => id)).toEqual(['rest', '']);
  // Back to one config: the list that is stored is replaced by a list.
  const back = settingsChange(two, withConfigs({ globs: 'a/**' }));
  expect(Object.keys(back)).toEqual(['mirror_configs']);
  expect(back.mirror_configs).toHaveLength(1);
  expect(selectionChange(two, two)).toEqual({ mirror_configs, media: ['image'] });
  expect(selectionChange(form, form)).toEqual({
    glob_patterns: null,
    exclude: null,
    paths: null,
    glob_file_path: null,
    media: ['image'],
  });
});

it('a stored config comes back as it was', () => {
  const config = {
    id: 'near',
    globs: ['a/**', 'b/**'],
    glob_file: 'list.txt',
    paths: ['c.jpg'],
    exclude: ['a/raw/**'],
    naming: 'metadata',
    naming_key: 'title',
    update_image: false,
    update_metadata: true,
    metadata_strategy: 'append',
    orphans: 'keep',
  };
  const source = { configs: [config], schedule: 'off', timezone: null, listing_ordered: false, inventory: 's3://i/d/' };
  const stored = settingsOf(source as unknown as Datasource, 'UTC');
  expect(settingsRequest(stored)).toMatchObject({
    mirror_configs: [
      {
        id: 'near',
        glob_patterns: ['a/**', 'b/**'],
        exclude: ['a/raw/**'],
        paths: ['c.jpg'],
        glob_file_path: 'list.txt',
        settings: { orphans: 'keep', updateMetadataStrategy: 'append', namingStrategyMetadataKey: 'title' },
      },
    ],
    listingOrdered: false,
    inventory: 's3://i/d/',
  });
  expect(settingsChange(stored, stored)).toEqual({});
});

const refusal = (type: string, rest: object) =>
  new Problem({ type, title: '', status: 400, detail: 'Wrong.', ...rest });

it('an error is shown by its field, and a wrong pattern by the field that has it', () => {
  const errors = settingErrors(refusal('urn:mirrorlake:settings-error', { field: 'labels.ontology' }), form);
  expect(errors).toEqual({ 'labels.ontology': 'Wrong.' });
  expect(isPlaced(errors)).toBe(true);
  const wrong = refusal('urn:mirrorlake:pattern-error', { text: '[' });
  expect(settingErrors(wrong, withConfigs({ globs: 'a\n[' }))).toEqual({ glob_patterns: 'Wrong.' });
  const second = settingErrors(wrong, withConfigs({ globs: 'a' }, { exclude: '[' }));
  expect(second).toEqual({ 'mirror_configs[1].exclude': 'Wrong.' });
  expect(isPlaced(second)).toBe(true);
  expect(isPlaced(settingErrors(wrong, withConfigs({ globs: 'read from a file' })))).toBe(false);
  expect(isPlaced({ schedule: 'Wrong.' })).toBe(false);
});
