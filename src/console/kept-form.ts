// What somebody typed when the session had ended: kept through signing in, shown before it is sent, and never sent by itself.

import { ANTI_FORGERY_FIELD } from './forgery.ts';
import { MAX_KEPT_CHARS } from './limits.ts';

/** A form that could not be sent. */
export interface Kept {
  /** The path that it was sent to, below /console. */
  readonly path: string;
  /** Its fields, as a form encodes them. */
  readonly fields: string;
}

/** The hidden fields that carry it. */
export const KEPT_FIELDS = { path: 'keptPath', fields: 'keptFields' } as const;

/** A field with such a name holds what must not be written into a page; tokenLifetime and its like are no secrets. */
const SECRET = /(?:^t|T)oken$|(?:^s|S)ecret|(?:^p|P)assword/;

/** What is kept of a form that was sent to `path`; null if there is nothing, or more than a page carries. */
export function keep(path: string, form: URLSearchParams): Kept | null {
  const shown = [...form].filter(([name]) => name !== ANTI_FORGERY_FIELD && !SECRET.test(name));
  const fields = new URLSearchParams(shown).toString();
  return fields === '' || fields.length > MAX_KEPT_CHARS ? null : { path, fields };
}

/** What a form to sign in carries; null if it carries nothing, or something that no page of this console kept. */
export function readKept(form: URLSearchParams): Kept | null {
  const path = localPath(form.get(KEPT_FIELDS.path) ?? '');
  return path === null ? null : keep(path, new URLSearchParams(form.get(KEPT_FIELDS.fields) ?? ''));
}

/** A path with its query if it is one below /console of this origin; null for any other text. */
export function localPath(text: string): string | null {
  const [origin, url] = ['https://console.invalid', URL.parse(text, 'https://console.invalid')];
  if (url === null || url.origin !== origin || !/^\/console(?:\/|$)/.test(url.pathname)) return null;
  return `${url.pathname}${url.search}`;
}
