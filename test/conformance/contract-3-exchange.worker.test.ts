// Contract §3 beyond the RFCs: which identity decides, what a caller may learn, what is recorded, and when.

import { env } from 'cloudflare:workers';
import { decodeJwt } from 'jose';
import { beforeEach, describe, expect, it } from 'vitest';
import { SWEEP_GRACE_SECONDS } from '../../src/store/limits.ts';
import { addIdentity, deploy, expectCreated, ISSUER_URL, join } from '../support/deployment.ts';
import type { Answer, Deployment, Joined } from '../support/deployment.ts';
import { githubActions } from '../support/claims.ts';
import { createIssuer } from '../support/issuer.ts';
import type { TestIssuer } from '../support/issuer.ts';

const MAIN = 'repo:acme/app:ref:refs/heads/main';

let deployment: Deployment;
let issuer: TestIssuer;
let joined: Joined;

beforeEach(async () => {
  deployment = await deploy();
  issuer = await createIssuer({ issuer: 'https://token.actions.githubusercontent.com' });
  joined = await join(deployment, issuer, { providerSubject: MAIN });
});

const token = (more: Record<string, unknown> = {}): Promise<string> =>
  issuer.sign({
    ...githubActions({ subjectForm: 'legacy', repository: 'acme/app', now: deployment.clock.now }),
    ...more,
  });
const stripped = ({ status, body }: Answer): unknown => ({ status, body: { ...body, request_id: null } });
const lastEvent = async (): Promise<Record<string, unknown> | undefined> =>
  (await deployment.events()).findLast((event) => event['action'] === 'token.exchange');

const lastUsed = (): Promise<unknown> =>
  deployment.db.prepare('SELECT last_used_at FROM federated_identity').first('last_used_at');

describe('which identity decides', () => {
  it('is the oldest that allows the requested scope and audience (contract §3)', async () => {
    const older = joined.federatedIdentity;
    const younger = await addIdentity(deployment, joined, {
      providerSubject: MAIN,
      allowedScopes: ['api:read', 'admin'],
    });
    const plain = await deployment.exchange(await token());
    expect(decodeJwt(plain.body.access_token)['federated_identity']).toBe(older);
    const admin = await deployment.exchange(await token(), { scope: 'admin' });
    expect(decodeJwt(admin.body.access_token)['federated_identity']).toBe(younger);
    expect((await deployment.exchange(await token(), { scope: 'admin api:write' })).body.error).toBe('invalid_scope');
  });

  it('must belong to exactly one account where none is named (contract §3)', async () => {
    const other = await expectCreated(deployment.iam('POST', '/v1/service-accounts', { name: 'other' }));
    await addIdentity(deployment, { ...joined, serviceAccount: other }, { providerSubject: MAIN });
    const { status, body } = await deployment.exchange(await token());
    expect(status).toBe(400);
    expect(body.error).toBe('invalid_request');
    expect(body.error_description).toContain('pass service_account_id');
    for (const account of [joined.serviceAccount, other]) {
      const named = await deployment.exchange(await token(), { service_account_id: account });
      expect(decodeJwt(named.body.access_token).sub).toBe(account);
    }
  });

  it('takes the slug of an account where the organisation is named (contract §3)', async () => {
    expect(
      (await deployment.exchange(await token(), { service_account_id: 'deployer', organisation_id: 'default' })).status,
    ).toBe(200);
    expect(
      (
        await deployment.exchange(await token(), {
          service_account_id: 'deployer',
          organisation_id: 'org_00000000000000000000000000',
        })
      ).status,
    ).toBe(200);
    expect((await deployment.exchange(await token(), { service_account_id: 'deployer' })).status).toBe(400);
    expect(
      (
        await deployment.exchange(await token(), {
          service_account_id: joined.serviceAccount,
          organisation_id: 'default',
        })
      ).status,
    ).toBe(200);
  });
});

