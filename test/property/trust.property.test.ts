// What the trust report proves and proposes: a proposal never accepts a token that today's rule refuses, and makes every recorded grant (contract §11).

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { recordAsked } from '../../src/exchange/recorded-asked.ts';
import { NOTHING_ASKED } from '../../src/exchange/request.ts';
import type { Asked } from '../../src/exchange/request.ts';
import type { Conditions } from '../../src/objects/conditions.ts';
import type { FederatedIdentity } from '../../src/objects/federated-identity.ts';
import { PROPOSED_MEMBERS } from '../../src/objects/trust-report.ts';
import { presetByName } from '../../src/platforms/presets.ts';
import { compileCondition } from '../../src/rules/conditions.ts';
import { compileExpression } from '../../src/rules/expression.ts';
import { compileFederatedIdentity } from '../../src/rules/rule.ts';
import type { CompiledIdentity } from '../../src/rules/rule.ts';
import type { JsonObject, JsonValue } from '../../src/token/json.ts';
import { conditionsImply } from '../../src/trust/condition-containment.ts';
import { globContains } from '../../src/trust/pattern-containment.ts';
import { propose } from '../../src/trust/proposal.ts';
import { decideAlone, recordedGrant } from '../../src/trust/recorded-grants.ts';
import { acceptsAtLeast } from '../../src/trust/rule-containment.ts';
import { githubActions } from '../support/claims.ts';
import { identityOf } from '../support/objects.ts';
import { holds } from '../support/runs.ts';
import { naiveGlob } from './naive-glob.ts';

const NOW = 1_789_000_000;
const ISSUER_URL = 'https://cambist.test';
const provider = { providerIssuer: 'https://token.actions.githubusercontent.com', subjectClaim: 'sub' };
const surroundings = { issuerUrl: ISSUER_URL, provider };

function compile(identity: FederatedIdentity): CompiledIdentity {
  const preset = presetByName('github');
  return compileFederatedIdentity(identity, {
    issuerUrl: ISSUER_URL,
    defaultAudience: ISSUER_URL,
    preset,
    ...provider,
    compileExpression,
  });
}

const pattern = fc.string({ unit: fc.constantFrom('a', 'b', ':', '/', '*', '**'), maxLength: 8 });

it('a pattern contains another only if it matches all that the other matches', async () => {
  let contained = 0;
  const fitting = fc.tuple(pattern, fc.constantFrom('', 'a', 'ab', 'b:a', '/'), fc.constantFrom('', 'b', 'aa'));
  await holds(
    fc.property(pattern, fitting, (wide, [narrow, any, run]) => {
      const text = narrow.replaceAll(/\*+/g, (stars) => (stars === '*' ? run : any));
      if (!globContains(wide, narrow) || !naiveGlob(narrow, text)) return;
      contained += 1;
      expect(naiveGlob(wide, text), `${wide} ⊇ ${narrow}: ${text}`).toBe(true);
    }),
    { usually: 3_000 },
  );
  expect(contained).toBeGreaterThan(0);
});

const scalar = fc.constantFrom<string | number | boolean>('a', 'ab', '1', 1, true);
const scalars = fc.array(scalar, { minLength: 1, maxLength: 3 });
const matcher = fc.oneof<fc.Arbitrary<Conditions[string]>[]>(
  scalar,
  scalars,
  fc.constantFrom({ glob: 'a*' }, { glob: '*' }, { glob: 'ab' }),
  scalars.map((anyOf) => ({ anyOf })),
  scalars.map((allOf) => ({ allOf })),
  scalars.map((containsAll) => ({ containsAll })),
  scalars.map((not) => ({ not })),
  fc.boolean().map((exists) => ({ exists })),
);
const value = fc.oneof<fc.Arbitrary<JsonValue | undefined>[]>(
  scalar,
  fc.array(scalar, { maxLength: 3 }),
  fc.constantFrom<JsonValue | undefined>(undefined, null, {}),
);

it('a condition implies another only if every value that meets the one meets the other', async () => {
  let implied = 0;
  await holds(
    fc.property(matcher, matcher, value, (narrow, wide, claim) => {
      if (!conditionsImply({ c: narrow }, { '/c': wide }) || !compileCondition(narrow)(claim)) return;
      implied += 1;
      expect(compileCondition(wide)(claim)).toBe(true);
    }),
    { usually: 3_000 },
  );
  expect(implied).toBeGreaterThan(0);
});

