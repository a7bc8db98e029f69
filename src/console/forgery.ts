// Whether a form was sent by a page of this console: by what the browser says of its origin, and by a mark that only that page had.

import { isSameDigest } from '../token/digest.ts';
import type { Seal, Session } from './session.ts';

/** The name of the hidden field that every form carries. */
export const ANTI_FORGERY_FIELD = 'antiForgery';

/**
 * Bound to the session and to the organisation that it shows, so that a form of another tab cannot change the organisation that
 * was chosen since.
 */
export async function antiForgeryMark({ id, organisation }: Session, seal: Seal): Promise<string> {
  return seal.mark(`form ${id} ${organisation}`);
}

/** Whether a form carries the mark of this session. */
export async function carriesMark(form: URLSearchParams, session: Session, seal: Seal): Promise<boolean> {
  const given = form.getAll(ANTI_FORGERY_FIELD);
  return given.length === 1 && isSameDigest(String(given[0]), await antiForgeryMark(session, seal));
}

/** What a browser says of where a form was sent from. `unsaid` is of a client that is no browser, which brings no cookie unasked. */
export function sentFrom(request: Request): 'here' | 'elsewhere' | 'unsaid' {
  const site = request.headers.get('sec-fetch-site');
  if (site !== null) return site === 'same-origin' ? 'here' : 'elsewhere';
  const origin = request.headers.get('origin');
  if (origin === null) return 'unsaid';
  return origin === new URL(request.url).origin ? 'here' : 'elsewhere';
}
