// Addresses of the pages. What a page shows is in its address, in plain search parameters. Pure.

type Search = Record<string, unknown>;

export interface LibrarySearch {
  query?: string;
  at?: number; // the first position in view, or that of the open asset
}

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

export function librarySearch(search: Search): LibrarySearch {
  const { query, at } = search;
  const position = /^\d{1,15}$/.test(String(at ?? '')) ? Number(at) : undefined;
  return {
    ...(typeof query === 'string' && query !== '' ? { query } : {}),
    ...(position === undefined ? {} : { at: position }),
  };
}

/** The address of an asset in a result, for links outside of React: the grid draws many of them per frame. */
export function assetHref(id: string, search: LibrarySearch): string {
  return `/assets/${encodeURIComponent(id)}${stringifySearch({ query: search.query, at: search.at })}`;
}