describe('organisations that registered the same issuer', () => {
  let theirs: { account: string };

  beforeEach(async () => {
    await deployment.db.batch([
      deployment.db.prepare(
        "INSERT INTO organisation (id, slug, name, created_at, updated_at) VALUES ('org_tenant', 'tenant', 'tenant', 0, 0)",
      ),
      deployment.db
        .prepare(
          `INSERT INTO identity_provider (id, organisation_id, name, issuer, status, preset, allowed_algorithms, max_token_lifetime, subject_claim, created_at, updated_at)
           VALUES ('idp_tenant', 'org_tenant', 'p', ?1, 'active', 'generic', '["RS256","ES256"]', 86400, 'sub', 0, 0)`,
        )
        .bind(issuer.issuer),
      deployment.db.prepare(
        "INSERT INTO service_account (id, organisation_id, slug, name, status, created_at, updated_at) VALUES ('sa_tenant', 'org_tenant', 's', 's', 'active', 0, 0)",
      ),
      deployment.db
        .prepare(
          `INSERT INTO federated_identity (id, organisation_id, service_account_id, provider_id, name, provider_subject, provider_subject_match, subject_key, audience_match_mode,
             token_lifetime, max_token_lifetime, replay_protection, mode, status, created_at, updated_at)
           VALUES ('fid_tenant', 'org_tenant', 'sa_tenant', 'idp_tenant', 'f', ?1, 'exact', ?1, 'any', 3600, 3600, 'off', 'enforce', 'active', 0, 0)`,
        )
        .bind(MAIN),
    ]);
    theirs = { account: 'sa_tenant' };
  });

  it('do not disturb each other: without a name only `default` is searched (contract §3)', async () => {
    const { body } = await deployment.exchange(await token());
    expect(decodeJwt(body.access_token).sub).toBe(joined.serviceAccount);
    const tenant = await deployment.exchange(await token(), { organisation_id: 'tenant' });
    expect(decodeJwt(tenant.body.access_token)).toMatchObject({ sub: theirs.account, organisation: 'org_tenant' });
  });

  it('use the provider of the named account: disabling one leaves the other (contract §3)', async () => {
    await deployment.iam('PATCH', `/v1/federated-identity-providers/${joined.provider}`, { status: 'inactive' });
    expect((await deployment.exchange(await token(), { service_account_id: theirs.account })).status).toBe(200);
    const refused = await deployment.exchange(await token(), { service_account_id: joined.serviceAccount });
    expect(refused.status).toBe(400);
    expect(refused.body.error_description).toContain('disabled');
  });

  it('refuse an account that another organisation owns, as if it did not exist (contract §3)', async () => {
    const foreign = await deployment.exchange(await token(), {
      service_account_id: theirs.account,
      organisation_id: 'default',
    });
    const unknown = await deployment.exchange(await token(), {
      service_account_id: 'sa_unknown',
      organisation_id: 'default',
    });
    expect(stripped(foreign)).toEqual(stripped(unknown));
    expect(foreign.status).toBe(400);
  });

  it('answer an unknown account with the provider of the named organisation, so that no slug can be guessed (contract §3)', async () => {
    const known = { organisation_id: 'tenant', service_account_id: 's' };
    const unknown = { organisation_id: 'tenant', service_account_id: 'unknown' };
    expect((await deployment.exchange(await token(), known)).status).toBe(200);
    for (const setting of ["status = 'inactive'", `allowed_algorithms = '["ES384"]'`, 'max_token_lifetime = 1']) {
      await deployment.db.prepare(`UPDATE identity_provider SET ${setting} WHERE id = 'idp_tenant'`).run();
      const answer = await deployment.exchange(await token(), known);
      expect(answer.status).toBe(400);
      expect(stripped(await deployment.exchange(await token(), unknown))).toEqual(stripped(answer));
      await deployment.db
        .prepare(
          `UPDATE identity_provider SET status = 'active', allowed_algorithms = '["RS256","ES256"]', max_token_lifetime = 86400 WHERE id = 'idp_tenant'`,
        )
        .run();
    }
    expect((await deployment.exchange(await token(), known)).status).toBe(200);
  });

  it("cannot make unknown accounts read otherwise than unmatched ones by registering default's issuer too (contract §3)", async () => {
    // Older than the one of `default`, active, and no token of the issuer verifies with it.
    await deployment.db.batch([
      deployment.db.prepare("DELETE FROM federated_identity WHERE id = 'fid_tenant'"),
      deployment.db.prepare(
        `UPDATE identity_provider SET id = 'idp_00000000000000000000000000', allowed_algorithms = '["ES384"]' WHERE id = 'idp_tenant'`,
      ),
    ]);
    const elsewhere = await token({ sub: 'repo:acme/app:ref:refs/heads/other' });
    const unmatched = await deployment.exchange(elsewhere, { service_account_id: joined.serviceAccount });
    expect(unmatched.body.error_description).toContain('no federated identity accepts this token');
    for (const unknown of [
      { service_account_id: 'sa_unknown' },
      { service_account_id: 's', organisation_id: 'unknown' },
    ]) {
      expect(stripped(await deployment.exchange(elsewhere, unknown))).toEqual(stripped(unmatched));
    }
    expect((await deployment.exchange(await token(), { service_account_id: joined.serviceAccount })).status).toBe(200);
  });

  it('refuse an account of an organisation that lacks the issuer in the same words (contract §3)', async () => {
    await deployment.db.batch([
      deployment.db.prepare(
        "INSERT INTO organisation (id, slug, name, created_at, updated_at) VALUES ('org_bare', 'bare', 'bare', 0, 0)",
      ),
      deployment.db.prepare(
        "INSERT INTO service_account (id, organisation_id, slug, name, status, created_at, updated_at) VALUES ('sa_bare', 'org_bare', 's', 's', 'active', 0, 0)",
      ),
    ]);
    const bare = await deployment.exchange(await token(), { service_account_id: 'sa_bare' });
    expect(stripped(bare)).toEqual(
      stripped(await deployment.exchange(await token(), { service_account_id: 'sa_unknown' })),
    );
    expect(bare.status).toBe(400);
  });

  it("record nothing where only another tenant's keys verified the token, since that tenant may have made it up (ADR 0005)", async () => {
    const unknown = [
      { service_account_id: joined.serviceAccount, organisation_id: 'default' },
      { service_account_id: 'sa_unknown' },
    ];
    const refusals = async (): Promise<number> => {
      const elsewhere = await token({ sub: 'repo:acme/app:ref:refs/heads/other' });
      const before = (await deployment.events()).length;
      for (const named of unknown) {
        const answer = await deployment.exchange(elsewhere, named);
        expect(answer.status).toBe(400);
        expect(answer.body.error_description).toContain('no federated identity accepts this token');
        expect(deployment.logs.at(-1)).toMatchObject({ outcome: 'refused', request_id: answer.body.request_id });
      }
      return (await deployment.events()).length - before;
    };
    expect(await refusals()).toBe(2);
    await deployment.db.batch([
      deployment.db.prepare('DELETE FROM audit_event'),
      deployment.db.prepare('DELETE FROM federated_identity WHERE provider_id = ?1').bind(joined.provider),
      deployment.db.prepare('DELETE FROM identity_provider WHERE id = ?1').bind(joined.provider),
    ]);
    expect(await refusals()).toBe(0);
    // The tenant's own refusals are its own business.
    const own = await deployment.exchange(await token({ sub: 'nobody' }), { organisation_id: 'tenant' });
    expect((await deployment.events()).map((event) => [event['organisation_id'], event['request_id']])).toEqual([
      ['org_tenant', own.body.request_id],
    ]);
  });
});

