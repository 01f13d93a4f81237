import { expect, it } from 'vitest';
import type { Datasource } from '../../api/client';
import { newSettings, settingsChange, settingsOf, settingsRequest } from './settingsForm';

const form = newSettings('Europe/Berlin');

it('names the settings as the contract does', () => {
  expect(settingsRequest({ ...form, suffix: ' .meta.json ', naming: 'metadata', namingKey: 'id' })).toEqual({
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
  expect(settingsChange(form, { ...form, naming: 'fileName' })).toEqual({
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
  expect(settingsOf(source, 'UTC')).toMatchObject({ orphans: 'trash', schedule: { kind: 'hours', hours: '6' } });
});
