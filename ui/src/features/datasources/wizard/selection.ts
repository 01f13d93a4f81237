// What the address of the wizard selects, as settings. Pure.
import type { MediaKind } from '../../../api/client';
import { type ConfigForm, NEW_CONFIG, type Settings } from '../configForm';
import type { SettingsForm } from '../settingsForm';
import type { Patterns, WizardSearch } from './wizard';

export const MEDIA: readonly MediaKind[] = ['image', 'video', 'document', 'audio', 'text'];
const MOST_CONFIGS = 20; // that an address may hold
const SHOWN_LINES = 200; // patterns that an address may hold

export function lines(value: string | undefined): string[] {
  const found = (value ?? '').split('\n').map((line) => line.trim());
  return found.filter((line) => line !== '').slice(0, SHOWN_LINES);
}

/** What each mirror config of an address selects. One that cannot be read is left out. */
export function patternsOf(search: WizardSearch): Patterns[] {
  return [search, ...furtherOf(search.more)];
}

function furtherOf(more: string | undefined): Patterns[] {
  if (more === undefined) return [];
  try {
    const found: unknown = JSON.parse(more);
    return Array.isArray(found) ? found.slice(0, MOST_CONFIGS - 1).map(readPatterns) : [];
  } catch {
    return []; // not written by this page
  }
}

function readPatterns(found: unknown): Patterns {
  const { only, except, paths, file } = Object(found) as Record<string, unknown>;
  const text = (value: unknown) => (typeof value === 'string' ? value : '');
  return { only: text(only), except: text(except), paths: text(paths), file: text(file) };
}

/** The mirror configs of an address, with what `known` ones do with what they select. */
export function configsOf(search: WizardSearch, known: readonly ConfigForm[] = []): ConfigForm[] {
  return patternsOf(search).map(({ only, except, paths, file }, place) => ({
    ...(known[place] ?? NEW_CONFIG),
    globs: only ?? '',
    exclude: except ?? '',
    paths: paths ?? '',
    globFile: file ?? '',
  }));
}

/** The address with these mirror configs. */
export function withConfigs(search: WizardSearch, configs: readonly ConfigForm[]): WizardSearch {
  const { more: _, ...rest } = search;
  const [first = {}, ...more] = configs.map(({ globs, exclude, paths, globFile }) => ({
    only: globs,
    except: exclude,
    paths,
    file: globFile,
  }));
  return { ...rest, ...first, ...(more.length === 0 ? {} : { more: JSON.stringify(more) }) };
}

/** The form of the settings with what the address selects. */
export function withSelection(form: SettingsForm, search: WizardSearch): SettingsForm {
  return { ...form, configs: configsOf(search, form.configs), media: mediaOf(search) };
}

export function mediaOf(search: WizardSearch): MediaKind[] {
  const media = MEDIA.filter((kind) => (search.media ?? 'image').split(',').includes(kind));
  return media.length === 0 ? ['image'] : media;
}

/** The settings that decide what is selected. */
export function selectionOf(search: WizardSearch): Settings {
  const [first = {}, ...more] = patternsOf(search).map(asSettings);
  const selected = more.length === 0 ? first : { mirror_configs: [first, ...more] };
  return { ...selected, media: mediaOf(search) };
}

function asSettings(patterns: Patterns): Settings {
  const [only, except, paths] = [lines(patterns.only), lines(patterns.except), lines(patterns.paths)];
  const selection: Settings = {};
  if (only.length > 0) selection.glob_patterns = only;
  if (except.length > 0) selection.exclude = except;
  if (paths.length > 0) selection.paths = paths;
  if (patterns.file?.trim()) selection.glob_file_path = patterns.file.trim();
  return selection;
}
