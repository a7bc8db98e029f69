// Why an exchange is refused or granted, over the API: contract §5.6, with real tokens on a real D1.

import { beforeEach, describe, expect, it } from 'vitest';

import { githubActions } from '../../support/claims.ts';
import { ADMIN_TOKEN, addIdentity, deploy, expectCreated, join } from '../../support/deployment.ts';
import type { Answer, Deployment, Joined } from '../../support/deployment.ts';
import { createIssuer } from '../../support/issuer.ts';
import type { TestIssuer } from '../../support/issuer.ts';

const PATH = '/v1/federated-identities/explain';
const GITHUB = 'https://token.actions.githubusercontent.com';
const MAIN = 'repo:acme@123456/app@456789:ref:refs/heads/main';

let deployment: Deployment;
let issuer: TestIssuer;
let joined: Joined;

beforeEach(async () => {
  deployment = await deploy();
  issuer = await createIssuer({ issuer: GITHUB });
  joined = await join(deployment, issuer, { providerSubject: MAIN });
});

const claimsOf = (claims: Record<string, unknown> = {}): Record<string, unknown> => ({
  ...githubActions({ now: deployment.clock.now }),
  ...claims,
});
const tokenOf = (claims: Record<string, unknown> = {}): Promise<string> => issuer.sign(claimsOf(claims));
const explain = (body: Record<string, unknown>): Promise<Answer> => deployment.iam('POST', PATH, body);

/** The failed checks of one identity, by name. */
function failures(answer: Answer, identity: string): Record<string, unknown>[] {
  const found = answer.body.identities.find((entry: { identity: string }) => entry.identity === identity);
  return found.checks.filter(({ ok }: { ok: boolean }) => !ok);
}

describe('a real token', () => {
  it('is explained in full where it would be granted (contract §5.6)', async () => {
    const answer = await explain({ subjectToken: await tokenOf(), scope: 'api:read' });
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      verification: {
        ok: true,
        checks: ['decode', 'issuer', 'provider', 'header', 'keys', 'signature', 'times', 'subject'].map((check) => ({
          check,
          ok: true,
          detail: null,
        })),
      },
      provider: {
        identity: joined.provider,
        name: 'issuer',
        providerIssuer: GITHUB,
        preset: 'github',
        status: 'active',
      },
      identities: [
        {
          identity: joined.federatedIdentity,
          name: expect.stringMatching(/^rule /),
          serviceAccount: { identity: joined.serviceAccount, slug: 'deployer' },
          mode: 'enforce',
          matched: true,
          checks: [
            { check: 'status', claim: null, expected: 'active', actual: 'active', ok: true, hint: null },
            {
              check: 'audience',
              claim: 'aud',
              expected: ['https://cambist.test'],
              actual: 'https://cambist.test',
              ok: true,
              hint: null,
            },
            { check: 'subject', claim: 'sub', expected: MAIN, actual: MAIN, ok: true, hint: null },
            expect.objectContaining({ check: 'preset', claim: 'event_name', actual: 'push', ok: true }),
            { check: 'scope', claim: null, expected: 'api:read api:write', actual: 'api:read', ok: true, hint: null },
            expect.objectContaining({ check: 'token_audience', expected: 'https://cambist.test', ok: true }),
          ],
        },
      ],
      truncated: false,
      decision: 'granted',
      reason: null,
      detail: null,
      federatedIdentity: joined.federatedIdentity,
      wouldIssue: {
        scope: 'api:read',
        audience: 'https://cambist.test',
        expiresIn: 3600,
        roles: [],
        project: null,
      },
    });
  });

  it('that expired is refused, and its rules are judged all the same (contract §5.6)', async () => {
    const token = await tokenOf();
    deployment.clock.now += 3_600;
    const { body } = await explain({ subjectToken: token });
    expect(body).toMatchObject({ decision: 'refused', reason: 'token_expired', wouldIssue: null });
    expect(body.verification.ok).toBe(false);
    expect(body.verification.checks).toContainEqual({
      check: 'times',
      ok: false,
      detail: expect.stringContaining('expired'),
    });
    expect(body.verification.checks.at(-1)).toMatchObject({ check: 'subject', ok: null });
    expect(body.identities).toMatchObject([{ matched: true }]);
  });

  it.each([
    ['nonsense', async () => 'a.b', 'decode', 'token_malformed'],
    ['no issuer', () => tokenOf({ iss: undefined }), 'issuer', 'issuer_missing'],
    ['an unknown issuer', () => tokenOf({ iss: 'https://else.example' }), 'provider', 'issuer_not_registered'],
    [
      'another algorithm',
      () => issuer.sign(claimsOf(), { header: { alg: 'RS384' } }),
      'header',
      'algorithm_not_allowed',
    ],
    ['an unknown key', () => issuer.sign(claimsOf(), { header: { kid: 'else' } }), 'keys', 'unknown_kid'],
    ['a bad signature', async () => `${(await tokenOf()).slice(0, -8)}AAAAAAAA`, 'signature', 'signature_invalid'],
    ['no expiry', () => tokenOf({ exp: undefined }), 'times', 'time_claim_invalid'],
    ['no subject', () => tokenOf({ sub: '' }), 'subject', 'subject_missing'],
  ])('with %s fails at exactly that check (contract §5.6)', async (_what, make, check, reason) => {
    const { status, body } = await explain({ subjectToken: await make() });
    expect(status).toBe(200);
    expect(body).toMatchObject({ decision: 'refused', reason, wouldIssue: null, verification: { ok: false } });
    const failed = body.verification.checks.filter(({ ok }: { ok: boolean | null }) => ok === false);
    expect(failed).toMatchObject([{ check, detail: expect.any(String) }]);
  });

  it('of a disabled provider is refused, with its rules (contract §5.6)', async () => {
    await deployment.iam('PATCH', `/v1/federated-identity-providers/${joined.provider}`, { status: 'inactive' });
    const { body } = await explain({ subjectToken: await tokenOf() });
    expect(body).toMatchObject({ reason: 'provider_inactive', provider: { status: 'inactive' } });
    expect(body.identities).toHaveLength(1);
  });

  it('appears nowhere: not in the answer, a log or an audit event (contract §1)', async () => {
    for (const token of [
      await tokenOf(),
      `${await tokenOf({ sub: 'x' })}x`,
      await tokenOf({ iss: 'https://no.example' }),
    ]) {
      const { body } = await explain({ subjectToken: token });
      const kept = JSON.stringify([body, deployment.logs, await deployment.events()]);
      for (const part of token.split('.')) expect(kept).not.toContain(part);
    }
  });
});

