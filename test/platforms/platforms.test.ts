// Every platform's rules against its tokens, by the pure core: what a sensible rule accepts, and why its risky neighbours are refused.

import { describe, expect, it } from 'vitest';

import type { Members } from '../../src/objects/definition.ts';
import { federatedIdentity } from '../../src/objects/federated-identity.ts';
import { identityProvider } from '../../src/objects/identity-provider.ts';
import { faultsOf } from '../../src/objects/judge.ts';
import { compileExpression } from '../../src/rules/expression.ts';
import { compileFederatedIdentity, matchChecks } from '../../src/rules/rule.ts';
import type { MatchedToken } from '../../src/rules/rule.ts';
import { lookupIssuer } from '../../src/token/issuer.ts';
import { issuerFault } from '../../src/token/issuer-address.ts';
import { readClaim } from '../../src/token/json.ts';
import type { JsonObject } from '../../src/token/json.ts';
import { MAX_TOKEN_LIFETIME_SECONDS } from '../../src/rules/limits.ts';
import type { ConditionMatcher, ConditionScalar } from '../../src/objects/conditions.ts';
import type { FederatedIdentity } from '../../src/objects/federated-identity.ts';
import { checkTimes } from '../../src/token/times.ts';
import type { PresetGuard, PresetName } from '../../src/platforms/preset.ts';
import { ALL_PRESETS, presetByName } from '../../src/platforms/presets.ts';
import { identityOf } from '../support/objects.ts';
import { claimsOf, readPlatformFixtures } from './platform-fixtures.ts';
import type { PlatformFixture, RuleFixture, TokenCase } from './platform-fixtures.ts';

const ISSUER_URL = 'https://tokens.example.com';

describe.each(readPlatformFixtures())('$platform', (platform) => {
  describe.each(platform.rules)('$purpose', (rule) => {
    it('could be registered as it stands (contract §5.1, §5.3)', () => {
      const { providerIssuer, preset, localJwks } = rule.provider;
      const rules = { allowLoopback: false, ownOrigins: [ISSUER_URL], localJwks: localJwks !== undefined, preset };
      expect(issuerFault(providerIssuer, rules)).toBeNull();
      expect(refusedMembers(identityProvider.members, rule.provider)).toEqual([]);
      expect(refusedMembers(federatedIdentity.members, rule.federatedIdentity)).toEqual([]);
    });

    it.each(rule.accepts)('accepts "$token" (contract §5.3)', (accepted) => {
      expect(reasonsAgainst(platform, rule, accepted)).toEqual([]);
    });

    it.each(rule.refuses)('refuses $who: $reasons (contract §5.3)', (refused) => {
      expect(reasonsAgainst(platform, rule, refused)).toEqual(refused.reasons);
    });
  });

  it('has a rule that accepts a token and a neighbour that is refused', () => {
    expect(platform.rules[0].accepts.length).toBeGreaterThan(0);
    expect(platform.rules[0].refuses.length).toBeGreaterThan(0);
  });
});

/** The members that the IAM API would not take. */
function refusedMembers(members: Members, written: object): string[] {
  return Object.entries(written).flatMap(([name, value]) => {
    const member = members[name];
    return member !== undefined && faultsOf(member.is, value).length === 0 ? [] : [name];
  });
}

/** Every reason for which an exchange would refuse the token, sorted; a token that does not verify is not matched at all. */
function reasonsAgainst(platform: PlatformFixture, rule: RuleFixture, wanted: TokenCase): readonly string[] {
  const claims = claimsOf(platform, wanted);
  const { providerIssuer, preset, maxTokenLifetime, subjectClaim } = rule.provider;
  const issuer = lookupIssuer(claims);
  if (!issuer.ok) return [issuer.error.reason];
  if (issuer.value !== providerIssuer) return ['issuer_not_registered'];

  const { jwtSvid } = presetByName(preset);
  const times = checkTimes(claims, nowOf(platform, wanted), {
    maxLifetimeSeconds: maxTokenLifetime ?? MAX_TOKEN_LIFETIME_SECONDS,
    iatOptional: jwtSvid,
  });
  if (!times.ok) return [times.error.reason];
  const subject = readClaim(claims, subjectClaim ?? 'sub');
  if (typeof subject !== 'string' || subject === '') return ['subject_missing'];

  return refusals(ruleOf(rule), rule.provider, { claims, subject }, nowOf(platform, wanted));
}

