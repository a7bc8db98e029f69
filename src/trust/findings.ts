// What can be said against an identity as it is: never matched, unused, too broad, useless beside another, or giving what nobody needs.

import type { FederatedIdentityRecord } from '../objects/federated-identity.ts';
import type { TrustFinding } from '../objects/trust-report.ts';
import { formatTimestamp } from '../objects/values.ts';
import type { CompiledIdentity } from '../rules/rule.ts';
import { broadWarnings, idleWarnings } from './broad-warnings.ts';
import { GRACE_DAYS, MAX_CONTAINMENT_PAIRS, MIN_GRANTS, REPORT_DAYS, SECONDS_PER_DAY } from './limits.ts';
import { needsOf } from './needs.ts';
import type { RecordedGrant } from './recorded-grants.ts';
import { acceptsAtLeast, givesAtLeast } from './rule-containment.ts';

/** A rule as it is stored, and compiled. */
export interface KnownRule {
  readonly record: FederatedIdentityRecord;
  readonly compiled: CompiledIdentity;
}

/** What was recorded of a rule. */
export interface Evidence {
  /** Of the last 90 days, oldest first; of a shadow rule what it would have granted. */
  readonly grants: readonly RecordedGrant[];
  /** False if there are older ones than these. */
  readonly isComplete: boolean;
}

/** Whether a rule was ever used, and when for the last time. */
export function idleFindings(
  { record, compiled }: KnownRule,
  { grants }: Evidence,
  now: number,
): readonly TrustFinding[] {
  const { createdAt, lastUsedAt } = record;
  if (createdAt > now - GRACE_DAYS * SECONDS_PER_DAY || grants.length > 0) return [];
  if (lastUsedAt === null || record.mode === 'shadow') {
    const never =
      record.mode === 'shadow'
        ? `as a shadow rule it would have granted nothing in ${REPORT_DAYS} days`
        : `no token was granted by it since it was made on ${dateOf(createdAt)}`;
    return [{ code: 'never_matched', detail: [never, ...whyIdle(record, compiled)].join('; ') }];
  }
  if (lastUsedAt > now - REPORT_DAYS * SECONDS_PER_DAY) return [];
  const days = Math.floor((now - lastUsedAt) / SECONDS_PER_DAY);
  return [{ code: 'unused', detail: `it was last used on ${dateOf(lastUsedAt)}, ${days} days ago` }];
}

/** What a write of the rule would be warned about, if it lets too much in. */
export function broadFindings({ record, compiled }: KnownRule): readonly TrustFinding[] {
  return broadWarnings(compiled.identity, record.provider.preset).map(({ code, detail }) => ({
    code: 'over_broad',
    detail: `${code}: ${detail}`,
  }));
}

/**
 * Whether another active rule of the account makes this one useless. Of two that are equal the younger one is. Others are given
 * oldest first; what cannot be proved within its bound is not said.
 */
export function shadowedFindings(rule: KnownRule, others: readonly KnownRule[], now: number): readonly TrustFinding[] {
  let pairs = 0;
  const by = others.find((other) => {
    if (other.record.id === rule.record.id || !isInForce(other, now)) return false;
    if (other.record.providerIdentity !== rule.record.providerIdentity) return false;
    pairs += sizeOf(rule) * sizeOf(other);
    return (
      pairs <= MAX_CONTAINMENT_PAIRS &&
      makesUseless(other, rule) &&
      !(isOlder(rule, other) && makesUseless(rule, other))
    );
  });
  if (by === undefined) return [];
  const detail = `${by.record.name} (${by.record.id}) accepts every token that this rule accepts, and gives at least as much: one of the two is enough`;
  return [{ code: 'shadowed', detail }];
}

/** What it may give and no recorded grant needed. */
export function excessFindings(
  { compiled: { identity } }: KnownRule,
  { grants, isComplete }: Evidence,
): readonly TrustFinding[] {
  if (grants.length < MIN_GRANTS) return [];
  const needs = needsOf(identity, grants);
  const among = isComplete
    ? `none of the ${grants.length} grants in ${REPORT_DAYS} days`
    : `none of the ${grants.length} grants that were read`;
  const beyond = (few: readonly string[], many: readonly string[]): readonly string[] =>
    many.filter((value) => !few.includes(value));
  const scopes = beyond(needs.allowedScopes, identity.allowedScopes);
  const audiences = beyond(needs.tokenAudiences, identity.tokenAudiences);
  const trusted = beyond(needs.trustedAudiences, identity.trustedAudiences);
  const findings: TrustFinding[] = [];
  if (scopes.length > 0) findings.push({ code: 'excess_scope', detail: `${among} asked for ${scopes.join(', ')}` });
  if (audiences.length > 0)
    findings.push({ code: 'excess_audience', detail: `${among} was for the audience ${audiences.join(', ')}` });
  if (trusted.length > 0)
    findings.push({ code: 'excess_audience', detail: `${among} came with an ID token for ${trusted.join(', ')}` });
  if (needs.longest < identity.maxTokenLifetime)
    findings.push({
      code: 'excess_lifetime',
      detail: `tokens may live ${identity.maxTokenLifetime} s, and ${among} was for more than ${needs.longest} s`,
    });
  return findings;
}

/** True if it grants: it is active, enforced and not over. */
export function isInForce({ record }: KnownRule, now: number): boolean {
  const { status, mode, expiresAt, serviceAccount } = record;
  return (
    status === 'active' &&
    mode === 'enforce' &&
    serviceAccount.status === 'active' &&
    (expiresAt === null || expiresAt > now)
  );
}

/** What the older of two gives first must not change when the younger one takes its place. */
function makesUseless(wide: KnownRule, narrow: KnownRule): boolean {
  const [many, few] = [wide.compiled.identity, narrow.compiled.identity];
  if (!givesAtLeast(many, few) || !(many.replayProtection === 'off' || few.replayProtection === 'singleUse'))
    return false;
  const keepsDefaults =
    isOlder(wide, narrow) ||
    (many.tokenAudiences[0] === few.tokenAudiences[0] &&
      few.forwardedClaims.every((claim) => many.forwardedClaims.includes(claim)));
  return keepsDefaults && acceptsAtLeast(wide.compiled, narrow.compiled);
}

/** The oldest rule that matches decides; identifiers are made in the order of creation. */
function isOlder(one: KnownRule, other: KnownRule): boolean {
  return one.record.id < other.record.id;
}

/** Characters of what is compared character by character. */
function sizeOf({ record: { providerSubject, conditions } }: KnownRule): number {
  return providerSubject.length + JSON.stringify(conditions ?? {}).length;
}

function whyIdle(
  { provider }: FederatedIdentityRecord,
  { identity, subject, tenantFault, conditionsFault }: CompiledIdentity,
): readonly string[] {
  const faults = [subject.fault, tenantFault, conditionsFault].filter((fault) => fault !== null);
  return [
    ...faults.map((fault) => `the rule ${fault}`),
    ...idleWarnings(identity, provider.preset).map(({ code, detail }) => `${code}: ${detail}`),
  ];
}

function dateOf(seconds: number): string {
  return formatTimestamp(seconds).slice(0, 10);
}
