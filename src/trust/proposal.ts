// The narrowest rule that recorded grants need, tried on those grants before it is proposed; null if nothing is to gain.

import type { FederatedIdentity } from '../objects/federated-identity.ts';
import { PROPOSED_MEMBERS } from '../objects/trust-report.ts';
import type { ProposedMembers, TrustProposal } from '../objects/trust-report.ts';
import { canonicalJson } from '../token/canonical-json.ts';
import type { JsonValue } from '../token/json.ts';
import type { Narrowed } from '../rules/narrow.ts';
import type { CompiledIdentity } from '../rules/rule.ts';
import { readSubject } from '../token/subject-claim.ts';
import { broadWarnings } from './broad-warnings.ts';
import { MIN_GRANTS } from './limits.ts';
import { listedParts, tenantPin } from './narrow-conditions.ts';
import type { SeenToken } from './narrow-conditions.ts';
import { isSettled, narrowerSubjects, subjectAsRuled } from './narrow-subject.ts';
import { needsOf } from './needs.ts';
import { givesTheSame, isWhole, tryWith } from './recorded-grants.ts';
import type { RecordedGrant, Surroundings, WholeGrant } from './recorded-grants.ts';
import { acceptsAtLeast, givesAtLeast } from './rule-containment.ts';
import { shutOut } from './shut-out.ts';

/** What proposing reads beside the rule and its grants. */
export interface ProposalContext extends Surroundings {
  /** Compiles a rule of the same provider as an exchange does. */
  readonly compile: (identity: FederatedIdentity) => CompiledIdentity;
}

/** A grant that today's rule makes, and what it gives. */
interface TriedGrant {
  readonly grant: WholeGrant;
  readonly given: Narrowed;
}

/**
 * Proposes members that narrow the rule. Each change is kept only if it is proved that the rule accepts and gives nothing new by
 * it, if every grant that today's rule makes is made just so by the changed one, and if it draws no warning that was not there.
 * Grants are given oldest first.
 */
export function propose(
  rule: FederatedIdentity,
  grants: readonly RecordedGrant[],
  context: ProposalContext,
): TrustProposal | null {
  const today = context.compile(rule);
  const whole = grants.filter((grant) => isWhole(grant, today));
  const decideToday = tryWith(today, context);
  const tried = whole.flatMap((grant): TriedGrant[] => {
    const given = decideToday(grant);
    return given === null ? [] : [{ grant, given }];
  });
  if (tried.length < MIN_GRANTS) return null;

  const changes = changesFor(rule, today, grants, tried, context);
  // All at once, and one by one only if that would lose a grant: trying is what takes long.
  const whollyChanged = changedBy(changes, rule, () => true, context);
  const isKept = (changed: FederatedIdentity): boolean => stillGrants(context.compile(changed), tried, context);
  const next = isKept(whollyChanged) ? whollyChanged : changedBy(changes, rule, isKept, context);
  const members = differing(next, rule);
  if (members.length === 0) return null;
  return {
    ...Object.fromEntries(members.map((name) => [name, next[name]])),
    wouldStillGrant: tried.length,
    wouldNoLongerGrant: shutOut(
      { today, next: context.compile(next) },
      tried.map(({ grant }) => grant),
      context,
    ),
    alreadyRefused: whole.length - tried.length,
    notTried: grants.length - whole.length,
  };
}

type Change = (rule: FederatedIdentity) => ProposedMembers;

/** The changes to try, one after the other: each is made of what the ones before it left. */
function changesFor(
  rule: FederatedIdentity,
  { identity, preset }: CompiledIdentity,
  grants: readonly RecordedGrant[],
  tried: readonly TriedGrant[],
  { provider }: ProposalContext,
): readonly Change[] {
  const needs = needsOf(identity, grants);
  const seen = tried.map(({ grant: { claims } }): SeenToken => {
    const subject = readSubject(claims, provider);
    return { claims, subject: subjectAsRuled(rule, preset.subjectForms, claims, subject.ok ? subject.value : '') };
  });
  const subjects = seen.map(({ subject }) => subject);
  const isPattern = rule.providerSubjectMatch === 'glob';
  const listed = isPattern && isSettled(subjects) ? [listedParts] : [];
  const isBroad = broadWarnings(rule, preset.name).length > 0;
  return [
    () => ({ allowedScopes: needs.allowedScopes }),
    // An empty list is the default already.
    () => (rule.tokenAudiences.length === 0 ? {} : { tokenAudiences: needs.tokenAudiences }),
    () => (rule.trustedAudiences.length === 0 ? {} : { trustedAudiences: needs.trustedAudiences }),
    ({ tokenLifetime }) => ({
      maxTokenLifetime: needs.longest,
      tokenLifetime: Math.min(tokenLifetime, needs.longest),
    }),
    ...(isPattern ? narrowerSubjects(subjects) : []).map(
      (subject): Change =>
        // The first one that is safe is the narrowest.
        (current) =>
          current.providerSubject === rule.providerSubject ? subject : {},
    ),
    ...[...listed, ...(isPattern || isBroad ? [tenantPin] : [])].map((conditionsOf): Change => (current) => {
      const isWorth = isBroad || current.providerSubject !== rule.providerSubject;
      const added = isWorth ? conditionsOf(current, preset, seen) : null;
      return added === null ? {} : { conditions: { ...current.conditions, ...added } };
    }),
  ];
}

/** The rule with those of the changes that only narrow it, draw no warning and are kept. */
function changedBy(
  changes: readonly Change[],
  rule: FederatedIdentity,
  isKept: (changed: FederatedIdentity) => boolean,
  context: ProposalContext,
): FederatedIdentity {
  let next = rule;
  for (const change of changes) {
    const changed = { ...next, ...change(next) };
    if (differing(changed, next).length > 0 && isNarrower(changed, next, context) && isKept(changed)) next = changed;
  }
  return next;
}

/** The changed rule takes nothing in and gives nothing that the rule before it did not, and draws no warning that was not there. */
function isNarrower(changed: FederatedIdentity, before: FederatedIdentity, context: ProposalContext): boolean {
  const [next, current] = [context.compile(changed), context.compile(before)];
  if (!acceptsAtLeast(current, next) || !givesAtLeast(current.identity, next.identity)) return false;
  const known = new Set(broadWarnings(before, next.preset.name).map(({ code }) => code));
  return broadWarnings(changed, next.preset.name).every(({ code }) => known.has(code));
}

/** Every grant is made as today, with the same scope, audiences and lifetime. */
function stillGrants(next: CompiledIdentity, tried: readonly TriedGrant[], context: ProposalContext): boolean {
  const decideNext = tryWith(next, context);
  return tried.every(({ grant, given }) => {
    const now = isWhole(grant, next) ? decideNext(grant) : null;
    return now !== null && givesTheSame(now, given);
  });
}

function differing(next: FederatedIdentity, rule: FederatedIdentity): readonly (keyof ProposedMembers)[] {
  return PROPOSED_MEMBERS.filter(
    (name) => canonicalJson(next[name] as JsonValue) !== canonicalJson(rule[name] as JsonValue),
  );
}
