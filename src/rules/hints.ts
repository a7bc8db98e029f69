// Hints for the mistakes people really make in audiences and conditions, worked out only after a check failed; they change no verdict.

import { readAudience } from './audience.ts';
import { compileGlob, hasWildcard } from './glob.ts';
import { MAX_GLOB_CHARS, MAX_HINT_VARIANTS } from './limits.ts';
import { lookAlike } from './look-alikes.ts';
import { looksLikeRegularExpression, percentDecoded, withDoubleStars } from './pattern-mistakes.ts';
import { isJsonObject, readClaim } from '../token/json.ts';
import type { JsonObject, JsonValue } from '../token/json.ts';
import type { ConditionMatcher } from '../objects/conditions.ts';
import type { FederatedIdentity } from '../objects/federated-identity.ts';
import { compileCondition } from './conditions.ts';
import type { ValueMatcher } from './conditions.ts';
import type { Preset } from '../platforms/preset.ts';

const AUDIENCE_NEAR_MISSES: readonly (readonly [(audience: string) => string, string])[] = [
  [(audience) => audience.toLowerCase(), 'upper and lower case'],
  [withoutSlash, 'a trailing slash'],
  [(audience) => audience.trim(), 'white space at an end'],
  [(audience) => withoutSlash(audience).replace(/^https?:\/\//, ''), 'https:// before it'],
  [(audience) => lookAlike(audience), 'characters that look the same'],
];

/** Which audience to ask the platform for, and why the one that was sent does not do. */
export function audienceHint(
  trusted: readonly string[],
  mode: FederatedIdentity['audienceMatchMode'],
  aud: JsonValue | undefined,
  preset: Preset,
): string | null {
  const request = `request an ID token whose audience is ${trusted.join(' or ')}`;
  const given = readAudience(aud);
  if (given === null) return `the token names no audience: ${request}`;
  const strangers = given.filter((audience) => !trusted.includes(audience));
  if (mode !== 'any' && strangers.length < given.length) {
    return strangers.length > 0
      ? `audienceMatchMode ${mode} refuses tokens that are also meant for ${strangers.join(', ')}`
      : 'audienceMatchMode exact wants every trusted audience in the token';
  }
  for (const audience of given) {
    const meant = (changed: (text: string) => string): boolean =>
      trusted.some((expected) => changed(expected) === changed(audience));
    const how = AUDIENCE_NEAR_MISSES.find(([changed]) => meant(changed))?.[1];
    if (how !== undefined) return `they differ only in ${how}`;
  }
  if (preset.fixedAudience !== null) {
    return `${preset.title} lets no job choose its audience: add the one it sends to trustedAudiences`;
  }
  if (preset.name === 'github' && given.some((audience) => /^https:\/\/[^/]+\/[^/]+$/.test(audience))) {
    return `this is the default audience of ${preset.title}, which every service gets: ${request}`;
  }
  return request;
}

/** What a condition that failed may have meant; null if nothing likely is found. */
export function conditionHint(claims: JsonObject, claim: string, matcher: ConditionMatcher): string | null {
  const value = readClaim(claims, claim);
  if (value === undefined || value === null) return absentHint(claims, claim);
  const accepts = compileCondition(matcher);
  if (Array.isArray(value)) {
    return value.some(isJsonObject) ? 'the claim is a list of objects: name a member by a JSON Pointer' : null;
  }
  if (isJsonObject(value)) return 'the claim is an object: name a member of it by a JSON Pointer';
  if (typeof value !== 'string') return null;
  return spellingHint(value, matcher, accepts) ?? elsewhereHint(claims, claim, value, matcher, accepts);
}

function spellingHint(value: string, matcher: ConditionMatcher, accepts: ValueMatcher): string | null {
  const changed = (change: (text: string) => string): ValueMatcher =>
    compileCondition(
      JSON.parse(JSON.stringify(matcher), (_name, member: unknown) =>
        typeof member === 'string' ? change(member) : member,
      ) as ConditionMatcher,
    );
  if (changed((text) => text.toLowerCase())(value.toLowerCase())) return 'they differ only in upper and lower case';
  if (accepts(value.endsWith('/') ? value.slice(0, -1) : `${value}/`)) return 'they differ only in a trailing slash';
  if (changed((text) => text.trim())(value.trim())) return 'they differ only in white space at an end';
  if (changed(lookAlike)(lookAlike(value)))
    return 'they look the same but are different characters; comparison is byte for byte';
  const short = value.replace(/^refs\/(?:heads|tags)\//, '');
  if (short !== value && accepts(short)) return `the claim has the whole ref: write ${value}`;
  if (accepts(`refs/heads/${value}`)) return 'the claim has the short name of the ref: leave refs/heads/ out';
  if (percentDecoded(value) !== value && accepts(percentDecoded(value)))
    return `the claim is percent-encoded: write ${value}`;
  return patternHint(value, matcher, changed);
}

function patternHint(
  value: string,
  matcher: ConditionMatcher,
  changed: (change: (text: string) => string) => ValueMatcher,
): string | null {
  const isGlob = isJsonObject(matcher) && 'glob' in matcher;
  if (isGlob && changed(withDoubleStars)(value)) return '* stops at ":" and "/": ** would match';
  const literals = isGlob ? [] : [matcher].flat().filter((one) => typeof one === 'string');
  const starred = literals
    .filter((text) => hasWildcard(text) && text.length <= MAX_GLOB_CHARS)
    .slice(0, MAX_HINT_VARIANTS)
    .find((text) => compileGlob(withDoubleStars(text))(value));
  if (starred !== undefined) return `a value is compared literally: write {"glob": ${JSON.stringify(starred)}}`;
  const patterns = isGlob && typeof matcher.glob === 'string' ? [matcher.glob] : literals;
  return patterns.some(looksLikeRegularExpression)
    ? 'the condition looks like a regular expression, but only * and ** are patterns, in a glob'
    : null;
}

/** The value may stand in another claim, or the claim may hold more than was thought. */
function elsewhereHint(
  claims: JsonObject,
  claim: string,
  value: string,
  matcher: ConditionMatcher,
  accepts: ValueMatcher,
): string | null {
  const at = value.indexOf('@');
  if (at > 0 && accepts(value.slice(0, at))) return `the claim goes on with @ and the ref: write ${value}, or a glob`;
  if (accepts(value.split(/[\s,;]+/))) return 'the claim holds several values in one text: match it by a glob';
  // What is excluded stands in nearly every other claim.
  if (isJsonObject(matcher) && ('not' in matcher || 'exists' in matcher)) return null;
  const other = SIBLINGS[claim]?.find((name) => accepts(readClaim(claims, name)));
  if (other === undefined) return null;
  const why =
    claim === 'job_workflow_ref' ? ', the workflow that was started; job_workflow_ref is the one that really runs' : '';
  return `${other} has that value${why}: put the condition on ${other}, or write ${claim} as the token has it, ${value}`;
}

/** Claims that are taken for each other. */
const SIBLINGS: Readonly<Record<string, readonly string[]>> = {
  job_workflow_ref: ['workflow_ref', 'workflow'],
  workflow_ref: ['job_workflow_ref', 'workflow'],
  workflow: ['workflow_ref', 'job_workflow_ref'],
  ref: ['head_ref', 'base_ref', 'ref_path'],
  ref_path: ['ref'],
  head_ref: ['ref'],
  base_ref: ['ref'],
  repository: ['repository_owner', 'repository_id'],
  repository_owner: ['repository', 'repository_owner_id'],
  repository_id: ['repository', 'repository_owner_id'],
  repository_owner_id: ['repository_owner', 'repository_id'],
  actor: ['actor_id'],
  actor_id: ['actor'],
  project_path: ['job_project_path', 'namespace_path', 'project_id'],
  project_id: ['job_project_id', 'namespace_id', 'project_path'],
  namespace_path: ['project_path', 'namespace_id'],
  namespace_id: ['project_id', 'namespace_path'],
  job_project_id: ['project_id'],
  user_login: ['user_email', 'user_id'],
  email: ['sub', 'preferred_username'],
};

function absentHint(claims: JsonObject, claim: string): string {
  const pointer = `/${claim.replaceAll('~', '~0').replaceAll('.', '/')}`;
  if (!claim.startsWith('/') && claim.includes('.') && readClaim(claims, pointer) !== undefined) {
    return `the token has no claim of this name, but a nested one: write ${pointer}`;
  }
  const folded = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
  const near = Object.keys(claims).find((name) => name !== claim && folded(name) === folded(claim));
  if (near !== undefined) return `the token has no claim of this name, but ${near}`;
  return 'the token has no such claim, and an absent claim never matches';
}

function withoutSlash(text: string): string {
  return text.endsWith('/') ? text.slice(0, -1) : text;
}
