// Hints for the mistakes people really make in subjects, worked out only after one failed; they explain a verdict and never change it.

import type { JsonObject } from '../token/json.ts';
import type { FederatedIdentity } from '../objects/federated-identity.ts';
import type { Preset } from '../platforms/preset.ts';
import { githubIdRule, githubSubjectForms } from './github-subject.ts';
import { hasWildcard } from './glob.ts';
import { MAX_HINT_VARIANTS } from './limits.ts';
import { lookAlike, strangeCharacter } from './look-alikes.ts';
import { globsOf, looksLikeRegularExpression, percentDecoded, withDoubleStars } from './pattern-mistakes.ts';
import { compileSubject, otherGithubForm } from './subject.ts';

/** What is known when a subject rule failed. */
export interface SubjectMiss {
  readonly identity: Pick<FederatedIdentity, 'providerSubject' | 'providerSubjectMatch'>;
  readonly forms: Preset['subjectForms'];
  readonly claims: JsonObject;
  /** The token's. */
  readonly actual: string;
  /** Claims of the token that conditions of the rule accept and that name something by id. */
  readonly acceptedIds: readonly string[];
}

type WouldMatch = (rule: string, actual: string, match?: 'exact' | 'glob') => boolean;

/** What a subject rule that failed may have meant; null if nothing likely is found. */
export function subjectHint(miss: SubjectMiss): string | null {
  const { identity, forms, claims, actual, acceptedIds } = miss;
  const { providerSubject: rule, providerSubjectMatch: how } = identity;
  // What was not changed has failed already; each comparison reads a subject of 16 KB.
  const wouldMatch: WouldMatch = (changedRule, changedActual, match = how) =>
    (changedRule !== rule || changedActual !== actual || match !== how) &&
    compileSubject(changedRule, match, forms)(claims, changedActual).ok;
  return (
    (forms === 'github' ? githubHint(rule, claims, actual) : null) ??
    spellingHint(rule, actual, wouldMatch) ??
    patternHint(rule, how, actual, wouldMatch) ??
    refHint(rule, actual, wouldMatch) ??
    (forms === 'literal' ? otherFormHint(rule, claims, actual, wouldMatch) : null) ??
    renameHint(rule, actual, acceptedIds) ??
    kindHint(rule, actual) ??
    restHint(rule, actual)
  );
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
  if (rule.startsWith('repo:') && !actual.startsWith('repo:')) {
    return `the repository has a customised subject (${keysOf(actual)}): write the rule as the token has it, or reset the repository's subject template`;
  }
  if (!rule.startsWith('repo:') && actual.startsWith('repo:')) {
    return 'the rule is written for a customised subject, but the repository of this token has the usual one: set its subject template, or write the rule as the token has it';
  }
  return null;
}

/** The keys of a customised subject, `key:value:key:value`. */
function keysOf(subject: string): string {
  const keys = subject.split(':').filter((part, index) => index % 2 === 0 && /^[a-z_]+$/.test(part));
  return keys.join(', ');
}

function spellingHint(rule: string, actual: string, wouldMatch: WouldMatch): string | null {
  if (wouldMatch(rule.toLowerCase(), actual.toLowerCase()) || rule.toLowerCase() === actual.toLowerCase()) {
    return 'they differ only in upper and lower case';
  }
  if (wouldMatch(withoutSlash(rule), withoutSlash(actual))) return 'they differ only in a trailing slash';
  if (rule.trim() === actual.trim() || wouldMatch(rule.trim(), actual.trim()))
    return 'they differ only in white space at an end';
  if (lookAlike(rule) === lookAlike(actual) || wouldMatch(lookAlike(rule), lookAlike(actual))) {
    const [inRule, inToken] = [strangeCharacter(rule), strangeCharacter(actual)];
    const where = inRule === null ? `the token has ${inToken ?? 'others'}` : `the rule has ${inRule}`;
    return `they look the same but are different characters (${where}); comparison is byte for byte`;
  }
  const decoded = percentDecoded(actual);
  if (decoded !== actual && (rule === decoded || wouldMatch(rule, decoded)))
    return `a colon or slash inside a value is percent-encoded in the subject: write it as the token has it, ${actual}`;
  if (percentDecoded(rule) !== rule && wouldMatch(percentDecoded(rule), actual))
    return 'the rule is percent-encoded where the subject is not: write it as the token has it';
  return null;
}

