// What the address of the wizard selects, as settings. Pure.
import type { MediaKind } from '../../../api/client';
import { NEW_CONFIG, type Settings } from '../configForm';
import type { SettingsForm } from '../settingsForm';
import type { WizardSearch } from './wizard';

export const MEDIA: readonly MediaKind[] = ['image', 'video', 'document', 'audio', 'text'];
const SHOWN_LINES = 200; // patterns that an address may hold

export function lines(value: string | undefined): string[] {
  const found = (value ?? '').split('\n').map((line) => line.trim());
  return found.filter((line) => line !== '').slice(0, SHOWN_LINES);
}

/** The form of the settings with what the address selects. */
export function withSelection(form: SettingsForm, search: WizardSearch): SettingsForm {
  const config = {
    ...(form.configs[0] ?? NEW_CONFIG),
    globs: search.only ?? '',
    exclude: search.except ?? '',
    paths: search.paths ?? '',
    globFile: search.file ?? '',
  };
  return { ...form, configs: [config], media: mediaOf(search) };
}

export function mediaOf(search: WizardSearch): MediaKind[] {
  const media = MEDIA.filter((kind) => (search.media ?? 'image').split(',').includes(kind));
  return media.length === 0 ? ['image'] : media;
}

/** The settings that decide what is selected. */
export function selectionOf(search: WizardSearch): Settings {
  const [only, except, paths] = [lines(search.only), lines(search.except), lines(search.paths)];
  const selection: Settings = {};
  if (only.length > 0) selection.glob_patterns = only;
  if (except.length > 0) selection.exclude = except;
  if (paths.length > 0) selection.paths = paths;
  if (search.file?.trim()) selection.glob_file_path = search.file.trim();
  selection.media = mediaOf(search);
  return selection;
}
