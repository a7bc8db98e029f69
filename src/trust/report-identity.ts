// One identity of the trust report (contract §11): its findings, and the narrowest rule that its recorded grants need; reads nothing.

import type { ListedAuditEvent } from '../objects/audit-log.ts';
import { statusAt } from '../objects/federated-identity.ts';
import type { FederatedIdentityRecord } from '../objects/federated-identity.ts';
import { FINDING_CODES } from '../objects/trust-report.ts';
import type { IdentityTrustView } from '../objects/trust-report.ts';
import { formatTimestamp } from '../objects/values.ts';
import { presetByName } from '../platforms/presets.ts';
import { compileExpression } from '../rules/expression.ts';
import { compileFederatedIdentity } from '../rules/rule.ts';
import type { CompiledIdentity } from '../rules/rule.ts';
import type { FederatedIdentity } from '../objects/federated-identity.ts';
import { broadFindings, excessFindings, idleFindings, isInForce, shadowedFindings } from './findings.ts';
import type { Evidence, KnownRule } from './findings.ts';
import { recordedGrant } from './recorded-grants.ts';
import { propose } from './proposal.ts';

/** What is the same for every identity of a report. */
export interface ReportContext {
  readonly issuerUrl: string;
  readonly defaultAudience: string;
  /** Audiences that other organisations have reserved, of all that the rules name and of the default one. */
  readonly withheld: readonly string[];
  /** Epoch seconds. */
  readonly now: number;
}

/** A rule with what it was compiled to. */
export function knownRule(record: FederatedIdentityRecord, context: ReportContext): KnownRule {
  return { record, compiled: compileFor(record, context)(ruleOf(record, context)) };
}

/** The events of an identity's grants in the last 90 days, newest first; of a shadow rule what it would have granted. */
export interface GrantEvents {
  readonly events: readonly ListedAuditEvent[];
  /** False if there are older ones than these. */
  readonly isComplete: boolean;
}

/** Reports on one identity; `others` are the rules of its account, oldest first. */
export function reportIdentity(
  rule: KnownRule,
  others: readonly KnownRule[],
  { events, isComplete }: GrantEvents,
  context: ReportContext,
): IdentityTrustView {
  const { record } = rule;
  const evidence: Evidence = { grants: events.toReversed().map(recordedGrant), isComplete };
  const { now } = context;
  const grants = isInForce(rule, now);
  const findings = [
    ...idleFindings(rule, evidence, now),
    ...(record.status === 'active' ? broadFindings(rule) : []),
    ...(grants ? [...shadowedFindings(rule, others, now), ...excessFindings(rule, evidence)] : []),
  ];
  const { providerIssuer, subjectClaim } = record.provider;
  const proposal = grants
    ? propose(ruleOf(record, context), evidence.grants, {
        issuerUrl: context.issuerUrl,
        provider: { providerIssuer, subjectClaim },
        compile: compileFor(record, context),
      })
    : null;
  return {
    identity: record.id,
    name: record.name,
    serviceAccount: {
      identity: record.serviceAccount.id,
      name: record.serviceAccount.name,
      slug: record.serviceAccount.slug,
    },
    mode: record.mode,
    status: statusAt(record, now),
    lastUsedAt: record.lastUsedAt === null ? null : formatTimestamp(record.lastUsedAt),
    // Equal shadow events are one event with a count.
    grants90d: events.reduce((sum, { count }) => sum + count, 0),
    complete: evidence.isComplete,
    findings: findings.toSorted((one, other) => FINDING_CODES.indexOf(one.code) - FINDING_CODES.indexOf(other.code)),
    proposal,
  };
}

function ruleOf(record: FederatedIdentityRecord, { withheld }: ReportContext): FederatedIdentity {
  const serviceAccount = { ...record.serviceAccount, organisationId: record.organisationId };
  return { ...record, serviceAccount, withheldAudiences: withheld };
}

function compileFor(
  { provider }: FederatedIdentityRecord,
  { issuerUrl, defaultAudience }: ReportContext,
): (identity: FederatedIdentity) => CompiledIdentity {
  const { preset, providerIssuer, subjectClaim } = provider;
  return (identity) =>
    compileFederatedIdentity(identity, {
      issuerUrl,
      defaultAudience,
      preset: presetByName(preset),
      providerIssuer,
      subjectClaim,
      compileExpression,
    });
}