describe('what a caller may learn', () => {
  it('an unknown account and an unmatched rule read the same (contract §3)', async () => {
    const other = await expectCreated(deployment.iam('POST', '/v1/service-accounts', { name: 'other' }));
    await addIdentity(
      deployment,
      { ...joined, serviceAccount: other },
      { providerSubject: 'repo:acme/secret-name:environment:prod' },
    );
    const answers = await Promise.all(
      [other, 'sa_00000000000000000000000000', 'nobody'].map(async (account) =>
        deployment.exchange(await token(), { service_account_id: account }),
      ),
    );
    for (const answer of answers) {
      expect(stripped(answer)).toEqual(stripped(answers[0]!));
      expect(answer.status).toBe(400);
      expect(JSON.stringify(answer.body)).not.toContain('secret-name');
      expect(answer.body.error_description).toContain(MAIN);
    }
  });

  it('is told which audience to request where only that is missing (contract §3)', async () => {
    const { status, body } = await deployment.exchange(await token({ aud: 'https://github.com/acme' }));
    expect(status).toBe(400);
    expect(body.error_description).toContain(`audience is ${ISSUER_URL}`);
    expect((await lastEvent())?.['reason']).toBe('audience_mismatch');
  });

  it('is not told an audience that is not this deployment (contract §3)', async () => {
    await addIdentity(deployment, joined, {
      providerSubject: 'repo:acme/app:environment:prod',
      trustedAudiences: ['https://private.example.com'],
    });
    const { body } = await deployment.exchange(
      await issuer.sign(
        githubActions({
          subjectForm: 'legacy',
          repository: 'acme/app',
          environment: 'prod',
          audience: 'https://github.com/acme',
          now: deployment.clock.now,
        }),
      ),
    );
    expect(JSON.stringify(body)).not.toContain('private.example.com');
  });

  it('is told that its issuer is not registered, and nothing is fetched (contract §3)', async () => {
    const stranger = await createIssuer({ issuer: 'https://stranger.example.com' });
    deployment.connect(stranger);
    const { status, body } = await deployment.exchange(
      await stranger.sign(
        githubActions({ issuer: stranger.issuer, repository: 'acme/app', now: deployment.clock.now }),
      ),
    );
    expect(status).toBe(400);
    expect(body.error_description).toContain('not a registered identity provider');
    expect(deployment.counts.fetches).toEqual([]);
  });
});

