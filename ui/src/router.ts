// The address bar is the state: read it, change it, and hear when it changes. Ten addresses need no library.
import { useSyncExternalStore } from 'react';

export interface Place {
  path: string;
  params: URLSearchParams;
}

let place = read();
const listeners = new Set<() => void>();

function read(): Place {
  return { path: window.location.pathname, params: new URLSearchParams(window.location.search) };
}

function changed(): void {
  place = read();
  for (const listener of listeners) listener();
}

window.addEventListener('popstate', changed);

export function usePlace(): Place {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => place,
  );
}

export function currentPlace(): Place {
  return place;
}

/** `inside` marks that the entry before this one is ours, so that closing can simply go back. */
export function go(to: string, options: { replace?: boolean; inside?: boolean } = {}): void {
  const replace = options.replace ?? false;
  const state = replace && options.inside === undefined ? window.history.state : { inside: options.inside ?? false };
  window.history[replace ? 'replaceState' : 'pushState'](state, '', to);
  changed();
}

export function cameFromInside(): boolean {
  return (window.history.state as { inside?: boolean } | null)?.inside === true;
}

export function back(): void {
  window.history.back();
}

/** An address of ours; empty parameters are left out. */
export function to(path: string, params: Record<string, string | number | null> = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    if (value !== null && value !== '') search.set(name, String(value));
  }
  const text = search.toString();
  return text ? `${path}?${text}` : path;
}