describe('the mistakes people really make', () => {
  it.each([
    ['case', { providerSubject: 'repo:Acme/App:ref:refs/heads/main' }, {}, 'subject', 'case'],
    ['a trailing slash', {}, { aud: 'https://cambist.test/' }, 'audience', 'trailing slash'],
    ['a short ref', { providerSubject: 'repo:acme/app:ref:main' }, {}, 'subject', 'refs/heads/'],
    [
      'an environment',
      { providerSubject: 'repo:acme/app:ref:refs/heads/main' },
      { sub: 'repo:acme@123456/app@456789:environment:prod', environment: 'prod' },
      'subject',
      'environment',
    ],
    ['a recycled name', { providerSubject: 'repo:acme@1/app@2:ref:refs/heads/main' }, {}, 'subject', 'recycled name'],
    ["the platform's default audience", {}, { aud: 'https://github.com/acme' }, 'audience', 'default audience'],
    ['a whole ref in a condition', { conditions: { ref: 'main' } }, {}, 'condition', 'refs/heads/main'],
  ])('are hinted at: %s (contract §5.6)', async (_what, rule, claims, check, hint) => {
    const identity = await addIdentity(deployment, joined, { providerSubject: MAIN, ...rule });
    const answer = await explain({ subjectToken: await tokenOf(claims), federatedIdentity: identity });
    expect(failures(answer, identity)).toMatchObject([{ check, hint: expect.stringContaining(hint) }]);
    expect(answer.body.decision).toBe('refused');
    const without = await explain({ subjectToken: await tokenOf(claims) });
    expect(failures(without, identity)).toMatchObject([{ check, hint: expect.stringContaining(hint) }]);
  });

  it('show every failed check of a rule, not only the first (contract §5.6)', async () => {
    const identity = await addIdentity(deployment, joined, {
      providerSubject: 'repo:acme/other:ref:refs/heads/main',
      trustedAudiences: ['https://else.example'],
      conditions: { actor: 'hubot', runner_environment: 'self-hosted' },
      expression: 'claims.repository == "acme/other"',
      allowedScopes: [],
    });
    const answer = await explain({
      subjectToken: await tokenOf({ event_name: 'pull_request_target' }),
      serviceAccountIdentity: 'deployer',
      scope: 'api:read',
      audience: ['https://no.example'],
      project: 'p1',
    });
    expect(failures(answer, identity).map(({ check }) => check)).toEqual([
      'audience',
      'subject',
      'preset',
      'condition',
      'condition',
      'expression',
      'scope',
      'token_audience',
      'project',
    ]);
  });

  it('say why nothing is chosen among several accounts (contract §3)', async () => {
    const other = await expectCreated(deployment.iam('POST', '/v1/service-accounts', { name: 'other' }));
    const second = await addIdentity(deployment, { ...joined, serviceAccount: other }, { providerSubject: MAIN });
    const subjectToken = await tokenOf();
    const ambiguous = await explain({ subjectToken });
    expect(ambiguous.body).toMatchObject({ decision: 'refused', reason: 'ambiguous_service_account' });
    expect(ambiguous.body.identities).toHaveLength(2);
    const named = await explain({ subjectToken, serviceAccountIdentity: other });
    expect(named.body).toMatchObject({ decision: 'granted', federatedIdentity: second });
    expect(named.body.identities).toHaveLength(1);
  });
});