describe('each thing that is switched off', () => {
  it.each<[string, (d: Deployment, j: Joined) => [string, Record<string, unknown>], string]>([
    [
      'a disabled identity',
      (_d, j) => [`/v1/federated-identities/${j.federatedIdentity}`, { status: 'inactive' }],
      'identity_inactive',
    ],
    [
      'a revoked identity',
      (_d, j) => [`/v1/federated-identities/${j.federatedIdentity}`, { status: 'revoked' }],
      'identity_revoked',
    ],
    [
      'an expired identity',
      (d, j) => [
        `/v1/federated-identities/${j.federatedIdentity}`,
        { expiresAt: new Date(d.clock.now * 1000).toISOString() },
      ],
      'identity_expired',
    ],
    [
      'a disabled account',
      (_d, j) => [`/v1/service-accounts/${j.serviceAccount}`, { status: 'inactive' }],
      'service_account_inactive',
    ],
  ])('%s refuses the next request with its own reason (contract §3)', async (_name, change, reason) => {
    const good = await token();
    expect((await deployment.exchange(good)).status).toBe(200);
    const [path, members] = change(deployment, joined);
    expect((await deployment.iam('PATCH', path, members)).status).toBe(200);
    expect((await deployment.exchange(good)).status).toBe(400);
    expect(await lastEvent()).toMatchObject({
      outcome: 'refused',
      reason,
      federated_identity_id: joined.federatedIdentity,
    });
  });

  it('a deleted identity and a deleted account refuse the next request (contract §3)', async () => {
    const good = await token();
    expect((await deployment.exchange(good)).status).toBe(200);
    expect((await deployment.iam('DELETE', `/v1/federated-identities/${joined.federatedIdentity}`)).status).toBe(204);
    expect((await deployment.exchange(good)).status).toBe(400);
    expect((await lastEvent())?.['reason']).toBe('no_federated_identity');
    expect((await deployment.iam('DELETE', `/v1/service-accounts/${joined.serviceAccount}`)).status).toBe(204);
    expect((await deployment.exchange(good, { service_account_id: joined.serviceAccount })).status).toBe(400);
    expect((await lastEvent())?.['reason']).toBe('service_account_unknown');
  });
});

