// `--from-token` with every platform's own token: the rule that is proposed accepts that token and refuses its risky neighbours, by the service's own matcher.

import { describe, expect, it } from 'vitest';

import { proposeRule } from '../../../src/cli/bootstrap/propose-rule.ts';
import type { Plan } from '../../../src/bootstrap/build-plan.ts';
import type { OptionReader, World } from '../../../src/cli/command.ts';
import { compileExpression } from '../../../src/rules/expression.ts';
import { compileFederatedIdentity, matchChecks } from '../../../src/rules/rule.ts';
import { readClaim } from '../../../src/token/json.ts';
import type { JsonObject } from '../../../src/token/json.ts';
import type { Conditions } from '../../../src/objects/conditions.ts';
import { EVERY_RECIPE } from '../../../src/platforms/every-recipe.ts';
import type { PresetName } from '../../../src/platforms/preset.ts';
import { presetByName } from '../../../src/platforms/presets.ts';
import { claimsOf, readPlatformFixtures } from '../../platforms/platform-fixtures.ts';
import { identityOf } from '../../support/objects.ts';

const ISSUER_URL = 'https://tokens.example.com';
const NOW = 1_789_000_060;

/** What a token does not say. */
const SAID: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  spiffe: { 'jwks-uri': 'https://spire.example.org/keys' },
};

/** Refused for its times, before any rule is looked at. */
const ANOTHER_MATTER = ['token_lifetime_too_long'];

const world: World = {
  env: {},
  fetch: () => Promise.reject(new TypeError('fetch failed')),
  stdout: { write: () => true },
  stderr: { write: () => true },
  readStdin: () => Promise.resolve(''),
};

async function propose(preset: PresetName, claims: JsonObject): Promise<Plan> {
  const recipe = EVERY_RECIPE[preset];
  const said = SAID[preset] ?? {};
  const options: OptionReader = {
    text: (name) => said[name],
    list: () => [],
    flag: () => false,
    wholeNumber: () => undefined,
  };
  const wishes = {
    url: ISSUER_URL,
    account: undefined,
    audience: undefined,
    role: undefined,
    projects: [],
    scopes: [],
    tokenAudiences: [],
    lifetime: undefined,
    expiresAt: undefined,
    singleUse: false,
    conditions: {},
    allowedNeighbours: [],
    acceptsProviderKeys: false,
    uses: undefined,
  };
  return (await proposeRule(recipe, { options, world }, wishes, { compact: '', claims })).plan;
}

function reasons(plan: Plan, claims: JsonObject): readonly string[] {
  const subject = readClaim(claims, plan.provider.subjectClaim ?? 'sub');
  if (typeof subject !== 'string' || subject === '') return ['subject_missing'];
  if (claims['iss'] !== undefined && claims['iss'] !== plan.provider.providerIssuer) return ['issuer_not_registered'];
  const compiled = compileFederatedIdentity(
    identityOf({
      providerSubject: plan.identity.providerSubject,
      providerSubjectMatch: plan.identity.providerSubjectMatch ?? 'exact',
      trustedAudiences: plan.identity.trustedAudiences ?? [],
      conditions: (plan.identity.conditions ?? null) as Conditions | null,
    }),
    {
      issuerUrl: ISSUER_URL,
      defaultAudience: ISSUER_URL,
      preset: presetByName(plan.preset),
      providerIssuer: plan.provider.providerIssuer,
      ...(plan.provider.subjectClaim === undefined ? {} : { subjectClaim: plan.provider.subjectClaim }),
      compileExpression,
    },
  );
  return [...matchChecks(compiled, { claims, subject }, NOW)].flatMap(({ reason }) => reason ?? []);
}

describe.each(readPlatformFixtures())('$platform', (platform) => {
  const [rule] = platform.rules;
  const [accepted] = rule.accepts;

  it('accepts the token that the rule was made from', async () => {
    const claims = claimsOf(platform, accepted!);
    expect(reasons(await propose(platform.preset, claims), claims)).toEqual([]);
  });

  it.each(rule.refuses.filter((one) => !one.reasons.some((reason) => ANOTHER_MATTER.includes(reason))))(
    'refuses $who',
    async (neighbour) => {
      const plan = await propose(platform.preset, claimsOf(platform, accepted!));
      expect(reasons(plan, claimsOf(platform, neighbour))).not.toEqual([]);
    },
  );
});
