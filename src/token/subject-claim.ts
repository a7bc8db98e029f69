// Reads the subject of a token as its provider defines it (contract §5.1 subjectClaim); matches it with nothing.

import { denial } from '../exchange/denial.ts';
import type { StatedDenial } from '../exchange/denial.ts';
import { trustDomainOf } from './issuer.ts';
import { readClaim } from './json.ts';
import type { JsonObject } from './json.ts';
import type { IdentityProvider } from '../objects/identity-provider.ts';
import { ok, refuse } from '../exchange/result.ts';
import type { Result } from '../exchange/result.ts';

/** The value of the provider's `subjectClaim`, never empty; refuses with `subject_missing`. */
export function readSubject(
  claims: JsonObject,
  { providerIssuer: issuer, subjectClaim }: Pick<IdentityProvider, 'providerIssuer' | 'subjectClaim'>,
): Result<string, StatedDenial> {
  const sub = readClaim(claims, 'sub');
  // A member that is null counts as absent: serialisers write every member that a claim set may have.
  if (sub !== undefined && sub !== null && typeof sub !== 'string')
    return missing('the subject of the token (sub) is not a string');
  const value = readClaim(claims, subjectClaim);
  const subject = typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value;
  if (typeof subject !== 'string' || subject === '')
    return missing(`the token has no subject: its claim ${subjectClaim} is missing, empty or not a string`);
  if (issuer.startsWith('spiffe://') && trustDomainOf(sub ?? '') !== issuer)
    return missing('the subject of the token (sub) is not in the trust domain that it was issued for');
  return ok(subject);
}

function missing(message: string): { readonly ok: false; readonly error: StatedDenial } {
  return refuse(denial('subject_missing', message));
}