describe('bare claims', () => {
  it('are judged as if verified, and say that nothing was (contract §5.6)', async () => {
    const { body } = await explain({ claims: claimsOf() });
    expect(body).toMatchObject({ decision: 'granted', verification: { ok: null } });
    const made = body.verification.checks.filter(({ ok }: { ok: boolean | null }) => ok !== null);
    expect(made.map(({ check }: { check: string }) => check)).toEqual(['issuer', 'provider', 'subject']);
  });

  it('keep the digits of a number that JSON rounds, as those of a token do (contract §5.6)', async () => {
    await deployment.iam('PATCH', `/v1/federated-identities/${joined.federatedIdentity}`, {
      conditions: { actor_id: '9007199254740993' },
    });
    for (const [actor, reason] of [
      ['9007199254740993', null],
      ['9007199254740992', 'condition_failed'],
    ] as const) {
      const claims = JSON.stringify(claimsOf({ actor_id: 0 })).replace('"actor_id":0', `"actor_id":${actor}`);
      const answer = await deployment.send(PATH, {
        method: 'POST',
        headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' },
        body: `{"claims":${claims}}`,
      });
      expect(answer.body.reason).toBe(reason);
    }
  });

  it('need neither times nor an id, but an issuer that is registered and a subject (contract §5.6)', async () => {
    const claims = { iss: GITHUB, sub: MAIN, aud: 'https://cambist.test' };
    expect((await explain({ claims })).body.decision).toBe('granted');
    const { iss: _iss, ...withoutIssuer } = claims;
    expect((await explain({ claims: withoutIssuer })).body).toMatchObject({
      reason: 'issuer_missing',
      verification: { ok: false },
    });
    expect((await explain({ claims: { ...claims, sub: '' } })).body.reason).toBe('subject_missing');
    expect((await explain({ claims: { ...claims, iss: `${GITHUB}/` } })).body.reason).toBe('issuer_not_registered');
  });
});

describe('single use', () => {
  it('is looked up and not consumed (contract §5.6)', async () => {
    const identity = await addIdentity(deployment, joined, {
      providerSubject: 'repo:acme@123456/app@456789:environment:prod',
      replayProtection: 'singleUse',
    });
    const claims = claimsOf({ sub: 'repo:acme@123456/app@456789:environment:prod' });
    const subjectToken = await issuer.sign(claims);
    for (const body of [{ subjectToken }, { subjectToken }, { claims }]) {
      expect((await explain(body)).body.decision).toBe('granted');
    }
    expect((await deployment.exchange(subjectToken)).status).toBe(200);
    for (const body of [{ subjectToken }, { claims }]) {
      const answer = await explain(body);
      expect(answer.body).toMatchObject({ decision: 'refused', reason: 'token_already_used' });
      expect(failures(answer, identity)).toMatchObject([{ check: 'replay', actual: 'used' }]);
    }
    const { jti: _jti, ...withoutId } = claims;
    const unknown = await explain({ claims: withoutId });
    expect(failures(unknown, identity)).toMatchObject([{ check: 'replay', ok: null, actual: null }]);
  });
});

