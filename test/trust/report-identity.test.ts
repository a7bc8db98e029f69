// One identity of the trust report (contract §11): each finding beside a twin that does not have it, and proposals on several platforms.

import { describe, expect, it } from 'vitest';

import { federatedIdentity } from '../../src/objects/federated-identity.ts';
import type { FederatedIdentityInput, FederatedIdentityRecord } from '../../src/objects/federated-identity.ts';
import type { ListedAuditEvent } from '../../src/objects/audit-log.ts';
import { DEFAULT_ORGANISATION_ID } from '../../src/objects/organisation.ts';
import { newMembers, newObject } from '../../src/objects/records.ts';
import type { IdentityTrustView } from '../../src/objects/trust-report.ts';
import type { PresetName } from '../../src/platforms/preset.ts';
import type { JsonObject } from '../../src/token/json.ts';
import { knownRule, reportIdentity } from '../../src/trust/report-identity.ts';
import { githubActions, gitlab, kubernetes } from '../support/claims.ts';

const NOW = 1_789_000_000;
const ISSUER_URL = 'https://cambist.test';
const context = { issuerUrl: ISSUER_URL, defaultAudience: ISSUER_URL, withheld: [], now: NOW };
const ISSUERS: Partial<Record<PresetName, string>> = {
  github: 'https://token.actions.githubusercontent.com',
  gitlab: 'https://gitlab.com',
  kubernetes: 'https://oidc.k8s.example.com',
};

let made = 0;

function rule(
  written: FederatedIdentityInput,
  { preset = 'github', ...changes }: Partial<FederatedIdentityRecord> & { preset?: PresetName } = {},
): FederatedIdentityRecord {
  made += 1;
  const id = `fid_${String(made).padStart(26, '0')}`;
  return {
    ...newObject(id, DEFAULT_ORGANISATION_ID, NOW),
    ...newMembers(federatedIdentity, { name: id, allowedScopes: ['r', 'w'], ...written }, ''),
    serviceAccountIdentity: 'sa_1',
    providerIdentity: 'idp_1',
    serviceAccount: { id: 'sa_1', name: 'deployer', slug: 'deployer', status: 'active', tokensNotBefore: null },
    provider: { id: 'idp_1', name: 'p', providerIssuer: ISSUERS[preset] ?? '', preset, subjectClaim: 'sub' },
    lastUsedAt: NOW,
    ...changes,
  };
}

/** Events, newest first, of tokens that are given oldest first. */
function events(
  tokens: readonly Record<string, unknown>[],
  changes: Partial<ListedAuditEvent> = {},
): ListedAuditEvent[] {
  return tokens.toReversed().map((claims, at) => ({
    id: `evt_${at}`,
    time: NOW - at,
    requestId: 'r',
    actor: 'a',
    action: 'token.exchange',
    outcome: 'granted',
    reason: null,
    detail: null,
    serviceAccountId: 'sa_1',
    federatedIdentityId: 'fid_1',
    issuer: null,
    subject: null,
    claims: claims as JsonObject,
    claimsDigest: null,
    claimsOmitted: null,
    asked: {},
    tokenId: null,
    ip: null,
    changes: null,
    count: 1,
    ...changes,
  }));
}

function report(
  record: FederatedIdentityRecord,
  others: readonly FederatedIdentityRecord[] = [],
  found: readonly ListedAuditEvent[] = [],
  isComplete = true,
): IdentityTrustView {
  const rules = [record, ...others]
    .toSorted((one, other) => (one.id < other.id ? -1 : 1))
    .map((one) => knownRule(one, context));
  return reportIdentity(knownRule(record, context), rules, { events: found, isComplete }, context);
}

const codes = ({ findings }: IdentityTrustView): string[] => findings.map(({ code }) => code);
const APP = 'repo:acme@123456/app@456789';
const DAY = 86_400;

