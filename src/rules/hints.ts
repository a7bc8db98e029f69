// Hints for the mistakes people really make, worked out only after a check failed; they explain a verdict and never change it.

import { readAudience } from './audience.ts';
import { githubIdRule, githubSubjectForms } from './github-subject.ts';
import { hasWildcard } from './glob.ts';
import { isJsonObject, readClaim } from '../token/json.ts';
import type { JsonObject, JsonValue } from '../token/json.ts';
import type { ConditionMatcher } from '../objects/conditions.ts';
import type { FederatedIdentity } from '../objects/federated-identity.ts';
import { compileCondition } from './conditions.ts';
import { compileSubject, otherGithubForm } from './subject.ts';
import type { Preset } from '../platforms/preset.ts';

/** What a subject rule that failed may have meant; null where nothing likely is found. */
export function subjectHint(
  {
    providerSubject: rule,
    providerSubjectMatch: subjectMatch,
  }: Pick<FederatedIdentity, 'providerSubject' | 'providerSubjectMatch'>,
  forms: Preset['subjectForms'],
  claims: JsonObject,
  actual: string,
): string | null {
  const wouldMatch = (changedRule: string, changedActual: string, match = subjectMatch): boolean =>
    compileSubject(changedRule, match, forms)(claims, changedActual).ok;

  const github = forms === 'github' ? githubHint(rule, claims, actual) : null;
  if (github !== null) return github;
  if (wouldMatch(rule.toLowerCase(), actual.toLowerCase()) || rule.toLowerCase() === actual.toLowerCase()) {
    return 'they differ only in upper and lower case';
  }
  if (wouldMatch(withoutSlash(rule), withoutSlash(actual))) return 'they differ only in a trailing slash';
  if (wouldMatch(rule.trim(), actual.trim())) return 'they differ only in white space at an end';
  if (subjectMatch === 'exact' && hasWildcard(rule) && wouldMatch(rule, actual, 'glob')) {
    return 'providerSubjectMatch is exact, so * is literal: set it to glob';
  }
  for (const prefix of ['refs/heads/', 'refs/tags/']) {
    if (wouldMatch(rule.replace(/(^|[:/])ref:(?!refs\/)/, `$1ref:${prefix}`), actual)) {
      return `the ref in the subject starts with ${prefix}: write ref:${prefix}…`;
    }
  }
  const other = otherGithubForm(claims, actual);
  if (forms === 'literal' && other !== null && wouldMatch(rule, other)) {
    return 'the rule is written in the other of the two forms of a GitHub subject, which only providers with preset github compare';
  }
  return kindHint(rule, actual) ?? lookalikeHint(rule, actual);
}

function githubHint(rule: string, claims: JsonObject, actual: string): string | null {
  const forms = githubSubjectForms(claims, actual);
  if (forms.kind === 'disagree') {
    return 'the repository claims of the token contradict its sub, so it matches no rule';
  }
  const pinned = githubIdRule(rule);
  if (pinned !== null && forms.kind === 'literal' && actual.startsWith('repo:')) {
    return 'the rule pins ids, but the token has no signed repository_id and repository_owner_id to compare';
  }
  if (pinned !== null && forms.kind === 'both' && forms.repository === pinned.repository) {
    const sameRest = compileSubject(rule.replaceAll(/@\d+(?=[/:]|$)/g, ''), 'exact', 'literal')({}, forms.nameForm).ok;
    if (sameRest) return 'the names are the same but the ids are not: this is another repository under a recycled name';
  }
  if (pinned === null && /^repo:[^:]*@\d+/.test(rule)) {
    return 'the rule has an id for the owner or the repository only: write both ids, or neither';
  }
  return null;
}

/** An environment, a pull request and a ref exclude each other in `sub`. */
function kindHint(rule: string, actual: string): string | null {
  const environment = /(?:^|:)environment:([^:]*)/.exec(actual)?.[1];
  if (environment !== undefined && !rule.includes('environment:')) {
    return `the job names the environment ${environment}, so its subject has environment:${environment} where the rule has the ref: match that, and put the ref into the conditions`;
  }
  if (environment === undefined && rule.includes('environment:')) {
    return 'the rule wants an environment, but the job names none, so its subject has the ref instead';
  }
  if (/(?:^|:)pull_request(?::|$)/.test(actual) && !rule.includes('pull_request')) {
    return 'the job runs for a pull request, whose subject has pull_request where the rule has the ref';
  }
  if (actual.includes('ref:refs/tags/') && rule.includes('ref:refs/heads/'))
    return 'the job runs for a tag, the rule wants a branch';
  if (actual.includes('ref:refs/heads/') && rule.includes('ref:refs/tags/'))
    return 'the job runs for a branch, the rule wants a tag';
  return null;
}

function lookalikeHint(rule: string, actual: string): string | null {
  const folded = (text: string): string => text.normalize('NFKC').replaceAll(/[\u200B-\u200D\u2060\uFEFF]/g, '');
  return rule !== actual && folded(rule) === folded(actual)
    ? 'they look the same but are different characters; comparison is byte for byte'
    : null;
}

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
    if (trusted.some((expected) => expected.toLowerCase() === audience.toLowerCase())) {
      return 'they differ only in upper and lower case';
    }
    if (trusted.some((expected) => withoutSlash(expected) === withoutSlash(audience))) {
      return 'they differ only in a trailing slash';
    }
  }
  if (preset.fixedAudience !== null) {
    return `${preset.title} lets no job choose its audience: add the one it sends to trustedAudiences`;
  }
  if (preset.name === 'github' && given.some((audience) => /^https:\/\/[^/]+\/[^/]+$/.test(audience))) {
    return `this is the default audience of ${preset.title}, which every service gets: ${request}`;
  }
  return request;
}

/** What a condition that failed may have meant; null where nothing likely is found. */
export function conditionHint(claims: JsonObject, claim: string, matcher: ConditionMatcher): string | null {
  const value = readClaim(claims, claim);
  if (value === undefined || value === null) return absentHint(claims, claim);
  if (typeof value !== 'string') {
    return isJsonObject(value) ? 'the claim is an object: name a member of it by a JSON Pointer' : null;
  }
  const accepts = compileCondition(matcher);
  const lowered = JSON.parse(JSON.stringify(matcher), (_name, member: unknown) =>
    typeof member === 'string' ? member.toLowerCase() : member,
  ) as ConditionMatcher;
  if (compileCondition(lowered)(value.toLowerCase())) return 'they differ only in upper and lower case';
  if (accepts(value.endsWith('/') ? value.slice(0, -1) : `${value}/`)) return 'they differ only in a trailing slash';
  const short = value.replace(/^refs\/(?:heads|tags)\//, '');
  if (short !== value && accepts(short)) return `the claim has the whole ref: write ${value}`;
  if (accepts(`refs/heads/${value}`)) return 'the claim has the short name of the ref: leave refs/heads/ out';
  return null;
}

function absentHint(claims: JsonObject, claim: string): string {
  const pointer = `/${claim.replaceAll('~', '~0').replaceAll('.', '/')}`;
  if (!claim.startsWith('/') && claim.includes('.') && readClaim(claims, pointer) !== undefined) {
    return `the token has no claim of this name, but a nested one: write ${pointer}`;
  }
  return 'the token has no such claim, and an absent claim never matches';
}

function withoutSlash(text: string): string {
  return text.endsWith('/') ? text.slice(0, -1) : text;
}
