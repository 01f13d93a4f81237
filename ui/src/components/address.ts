// Addresses of the pages. What a page shows is in its address, in plain search parameters. Pure.

type Search = Record<string, unknown>;

export interface LibrarySearch {
  query?: string;
  at?: number; // the first position in view, or that of the open asset
  panel?: Panel; // what is open beside the grid
  size?: number; // px, of a cell
  page?: number; // of an open document, after the first
  view?: 'source'; // of an open page of HTML
}

export const PANELS = ['filters', 'folders', 'none'] as const;
export type Panel = (typeof PANELS)[number];
export const CELL_SIZES = { least: 96, usual: 196, most: 420 }; // px

/** Every parameter as text; the route that is addressed gives it its type. */
export function parseSearch(text: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(text));
}

/** Empty parameters are left out. */
export function stringifySearch(search: Search): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(search)) {
    if (value !== undefined && value !== null && value !== '') params.set(name, String(value));
  }
  const text = params.toString();
  return text ? `?${text}` : '';
}

function wholeNumber(value: unknown): number | undefined {
  return /^\d{1,15}$/.test(String(value ?? '')) ? Number(value) : undefined;
}

export function librarySearch(search: Search): LibrarySearch {
  const { query } = search;
  const at = wholeNumber(search.at);
  const size = wholeNumber(search.size);
  const page = wholeNumber(search.page) ?? 1;
  const panel = PANELS.find((one) => one === search.panel);
  return {
    ...(typeof query === 'string' && query !== '' ? { query } : {}),
    ...(at === undefined ? {} : { at }),
    ...(panel === undefined ? {} : { panel }),
    ...(size === undefined || size < CELL_SIZES.least || size > CELL_SIZES.most ? {} : { size }),
    ...(page < 2 ? {} : { page }),
    ...(search.view === 'source' ? { view: search.view } : {}),
  };
}

/** The address of an asset in a result, for links outside of React: the grid draws many of them per frame. */
export function assetHref(id: string, search: LibrarySearch): string {
  const { query, at, panel, size } = search;
  return `/assets/${encodeURIComponent(id)}${stringifySearch({ query, at, panel, size })}`;
}
