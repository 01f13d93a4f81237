// The one kind of error that pages show: an RFC 9457 problem document.
import type { components } from './schema';
import { text } from './text';

type ProblemDocument = components['schemas']['Problem'];

const NEW_VERSION = 'urn:mirrorlake:new-version';

export class Problem extends Error {
  readonly document: ProblemDocument;

  constructor(document: ProblemDocument) {
    super(document.detail);
    this.document = document;
  }

  get status(): number {
    return this.document.status;
  }
}

/** The request did not reach a server. */
export function noAnswer(): Problem {
  return new Problem({ type: 'urn:mirrorlake:no-answer', status: 0, ...text.noAnswer });
}

/** An answer that is no problem document: a proxy's page, for example. */
export function unexpectedAnswer(status: number): Problem {
  const { title, detail } = text.unexpectedAnswer;
  return new Problem({ type: 'about:blank', title, status, detail: detail(status) });
}

/** The server has another version than these pages, and not the part of them that is wanted. */
export function newVersion(): Problem {
  return new Problem({ type: NEW_VERSION, status: 404, ...text.newVersion });
}

/** The browser does not ask again for a part of the pages that it could not get while the server was away. */
export function mustReload(): Problem {
  return new Problem({ type: NEW_VERSION, status: 404, ...text.mustReload });
}

export function isNewVersion(error: unknown): boolean {
  return error instanceof Problem && error.document.type === NEW_VERSION;
}

/** Whether a failure may resolve itself: no answer, or a database that is starting. */
export function isTransient(error: unknown): boolean {
  return error instanceof Problem && (error.status === 0 || error.status === 503);
}

/** Whether the server says that something is not there, or no longer for the caller. */
export function isGone(error: unknown): boolean {
  return error instanceof Problem && (error.status === 404 || error.status === 403);
}

export function isSignedOut(error: unknown): boolean {
  return error instanceof Problem && error.status === 401;
}

/** What an error means, in one or two sentences. */
export function describeError(error: unknown): string {
  if (error instanceof Problem) return [error.document.detail, error.document.fix].filter(Boolean).join(' ');
  return error instanceof Error ? error.message : String(error);
}

/**
 * What is wrong with single fields of a form, by their names. An error without a field is that of the whole form, which
 * `describeError` describes.
 */
export function fieldErrors(error: unknown): Record<string, string> {
  if (!(error instanceof Problem)) return {};
  const { field, errors } = error.document;
  if (field) return { [field]: describeError(error) };
  const named = (errors ?? []).map(({ where, message }) => [where.split('.').at(-1) ?? where, message] as const);
  return Object.fromEntries(named);
}

/** The pattern that could not be parsed, and what is wrong with it; undefined: it is another error. */
export function patternError(error: unknown): { text: string; message: string } | undefined {
  if (!(error instanceof Problem) || error.document.type !== 'urn:mirrorlake:pattern-error') return undefined;
  return { text: error.document.text ?? '', message: describeError(error) };
}
