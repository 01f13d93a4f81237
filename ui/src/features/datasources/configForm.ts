// A mirror config as a form holds it: what it selects, and what happens to that. Pure.
import type { MetadataStrategy, MirrorConfig, NamingStrategy, Orphans } from '../../api/client';

export type Json = string | number | boolean | null | Json[] | { [name: string]: Json };
export type Settings = Record<string, Json>;

export interface ConfigForm {
  id: string; // the user's own name; empty: none
  globs: string; // one a line, as the next two
  exclude: string;
  paths: string;
  globFile: string;
  orphans: Orphans;
  strategy: MetadataStrategy;
  naming: NamingStrategy;
  namingKey: string;
  updateImage: boolean;
  updateMetadata: boolean;
}

export const NEW_CONFIG: ConfigForm = {
  id: '',
  globs: '',
  exclude: '',
  paths: '',
  globFile: '',
  orphans: 'trash',
  strategy: 'mergeBucketWins',
  naming: 'fullPath',
  namingKey: '',
  updateImage: true,
  updateMetadata: true,
};

export function configOf(stored: MirrorConfig): ConfigForm {
  return {
    id: stored.id ?? '',
    globs: stored.globs.join('\n'),
    exclude: stored.exclude.join('\n'),
    paths: stored.paths.join('\n'),
    globFile: stored.glob_file ?? '',
    orphans: stored.orphans,
    strategy: stored.metadata_strategy,
    naming: stored.naming,
    namingKey: stored.naming_key ?? '',
    updateImage: stored.update_image,
    updateMetadata: stored.update_metadata,
  };
}

export function lines(typed: string): string[] {
  const found = typed.split('\n').map((line) => line.trim());
  return found.filter((line) => line !== '');
}

export const PATTERNS = ['glob_patterns', 'exclude', 'paths', 'glob_file_path'] as const;

export function patternsRequest(form: ConfigForm): Settings {
  const list = (typed: string) => (lines(typed).length === 0 ? null : lines(typed));
  return {
    glob_patterns: list(form.globs),
    exclude: list(form.exclude),
    paths: list(form.paths),
    glob_file_path: form.globFile.trim() || null,
  };
}

export function choicesRequest(form: ConfigForm): Settings {
  return {
    orphans: form.orphans,
    updateMetadataStrategy: form.strategy,
    namingStrategy: form.naming,
    namingStrategyMetadataKey: form.naming === 'metadata' ? form.namingKey.trim() : null,
    updateImageWhenNewer: form.updateImage,
    updateMetadataWhenNewer: form.updateMetadata,
  };
}

/** One of several configs, as the list of them holds it. */
export function configRequest(form: ConfigForm): Settings {
  return { ...(form.id === '' ? {} : { id: form.id }), ...patternsRequest(form), settings: choicesRequest(form) };
}

/** The list with the config at `from` at the place `to`; the first one that selects an object governs it. */
export function moved(configs: readonly ConfigForm[], from: number, to: number): ConfigForm[] {
  const rest = configs.filter((_, index) => index !== from);
  return [...rest.slice(0, to), ...configs.slice(from, from + 1), ...rest.slice(to)];
}
