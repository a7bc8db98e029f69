// Contract §0: every setting is checked, all faults are named at once, and nothing is signed under a wrong configuration.

import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import type { Settings } from '../../src/config.ts';
import { deploy, join } from '../support/deployment.ts';
import { githubActions } from '../support/claims.ts';
import { createIssuer } from '../support/issuer.ts';

const keys = JSON.parse((env as Settings).SIGNING_KEYS as string) as { keys: Record<string, unknown>[] };
const bundle = (...of: Record<string, unknown>[]): string => JSON.stringify({ keys: of });
const [es256 = {}, rs256 = {}] = keys.keys;
const without = (key: Record<string, unknown>, member: string): Record<string, unknown> =>
  Object.fromEntries(Object.entries(key).filter(([name]) => name !== member));

describe('readiness', () => {
  it('answers 200 where everything is in order (contract §0)', async () => {
    const deployment = await deploy();
    expect(await deployment.send('/readyz')).toMatchObject({ status: 200, body: { status: 'ready' } });
    expect(await deployment.send('/healthz')).toMatchObject({ status: 200, body: { status: 'ok' } });
  });

  it('names every fault at once (contract §0)', async () => {
    const deployment = await deploy({
      ISSUER_URL: 'http://cambist.test/',
      SIGNING_KEYS: '{',
      ADMIN_TOKEN: 'short',
      AUDIT_RETENTION_DAYS: 'soon',
      AUDIT_HOT_DAYS: '0',
      ALLOW_LOOPBACK_ISSUERS: 'yes',
      DEFAULT_AUDIENCE: 'a b',
      CACHE: undefined as never,
    });
    const { status, body } = await deployment.send('/readyz');
    expect(status).toBe(503);
    expect(body.faults.map((fault: { setting: string }) => fault.setting).toSorted()).toEqual(
      [
        'ISSUER_URL',
        'SIGNING_KEYS',
        'ADMIN_TOKEN',
        'AUDIT_RETENTION_DAYS',
        'AUDIT_HOT_DAYS',
        'ALLOW_LOOPBACK_ISSUERS',
        'DEFAULT_AUDIENCE',
        'CACHE',
      ].toSorted(),
    );
    expect((await deployment.send('/healthz')).status).toBe(200);
  });

  it('says that the schema is missing and what applies it (contract §0)', async () => {
    const deployment = await deploy();
    await deployment.db.prepare('DROP TABLE signing_key').run();
    const { status, body } = await deployment.send('/readyz');
    expect(status).toBe(503);
    expect(body.faults[0].detail).toContain('schema.sql');
  });
});

