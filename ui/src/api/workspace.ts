// The workspace that this tab looks at. An address may name it, as a shared link does; else the tab remembers it.
const NAME = 'workspace'; // of the parameter and of what the tab remembers
export const HEADER = 'Mirrorlake-Workspace';

function remembered(): string | undefined {
  if (typeof window === 'undefined') return undefined; // a test of something else
  const named = new URLSearchParams(window.location.search).get(NAME);
  if (named) window.sessionStorage.setItem(NAME, named);
  return window.sessionStorage.getItem(NAME) ?? undefined;
}

let chosen = remembered();

/** Undefined: the caller's own, which the server knows. */
export function chosenWorkspace(): string | undefined {
  return chosen;
}

/** An address that the browser itself fetches, such as that of an image: it sends no header. */
export function inWorkspace(address: string): string {
  if (chosen === undefined) return address;
  return `${address}${address.includes('?') ? '&' : '?'}${NAME}=${encodeURIComponent(chosen)}`;
}

/** The workspace that this tab looks at may have another name now. */
export function followRename(from: string, to: string): void {
  if (chosen !== from) return;
  chosen = to;
  window.sessionStorage.setItem(NAME, to);
}

/** Load the page again in another workspace: nothing that this page knows belongs to it. */
export function enterWorkspace(name: string | undefined): void {
  chosen = name;
  if (name === undefined) window.sessionStorage.removeItem(NAME);
  else window.sessionStorage.setItem(NAME, name);
  window.location.assign(name === undefined ? '/' : `/?${NAME}=${encodeURIComponent(name)}`);
}
