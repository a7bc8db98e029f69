// The claims of a token as its audit event keeps them: a bounded part, first of all what rules look at, and what stands for the rest (contract §5.7).

import type { NewAuditEvent } from '../objects/audit-log.ts';
import type { IdentityProvider } from '../objects/identity-provider.ts';
import { presetByName } from '../platforms/presets.ts';
import type { CompiledIdentity } from '../rules/rule.ts';
import { canonicalJson } from '../token/canonical-json.ts';
import { sha256 } from '../token/digest.ts';
import type { JsonObject, JsonValue } from '../token/json.ts';
import {
  MAX_OMITTED_NAMES,
  MAX_OMITTED_NAMES_BYTES,
  MAX_RECORDED_CLAIMS_BYTES,
  MAX_RECORDED_SUBJECT_CHARS,
} from './limits.ts';

/** What an event says of the claims. */
export type RecordedClaims = Pick<NewAuditEvent, 'claims' | 'claimsDigest' | 'claimsOmitted'>;

/** Named by every rule, whatever it says. */
const ALWAYS_FIRST = ['iss', 'sub', 'aud', 'jti', 'exp', 'iat'];
const encoder = new TextEncoder();

/** All claims if they are small; else those that rules, preset and forwarding name, then others as they fit. */
export async function recordClaims(
  claims: JsonObject,
  provider: IdentityProvider | null,
  rules: readonly CompiledIdentity[],
): Promise<RecordedClaims> {
  if (bytesOf(claims) <= MAX_RECORDED_CLAIMS_BYTES) return { claims, claimsDigest: null, claimsOmitted: null };
  const named = firstNames(claims, provider, rules);
  const kept = new Set<string>();
  // The braces of the object.
  let room = MAX_RECORDED_CLAIMS_BYTES - 2;
  for (const name of [...named, ...Object.keys(claims).filter((claim) => !named.has(claim))]) {
    const size = bytesOf({ [name]: claims[name] as JsonValue }) - 1;
    if (size > room) continue;
    kept.add(name);
    room -= size;
  }
  const of = Object.entries(claims);
  return {
    claims: Object.fromEntries(of.filter(([name]) => kept.has(name))),
    claimsDigest: await sha256(canonicalJson(claims)),
    claimsOmitted: listed(of.map(([name]) => name).filter((name) => !kept.has(name))),
  };
}

/** A subject as events keep it and as they are found by it: one that is long is its beginning and what tells it from others. */
export async function recordSubject(subject: string): Promise<string> {
  if (subject.length <= MAX_RECORDED_SUBJECT_CHARS) return subject;
  const digest = `… (SHA-256 ${await sha256(subject)})`;
  return `${subject.slice(0, MAX_RECORDED_SUBJECT_CHARS - digest.length)}${digest}`;
}

/** The claims of the token that something may have been decided by, the rules' first. */
function firstNames(
  claims: JsonObject,
  provider: IdentityProvider | null,
  rules: readonly CompiledIdentity[],
): ReadonlySet<string> {
  const inRules = rules.flatMap(({ identity: { conditions, expression, forwardedClaims } }) => [
    ...Object.keys(conditions ?? {}),
    ...Object.keys(claims).filter((name) => expression?.includes(name) === true),
    ...forwardedClaims,
  ]);
  const names = [
    ...ALWAYS_FIRST,
    ...(provider === null ? [] : [provider.subjectClaim]),
    ...inRules,
    ...presetNames(provider),
  ];
  return new Set(names.map(topLevel).filter((name) => Object.hasOwn(claims, name)));
}

function presetNames(provider: IdentityProvider | null): readonly string[] {
  if (provider === null) return [];
  const { guards, tenancy, runClaims } = presetByName(provider.preset);
  const guarded = guards.flatMap((guard) => [
    guard.liftedBy,
    ...(guard.kind === 'differs' ? guard.claims : [guard.claim]),
  ]);
  return [...guarded, ...(tenancy?.tenantClaims ?? []), ...runClaims];
}

/** A claim is a top-level name, or a JSON Pointer if it starts with `/`. */
function topLevel(claim: string): string {
  if (!claim.startsWith('/')) return claim;
  const [, first = ''] = claim.split('/');
  return first.replaceAll('~1', '/').replaceAll('~0', '~');
}

/** The names, and how many more there are. */
function listed(names: readonly string[]): readonly string[] {
  const shown: string[] = [];
  let room = MAX_OMITTED_NAMES_BYTES;
  for (const name of names.slice(0, MAX_OMITTED_NAMES)) {
    room -= bytesOf(name) + 1;
    if (room < 0) break;
    shown.push(name);
  }
  return shown.length === names.length ? shown : [...shown, `and ${names.length - shown.length} more`];
}

function bytesOf(value: JsonValue): number {
  return encoder.encode(JSON.stringify(value)).length;
}
