// Explaining and exchanging never disagree: generated rules, claims and requests, each asked of both (contract §5.6).

import fc from 'fast-check';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { addIdentity, deploy, expectCreated } from '../../support/deployment.ts';
import type { Deployment } from '../../support/deployment.ts';
import { createIssuer } from '../../support/issuer.ts';
import type { TestIssuer } from '../../support/issuer.ts';
import { holds, runCount } from '../../support/runs.ts';

const RUNS = { usually: 150 };
const SELF = 'https://cambist.test';
const GITHUB = 'https://token.actions.githubusercontent.com';
const NAMES = 'repo:acme/app:ref:refs/heads/main';
const IDS = 'repo:acme@1/app@2:ref:refs/heads/main';

/** The plain value in most runs: rules and tokens with everything wrong at once teach little. */
function mostly<T>(usual: T, ...others: readonly T[]): fc.Arbitrary<T> {
  return fc.oneof({ weight: 30, arbitrary: fc.constant(usual) }, { weight: 3, arbitrary: fc.constantFrom(...others) });
}

const rule = fc.record(
  {
    account: mostly(0, 1),
    providerSubject: mostly(
      NAMES,
      IDS,
      'repo:acme@1/app@3:ref:refs/heads/main',
      'repo:acme/else',
      NAMES.replace('acme', 'ACME'),
    ),
    pattern: mostly<string | null>(null, 'repo:acme/*:ref:refs/heads/main', 'repo:acme/app:ref:**'),
    trustedAudiences: mostly<string[]>([], [SELF, 'a'], ['a'], ['b']),
    audienceMatchMode: mostly('any', 'all', 'exact'),
    conditions: mostly<object | null>(
      null,
      { ref: 'refs/heads/main' },
      { actor: 'else' },
      { event_name: 'fork' },
      { n: { not: 1 } },
    ),
    expression: mostly<string | null>(null, 'claims.n > 1', 'claims.missing == 1', 'claims.ref == "refs/heads/main"'),
    allowedScopes: mostly(['api:read', 'api:write'], ['api:read'], []),
    tokenAudiences: mostly<string[]>([], ['x', 'y'], ['y']),
    tokenLifetime: mostly(600, 60),
    replayProtection: mostly('off', 'singleUse'),
    mode: mostly('enforce', 'shadow'),
    status: mostly('active', 'inactive', 'revoked'),
    expires: mostly<number | null>(null, 1, 10_000),
  },
  { noNullPrototype: true },
);
const claim = fc.record(
  {
    sub: mostly(IDS, NAMES, 'repo:acme/else', ''),
    aud: mostly<unknown>(SELF, 'a', ['a', SELF], ['a', 'b'], [], undefined),
    repository: mostly<string | undefined>('acme/app', undefined),
    repository_owner: fc.constant('acme'),
    repository_id: mostly<string | undefined>('2', '3', undefined),
    repository_owner_id: fc.constant('1'),
    event_name: mostly<string | undefined>('push', 'fork', undefined),
    ref: mostly<string | undefined>('refs/heads/main', 'main', undefined),
    n: mostly<unknown>(2, 1, '1', undefined),
    jti: mostly<string | undefined>('same', 'other', undefined),
    /** Seconds before now that it expired; most have not. */
    expired: mostly(-60, 61),
  },
  { noNullPrototype: true },
);
const asked = fc.record(
  {
    account: mostly<'id' | 'slug' | null>('id', 'slug', null),
    identity: mostly<number | null>(null, 0),
    scope: mostly<string | null>(null, 'api:read', 'api:read api:write', 'api:other'),
    audience: mostly<string[]>([], ['x'], ['x', 'y'], ['no']),
    project: mostly<string | null>(null, 'p1', 'p2'),
    times: fc.constantFrom(1, 2),
  },
  { noNullPrototype: true },
);
const forged = mostly(false, true);