function refusals(
  identity: FederatedIdentity,
  { preset, providerIssuer, subjectClaim }: RuleFixture['provider'],
  token: MatchedToken,
  now: number,
): readonly string[] {
  const compiled = compileFederatedIdentity(identity, {
    issuerUrl: ISSUER_URL,
    defaultAudience: ISSUER_URL,
    compileExpression,
    preset: presetByName(preset),
    providerIssuer,
    subjectClaim: subjectClaim ?? 'sub',
  });
  const checks = [...matchChecks(compiled, token, now)];
  return [...new Set(checks.flatMap(({ reason }) => reason ?? []))].toSorted();
}

/** A minute into the life of the token as it was published. */
function nowOf(platform: PlatformFixture, { token }: TokenCase): number {
  const published = claimsOf(platform, { token });
  const since = published['iat'] ?? published['exp'];
  return typeof since === 'number' ? since + (published['iat'] === undefined ? -60 : 60) : 1_789_000_060;
}

function ruleOf({ federatedIdentity: rule, purpose }: RuleFixture): FederatedIdentity {
  return identityOf({ ...rule, name: purpose });
}

describe('what presets refuse by default', () => {
  const guards = ALL_PRESETS.flatMap(({ name, guards: of }) =>
    of.map((guard) => ({ name, guard, claim: guard.liftedBy })),
  );

  const listing: readonly ((value: ConditionScalar) => ConditionMatcher)[] = [
    (value) => value,
    (value) => [value, 'another'],
    (value) => ({ anyOf: ['another', value] }),
    (value) => ({ allOf: [value] }),
  ];

  it.each(guards)(
    '$name refuses it, and accepts it where conditions list its value of $claim (contract §5.3)',
    ({ name, guard }) => {
      const claims = dangerous(guard);
      const value = claims[guard.liftedBy] as ConditionScalar;
      expect(against(name, claims, null)).toEqual(['preset_refused']);
      for (const matcher of listing) {
        expect(against(name, claims, { [guard.liftedBy]: matcher(value) })).toEqual([]);
        expect(against(name, claims, { [`/${guard.liftedBy.replaceAll('/', '~1')}`]: matcher(value) })).toEqual([]);
      }
      expect(against(name, claims, { other: { exists: false } })).toEqual(['preset_refused']);
    },
  );

  it.each(guards)('$name is lifted by no condition that lists nothing (contract §5.3)', ({ name, guard }) => {
    const claims = dangerous(guard);
    const value = claims[guard.liftedBy] as ConditionScalar;
    const text = String(value);
    for (const matcher of [
      { not: 'another' },
      { exists: true },
      { glob: '**' },
      { glob: text },
      { containsAll: [value] },
    ] satisfies ConditionMatcher[])
      expect(against(name, claims, { [guard.liftedBy]: matcher })).toContain('preset_refused');
  });

  it.each(guards)('$name lets through the value that is listed and no other (contract §5.3)', ({ name, guard }) => {
    const claims = dangerous(guard);
    expect(against(name, claims, { [guard.liftedBy]: 'another' })).toEqual(['condition_failed']);
    // A list of both matches the claim as an array, but one element of it is still dangerous.
    const both = { ...claims, [guard.liftedBy]: ['another', claims[guard.liftedBy] ?? null] };
    expect(against(name, both, { [guard.liftedBy]: 'another' })).toContain('preset_refused');
  });

  it.each(guards)('$name accepts a token that says nothing of $claim (contract §5.3)', ({ name }) => {
    expect(against(name, {}, null)).toEqual([]);
  });

  function against(
    name: PresetName,
    claims: JsonObject,
    conditions: FederatedIdentity['conditions'],
  ): readonly string[] {
    const identity = ruleOf({
      purpose: 'guarded',
      provider: { providerIssuer: 'https://idp.example.com', preset: name },
      federatedIdentity: {
        providerSubject: 'workload',
        trustedAudiences: [ISSUER_URL],
        ...(conditions === null ? {} : { conditions }),
      },
      accepts: [],
      refuses: [],
    });
    const token = { ...claims, sub: 'workload', aud: ISSUER_URL };
    const provider = { providerIssuer: 'https://idp.example.com', preset: name };
    return refusals(identity, provider, { claims: token, subject: 'workload' }, 1);
  }

  function dangerous(guard: PresetGuard): JsonObject {
    if (guard.kind === 'differs')
      return { [guard.when.claim]: guard.when.value, [guard.claims[0]]: '1', [guard.claims[1]]: '2' };
    if (guard.kind === 'refuse') return { [guard.claim]: guard.values[0] ?? null };
    return { [guard.claim]: 'something else' };
  }
});
