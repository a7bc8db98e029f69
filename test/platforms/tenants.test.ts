// On an issuer that many tenants share, a rule that names none is refused when it is written and matches nothing; one that names a tenant keeps strangers out.

import { describe, expect, it } from 'vitest';

import { compileExpression } from '../../src/rules/expression.ts';
import { compileFederatedIdentity, matchChecks } from '../../src/rules/rule.ts';
import { tenantFault } from '../../src/rules/tenant.ts';
import { lookupIssuer } from '../../src/token/issuer.ts';
import { readClaim } from '../../src/token/json.ts';
import type { JsonObject } from '../../src/token/json.ts';
import type { FederatedIdentity } from '../../src/objects/federated-identity.ts';
import { PRESET_NAMES } from '../../src/platforms/preset.ts';
import { presetByName, tenancyOf } from '../../src/platforms/presets.ts';
import { identityOf } from '../support/objects.ts';
import { claimsOf, mergePatch, readPlatformFixtures } from './platform-fixtures.ts';
import type { PlatformFixture } from './platform-fixtures.ts';
import { TENANTS } from './tenants.cases.ts';
import type { TenantCases, TenantRule } from './tenants.cases.ts';

const FIXTURES = readPlatformFixtures();

const ON_SHARED_ISSUERS = TENANTS.flatMap((cases) => (cases.named === null ? [] : [{ ...cases, named: cases.named }]));

describe.each(ON_SHARED_ISSUERS)('$platform, $token', (cases) => {
  const { preset } = fixtureOf(cases);
  const ours = oursOf(cases);

  it.each(cases.named)('takes $subject $conditions, which keeps a stranger out (contract §5.3)', (rule) => {
    const [own, strangers] = tokensOf(cases, rule, ours);
    expect(faultOf(rule, own)).toBeNull();
    expect(reasons(rule, own, preset)).toEqual([]);
    expect(reasons(rule, strangers, preset)).not.toEqual([]);
    expect(reasons(rule, strangers, preset)).not.toContain('tenant_missing');
  });

  it.each(cases.unnamed)('refuses $subject $conditions, which names no tenant (contract §5.3)', (rule) => {
    const [own, strangers] = tokensOf(cases, rule, ours);
    expect(faultOf(rule, own)).toMatch(/^names no tenant: many share the issuer https:/);
    expect(reasons(rule, own, preset)).toContain('tenant_missing');
    expect(reasons(rule, strangers, preset)).toContain('tenant_missing');
    // The issuer decides, whatever preset its provider has.
    expect(reasons(rule, strangers, 'generic')).toContain('tenant_missing');
  });
});

it.each(TENANTS.filter(({ named }) => named === null))(
  '$platform, $token, is signed by an issuer of its own: a stranger has another (contract §5.3)',
  (cases) => {
    const ours = oursOf(cases);
    const [own, other] = [ours, { ...ours, ...cases.stranger }].map((claims) => {
      const issuer = lookupIssuer(claims);
      return issuer.ok ? issuer.value : 'none';
    });
    expect(other).not.toBe(own);
    expect([own, other].map((issuer) => tenancyOf(issuer ?? ''))).toEqual([null, null]);
    expect(faultOf({ subject: 'a:b' }, { iss: own ?? '' })).toBeNull();
  },
);

it('judges every platform', () => {
  const judged = TENANTS.map((cases) => fixtureOf(cases).preset);
  expect([...new Set(judged)].toSorted()).toEqual(PRESET_NAMES.filter((name) => name !== 'generic').toSorted());
});

it('says what would name a tenant', () => {
  expect(faultOf({ subject: 'environment:production' }, { iss: 'https://token.actions.githubusercontent.com' })).toBe(
    'names no tenant: many share the issuer https://token.actions.githubusercontent.com (GitHub Actions), and each of them could send such a token; ' +
      'write repo:{tenant}/… literally in the subject, or list a value of one of these claims in the conditions: ' +
      'repository, repository_id, repository_owner, repository_owner_id, enterprise, enterprise_id',
  );
});

it.each([
  ['https://token.actions.githubusercontent.com', true],
  ['https://token.actions.githubusercontent.com/', false],
  ['https://token.actions.githubusercontent.com/acme', false],
  ['https://accounts.google.com', true],
  // Google's ID tokens may say either; with localJwks the second can be registered.
  ['accounts.google.com', true],
  ['https://oidc.vercel.com', true],
  ['https://oidc.vercel.com/acme', false],
  ['https://issuer.example.com', false],
])('takes %s for shared: %s', (issuer, isShared) => {
  expect(tenancyOf(issuer) !== null).toBe(isShared);
});

function fixtureOf({ platform }: TenantCases): PlatformFixture {
  return FIXTURES.find((fixture) => fixture.platform === platform)!;
}

function oursOf(cases: TenantCases): JsonObject {
  return mergePatch(claimsOf(fixtureOf(cases), { token: cases.token }), cases.change ?? {});
}

function tokensOf(cases: TenantCases, rule: TenantRule, ours: JsonObject): readonly [JsonObject, JsonObject] {
  return [
    mergePatch(ours, rule.change ?? {}),
    mergePatch(mergePatch(mergePatch(ours, rule.change ?? {}), cases.stranger), rule.strangerChange ?? {}),
  ];
}

function writtenAs(rule: TenantRule): FederatedIdentity {
  return identityOf({
    providerSubject: rule.subject,
    providerSubjectMatch: rule.glob === true ? 'glob' : 'exact',
    conditions: rule.conditions ?? null,
  });
}

function faultOf(rule: TenantRule, { iss }: JsonObject): string | null {
  return tenantFault(writtenAs(rule), { providerIssuer: String(iss), subjectClaim: rule.subjectClaim ?? 'sub' });
}

function reasons(rule: TenantRule, claims: JsonObject, preset: (typeof PRESET_NAMES)[number]): readonly string[] {
  const compiled = compileFederatedIdentity(
    { ...writtenAs(rule), trustedAudiences: [claims['aud']].flat().map(String) },
    {
      issuerUrl: 'https://tokens.example.com',
      defaultAudience: 'https://tokens.example.com',
      compileExpression,
      preset: presetByName(preset),
      providerIssuer: String(claims['iss']),
      subjectClaim: rule.subjectClaim ?? 'sub',
    },
  );
  const subject = String(readClaim(claims, rule.subjectClaim ?? 'sub'));
  return [...matchChecks(compiled, { claims, subject }, 1)].flatMap(({ reason }) => reason ?? []);
}