describe('the audit event', () => {
  it('of a grant is stored under the request id before the token is released (contract §3)', async () => {
    const good = await token();
    const { headers, body } = await deployment.exchange(good);
    expect(await lastEvent()).toMatchObject({
      request_id: headers.get('x-request-id'),
      action: 'token.exchange',
      outcome: 'granted',
      reason: null,
      service_account_id: joined.serviceAccount,
      federated_identity_id: joined.federatedIdentity,
      issuer: issuer.issuer,
      subject: MAIN,
      token_id: decodeJwt(body.access_token).jti,
    });
    expect(JSON.parse(String((await lastEvent())?.['claims']))).toEqual(decodeJwt(good));
    expect(await lastUsed()).toBe(deployment.clock.now);
  });

  it('of every grant stands beside a last use that is kept to the minute (contract §5.3)', async () => {
    const first = deployment.clock.now;
    for (const seconds of [0, 59]) {
      deployment.clock.now = first + seconds;
      expect((await deployment.exchange(await token())).status).toBe(200);
    }
    expect(await lastUsed()).toBe(first);
    deployment.clock.now = first + 60;
    expect((await deployment.exchange(await token())).status).toBe(200);
    expect(await lastUsed()).toBe(first + 60);
    const grants = await deployment.db
      .prepare("SELECT count(*) AS n FROM audit_event WHERE outcome = 'granted'")
      .first('n');
    expect(grants).toBe(3);
  });

  it('of equal refusals within a minute is one with a count, and a new one after (contract §5.7)', async () => {
    const refused = async (): Promise<Answer> =>
      deployment.exchange(await token({ sub: 'repo:acme/app:ref:refs/heads/evil', ref: 'refs/heads/evil' }), {
        service_account_id: joined.serviceAccount,
      });
    const first = await refused();
    deployment.clock.now += 59;
    const second = await refused();
    let events = (await deployment.events()).filter((event) => event['outcome'] === 'refused');
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({
      count: 2,
      request_id: first.body.request_id,
      reason: 'subject_mismatch',
    });
    const named = await deployment.db.prepare('SELECT request_id, event_id FROM audit_event_request').all();
    expect(named.results).toEqual([{ request_id: second.body.request_id, event_id: events[0]?.['id'] }]);
    deployment.clock.now += 2;
    await refused();
    events = (await deployment.events()).filter((event) => event['outcome'] === 'refused');
    expect(events.map((event) => event['count'])).toEqual([2, 1]);
  });

  it.each<[string, object, Record<string, string>]>([
    ['another audience', { aud: 'https://github.com/acme' }, {}],
    ['another claim', { actor: 'mallory' }, {}],
    ['a claim more', { environment: 'prod' }, {}],
    ['another scope asked for', {}, { scope: 'api:read' }],
    ['another audience asked for', {}, { audience: 'https://api.example.com' }],
    ['another project asked for', {}, { project_id: 'p1' }],
    ['an organisation named', {}, { organisation_id: 'default' }],
    ['another lifetime', {}, { access_token_lifetime: '60' }],
  ])('of a refusal with %s is another event (contract §5.7)', async (_, claims, asked) => {
    const refuse = async (of: object, more: object): Promise<void> => {
      const evil = await token({ sub: 'repo:acme/app:ref:refs/heads/evil', ref: 'refs/heads/evil', ...of });
      await deployment.exchange(evil, { service_account_id: joined.serviceAccount, ...more });
    };
    await refuse({}, {});
    await refuse(claims, asked);
    await refuse({ run_id: '2', run_number: '3', run_attempt: '2', check_run_id: '4', jti: 'another' }, {});
    await refuse(claims, asked);
    const events = (await deployment.events()).filter((event) => event['outcome'] === 'refused');
    expect(events.map((event) => event['count'])).toEqual([2, 2]);
  });

  it('of a refusal by a rule that looks at a claim of the run is another event for each run (contract §5.7)', async () => {
    await deployment.iam('PATCH', `/v1/federated-identities/${joined.federatedIdentity}`, {
      conditions: { run_attempt: '1' },
    });
    for (const run_attempt of ['2', '3', '3']) await deployment.exchange(await token({ run_attempt }));
    const events = (await deployment.events()).filter((event) => event['outcome'] === 'refused');
    expect(events.map((event) => event['count'])).toEqual([1, 2]);
  });

  it('of different refusals are different events (contract §5.7)', async () => {
    await deployment.exchange(await token({ sub: 'repo:acme/app:ref:refs/heads/a', ref: 'refs/heads/a' }));
    await deployment.exchange(await token({ sub: 'repo:acme/app:ref:refs/heads/b', ref: 'refs/heads/b' }));
    expect((await deployment.events()).filter((event) => event['outcome'] === 'refused')).toHaveLength(2);
  });

  it('is not stored for an unverifiable token, which is logged (contract §5.7)', async () => {
    await deployment.exchange(`${(await token()).split('.', 2).join('.')}.AAAA`);
    expect((await deployment.events()).filter((event) => event['action'] === 'token.exchange')).toEqual([]);
    expect(deployment.logs.at(-1)).toMatchObject({
      event: 'token.exchange',
      outcome: 'refused',
      request_id: expect.any(String),
    });
  });

  it('is missing nowhere: where it cannot be written no token is released (contract §3)', async () => {
    await deployment.exchange(await token());
    await deployment.db.prepare('ALTER TABLE audit_event RENAME TO audit_event_away').run();
    const answer = await deployment.exchange(await token());
    expect(answer.status).toBe(503);
    expect(answer.body.error).toBe('temporarily_unavailable');
    expect(answer.headers.get('retry-after')).not.toBeNull();
    expect(JSON.stringify(answer.body)).not.toContain('eyJ');
    await deployment.db.prepare('ALTER TABLE audit_event_away RENAME TO audit_event').run();
    expect((await deployment.exchange(await token())).status).toBe(200);
  });

  it('and the log never hold a token or a signature (contract §1)', async () => {
    const good = await token();
    const { body } = await deployment.exchange(good);
    await deployment.exchange(await token({ aud: 'https://other.example.com' }));
    const written = JSON.stringify([await deployment.events(), deployment.logs]);
    for (const secret of [good, body.access_token as string]) {
      expect(written).not.toContain(secret);
      expect(written).not.toContain(secret.split('.')[2]);
    }
  });
});