const token = fc
  .record({
    repository: fc.constantFrom('acme/app', 'acme/app', 'acme/app', 'acme/lib', 'evil/app'),
    repositoryId: fc.constantFrom('456789', '456789', '7'),
    ownerId: fc.constantFrom('123456', '123456', '8'),
    ref: fc.constantFrom('refs/heads/main', 'refs/heads/main', 'refs/heads/x/y', 'refs/tags/v1'),
    environment: fc.option(fc.constantFrom('production', 'staging'), { nil: undefined }),
    subjectForm: fc.constantFrom('immutable' as const, 'legacy' as const),
    audience: fc.constantFrom(ISSUER_URL, ISSUER_URL, 'https://other.test'),
  })
  .map(({ environment, ...options }) =>
    githubActions({ now: NOW, ...options, ...(environment === undefined ? {} : { environment }) }),
  ) as fc.Arbitrary<JsonObject>;

const rule = fc
  .record({
    providerSubject: fc.constantFrom(
      'repo:acme/app:**',
      'repo:acme/*:**',
      'repo:acme@123456/*:**',
      'repo:acme@123456/app@456789:**',
      'repo:acme/app:ref:refs/heads/*',
      'repo:acme/app:ref:refs/heads/m*',
    ),
    trustedAudiences: fc.constantFrom([], [ISSUER_URL, 'https://other.test']),
    conditions: fc.constantFrom<Conditions | null>(
      null,
      { ref: { glob: 'refs/heads/**' } },
      { actor: { exists: true } },
    ),
    expression: fc.constantFrom(null, null, 'claims.event_name == "push"'),
    allowedScopes: fc.constant(['a', 'b', 'c']),
    tokenAudiences: fc.constantFrom([], ['https://x.test', 'https://y.test']),
  })
  .map((members) => identityOf({ ...members, providerSubjectMatch: 'glob' }));

const asked = fc.record({
  scope: fc.option(fc.subarray(['a', 'b'], { minLength: 1 })),
  audiences: fc.constantFrom([], [], ['https://y.test']),
  lifetimeSeconds: fc.option(fc.constantFrom(60, 600, 90_000)),
});

describe('a proposal', () => {
  it('accepts nothing that today’s rule refuses, and makes every recorded grant just as it was made (contract §11)', async () => {
    let proposed = 0;
    const grants = fc.array(fc.tuple(token, asked), { minLength: 3, maxLength: 12 });
    await holds(
      fc.property(rule, grants, fc.array(token, { minLength: 5, maxLength: 20 }), (identity, recorded, others) => {
        const today = compile(identity);
        const requests = recorded.map(([claims, wish]) => ({ claims, asked: { ...NOTHING_ASKED, ...wish } as Asked }));
        const made = requests.filter(
          ({ claims, asked: wish }) => decideAlone(today, claims, wish, NOW, surroundings) !== null,
        );
        const events = made.map(({ claims, asked: wish }) =>
          recordedGrant({ ...EVENT, claims, asked: recordAsked(wish) }),
        );
        const proposal = propose(identity, events, { ...surroundings, compile });
        if (proposal === null) return;
        proposed += 1;
        expect(proposal).toMatchObject({ wouldStillGrant: made.length, alreadyRefused: 0, notTried: 0 });
        const members = PROPOSED_MEMBERS.filter((name) => proposal[name] !== undefined);
        const next = compile({ ...identity, ...Object.fromEntries(members.map((name) => [name, proposal[name]])) });
        expect(acceptsAtLeast(today, next)).toBe(true);
        for (const { claims, asked: wish } of made)
          expect(decideAlone(next, claims, wish, NOW, surroundings)).toEqual(
            decideAlone(today, claims, wish, NOW, surroundings),
          );
        for (const claims of others)
          if (decideAlone(next, claims, NOTHING_ASKED, NOW, surroundings) !== null)
            expect(decideAlone(today, claims, NOTHING_ASKED, NOW, surroundings)).not.toBeNull();
      }),
      { usually: 300 },
    );
    expect(proposed).toBeGreaterThan(0);
  });
});

const EVENT = {
  id: 'evt_00000000000000000000000001',
  time: NOW,
  requestId: 'r',
  actor: 'a',
  action: 'token.exchange',
  outcome: 'granted',
  reason: null,
  detail: null,
  serviceAccountId: null,
  federatedIdentityId: null,
  issuer: null,
  subject: null,
  claims: null,
  claimsDigest: null,
  claimsOmitted: null,
  asked: null,
  tokenId: null,
  ip: null,
  changes: null,
  count: 1,
} as const;
