// Whether a token was meant for us, and whom an issued token may be meant for; lists of strings only, no defaults of its own.

import type { JsonValue } from '../token/json.ts';
import type { FederatedIdentity } from '../objects/federated-identity.ts';
import { ok, refuse } from '../exchange/result.ts';
import type { Result } from '../exchange/result.ts';
import { MAX_COMPARED_AUDIENCES } from './limits.ts';

/** The `aud` of a token as a list; null if it is missing, empty, or holds anything but non-empty strings (RFC 7519 §4.1.3). */
export function readAudience(aud: JsonValue | undefined): readonly string[] | null {
  const values: readonly JsonValue[] = Array.isArray(aud)
    ? (aud as readonly JsonValue[])
    : aud === undefined
      ? []
      : [aud];
  const named = values.filter((value): value is string => typeof value === 'string' && value !== '');
  return named.length > 0 && named.length === values.length ? named : null;
}

/**
 * Compares a token's `aud` with the trusted audiences, byte for byte: `any` wants one of the token's to be trusted, `all`
 * wants every one of them, `exact` the same set (contract §5.3). An empty trusted list matches nothing: it never means "any".
 */
export function matchAudience(
  aud: JsonValue | undefined,
  trusted: readonly string[],
  mode: FederatedIdentity['audienceMatchMode'],
): boolean {
  const given = readAudience(aud);
  if (given === null) return false;
  const isTrusted = membership(trusted, given.length);
  switch (mode) {
    case 'any':
      return given.some(isTrusted);
    case 'all':
      return given.every(isTrusted);
    case 'exact':
      return given.every(isTrusted) && trusted.every(membership(given, trusted.length));
    default:
      return false;
  }
}

/** Says whether a list has a value. A token chooses how many audiences it names: many are looked up, not compared with each. */
function membership(list: readonly string[], lookups: number): (value: string) => boolean {
  if (lookups <= MAX_COMPARED_AUDIENCES) return (value) => list.includes(value);
  const set = new Set(list);
  return (value) => set.has(value);
}

/**
 * The audiences an issued token gets: those requested, each of which must be allowed, or the first allowed one if none
 * was requested (RFC 8707 §2, contract §3). The error lists what was not allowed.
 */
export function narrowTokenAudience(
  requested: readonly string[],
  allowed: readonly string[],
): Result<readonly string[], readonly string[]> {
  const refused = requested.filter((audience) => !allowed.includes(audience));
  if (refused.length > 0) return refuse([...new Set(refused)]);
  return ok(requested.length === 0 ? allowed.slice(0, 1) : [...new Set(requested)]);
}
