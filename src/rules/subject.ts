// Which subjects a rule accepts: what is refused or warned about when it is written, and the comparison itself, from one code path.

import { githubIdRule, githubNameForm, githubSubjectForms } from './github-subject.ts';
import { compileGlob, hasWildcard, isWildcard } from './glob.ts';
import type { JsonObject } from '../token/json.ts';
import { MAX_EXACT_SUBJECT_CHARS, MAX_GLOB_CHARS } from './limits.ts';
import type { FederatedIdentity } from '../objects/federated-identity.ts';
import type { Preset } from '../platforms/preset.ts';

type SubjectMatch = FederatedIdentity['providerSubjectMatch'];

/** Segments of a pattern that must be literal, so that a rule always pins the tenant that its tokens come from. */
export const PINNED_SEGMENTS = 2;

/**
 * Says why a subject rule is refused, in a sentence for its author; null if it is accepted (contract §5.3).
 * Asked when a rule is written and again when it is matched, so a row from before a tightening matches nothing.
 */
export function validateSubjectRule(subject: string, match: SubjectMatch): string | null {
  if (subject === '')
    return 'must not be empty: a rule with nothing to verify would accept every workload of the issuer';
  const longest = match === 'exact' ? MAX_EXACT_SUBJECT_CHARS : MAX_GLOB_CHARS;
  if (subject.length > longest) return `must have at most ${longest} characters`;
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

/** Compares the text of a subject alone, in one form. */
export function compileSubjectText(subject: string, match: SubjectMatch): (sub: string) => boolean {
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
  // The last one finds a rule with ids if the signed ids are missing and only `sub` itself can be compared.
  return [...new Set([sub, ...derived, subjectKeyOfRule(sub, 'exact') ?? sub])];
}

/** The parts of a subject between `:` and `/`, without a leading scheme. */
export function segmentsOf(subject: string): readonly string[] {
  return subject.replace(/^[A-Za-z][A-Za-z0-9+.-]*:\/\//, '').split(/[:/]/);
}

/** The other spelling of a GitHub subject, for hints; null if there is none. */
export function otherGithubForm(claims: JsonObject, sub: string): string | null {
  const forms = githubSubjectForms(claims, sub);
  if (forms.kind !== 'both') return githubNameForm(sub);
  return forms.nameForm === sub ? forms.idForm : forms.nameForm;
}