describe('never_matched and unused', () => {
  const exact = { providerSubject: `${APP}:ref:refs/heads/main` };
  it.each([
    ['older than a week and never used', { createdAt: NOW - 7 * DAY, lastUsedAt: null }, ['never_matched']],
    ['younger than a week', { createdAt: NOW - 7 * DAY + 1, lastUsedAt: null }, []],
    ['used 90 days ago', { createdAt: NOW - 99 * DAY, lastUsedAt: NOW - 90 * DAY }, ['unused']],
    ['used within 90 days', { createdAt: NOW - 99 * DAY, lastUsedAt: NOW - 90 * DAY + 1 }, []],
    ['switched off and never used', { createdAt: 0, lastUsedAt: null, status: 'inactive' as const }, ['never_matched']],
    ['a shadow rule', { createdAt: 0, lastUsedAt: null, mode: 'shadow' as const }, ['never_matched']],
  ])('of a rule that is %s', (_, changes, expected) => {
    expect(codes(report(rule(exact, changes)))).toEqual(expected);
  });

  it('is not said of a shadow rule that would have granted, equal events counted each', () => {
    const shadow = rule(exact, { createdAt: 0, lastUsedAt: null, mode: 'shadow' });
    const found = events([githubActions({ now: NOW })], { outcome: 'shadow', count: 5 });
    expect(report(shadow, [], found)).toMatchObject({ findings: [], grants90d: 5, proposal: null });
  });
});

describe('shadowed', () => {
  const narrow = { providerSubject: `${APP}:ref:refs/heads/main` };
  const wide = { providerSubject: `${APP}:ref:refs/heads/*`, providerSubjectMatch: 'glob' as const };
  const isShadowed = (one: FederatedIdentityInput, other: FederatedIdentityInput, changes = {}): boolean =>
    codes(report(rule(one), [rule(other, changes)])).includes('shadowed');

  it.each<[string, FederatedIdentityInput, FederatedIdentityInput]>([
    ['a pattern that has it', narrow, wide],
    ['the same with more scopes', narrow, { ...narrow, allowedScopes: ['r', 'w', 'x'] }],
    ['fewer conditions', { ...narrow, conditions: { ref_type: 'branch' } }, narrow],
    ['a wider condition', { ...narrow, conditions: { env: 'a' } }, { ...wide, conditions: { env: ['a', 'b'] } }],
    ['no expression', { ...narrow, expression: 'true' }, narrow],
    ['more trusted audiences', { ...narrow, trustedAudiences: ['a'] }, { ...narrow, trustedAudiences: ['b', 'a'] }],
  ])('by %s', (_, one, other) => expect(isShadowed(one, other)).toBe(true));

  it.each<[string, FederatedIdentityInput, FederatedIdentityInput]>([
    ['another branch', narrow, { providerSubject: `${APP}:ref:refs/heads/x` }],
    ['fewer scopes', narrow, { ...wide, allowedScopes: ['r'] }],
    ['a shorter life', narrow, { ...wide, maxTokenLifetime: 600, tokenLifetime: 600 }],
    ['another audience', { ...narrow, tokenAudiences: ['https://x.test'] }, wide],
    ['a condition', narrow, { ...wide, conditions: { ref_type: 'branch' } }],
    ['an expression', narrow, { ...wide, expression: 'true' }],
    ['single use', narrow, { ...wide, replayProtection: 'singleUse' }],
    ['an end', narrow, { ...wide, expiresAt: '2030-01-01T00:00:00Z' }],
    ['names where it has ids', narrow, { providerSubject: 'repo:acme/app:**', providerSubjectMatch: 'glob' }],
    ['a guard that only it has lifted', { ...narrow, conditions: { event_name: 'issues' } }, narrow],
    ['a star that stops at a slash', { providerSubject: `${APP}:ref:refs/heads/a/b` }, wide],
  ])('not by a rule with %s', (_, one, other) => expect(isShadowed(one, other)).toBe(false));

  it.each([
    ['a shadow rule', { mode: 'shadow' as const }],
    ['one that is switched off', { status: 'inactive' as const }],
    ['one that is over', { expiresAt: NOW }],
    ['one of another provider', { providerIdentity: 'idp_2' }],
  ])('not by %s', (_, changes) => expect(isShadowed(narrow, wide, changes)).toBe(false));

  it('is said of the younger one of two that are equal', () => {
    const [older, younger] = [rule(narrow), rule(narrow)];
    expect(codes(report(older, [younger]))).toEqual([]);
    expect(codes(report(younger, [older]))).toEqual(['shadowed']);
  });
});

