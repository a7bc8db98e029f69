// Which subjects a rule accepts: what is refused or warned about when it is written, and the comparison itself, from one code path.

import { githubIdRule, githubNameForm, githubSubjectForms } from './github-subject.ts';
import { compileGlob, hasWildcard, isWildcard } from './glob.ts';
import type { JsonObject } from '../token/json.ts';
import { MAX_SUBJECT_RULE_CHARS } from './limits.ts';
import type { FederatedIdentity } from '../objects/federated-identity.ts';
import type { Preset } from '../platforms/preset.ts';

type SubjectMatch = FederatedIdentity['providerSubjectMatch'];

/** Segments of a pattern that must be literal, so that a rule always pins the tenant that its tokens come from. */
const PINNED_SEGMENTS = 2;

/**
 * Says why a subject rule is refused, in a sentence for its author; null where it is accepted (contract §5.3).
 * Asked when a rule is written and again when it is matched, so a row from before a tightening matches nothing.
 */
export function validateSubjectRule(subject: string, match: SubjectMatch): string | null {
  if (subject === '')
    return 'must not be empty: a rule with nothing to verify would accept every workload of the issuer';
  if (subject.length > MAX_SUBJECT_RULE_CHARS) return `must have at most ${MAX_SUBJECT_RULE_CHARS} characters`;
  if (match === 'exact') return null;
  if (match !== 'glob') return 'must be matched as exact or glob';

  const segments = segmentsOf(subject);
  const pinned = segments.slice(0, PINNED_SEGMENTS);
  if (pinned.length < PINNED_SEGMENTS || pinned.some((segment) => segment === '' || hasWildcard(segment))) {
    return 'a glob must pin its first two segments literally (segments are separated by ":" or "/"): name the owner or group, for example repo:acme/*:ref:refs/heads/main';
  }
  const third = segments[PINNED_SEGMENTS];
  if (third !== undefined && hasWildcard(third) && !isWildcard(third)) {
    return `a wildcard may not be a part of the third segment (${third} would also match names that others can take): write the segment out, or "*" for all of it`;
  }
  return null;
}

/** What a rule accepts beyond what its author may expect, for the `warnings` of a write (contract §5.3). */
export interface SubjectWarning {
  readonly code:
    | 'partial_wildcard'
    | 'pull_request_subject'
    | 'github_name_only'
    | 'default_service_account'
    | 'double_wildcard'
    | 'non_ascii';
  readonly detail: string;
}

/** Lists what to reconsider about an accepted rule; `conditionClaims` are the claims that the identity's conditions name. */
export function subjectWarnings(
  subject: string,
  match: SubjectMatch,
  preset: Preset['name'],
  conditionClaims: readonly string[] = [],
): readonly SubjectWarning[] {
  const segments = segmentsOf(subject);
  const accepts = compileSubjectText(subject, match);
  const isGlob = match === 'glob';
  const warnings: SubjectWarning[] = [];

  const partial = isGlob
    ? segments.slice(PINNED_SEGMENTS).find((segment) => hasWildcard(segment) && !isWildcard(segment))
    : undefined;
  if (partial !== undefined) {
    warnings.push({
      code: 'partial_wildcard',
      detail: `${partial} also means every longer name: main* accepts main-evil. Write names out, or use a whole segment`,
    });
  }
  if (isGlob && subject.includes('**')) {
    warnings.push({
      code: 'double_wildcard',
      detail:
        '** also crosses ":" and "/", into segments that the rule does not name; use * unless the value itself contains them',
    });
  }
  if (isPullRequest(segments) || (isGlob && accepts(asPullRequest(segments)))) {
    warnings.push({
      code: 'pull_request_subject',
      detail: 'the rule accepts pull requests, and their subject is the same for every pull request, whoever opened it',
    });
  }
  if (preset === 'github' && !pinsGithubIds(subject) && !conditionClaims.some(isGithubId)) {
    warnings.push({
      code: 'github_name_only',
      detail:
        'names on GitHub can be given up and taken by others: write the subject with ids (repo:acme@1/app@2:…), or add repository_id or repository_owner_id to the conditions',
    });
  }
  if (isGlob && hasWildcard(segments[PINNED_SEGMENTS] ?? '') && accepts('system:serviceaccount:any:default')) {
    warnings.push({
      code: 'default_service_account',
      detail: 'every pod that names no service account runs as "default" of its namespace, so any namespace is trusted',
    });
  }
  if (/[^\x20-\x7E]/.test(subject)) {
    warnings.push({
      code: 'non_ascii',
      detail:
        'the subject has characters outside printable ASCII; they are compared byte for byte, and others look the same',
    });
  }
  return warnings;
}

