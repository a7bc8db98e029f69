// The name of a person who signed in, as audit events and pages show it.

import { detectPreset } from '../platforms/presets.ts';
import { decodeToken } from '../token/decode.ts';
import { MAX_PERSON_CHARS } from './limits.ts';
import { visibleText } from './visible-text.ts';

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