describe('what it costs', () => {
  it('writes nothing anywhere, also where it has to fetch keys (contract §5.6)', async () => {
    const subjectToken = await tokenOf();
    const before = await deployment.events();
    deployment.resetCounts();
    await explain({ subjectToken });
    await explain({ subjectToken: await tokenOf({ sub: 'else' }) });
    await explain({ claims: claimsOf() });
    expect(deployment.counts).toMatchObject({ d1Writes: 0, kvWrites: 0 });
    expect(deployment.counts.fetches).toHaveLength(2);
    expect(await deployment.events()).toEqual(before);
    const { results } = await deployment.db.prepare('SELECT last_used_at FROM federated_identity').all();
    expect(results).toEqual([{ last_used_at: null }]);
  });

  it('lists every candidate of the exchange and rules beside the subject, however many there are (contract §5.6)', async () => {
    const insert = deployment.db.prepare(
      `INSERT INTO federated_identity SELECT 'fid_' || printf('%026d', ?1), organisation_id, service_account_id, provider_id,
         'rule ' || printf('%d', ?1), description, labels, annotations, 'repo:acme/r' || printf('%04d', ?1) || ':ref:refs/heads/main',
         provider_subject_match, 'repo:acme/r' || printf('%04d', ?1) || ':ref:refs/heads/main', trusted_audiences,
         audience_match_mode, conditions, expression, allowed_scopes, token_audiences, token_lifetime, max_token_lifetime,
         forwarded_claims, replay_protection, mode, status, expires_at, tokens_not_before, last_used_at, created_at, updated_at, object_version
       FROM federated_identity WHERE id = ?2`,
    );
    await deployment.db.batch(Array.from({ length: 400 }, (_, n) => insert.bind(n + 1, joined.federatedIdentity)));
    const claims = claimsOf({
      sub: 'repo:acme/r0300:environment:prod',
      repository: undefined,
      repository_id: undefined,
    });
    const { body } = await explain({ claims });
    expect(body.truncated).toBe(true);
    const near = body.identities.find(({ name }: { name: string }) => name === 'rule 300');
    expect(near.checks.find(({ check }: { check: string }) => check === 'subject').hint).toContain('environment');
    expect(body.identities.length).toBeLessThan(200);
    expect((await explain({ subjectToken: await tokenOf() })).body.decision).toBe('granted');
  });
});

describe('what may be asked', () => {
  it.each([
    ['neither token nor claims', {}, '/subjectToken'],
    ['both', { subjectToken: 'x', claims: {} }, '/claims'],
    ['claims that are none', { claims: [] }, '/claims'],
    ['a scope that is none', { claims: {}, scope: 'a  b' }, '/scope'],
    ['an audience that is none', { claims: {}, audience: [1] }, '/audience'],
    ['an identity that is none', { claims: {}, federatedIdentity: 'x' }, '/federatedIdentity'],
    ['an unknown member', { claims: {}, subject_token: 'x' }, '/subject_token'],
  ])('refuses %s (contract §5)', async (_what, body, pointer) => {
    const answer = await explain(body);
    expect(answer.status).toBe(400);
    expect(answer.body.errors).toMatchObject([{ pointer: expect.stringMatching(`^${pointer}`) }]);
  });

  it('takes null as absent (contract §5)', async () => {
    const { status } = await explain({
      claims: claimsOf(),
      subjectToken: null,
      scope: null,
      audience: null,
      project: null,
    });
    expect(status).toBe(200);
  });

  it('answers 404 for an account or identity that is not there (contract §4)', async () => {
    const claims = claimsOf();
    for (const named of [
      { serviceAccountIdentity: 'nobody' },
      { federatedIdentity: 'fid_00000000000000000000000001' },
      { federatedIdentity: joined.federatedIdentity, serviceAccountIdentity: 'nobody' },
    ]) {
      expect((await explain({ claims, ...named })).status).toBe(404);
    }
    const both = { federatedIdentity: joined.federatedIdentity, serviceAccountIdentity: 'deployer' };
    expect((await explain({ claims, ...both })).body.decision).toBe('granted');
  });

  it('says nothing about another organisation (contract §4)', async () => {
    await deployment.db
      .prepare(
        "INSERT INTO organisation (id, slug, name, created_at, updated_at) VALUES ('org_1', 'other', 'other', 0, 0)",
      )
      .run();
    const headers = {
      authorization: `Bearer ${ADMIN_TOKEN}`,
      'content-type': 'application/json',
      'x-organisation-identity': 'other',
    };
    const ask = (more: object): Promise<Answer> =>
      deployment.send(PATH, { method: 'POST', headers, body: JSON.stringify({ claims: claimsOf(), ...more }) });
    expect((await ask({})).body).toMatchObject({ provider: null, identities: [], reason: 'issuer_not_registered' });
    expect((await ask({ serviceAccountIdentity: joined.serviceAccount })).status).toBe(404);
    expect((await ask({ federatedIdentity: joined.federatedIdentity })).status).toBe(404);
  });
});
