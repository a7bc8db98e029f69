// What to reconsider about a rule that is accepted (contract §5.3): what it accepts beyond expectation, or cannot accept at all.

import type { Conditions } from '../objects/conditions.ts';
import type { FederatedIdentity } from '../objects/federated-identity.ts';
import type { PresetName } from '../platforms/preset.ts';
import { githubIdRule } from './github-subject.ts';
import { hasWildcard, isWildcard } from './glob.ts';
import { strangeCharacter } from './look-alikes.ts';
import { looksLikeRegularExpression } from './pattern-mistakes.ts';
import { compileSubjectText, PINNED_SEGMENTS, segmentsOf } from './subject.ts';

export interface RuleWarning {
  readonly code:
    | 'partial_wildcard'
    | 'pull_request_subject'
    | 'github_name_only'
    | 'default_service_account'
    | 'double_wildcard'
    | 'non_ascii'
    | 'literal_wildcard'
    | 'matches_no_ref'
    | 'regular_expression'
    | 'surrounding_space';
  readonly detail: string;
}

type WarnedRule = Pick<FederatedIdentity, 'providerSubject' | 'providerSubjectMatch'> & {
  readonly trustedAudiences: readonly string[];
  readonly conditions: Conditions | null;
};

/** Lists what to reconsider about an accepted rule of a provider with this preset. */
export function ruleWarnings(rule: WarnedRule, preset: PresetName): readonly RuleWarning[] {
  const { providerSubject, providerSubjectMatch, trustedAudiences, conditions } = rule;
  return [
    ...subjectWarnings(providerSubject, providerSubjectMatch, preset, Object.keys(conditions ?? {})),
    ...trustedAudiences.flatMap((audience) => textWarnings(audience, `the audience ${JSON.stringify(audience)}`)),
    ...Object.entries(conditions ?? {}).flatMap(([claim, matcher]) => conditionWarnings(claim, matcher)),
  ];
}

/**
 * The same of the subject alone; `conditionClaims` are the claims that the identity's conditions name.
 * @internal Tested apart from the other warnings.
 */
export function subjectWarnings(
  subject: string,
  match: FederatedIdentity['providerSubjectMatch'],
  preset: PresetName,
  conditionClaims: readonly string[] = [],
): readonly RuleWarning[] {
  const segments = segmentsOf(subject);
  const accepts = compileSubjectText(subject, match);
  const isGlob = match === 'glob';
  const warnings: RuleWarning[] = [];

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
  if (!isGlob && hasWildcard(subject)) {
    warnings.push({
      code: 'literal_wildcard',
      detail: 'providerSubjectMatch is exact, so * is literal and matches nothing else: set it to glob',
    });
  }
  if (isGlob && matchesNoRef(subject, preset)) {
    warnings.push({
      code: 'matches_no_ref',
      detail:
        '* stops at ":" and "/", so the rule matches no branch and no tag: write what stands there (ref:refs/heads/main), or ** for all of it',
    });
  }
  if (looksLikeRegularExpression(subject)) warnings.push(regularExpression('the subject'));
  warnings.push(...textWarnings(subject, 'the subject'));
  return warnings;
}

/** A value that is compared literally, but looks as if it were meant otherwise. */
function conditionWarnings(claim: string, matcher: Conditions[string]): RuleWarning[] {
  const values =
    typeof matcher === 'object' && !Array.isArray(matcher) ? Object.values(matcher).flat() : [matcher].flat();
  const isGlob = typeof matcher === 'object' && 'glob' in matcher;
  return values
    .filter((value): value is string => typeof value === 'string')
    .flatMap((value): RuleWarning[] => {
      const what = `the condition on ${claim}`;
      const starred: RuleWarning[] =
        !isGlob && hasWildcard(value)
          ? [
              {
                code: 'literal_wildcard',
                detail: `${what} compares literally, so * matches nothing else: write {"glob": ${JSON.stringify(value)}}`,
              },
            ]
          : [];
      return [
        ...starred,
        ...(looksLikeRegularExpression(value) ? [regularExpression(what)] : []),
        ...textWarnings(value, what),
      ];
    });
}

function regularExpression(what: string): RuleWarning {
  return {
    code: 'regular_expression',
    detail: `${what} looks like a regular expression, but only * and ** are patterns, in a glob; everything else is literal`,
  };
}

function textWarnings(text: string, what: string): RuleWarning[] {
  const strange = strangeCharacter(text);
  return [
    ...(strange === null
      ? []
      : [
          {
            code: 'non_ascii' as const,
            detail: `${what} has characters outside printable ASCII (${strange}); they are compared byte for byte, and others look the same`,
          },
        ]),
    ...(text === text.trim()
      ? []
      : [
          {
            code: 'surrounding_space' as const,
            detail: `${what} has white space at an end, which no token has: remove it`,
          },
        ]),
  ];
}

/** True if a single `*` stands where a ref would need more: a ref has `:` and `/` in it. */
function matchesNoRef(subject: string, preset: PresetName): boolean {
  if (preset === 'github' || preset === 'forgejo')
    return /^repo:[^:]*:(?:\*|ref:(?!refs\/(?:heads|tags)\/)[^:/]*\*?[^:/]*)$/.test(subject) && !subject.includes('**');
  if (preset === 'gitlab') return /^project_path:[^:]*:(?:\*|ref_type:[^:]*)$/.test(subject) && !subject.includes('**');
  return false;
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
