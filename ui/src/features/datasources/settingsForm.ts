// The settings of a datasource as a form holds them. Pure.
import type { Datasource, Depth, MetadataStrategy, NamingStrategy, Orphans, Policies } from '../../api/client';
import { fromForm, type Form as ScheduleForm, toForm } from './schedule';

export interface SettingsForm {
  orphans: Orphans;
  suffix: string;
  baseNameSidecars: boolean;
  strategy: MetadataStrategy;
  naming: NamingStrategy;
  namingKey: string;
  updateImage: boolean;
  updateMetadata: boolean;
  look: Depth;
  pool: string; // empty: the one of all workers without a pool of their own
  policies: PoliciesForm;
  pictureText: boolean;
  keywordTags: boolean;
  captionTags: boolean;
  schedule: ScheduleForm;
}

export const LIMITS = ['minWidth', 'minHeight', 'maxPixels', 'maxBytes', 'maxSeconds'] as const;
export type Limit = (typeof LIMITS)[number];

export type Duplicates = NonNullable<Policies['duplicates']>;

/** What an object must be. Limits as they are typed; empty: none. */
export interface PoliciesForm {
  upright: boolean; // others are rejected
  duplicates: Duplicates;
  limits: Record<Limit, string>;
  brands: string; // of videos, separated by commas
  formats: string; // pixel formats of videos
}

type Json = string | number | boolean | string[] | null | { [name: string]: Json };

const NO_POLICIES: PoliciesForm = {
  upright: false,
  duplicates: 'keep',
  limits: { minWidth: '', minHeight: '', maxPixels: '', maxBytes: '', maxSeconds: '' },
  brands: '',
  formats: '',
};

function policiesOf(stored: Policies | undefined): PoliciesForm {
  if (stored === undefined) return NO_POLICIES;
  const written = (value: number | null | undefined) => (value == null ? '' : String(value));
  return {
    upright: stored.orientation === 'reject',
    duplicates: stored.duplicates ?? 'keep',
    limits: {
      minWidth: written(stored.min_width),
      minHeight: written(stored.min_height),
      maxPixels: written(stored.max_pixels),
      maxBytes: written(stored.max_bytes),
      maxSeconds: written(stored.max_seconds),
    },
    brands: (stored.video_brands ?? []).join(', '),
    formats: (stored.pixel_formats ?? []).join(', '),
  };
}

/** The setting `policies`; null: nothing is rejected. What is no number is sent as it is, and refused with its name. */
function policiesRequest({ upright, duplicates, limits, brands, formats }: PoliciesForm): Json {
  const words = (value: string) =>
    value
      .split(',')
      .map((word) => word.trim())
      .filter((word) => word !== '');
  const found: { [name: string]: Json } = {};
  if (upright) found.orientation = 'reject';
  if (duplicates !== 'keep') found.duplicates = duplicates;
  if (words(brands).length > 0) found.videoBrands = words(brands);
  if (words(formats).length > 0) found.pixelFormats = words(formats);
  for (const name of LIMITS) {
    const typed = limits[name].trim();
    if (typed !== '') found[name] = Number.isFinite(Number(typed)) ? Number(typed) : typed;
  }
  return Object.keys(found).length === 0 ? null : found;
}

const DEFAULT_POOL = 'default';

export function newSettings(zone: string): SettingsForm {
  return {
    orphans: 'trash',
    suffix: '',
    baseNameSidecars: true,
    strategy: 'mergeBucketWins',
    naming: 'fullPath',
    namingKey: '',
    updateImage: true,
    updateMetadata: true,
    look: 'full',
    pool: '',
    policies: NO_POLICIES,
    pictureText: false,
    keywordTags: false,
    captionTags: false,
    schedule: toForm({ schedule: 'off', timezone: null }, zone),
  };
}

/** The form of a stored datasource, whose first config stands for all. */
export function settingsOf(source: Datasource, zone: string): SettingsForm {
  const config = source.configs[0];
  const schedule = toForm(source, zone);
  const pool = source.pool === undefined || source.pool === DEFAULT_POOL ? '' : source.pool;
  const whole = {
    look: source.look ?? 'full',
    pool,
    policies: policiesOf(source.policies),
    pictureText: source.picture_text ?? false,
    keywordTags: source.keyword_tags ?? false,
    captionTags: source.caption_tags ?? false,
    baseNameSidecars: source.base_name_sidecars ?? true,
    schedule,
  };
  if (config === undefined) return { ...newSettings(zone), ...whole };
  return {
    orphans: config.orphans,
    suffix: source.sidecar_suffix ?? '',
    strategy: config.metadata_strategy,
    naming: config.naming,
    namingKey: config.naming_key ?? '',
    updateImage: config.update_image,
    updateMetadata: config.update_metadata,
    ...whole,
  };
}

/** The settings by their names in the contract. A schedule that is incomplete is left out. */
export function settingsRequest(form: SettingsForm): Record<string, Json> {
  const schedule = fromForm(form.schedule);
  return {
    orphans: form.orphans,
    metadataSidecarSuffix: form.suffix.trim() === '' ? null : form.suffix.trim(),
    baseNameSidecars: form.baseNameSidecars,
    updateMetadataStrategy: form.strategy,
    namingStrategy: form.naming,
    namingStrategyMetadataKey: form.naming === 'metadata' ? form.namingKey.trim() : null,
    updateImageWhenNewer: form.updateImage,
    updateMetadataWhenNewer: form.updateMetadata,
    look: form.look,
    pool: form.pool.trim() === '' ? null : form.pool.trim(),
    policies: policiesRequest(form.policies),
    pictureText: form.pictureText,
    keywordTags: form.keywordTags,
    captionTags: form.captionTags,
    ...(schedule ?? {}),
  };
}

/** Only what differs, for a change: what is not named is kept. */
export function settingsChange(before: SettingsForm, after: SettingsForm): Record<string, Json> {
  const [old, now] = [settingsRequest(before), settingsRequest(after)];
  const changed = Object.keys(now).filter((name) => JSON.stringify(old[name]) !== JSON.stringify(now[name]));
  const pairs = [
    ['schedule', 'timezone'], // each is read with the other
    ['namingStrategy', 'namingStrategyMetadataKey'],
  ];
  const names = pairs.filter((pair) => pair.some((name) => changed.includes(name))).flat();
  return Object.fromEntries([...new Set([...changed, ...names])].map((name) => [name, now[name] ?? null]));
}
