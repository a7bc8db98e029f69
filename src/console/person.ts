// Who a person of Cloudflare Access is: the name that audit events and pages show, and whether a request is another person's.

import { detectPreset } from '../platforms/presets.ts';
import { decodeToken } from '../token/decode.ts';
import { MAX_PERSON_CHARS } from './limits.ts';
import { visibleText } from './visible-text.ts';

/** What Cloudflare Access adds to each request of a person who passed it. */
export const ASSERTION_HEADER = 'cf-access-jwt-assertion';

/** The subject of an assertion as it stands there; null if it has none. Nobody has verified it yet. */
export function assertionSubject(assertion: string): string | null {
  const decoded = decodeToken(assertion);
  const subject = decoded.ok ? decoded.value.claims['sub'] : undefined;
  return typeof subject === 'string' ? subject : null;
}

/** Whether a request says that somebody else sits at the browser now. To end a session, an unverified word is enough. */
export function isOfAnother(request: Request, subject: string | null): boolean {
  const assertion = request.headers.get(ASSERTION_HEADER);
  return subject !== null && assertion !== null && assertionSubject(assertion) !== subject;
}

/**
 * The address of e-mail that Cloudflare Access vouches for, else the subject: other issuers may let people choose an address. The
 * exchange verified the assertion before. What cannot be seen is written out, so that two names that look alike are told apart.
 */
export function personOf(
  assertion: string,
  workload: { readonly issuer: string; readonly subject: string } | null,
): string {
  const { issuer, subject } = workload ?? { issuer: '', subject: '' };
  const decoded = decodeToken(assertion);
  const email = decoded.ok && detectPreset(issuer) === 'cloudflare-access' ? decoded.value.claims['email'] : undefined;
  return visibleText(typeof email === 'string' && email !== '' ? email : subject).slice(0, MAX_PERSON_CHARS);
}