describe.each<[string, Partial<Settings>, string]>([
  ['no SIGNING_KEYS', { SIGNING_KEYS: undefined }, 'SIGNING_KEYS'],
  ['an empty bundle', { SIGNING_KEYS: bundle() }, 'SIGNING_KEYS'],
  ['a public key only', { SIGNING_KEYS: bundle(without(es256, 'd')) }, 'SIGNING_KEYS'],
  ['half an RSA key', { SIGNING_KEYS: bundle(es256, without(rs256, 'p')) }, 'SIGNING_KEYS'],
  ['a key without kid', { SIGNING_KEYS: bundle(without(es256, 'kid')) }, 'SIGNING_KEYS'],
  ['a key without alg', { SIGNING_KEYS: bundle(without(es256, 'alg')) }, 'SIGNING_KEYS'],
  ['a symmetric key', { SIGNING_KEYS: bundle({ kty: 'oct', k: 'c2VjcmV0', kid: 'a', alg: 'HS256' }) }, 'SIGNING_KEYS'],
  ['two keys under one kid', { SIGNING_KEYS: bundle(es256, { ...rs256, kid: es256['kid'] }) }, 'SIGNING_KEYS'],
  [
    'halves of two keys',
    { SIGNING_KEYS: bundle({ ...es256, d: 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE' }) },
    'SIGNING_KEYS',
  ],
  ['no ISSUER_URL', { ISSUER_URL: undefined }, 'ISSUER_URL'],
  ['an ISSUER_URL with a path', { ISSUER_URL: 'https://cambist.test/a' }, 'ISSUER_URL'],
  ['an ISSUER_URL with a trailing slash', { ISSUER_URL: 'https://cambist.test/' }, 'ISSUER_URL'],
  ['an ISSUER_URL over http', { ISSUER_URL: 'http://cambist.test' }, 'ISSUER_URL'],
  ['an ISSUER_URL in upper case', { ISSUER_URL: 'https://CAMBIST.test' }, 'ISSUER_URL'],
  ['no D1 binding', { DB: undefined as never }, 'DB'],
  ['no KV binding', { CACHE: undefined as never }, 'CACHE'],
])('with %s', (_name, settings, setting) => {
  it('names the setting at /readyz, signs nothing and says so with 503 (contract §0)', async () => {
    const deployment = await deploy(settings);
    const ready = await deployment.send('/readyz');
    expect(ready.status).toBe(503);
    expect(ready.body.faults.map((fault: { setting: string }) => fault.setting)).toContain(setting);
    const issuer = await createIssuer({ issuer: 'https://token.actions.githubusercontent.com' });
    deployment.connect(issuer);
    await deployment.db
      .prepare(
        `INSERT INTO identity_provider (id, organisation_id, name, issuer, status, preset, allowed_algorithms, max_token_lifetime, subject_claim, created_at, updated_at)
         VALUES ('idp_1', 'org_00000000000000000000000000', 'p', ?1, 'active', 'github', '["RS256","ES256"]', 86400, 'sub', 0, 0)`,
      )
      .bind(issuer.issuer)
      .run();
    await deployment.db.batch([
      deployment.db.prepare(
        "INSERT INTO service_account (id, organisation_id, slug, name, status, created_at, updated_at) VALUES ('sa_1', 'org_00000000000000000000000000', 's', 's', 'active', 0, 0)",
      ),
      deployment.db.prepare(
        `INSERT INTO federated_identity (id, organisation_id, service_account_id, provider_id, name, provider_subject, provider_subject_match, subject_key, audience_match_mode,
           trusted_audiences, token_audiences, token_lifetime, max_token_lifetime, replay_protection, mode, status, created_at, updated_at)
         VALUES ('fid_1', 'org_00000000000000000000000000', 'sa_1', 'idp_1', 'f', 'repo:acme/app:ref:refs/heads/main', 'exact', 'repo:acme/app:ref:refs/heads/main', 'any',
           '["https://cambist.test"]', '["https://api.example.com"]', 3600, 3600, 'off', 'enforce', 'active', 0, 0)`,
      ),
    ]);
    const answer = await deployment.exchange(
      await issuer.sign(githubActions({ repository: 'acme/app', now: deployment.clock.now })),
    );
    expect(answer.status).toBe(503);
    expect(answer.body.error).toBe('server_error');
    expect(answer.body.error_description).toContain('/readyz');
    expect(await deployment.events()).toEqual([]);
  });
});

describe('a bundle with a key whose halves do not belong together', () => {
  const broken = bundle({ ...es256, d: 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE' });

  it('publishes nothing and activates nothing, so that the mended secret works at once under a new kid (contract §0)', async () => {
    const deployment = await deploy({ SIGNING_KEYS: broken });
    const jwks = await deployment.send('/.well-known/jwks.json');
    expect(jwks.status).toBe(503);
    expect(jwks.body.error).toBe('server_error');
    expect(jwks.body.error_description).toContain('/readyz');
    expect((await deployment.iam('GET', '/v1/signing-keys')).body).toEqual([]);
    expect((await deployment.send('/readyz')).status).toBe(503);

    deployment.coldStart({ SIGNING_KEYS: bundle({ ...es256, kid: 'mended' }) });
    expect((await deployment.send('/.well-known/jwks.json')).body.keys).toMatchObject([{ kid: 'mended' }]);
    expect((await deployment.send('/readyz')).status).toBe(200);
  });
});

describe('a key that is active in D1 but missing from the secret', () => {
  it('signs nothing, and no other key takes its place (contract §0)', async () => {
    const deployment = await deploy();
    const issuer = await createIssuer({ issuer: 'https://token.actions.githubusercontent.com' });
    await join(deployment, issuer, { providerSubject: 'repo:acme/app:ref:refs/heads/main' });
    const token = await issuer.sign(githubActions({ repository: 'acme/app', now: deployment.clock.now }));
    expect((await deployment.exchange(token)).status).toBe(200);
    await deployment.db.prepare("UPDATE signing_key SET kid = 'lost' WHERE alg = 'ES256'").run();
    const answer = await deployment.exchange(token);
    expect(answer.status).toBe(503);
    expect(answer.body.error).toBe('server_error');
    const ready = await deployment.send('/readyz');
    expect(ready.status).toBe(503);
    expect(JSON.stringify(ready.body.faults)).toContain('lost');
  });
});

describe('settings that may be left out', () => {
  it('works without a root token and without a rate limiter (contract §0)', async () => {
    const deployment = await deploy({ ADMIN_TOKEN: undefined, RATE_LIMITER: undefined as never });
    expect((await deployment.send('/readyz')).status).toBe(200);
    expect((await deployment.iam('GET', '/v1/service-accounts')).status).toBe(401);
  });

  it('refuses a root token below 32 characters: the API answers 503, the exchange goes on (contract §0)', async () => {
    const deployment = await deploy({ ADMIN_TOKEN: 'too-short' });
    expect((await deployment.send('/readyz')).status).toBe(503);
    expect((await deployment.exchange('a.b.c')).status).toBe(400);
    const api = await deployment.send('/v1/service-accounts', { headers: { authorization: 'Bearer too-short' } });
    expect(api.status).toBe(503);
    expect(api.body).toMatchObject({ error: 'server_error', message: expect.stringContaining('/readyz') });
  });

  it.each<[string, Partial<Settings>]>([
    ['D1', { DB: undefined as never }],
    ['an issuer', { ISSUER_URL: undefined }],
  ])('without %s the IAM API answers 503 in plain words (contract §0)', async (_name, settings) => {
    const deployment = await deploy(settings);
    const answer = await deployment.iam('GET', '/v1/service-accounts');
    expect(answer.status).toBe(503);
    expect(answer.body.message).toContain('/readyz');
  });
});
