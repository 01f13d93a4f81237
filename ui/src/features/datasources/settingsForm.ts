// The settings of a datasource as a form holds them. Pure.
import type { Datasource, Depth, MediaKind, Policies } from '../../api/client';
import { fieldErrors, patternError } from '../../api/problem';
import {
  type ConfigForm,
  choicesRequest,
  configOf,
  configRequest,
  type Json,
  lines,
  NEW_CONFIG,
  PATTERNS,
  patternsRequest,
  type Settings,
} from './configForm';
import { type LabelsForm, labelsOf, labelsRequest, NO_LABELS } from './labels/labelsForm';
import { fromForm, type Form as ScheduleForm, toForm } from './schedule';

export interface SettingsForm {
  configs: ConfigForm[]; // at least one; the first that selects an object governs it
  media: MediaKind[];
  suffix: string;
  baseNameSidecars: boolean;
  look: Depth;
  pool: string; // empty: the one of all workers without a pool of their own
  policies: PoliciesForm;
  pictureText: boolean;
  keywordTags: boolean;
  captionTags: boolean;
  labels: LabelsForm;
  inventory: string;
  listing: Listing;
  schedule: ScheduleForm;
}

/** Whether the server lists keys in byte order: as its kind of store does, or as is known of it. */
export type Listing = 'usual' | 'ordered' | 'unordered';

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
    configs: [NEW_CONFIG],
    media: ['image'],
    suffix: '',
    baseNameSidecars: true,
    look: 'full',
    pool: '',
    policies: NO_POLICIES,
    pictureText: false,
    keywordTags: false,
    captionTags: false,
    labels: NO_LABELS,
    inventory: '',
    listing: 'usual',
    schedule: toForm({ schedule: 'off', timezone: null }, zone),
  };
}

const LISTINGS: [Listing, boolean | null][] = [
  ['usual', null],
  ['ordered', true],
  ['unordered', false],
];

export function settingsOf(source: Datasource, zone: string): SettingsForm {
  return {
    configs: source.configs.length === 0 ? [NEW_CONFIG] : source.configs.map(configOf),
    media: source.media ?? ['image'],
    suffix: source.sidecar_suffix ?? '',
    baseNameSidecars: source.base_name_sidecars ?? true,
    look: source.look ?? 'full',
    pool: source.pool === undefined || source.pool === DEFAULT_POOL ? '' : source.pool,
    policies: policiesOf(source.policies),
    pictureText: source.picture_text ?? false,
    keywordTags: source.keyword_tags ?? false,
    captionTags: source.caption_tags ?? false,
    labels: labelsOf(source.labels),
    inventory: source.inventory ?? '',
    listing: LISTINGS.find(([, value]) => value === (source.listing_ordered ?? null))?.[0] ?? 'usual',
    schedule: toForm(source, zone),
  };
}

const isListed = ({ configs }: SettingsForm) => configs.length > 1 || configs.some(({ id }) => id !== '');

/** The settings of what is selected, by their names in the contract. `listed`: as a list of configs. */
function configsRequest({ configs }: SettingsForm, listed: boolean): Settings {
  const [first = NEW_CONFIG] = configs;
  return listed
    ? { mirror_configs: configs.map(configRequest) }
    : { ...patternsRequest(first), ...choicesRequest(first) };
}

/** The settings by their names in the contract. A schedule that is incomplete is left out. */
export function settingsRequest(form: SettingsForm, listed = isListed(form)): Settings {
  return {
    ...configsRequest(form, listed),
    media: form.media,
    metadataSidecarSuffix: form.suffix.trim() || null,
    baseNameSidecars: form.baseNameSidecars,
    look: form.look,
    pool: form.pool.trim() || null,
    policies: policiesRequest(form.policies),
    pictureText: form.pictureText,
    keywordTags: form.keywordTags,
    captionTags: form.captionTags,
    labels: labelsRequest(form.labels),
    inventory: form.inventory.trim() || null,
    listingOrdered: LISTINGS.find(([name]) => name === form.listing)?.[1] ?? null,
    ...(fromForm(form.schedule) ?? {}),
  };
}

/** Only what differs, for a change: what is not named is kept. */
export function settingsChange(before: SettingsForm, after: SettingsForm): Settings {
  const listed = isListed(before) || isListed(after);
  const [old, now] = [settingsRequest(before, listed), settingsRequest(after, listed)];
  const changed = Object.keys(now).filter((name) => JSON.stringify(old[name]) !== JSON.stringify(now[name]));
  const pairs = [
    ['schedule', 'timezone'], // each is read with the other
    ['namingStrategy', 'namingStrategyMetadataKey'],
  ];
  const names = pairs.filter((pair) => pair.some((name) => changed.includes(name))).flat();
  return Object.fromEntries([...new Set([...changed, ...names])].map((name) => [name, now[name] ?? null]));
}

/** What decides which objects are selected, all of it, for a preview of a change. */
export function selectionChange(before: SettingsForm, form: SettingsForm): Settings {
  const all = settingsRequest(form, isListed(before) || isListed(form));
  const names = ['mirror_configs', ...PATTERNS, 'media'].filter((name) => name in all);
  return Object.fromEntries(names.map((name) => [name, all[name] ?? null]));
}

/** The names of the settings of one of several configs begin with this. */
export function configPlace(form: SettingsForm, index: number): string {
  return isListed(form) ? `mirror_configs[${index}].` : '';
}

/** What is wrong, by the names of the settings; a pattern by the field that has it as a line. */
export function settingErrors(error: unknown, form: SettingsForm): Record<string, string> {
  const pattern = patternError(error);
  if (pattern === undefined) return fieldErrors(error);
  for (const [index, config] of form.configs.entries()) {
    const name = lines(config.exclude).includes(pattern.text) ? 'exclude' : 'glob_patterns';
    const written = [...lines(config.globs), ...lines(config.exclude)];
    if (written.includes(pattern.text)) return { [configPlace(form, index) + name]: pattern.message };
  }
  return {};
}

const PLACED = [
  ...PATTERNS,
  ...LIMITS.map((name) => `policies.${name}`),
  ...['policies.videoBrands', 'policies.pixelFormats', 'inventory', 'metadataSidecarSuffix', 'pool'],
  ...['namingStrategyMetadataKey', 'title', 'description', 'name', 'connection'],
  ...['format', 'ontology', 'suffix', 'imagePattern', 'labelPattern', 'namespace', 'classMap'].map(
    (name) => `labels.${name}`,
  ),
];

/** Whether a field shows at least one of the errors; else the form has to. */
export function isPlaced(errors: Record<string, string>): boolean {
  return Object.keys(errors).some((name) => PLACED.includes(name.replace(/^mirror_configs\[\d+\]\./, '')));
}