/** Whether a subject was accepted, and what an operator should know about it although it was. */
export type SubjectVerdict = { readonly ok: true; readonly note: string | null } | { readonly ok: false };
export type SubjectMatcher = (claims: JsonObject, subject: string) => SubjectVerdict;

const REFUSED: SubjectVerdict = { ok: false };
const ACCEPTED: SubjectVerdict = { ok: true, note: null };

/** Compiles a rule; one that validateSubjectRule refuses matches nothing. Time is bounded by text × pattern length / 32. */
export function compileSubject(subject: string, match: SubjectMatch, forms: Preset['subjectForms']): SubjectMatcher {
  if (validateSubjectRule(subject, match) !== null) return () => REFUSED;
  const accepts = compileSubjectText(subject, match);
  const literally: SubjectMatcher = (_claims, sub) => (accepts(sub) ? ACCEPTED : REFUSED);
  return forms === 'github' ? compileGithub(subject, match, accepts) : literally;
}

function compileGithub(subject: string, match: SubjectMatch, accepts: (sub: string) => boolean): SubjectMatcher {
  const idRule = githubIdRule(subject);
  const acceptsIds = idRule === null ? null : compileSubjectText(idRule.idForm, match);
  const acceptsName = idRule === null ? null : compileSubjectText(idRule.repository, match);
  return (claims, sub) => {
    const forms = githubSubjectForms(claims, sub);
    if (forms.kind === 'disagree') return REFUSED;
    if (forms.kind === 'literal') return accepts(sub) ? ACCEPTED : REFUSED;
    if (acceptsIds === null || acceptsName === null) return accepts(forms.nameForm) ? ACCEPTED : REFUSED;
    // Ids and only the ids: the same names under other ids are somebody else's.
    if (!acceptsIds(forms.idForm)) return REFUSED;
    return acceptsName(forms.repository)
      ? ACCEPTED
      : { ok: true, note: `matched by its ids: the repository is now called ${forms.repository}` };
  };
}

function compileSubjectText(subject: string, match: SubjectMatch): (sub: string) => boolean {
  return match === 'glob' ? compileGlob(subject) : (sub) => sub === subject;
}

/**
 * The index key of an exact rule: its subject, or for a rule with GitHub ids the form without names; null for a glob,
 * which is selected otherwise. A key only ever selects candidates; the matcher decides.
 */
export function subjectKeyOfRule(subject: string, match: SubjectMatch): string | null {
  if (match === 'glob') return null;
  return githubIdRule(subject)?.idForm ?? subject;
}

/** The keys under which every exact rule that could match the token is found, whatever its preset; the token need not be verified. */
export function subjectKeysOfToken(claims: JsonObject, sub: string): readonly string[] {
  const forms = githubSubjectForms(claims, sub);
  const derived = forms.kind === 'both' ? [forms.nameForm, forms.idForm] : [];
  // The last one finds a rule with ids where the signed ids are missing and only `sub` itself can be compared.
  return [...new Set([sub, ...derived, subjectKeyOfRule(sub, 'exact') ?? sub])];
}

function segmentsOf(subject: string): readonly string[] {
  return subject.replace(/^[A-Za-z][A-Za-z0-9+.-]*:\/\//, '').split(/[:/]/);
}

function isPullRequest(segments: readonly string[]): boolean {
  return segments.some((segment) => /^pull[_-]requests?$/.test(segment));
}

/** The pull request subject of a repository that the pattern names, on platforms whose subjects start with `repo:`. */
function asPullRequest([kind, owner, name]: readonly string[]): string {
  return kind === 'repo' && name !== undefined ? `repo:${owner}/${isWildcard(name) ? 'any' : name}:pull_request` : '';
}

function pinsGithubIds(subject: string): boolean {
  if (githubIdRule(subject) !== null) return true;
  return /(?:^|:)repository_(?:owner_)?id:\d+(?::|$)/.test(subject);
}

function isGithubId(claim: string): boolean {
  return /^\/?repository_(?:owner_)?id$/.test(claim);
}

/** The other spelling of a GitHub subject, for hints; null where there is none. */
export function otherGithubForm(claims: JsonObject, sub: string): string | null {
  const forms = githubSubjectForms(claims, sub);
  if (forms.kind !== 'both') return githubNameForm(sub);
  return forms.nameForm === sub ? forms.idForm : forms.nameForm;
}
