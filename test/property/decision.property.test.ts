// Which rule decides and what it gives: the oldest that accepts and allows, never a guess between accounts, never more than allowed (contract §3).

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { FederatedIdentity } from '../../src/objects/federated-identity.ts';
import type { HeldRole } from '../../src/objects/role-binding.ts';
import { believing, createExchange, DEFAULT_AUDIENCE, ISSUER_URL, localProvider } from '../support/exchange.ts';
import { accountNamed, identityOf } from '../support/objects.ts';
import { encodeSegment } from '../support/issuer.ts';
import { holds } from '../support/runs.ts';

const NOW = 1_789_000_000;
const ISSUER = 'https://issuer.example.com';
const provider = localProvider(ISSUER, []);

/** The plain value in most runs: rules and tokens with everything wrong at once teach little. */
function mostly<T>(usual: T, ...others: readonly T[]): fc.Arbitrary<T> {
  return fc.oneof({ weight: 12, arbitrary: fc.constant(usual) }, { weight: 2, arbitrary: fc.constantFrom(...others) });
}

const rule = fc.record({
  account: fc.constantFrom('one', 'one', 'two'),
  accountStatus: mostly<'active' | 'inactive'>('active', 'inactive'),
  providerSubject: mostly('workload', 'other', 'Workload'),
  trustedAudiences: mostly<string[]>([], ['a', 'b'], ['b']),
  conditions: mostly<FederatedIdentity['conditions']>(null, { env: 'prod' }, { env: { not: 'prod' } }),
  allowedScopes: fc.subarray(['r', 'w', 'x']),
  tokenAudiences: mostly<string[]>([], ['p', 'q'], ['q']),
  tokenLifetime: fc.constantFrom(60, 600, 3_600),
  maxTokenLifetime: fc.constantFrom(60, 1_200, 100_000),
  mode: mostly<FederatedIdentity['mode']>('enforce', 'shadow'),
  status: mostly<FederatedIdentity['status']>('active', 'inactive', 'revoked'),
  expiresAt: mostly<number | null>(null, NOW - 1, NOW, NOW + 1),
});
type Rule = typeof rule extends fc.Arbitrary<infer T> ? T : never;

const role = fc.record({
  serviceAccountId: fc.constantFrom('sa_one', 'sa_two'),
  roleSlug: fc.constantFrom('admin', 'reader'),
  projects: fc.subarray(['p1', 'p2']),
  scopes: fc.subarray(['r', 'w']),
});
const claims = fc.record({
  sub: mostly('workload', 'other'),
  aud: mostly(ISSUER_URL, 'a', 'b'),
  env: fc.constantFrom('prod', 'dev'),
});
const request = fc.record({
  serviceAccount: mostly<string | null>(null, 'sa_one', 'sa_two', 'sa_nobody'),
  federatedIdentity: mostly<string | null>(null, 'fid_0', 'fid_1'),
  scope: fc.option(fc.subarray(['r', 'w', 'x', 'admin'])),
  audiences: mostly<string[]>([], ['p'], ['q', 'p'], [DEFAULT_AUDIENCE], ['evil']),
  tokenType: mostly<'access_token' | 'id_token'>('access_token', 'id_token'),
  lifetimeSeconds: fc.option(fc.constantFrom(60, 601, 90_000)),
  project: mostly<string | null>(null, 'p1', 'p3'),
});
type Asked = typeof request extends fc.Arbitrary<infer T> ? T : never;

function accepts(of: Rule, token: { sub: string; aud: string; env: string }): boolean {
  const trusted = of.trustedAudiences.length > 0 ? of.trustedAudiences : [ISSUER_URL];
  const isInForce =
    of.status === 'active' && of.accountStatus === 'active' && (of.expiresAt === null || of.expiresAt > NOW);
  const { conditions } = of;
  const fits = conditions === null || (token.env === 'prod') === (conditions['env'] === 'prod');
  return isInForce && trusted.includes(token.aud) && of.providerSubject === token.sub && fits;
}

/** What the rule gives of what is asked; null where it does not allow it. */
function gives(of: Rule, asked: Asked, roles: readonly HeldRole[]): Record<string, unknown> | null {
  const scope = asked.scope ?? of.allowedScopes;
  const allowed = of.tokenAudiences.length > 0 ? of.tokenAudiences : [DEFAULT_AUDIENCE];
  const audiences = asked.audiences.length > 0 ? asked.audiences : allowed.slice(0, 1);
  const { project } = asked;
  const held = roles
    .filter(({ serviceAccountId }) => serviceAccountId === `sa_${of.account}`)
    .filter(({ scopes }) => scopes.length === 0 || scopes.some((one) => scope.includes(one)))
    .filter(({ projects }) => projects.length === 0 || (project !== null && projects.includes(project)));
  if (!scope.every((one) => of.allowedScopes.includes(one))) return null;
  if (!audiences.every((one) => allowed.includes(one))) return null;
  if (asked.tokenType === 'id_token' && asked.audiences.length === 0) return null;
  if (project !== null && held.length === 0) return null;
  const lifetime = Math.min(asked.lifetimeSeconds ?? of.tokenLifetime, of.maxTokenLifetime, 86_400);
  return {
    iss: ISSUER_URL,
    sub:
      asked.tokenType === 'id_token' && project !== null ? `sa_${of.account}:project:${project}` : `sa_${of.account}`,
    aud: audiences.length === 1 ? audiences[0] : audiences,
    exp: NOW + lifetime,
    ...(project === null ? {} : { project }),
    ...(asked.tokenType === 'id_token'
      ? {}
      : {
          scope: scope.join(' '),
          ...(held.length === 0 ? {} : { roles: [...new Set(held.map(({ roleSlug }) => roleSlug))].toSorted() }),
        }),
  };
}

