// What two refusals must have in common, besides reason and parties, to be one audit event (contract §5.7).

import type { CompiledIdentity } from '../rules/rule.ts';
import { canonicalJson } from '../token/canonical-json.ts';
import { isJsonObject } from '../token/json.ts';
import type { JsonObject } from '../token/json.ts';

/** Claims that differ in every token. */
const TOKEN_CLAIMS: readonly string[] = ['jti', 'iat', 'nbf', 'exp'];

/**
 * A text that is equal for refusals that an operator would find the same cause for: what was asked, and the claims but for those
 * that differ in every token or every run. A claim that a rule looks at always counts.
 */
export function likenessOf(
  claims: JsonObject,
  asked: JsonObject,
  runClaims: readonly string[],
  rules: readonly CompiledIdentity[],
): string {
  const volatile = [...TOKEN_CLAIMS, ...runClaims].filter((claim) => !rules.some((rule) => looksAt(rule, claim)));
  return canonicalJson([volatile.reduce(withoutClaim, claims), asked]);
}

function looksAt({ identity: { conditions, expression } }: CompiledIdentity, claim: string): boolean {
  const name = claim.startsWith('/') ? claim.slice(claim.lastIndexOf('/') + 1) : claim;
  const isNamed = Object.keys(conditions ?? {}).some((named) => named === claim || named.startsWith(asPointer(claim)));
  return isNamed || (expression?.includes(name) ?? false);
}

function asPointer(claim: string): string {
  return claim.startsWith('/') ? claim : `/${claim.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

/** A claim is a top-level name, or a JSON Pointer if it starts with `/`. */
function withoutClaim(claims: JsonObject, claim: string): JsonObject {
  const path = claim.startsWith('/') ? claim.slice(1).split('/').map(unescaped) : [claim];
  return withoutMember(claims, path);
}

function withoutMember(object: JsonObject, [name = '', ...rest]: readonly string[]): JsonObject {
  const member = Object.hasOwn(object, name) ? object[name] : undefined;
  if (member === undefined || (rest.length > 0 && !isJsonObject(member))) return object;
  const { [name]: _left, ...others } = object;
  return rest.length === 0 || !isJsonObject(member) ? others : { ...others, [name]: withoutMember(member, rest) };
}

function unescaped(token: string): string {
  return token.replaceAll('~1', '/').replaceAll('~0', '~');
}
