// Parts of the library with their number of assets or bytes, the largest first. Pure.
import type { Facet, Folder, Storage } from '../../api/client';
import { TOP_FOLDERS } from '../../api/queries';
import { quoted } from '../../components/format';
import { text } from './text';

export interface Share {
  name: string;
  query: string; // that finds its assets
  size: number; // assets or bytes
}

/** The parts that were fetched, and whether the library has others. */
export interface Listed {
  shares: Share[];
  more: boolean;
}

/** The shares of each chart; undefined: not here yet. */
export type Shares = Record<'type' | 'datasource' | 'folder', Listed | undefined>;

const SUMMED = 100; // datasources and folders whose bytes the server sums

function fieldShare(field: 'type' | 'datasource', name: string, size: number): Share {
  return { name, query: `${field}:${quoted(name)}`, size };
}

function sharesOf(facets: Facet[] | undefined, field: 'type' | 'datasource'): Listed | undefined {
  const found = facets?.find((facet) => facet.field === field);
  const shares = (found?.values ?? []).map(({ value, assets }) => fieldShare(field, String(value), assets));
  return facets && { shares, more: found?.more === true };
}

/** The assets below a folder. One whose name a pattern would read as something else leads to its datasource. */
function folderQuery(datasource: string, path: string): string {
  const source = `datasource:${quoted(datasource)}`;
  return /^[\w./-]+$/.test(path) ? `${source} path:${path}**` : source;
}

function folderShares(folders: { path: string; datasource: string; size: number }[], most: number): Listed {
  const nameOf = (path: string) => path.slice(0, -1) || path; // of keys that begin with a slash, it is empty
  const several = (path: string) => folders.filter((folder) => folder.path === path).length > 1;
  const shares = folders
    .map(({ path, datasource, size }) => ({
      name: several(path) ? text.shares.folderOf(nameOf(path), datasource) : nameOf(path),
      query: folderQuery(datasource, path),
      size,
    }))
    .sort((left, right) => right.size - left.size);
  return { shares, more: folders.length >= most };
}

export function sharesByAssets(facets: Facet[] | undefined, folders: Folder[] | undefined): Shares {
  return {
    type: sharesOf(facets, 'type'),
    datasource: sharesOf(facets, 'datasource'),
    folder:
      folders &&
      folderShares(
        folders.map(({ assets, ...folder }) => ({ ...folder, size: assets })),
        TOP_FOLDERS,
      ),
  };
}

export function sharesByBytes(storage: Storage | undefined): Shares {
  if (storage === undefined) return { type: undefined, datasource: undefined, folder: undefined };
  const folders = storage.folders.map(({ name, datasource, bytes }) => ({
    path: name,
    datasource: datasource ?? '',
    size: bytes,
  }));
  return {
    type: { shares: storage.types.map(({ name, bytes }) => fieldShare('type', name, bytes)), more: false },
    datasource: {
      shares: storage.datasources.map(({ name, bytes }) => fieldShare('datasource', name, bytes)),
      more: storage.datasources.length >= SUMMED,
    },
    folder: folderShares(folders, SUMMED),
  };
}