describe('an exchange', () => {
  it('grants what the oldest rule gives that accepts the token and allows the request, of one account, or nothing (contract §3, §5.3)', async () => {
    const seen = { granted: 0, ambiguous_service_account: 0, refused: 0 };
    const world = fc.record({
      rules: fc.array(rule, { minLength: 1, maxLength: 4 }),
      roles: fc.array(role, { maxLength: 3 }),
      truncated: mostly(false, true),
    });
    await holds(
      fc.asyncProperty(world, claims, request, async ({ rules, roles, truncated }, token, asked) => {
        const identities = rules.map(({ account, accountStatus: status, ...members }, index) =>
          identityOf({ ...members, id: `fid_${index}`, serviceAccount: accountNamed(account, { status }) }),
        );
        const body = { ...token, iss: ISSUER };
        const exchange = createExchange({
          provider,
          identities,
          heldRoles: roles,
          truncated,
          verifySubjectToken: believing(body),
        });
        const compact = `${encodeSegment({ alg: 'ES256', kid: 'k' })}.${encodeSegment(body)}.AAAA`;
        const result = await exchange.present(compact, { ...asked, now: NOW });

        const considered = rules
          .map((of, index) => ({ of, id: `fid_${index}` }))
          .filter(({ of }) => asked.serviceAccount === null || `sa_${of.account}` === asked.serviceAccount)
          .filter(({ id }) => asked.federatedIdentity === null || id === asked.federatedIdentity)
          .filter(({ of }) => of.mode === 'enforce' && accepts(of, token));
        const accounts = new Set(considered.map(({ of }) => of.account));
        const deciding =
          accounts.size === 1 && !truncated ? considered.find(({ of }) => gives(of, asked, roles) !== null) : undefined;
        const outcome = result.ok
          ? 'granted'
          : accounts.size > 1 && !truncated
            ? 'ambiguous_service_account'
            : 'refused';
        seen[outcome] += 1;

        expect(result.ok).toBe(deciding !== undefined);
        expect(exchange.events.map((event) => event.outcome === 'granted')).toEqual([result.ok]);
        if (outcome === 'ambiguous_service_account') expect(result).toMatchObject({ error: { reason: outcome } });
        if (deciding === undefined || !result.ok) return;
        expect(result.value).toMatchObject(gives(deciding.of, asked, roles) ?? {});
        expect(exchange.events[0]).toMatchObject({
          federatedIdentityId: deciding.id,
          serviceAccountId: `sa_${deciding.of.account}`,
        });
      }),
      { usually: 1_000 },
    );
    expect(Math.min(...Object.values(seen))).toBeGreaterThan(10);
  });

  it('never gives more for a rule more that is a shadow, out of force or of another subject (contract §5.3)', async () => {
    const powerless = fc.constantFrom<Partial<Rule>>(
      { mode: 'shadow' },
      { status: 'revoked' },
      { status: 'inactive' },
      { expiresAt: NOW },
      { providerSubject: 'WORKLOAD' },
      { accountStatus: 'inactive' },
    );
    await holds(
      fc.asyncProperty(
        fc.array(rule, { maxLength: 3 }),
        rule,
        powerless,
        claims,
        request,
        async (rules, another, how, token, asked) => {
          const body = { ...token, iss: ISSUER };
          const compact = `${encodeSegment({ alg: 'ES256', kid: 'k' })}.${encodeSegment(body)}.AAAA`;
          const present = async (all: readonly Rule[]): Promise<unknown> => {
            const identities = all.map(({ account, accountStatus: status, ...members }, index) =>
              identityOf({ ...members, id: `fid_${index}`, serviceAccount: accountNamed(account, { status }) }),
            );
            const exchange = createExchange({ provider, identities, verifySubjectToken: believing(body) });
            const result = await exchange.present(compact, { ...asked, federatedIdentity: null, now: NOW });
            return result.ok ? result.value : 'refused';
          };
          expect(await present([...rules, { ...another, ...how }])).toEqual(await present(rules));
        },
      ),
    );
  });
});