describe('explaining', () => {
  let deployment: Deployment;
  let issuer: TestIssuer;
  let provider: string;
  let accounts: string[];

  beforeAll(async () => {
    issuer = await createIssuer({ issuer: GITHUB });
  });
  beforeEach(async () => {
    deployment = await deploy();
    deployment.connect(issuer);
    const { iam } = deployment;
    provider = await expectCreated(
      iam('POST', '/v1/federated-identity-providers', { name: 'github', providerIssuer: GITHUB }),
    );
    accounts = await Promise.all(
      ['one', 'two'].map((name) => expectCreated(iam('POST', '/v1/service-accounts', { name }))),
    );
    const roles = await Promise.all(
      ['everywhere', 'somewhere'].map((name) => expectCreated(iam('POST', '/v1/iam/roles', { name }))),
    );
    const bind = (role: number, account: number, more: object): Promise<string> =>
      expectCreated(
        iam('POST', `/v1/iam/roles/${roles[role]}/bindings`, {
          name: `${account}`,
          serviceAccountIdentity: accounts[account],
          ...more,
        }),
      );
    await bind(0, 1, {});
    await bind(1, 0, { projects: ['p1'] });
    await bind(1, 1, { scopes: ['api:write'] });
  });

  it('decides and would issue exactly what the exchange does (contract §5.6)', async () => {
    let granted = 0;
    await holds(
      fc.asyncProperty(
        fc.array(rule, { minLength: 1, maxLength: 4 }),
        claim,
        asked,
        forged,
        async (rules, given, want, isForged) => {
          await deployment.db.batch(
            ['federated_identity', 'used_token', 'object_label'].map((table) =>
              deployment.db.prepare(`DELETE FROM ${table}`),
            ),
          );
          const now = deployment.clock.now;
          const identities: string[] = [];
          for (const { account, pattern, expires, providerSubject, ...members } of rules) {
            identities.push(
              await addIdentity(
                deployment,
                { provider, serviceAccount: accounts[account] ?? '' },
                {
                  ...members,
                  providerSubject: pattern ?? providerSubject,
                  providerSubjectMatch: pattern === null ? 'exact' : 'glob',
                  maxTokenLifetime: 600,
                  expiresAt: expires === null ? null : new Date((now + expires) * 1000).toISOString(),
                },
              ),
            );
          }
          const { expired, ...claims } = given;
          const signed = await issuer.sign({ iss: GITHUB, iat: now - 120, exp: now - expired, ...claims });
          const subjectToken = isForged ? `${signed.slice(0, -8)}AAAAAAAA` : signed;
          deployment.clock.now += 2;

          const account = want.account === null ? null : want.account === 'id' ? (accounts[0] ?? '') : 'one';
          const identity = want.identity === null ? null : (identities[want.identity] ?? null);
          for (let time = 0; time < want.times; time += 1) {
            const explained = await deployment.iam('POST', '/v1/federated-identities/explain', {
              subjectToken,
              ...(identity === null ? { serviceAccountIdentity: account } : { federatedIdentity: identity }),
              scope: identity === null ? want.scope : null,
              audience: identity === null ? want.audience : null,
              project: identity === null ? want.project : null,
            });
            expect(explained.status).toBe(200);
            const requested = {
              ...(account === null ? {} : { service_account_id: account }),
              organisation_id: 'default',
              ...(want.scope === null ? {} : { scope: want.scope }),
              audience: want.audience,
              ...(want.project === null ? {} : { project_id: want.project }),
            };
            deployment.logs.length = 0;
            // The one form that names an identity asks for nothing else.
            const exchanged = await (identity === null
              ? deployment.exchange(subjectToken, requested)
              : deployment.send('/api/v2/oauth/token-exchange', {
                  method: 'POST',
                  body: new URLSearchParams({ client_id: identity, jwt: subjectToken }),
                }));
            const decision = exchanged.status === 200 ? 'granted' : 'refused';
            expect(explained.body.decision).toBe(decision);
            // A refusal is logged, a grant audited.
            const line = deployment.logs.find(({ event }) => event === 'token.exchange');
            expect(explained.body.reason).toBe(line?.['reason'] ?? null);
            // What was recorded is replayed from its request id alone, and ends the same way.
            const recorded = await deployment.iam('POST', '/v1/federated-identities/explain', {
              requestId: exchanged.headers.get('x-request-id'),
            });
            expect(recorded.status).toBe(isForged || expired > 0 || given.sub === '' ? 404 : 200);
            if (recorded.status === 200)
              expect(recorded.body).toMatchObject({ decision, reason: line?.['reason'] ?? null });
            if (decision === 'refused') {
              expect(explained.body.federatedIdentity).toBe(line?.['federated_identity'] ?? null);
              expect(explained.body.wouldIssue).toBeNull();
              continue;
            }
            granted += 1;
            const issued = JSON.parse(
              atob(exchanged.body.access_token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/')),
            );
            expect(explained.body.wouldIssue).toEqual({
              scope: exchanged.body.scope,
              audience: issued.aud,
              expiresIn: exchanged.body.expires_in,
              roles: issued.roles ?? [],
              project: issued.project ?? null,
            });
            expect(explained.body.federatedIdentity).toBe(issued.federated_identity);
            const chosen = explained.body.identities.find(
              (entry: { identity: string }) => entry.identity === issued.federated_identity,
            );
            expect(chosen).toMatchObject({ matched: true, mode: 'enforce' });
            expect(chosen.checks.every(({ ok }: { ok: boolean }) => ok)).toBe(true);
          }
        },
      ),
      RUNS,
    );
    // A generator that hardly ever grants would show nothing.
    expect(granted).toBeGreaterThan(runCount(RUNS) / 5);
  });
});