describe('single use', () => {
  const once = async (claims: Record<string, unknown> = {}): Promise<string> => {
    await addIdentity(deployment, joined, {
      providerSubject: 'repo:acme/app:environment:prod',
      replayProtection: 'singleUse',
    });
    return issuer.sign({
      ...githubActions({
        subjectForm: 'legacy',
        repository: 'acme/app',
        environment: 'prod',
        now: deployment.clock.now,
      }),
      ...claims,
    });
  };

  it('exchanges a token once, and says `already used` after that (contract §3)', async () => {
    const single = await once();
    expect((await deployment.exchange(single)).status).toBe(200);
    const again = await deployment.exchange(single);
    expect(again.status).toBe(400);
    expect(again.body.error).toBe('invalid_request');
    expect(again.body.error_description).toContain('already used');
    expect(await lastEvent()).toMatchObject({ outcome: 'refused', reason: 'token_already_used' });
    expect((await deployment.exchange(await token())).status).toBe(200);
    expect(
      (
        await deployment.exchange(
          await issuer.sign(
            githubActions({
              subjectForm: 'legacy',
              repository: 'acme/app',
              environment: 'prod',
              now: deployment.clock.now + 1,
            }),
          ),
        )
      ).status,
    ).toBe(200);
  });

  it('has exactly one success among fifty at once (contract §5.3)', async () => {
    const single = await once();
    const answers = await Promise.all(Array.from({ length: 50 }, () => deployment.exchange(single)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 400)).toHaveLength(49);
    const events = await deployment.events();
    expect(events.filter((event) => event['outcome'] === 'granted')).toHaveLength(1);
  });

  it('is remembered by header and payload where there is no jti (contract §5.3)', async () => {
    const single = await once({ jti: undefined });
    expect((await deployment.exchange(single)).status).toBe(200);
    expect((await deployment.exchange(single)).body.error_description).toContain('already used');
  });

  it('is consumed by a success only (contract §5.3)', async () => {
    const single = await once();
    expect((await deployment.exchange(single, { scope: 'admin' })).body.error).toBe('invalid_scope');
    expect((await deployment.exchange(single)).status).toBe(200);
  });

  it('outlives the sweep for as long as the token could be accepted (contract §5.3)', async () => {
    const single = await once();
    await deployment.exchange(single);
    const { exp = 0 } = decodeJwt(single);
    deployment.clock.now = exp + 59;
    const { sweep } = await import('../../src/store/sweep.ts');
    await sweep(env.DB, deployment.clock.now, 400);
    expect((await deployment.exchange(single)).body.error_description).toContain('already used');
    deployment.clock.now = exp + 61;
    expect((await deployment.exchange(single)).body.error_description).toContain('expired');
    await sweep(env.DB, deployment.clock.now + SWEEP_GRACE_SECONDS, 400);
    expect(await deployment.db.prepare('SELECT count(*) AS n FROM used_token').first('n')).toBe(0);
  });
});