function patternHint(rule: string, how: 'exact' | 'glob', actual: string, wouldMatch: WouldMatch): string | null {
  if (looksLikeRegularExpression(rule)) {
    const meant = globsOf(rule)
      .slice(0, MAX_HINT_VARIANTS)
      .find((glob) => wouldMatch(glob, actual, hasWildcard(glob) ? 'glob' : 'exact'));
    return `the rule looks like a regular expression, but only * and ** are patterns, in a glob${meant === undefined ? '' : `: write ${meant}`}`;
  }
  if (!hasWildcard(rule)) return null;
  const doubled = withDoubleStars(rule);
  if (how === 'exact') {
    if (wouldMatch(rule, actual, 'glob')) return 'providerSubjectMatch is exact, so * is literal: set it to glob';
    return wouldMatch(doubled, actual, 'glob')
      ? `providerSubjectMatch is exact, so * is literal: set it to glob, and write ${doubled}, since * stops at ":" and "/"`
      : 'providerSubjectMatch is exact, so * is literal, and as a glob the rule would not match either';
  }
  return wouldMatch(doubled, actual)
    ? `* stops at ":" and "/": ${leastDoubled(rule, (glob) => wouldMatch(glob, actual))} would match`
    : null;
}

/** The rule with as few `*` doubled as the token needs: one if that is enough. */
function leastDoubled(rule: string, matches: (glob: string) => boolean): string {
  const parts = rule.split(/(?<!\*)\*(?!\*)/);
  if (parts.length - 1 > MAX_HINT_VARIANTS) return withDoubleStars(rule);
  const one = parts
    .slice(1)
    .map((_, at) => parts.map((part, i) => (i === 0 ? part : `${i - 1 === at ? '**' : '*'}${part}`)).join(''));
  return one.find(matches) ?? withDoubleStars(rule);
}

function refHint(rule: string, actual: string, wouldMatch: WouldMatch): string | null {
  for (const prefix of ['refs/heads/', 'refs/tags/']) {
    if (wouldMatch(rule.replace(/(^|[:/])ref:(?!refs\/)/, `$1ref:${prefix}`), actual)) {
      return `the ref in the subject starts with ${prefix}: write ref:${prefix}…`;
    }
    if (rule.includes(`${prefix}${prefix}`) && wouldMatch(rule.replace(`${prefix}${prefix}`, prefix), actual)) {
      return `the rule has ${prefix} twice`;
    }
    if (rule.includes(`ref:${prefix}`) && wouldMatch(rule.replace(`ref:${prefix}`, 'ref:'), actual)) {
      return `the ref in the subject is the short name: leave ${prefix} out`;
    }
  }
  return null;
}

function otherFormHint(rule: string, claims: JsonObject, actual: string, wouldMatch: WouldMatch): string | null {
  const other = otherGithubForm(claims, actual);
  return other !== null && wouldMatch(rule, other)
    ? 'the rule is written in the other of the two forms of a GitHub subject, which only providers with preset github compare'
    : null;
}

/** One part differs, and an id that the rule pins is the same: the thing was renamed. */
function renameHint(rule: string, actual: string, acceptedIds: readonly string[]): string | null {
  const [id] = acceptedIds;
  const [wanted, given] = [rule.split(':'), actual.split(':')];
  if (id === undefined || wanted.length !== given.length) return null;
  const differing = wanted.flatMap((part, at) => (part === given[at] ? [] : [at]));
  const [at = -1] = differing;
  // Values stand behind their keys; only a name is renamed, a ref is another one.
  if (differing.length !== 1 || at === 0 || /^(?:ref|ref_type|environment)$/.test(wanted[at - 1] ?? '')) return null;
  return `${wanted[at]} is now called ${given[at]}: ${id} is still the same, so it was renamed or moved, and the rule needs its new name`;
}

/** An environment, a pull request, a tag and a branch exclude each other in `sub`. */
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
  if (/(?:^|:)pull_request(?::|$)/.test(rule) && !actual.includes('pull_request')) {
    return 'the rule wants a pull request, but the job runs for a branch or tag';
  }
  const isTag = (text: string): boolean => /ref:refs\/tags\/|ref_type:tag(?::|$)/.test(text);
  const isBranch = (text: string): boolean => /ref:refs\/heads\/|ref_type:branch(?::|$)/.test(text);
  if (isTag(actual) && isBranch(rule)) return 'the job runs for a tag, the rule wants a branch';
  if (isBranch(actual) && isTag(rule)) return 'the job runs for a branch, the rule wants a tag';
  return null;
}

function restHint(rule: string, actual: string): string | null {
  if (actual.startsWith(`${rule}:`) || actual.startsWith(`${rule}/`))
    return `the subject goes on behind the rule (${actual.slice(rule.length)}): write all of it, or a glob`;
  if (rule.startsWith(`${actual}:`) || rule.startsWith(`${actual}/`))
    return `the rule goes on behind the subject (${rule.slice(actual.length)})`;
  return null;
}

function withoutSlash(text: string): string {
  return text.endsWith('/') ? text.slice(0, -1) : text;
}
