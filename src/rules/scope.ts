// The syntax of `scope` (RFC 6749 §3.3) and its narrowing; what a scope means is not its business.

import { ok, refuse } from '../exchange/result.ts';
import type { Result } from '../exchange/result.ts';

const SCOPE = /^[\x21\x23-\x5B\x5D-\x7E]+(?: [\x21\x23-\x5B\x5D-\x7E]+)*$/;

/** Reads a space-delimited scope; null if it is not one (RFC 6749 §3.3). What is named twice counts once. */
export function parseScope(text: string): readonly string[] | null {
  return SCOPE.test(text) ? [...new Set(text.split(' '))] : null;
}

/** True for one scope of RFC 6749 §3.3, as rules list them. */
export function isScopeToken(text: string): boolean {
  return !text.includes(' ') && SCOPE.test(text);
}

/** The scope an issued token gets: what was requested, all of which must be allowed, or everything allowed if nothing was. The error lists what was not allowed. */
export function narrowScope(
  requested: readonly string[] | null,
  allowed: readonly string[],
): Result<readonly string[], readonly string[]> {
  if (requested === null) return ok([...new Set(allowed)]);
  const refused = requested.filter((scope) => !allowed.includes(scope));
  return refused.length > 0 ? refuse([...new Set(refused)]) : ok([...new Set(requested)]);
}
