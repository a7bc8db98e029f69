// A cold isolate that only exchanges never evaluates the IAM API (contract §7).

import { TrieRouter } from 'hono/router/trie-router';
import { beforeEach, describe, expect, it, vi } from 'vitest';

import { deploy } from '../support/deployment.ts';
import type { Deployment } from '../support/deployment.ts';
import { createIssuer } from '../support/issuer.ts';
import type { TestIssuer } from '../support/issuer.ts';

const added = vi.spyOn(TrieRouter.prototype, 'add');
/** The IAM API fills a router of its own when it is evaluated; this file's isolate is its own. */
const isApiEvaluated = (): boolean => added.mock.calls.some(([, path]) => path === '/v1/service-accounts');

const ISSUER = 'https://issuer.example.com';
const NOW = 1_789_000_000;
/** Written past the API, which would evaluate what this test is about. */
const ROWS = [
  `INSERT INTO identity_provider (id, organisation_id, name, issuer, status, preset, allowed_algorithms, max_token_lifetime,
     subject_claim, created_at, updated_at)
   VALUES ('idp_1', 'org_00000000000000000000000000', 'issuer', '${ISSUER}', 'active', 'generic', '["ES256"]', 86400, 'sub', ${NOW}, ${NOW})`,
  `INSERT INTO service_account (id, organisation_id, slug, name, status, created_at, updated_at)
   VALUES ('sa_1', 'org_00000000000000000000000000', 'deployer', 'deployer', 'active', ${NOW}, ${NOW})`,
  `INSERT INTO federated_identity (id, organisation_id, service_account_id, provider_id, name, provider_subject, provider_subject_match,
     subject_key, audience_match_mode, conditions, expression, allowed_scopes, token_lifetime, max_token_lifetime, replay_protection,
     mode, status, created_at, updated_at)
   VALUES ('fid_1', 'org_00000000000000000000000000', 'sa_1', 'idp_1', 'rule', 'job:1', 'exact', 'job:1', 'any', '{"ref":{"glob":"refs/*/main"}}',
     'claims.ref != "x"', '["api:read"]', 3600, 3600, 'singleUse', 'enforce', 'active', ${NOW}, ${NOW})`,
];

describe('a cold isolate', () => {
  let deployment: Deployment;
  let issuer: TestIssuer;

  beforeEach(async () => {
    deployment = await deploy();
    issuer = await createIssuer({ issuer: ISSUER });
    deployment.connect(issuer);
    await deployment.db.batch(ROWS.map((sql) => deployment.db.prepare(sql)));
  });

  it('exchanges, introspects, revokes and publishes without the code of the IAM API, which its first request loads (contract §7)', async () => {
    const claims = {
      iss: ISSUER,
      sub: 'job:1',
      aud: 'https://cambist.test',
      iat: NOW,
      exp: NOW + 60,
      ref: 'refs/heads/main',
    };
    const { status, body } = await deployment.exchange(await issuer.sign(claims));
    expect(status).toBe(200);
    expect((await deployment.exchange(await issuer.sign({ ...claims, sub: 'job:2' }))).status).toBe(400);
    const form = { method: 'POST', body: new URLSearchParams({ token: body.access_token }) };
    const headers = { authorization: `Bearer ${body.access_token}` };
    expect((await deployment.send('/oidc/introspect', { ...form, headers })).body.active).toBe(true);
    expect((await deployment.send('/oidc/revoke', form)).status).toBe(200);
    for (const path of ['/.well-known/openid-configuration', '/.well-known/jwks.json', '/healthz', '/readyz']) {
      expect((await deployment.send(path)).status).toBe(200);
    }
    expect(isApiEvaluated()).toBe(false);

    // The twin: the same look, after a request that does need it.
    expect((await deployment.iam('GET', '/v1/service-accounts')).status).toBe(200);
    expect(isApiEvaluated()).toBe(true);
  });
});

describe('the reference', () => {
  it('is served to anyone, with the address of the deployment (contract §5.9)', async () => {
    const deployment = await deploy();
    const { status, body, headers } = await deployment.send('/openapi.json');
    expect(status).toBe(200);
    expect(headers.get('content-type')).toContain('application/json');
    expect(body).toMatchObject({ openapi: '3.1.0', servers: [{ url: 'https://cambist.test' }] });
    expect(Object.keys(body.paths)).toEqual(
      expect.arrayContaining(['/oidc/token', '/v1/federated-identities/explain']),
    );
  });
});