describe('a proposal', () => {
  const wide = { providerSubject: `${APP}:**`, providerSubjectMatch: 'glob' as const };
  const main = githubActions({ now: NOW, ref: 'refs/heads/main' });

  it('says nothing of excess and proposes nothing for fewer than three grants', () => {
    const asked = { scope: 'r' };
    expect(report(rule(wide), [], events([main, main], { asked })).proposal).toBeNull();
    expect(codes(report(rule(wide), [], events([main, main], { asked })))).not.toContain('excess_scope');
    expect(codes(report(rule(wide), [], events([main, main, main], { asked })))).toContain('excess_scope');
  });

  it('needs everything where a record does not say what was asked for', () => {
    const some = events([main, main, main], { asked: { scope: 'r' } });
    const [cut] = events([main], { asked: { omitted: ['scope'] } });
    const { findings, proposal } = report(rule(wide), [], [...some, ...(cut === undefined ? [] : [cut])]);
    expect(findings.map(({ code }) => code)).toEqual(['over_broad', 'over_broad']);
    expect(proposal).toMatchObject({ wouldStillGrant: 3, notTried: 1 });
    expect(proposal).not.toHaveProperty('allowedScopes');
  });

  it.each([
    ['a claim that it looks at', ['repository_id'], null],
    ['more than is named', ['x', 'and 7 more'], null],
    ['another claim', ['sha'], { wouldStillGrant: 3, notTried: 0 }],
  ])('tries no grant whose record lacks %s', (_, claimsOmitted, expected) => {
    const { proposal } = report(rule(wide), [], events([main, main, main], { claimsOmitted }));
    if (expected === null) expect(proposal).toBeNull();
    else expect(proposal).toMatchObject(expected);
  });

  it('keeps a pattern of tags, since the next release has a new one', () => {
    const tags = { providerSubject: `${APP}:ref:refs/tags/v*`, providerSubjectMatch: 'glob' as const };
    const tokens = ['v1.0', 'v1.1', 'v1.2', 'v2.0'].map((tag) => githubActions({ now: NOW, ref: `refs/tags/${tag}` }));
    const { grants90d, proposal } = report(rule(tags), [], events(tokens));
    expect({ grants90d, proposal }).toEqual({ grants90d: 4, proposal: null });
  });

  it('does not lift what a preset refuses', () => {
    const tokens = Array.from({ length: 4 }, () => gitlab({ now: NOW }));
    const group = {
      providerSubject: 'project_path:acme/*:ref_type:branch:ref:*',
      providerSubjectMatch: 'glob' as const,
    };
    const { proposal } = report(rule(group, { preset: 'gitlab' }), [], events(tokens));
    expect(proposal).toMatchObject({
      providerSubject: 'project_path:acme/app:ref_type:branch:ref:main',
      conditions: { project_id: '20' },
    });
    expect(proposal?.wouldNoLongerGrant).toEqual([
      'other branches',
      'other projects of acme',
      'whoever takes the path acme/app when it is free',
    ]);
  });

  it('shows subjects where a platform has no words for its neighbours', () => {
    const tokens = Array.from({ length: 3 }, () => kubernetes({ now: NOW }));
    const namespace = { providerSubject: 'system:serviceaccount:payments:*', providerSubjectMatch: 'glob' as const };
    const { proposal } = report(rule(namespace, { preset: 'kubernetes' }), [], events(tokens));
    expect(proposal).toMatchObject({
      providerSubject: 'system:serviceaccount:payments:checkout',
      wouldNoLongerGrant: ['subjects such as system:serviceaccount:payments:cambist-check'],
    });
  });

  it.each([
    ['shadow', { mode: 'shadow' as const }],
    ['switched off', { status: 'inactive' as const }],
    ['over', { expiresAt: NOW }],
  ])('is made for no rule that is %s', (_, changes) => {
    expect(report(rule(wide, changes), [], events([main, main, main])).proposal).toBeNull();
  });

  it('says that not all was read', () => {
    const { complete, findings } = report(rule(wide), [], events([main, main, main], { asked: { scope: 'r' } }), false);
    expect(complete).toBe(false);
    expect(findings.at(-1)?.detail).toBe('none of the 3 grants that were read asked for w');
  });
});