describe('shadow mode', () => {
  it('never grants, and records that it would have (contract §5.3)', async () => {
    const shadow = await addIdentity(deployment, joined, {
      providerSubject: 'repo:acme/app:environment:prod',
      mode: 'shadow',
    });
    const claims = (): Promise<string> =>
      issuer.sign(
        githubActions({
          subjectForm: 'legacy',
          repository: 'acme/app',
          environment: 'prod',
          now: deployment.clock.now,
        }),
      );
    expect((await deployment.exchange(await claims())).status).toBe(400);
    expect(await lastEvent()).toMatchObject({ outcome: 'shadow', federated_identity_id: shadow });
    await deployment.iam('PATCH', `/v1/federated-identities/${shadow}`, { mode: 'enforce' });
    expect((await deployment.exchange(await claims())).status).toBe(200);
  });

  it('records beside a grant of another identity, and makes no account ambiguous (contract §5.3)', async () => {
    const other = await expectCreated(deployment.iam('POST', '/v1/service-accounts', { name: 'other' }));
    const shadow = await addIdentity(
      deployment,
      { ...joined, serviceAccount: other },
      { providerSubject: MAIN, mode: 'shadow' },
    );
    const { body } = await deployment.exchange(await token());
    expect(decodeJwt(body.access_token).sub).toBe(joined.serviceAccount);
    const outcomes = (await deployment.events())
      .filter((event) => event['action'] === 'token.exchange')
      .map((event) => [event['outcome'], event['federated_identity_id']]);
    expect(outcomes).toEqual(
      expect.arrayContaining([
        ['granted', joined.federatedIdentity],
        ['shadow', shadow],
      ]),
    );
  });
});

describe('load shedding', () => {
  const limiter = (allowed: number): RateLimit => ({ limit: async () => ({ success: allowed-- > 0 }) });

  it('answers 429 with retry-after before any work, and takes what is below the limit (contract §3)', async () => {
    deployment = await deploy({ RATE_LIMITER: limiter(1) });
    const first = await deployment.exchange('a.b.c');
    expect(first.status).toBe(400);
    const shed = await deployment.exchange('a.b.c');
    expect(shed.status).toBe(429);
    expect(shed.body.error).toBe('temporarily_unavailable');
    expect(shed.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(deployment.counts.d1Trips).toBe(0);
  });

  it('goes on to every check where the limiter itself fails (contract §0)', async () => {
    deployment = await deploy({ RATE_LIMITER: { limit: async () => Promise.reject(new Error('away')) } });
    expect((await deployment.exchange('a.b.c')).status).toBe(400);
    expect(deployment.logs).toContainEqual(expect.objectContaining({ event: 'rate_limiter.failed' }));
  });
});
