// RFC 9068 (JWT profile for access tokens), and the ID tokens that clouds read, as contract §3 lists their claims.

import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import type { JSONWebKeySet } from 'jose';
import { beforeEach, describe, expect, it } from 'vitest';
import { addIdentity, deploy, ID_TOKEN, ISSUER_URL, join } from '../support/deployment.ts';
import type { Deployment, Joined } from '../support/deployment.ts';
import { githubActions } from '../support/claims.ts';
import { createIssuer } from '../support/issuer.ts';
import type { TestIssuer } from '../support/issuer.ts';

let deployment: Deployment;
let issuer: TestIssuer;
let joined: Joined;
let subjectToken: string;

beforeEach(async () => {
  deployment = await deploy();
  issuer = await createIssuer({ issuer: 'https://token.actions.githubusercontent.com' });
  joined = await join(deployment, issuer, {
    providerSubject: 'repo:acme/app:ref:refs/heads/main',
    tokenAudiences: ['https://api.example.com'],
    forwardedClaims: ['repository_id', 'sha', 'no_such_claim'],
  });
  subjectToken = await issuer.sign(githubActions({ repository: 'acme/app', now: deployment.clock.now }));
});

/** Holds a role everywhere, or in some projects. */
async function bindRole(slug: string, projects: string[]): Promise<void> {
  await deployment.db.batch([
    deployment.db
      .prepare(
        "INSERT INTO role (id, organisation_id, slug, name, created_at, updated_at) VALUES ('role_' || ?1, 'org_00000000000000000000000000', ?1, ?1, 0, 0)",
      )
      .bind(slug),
    deployment.db
      .prepare(
        `INSERT INTO role_binding (id, organisation_id, role_id, service_account_id, name, projects, created_at, updated_at)
         VALUES ('bind_' || ?1, 'org_00000000000000000000000000', 'role_' || ?1, ?2, ?1, ?3, 0, 0)`,
      )
      .bind(slug, joined.serviceAccount, JSON.stringify(projects)),
  ]);
}

describe('the access token', () => {
  it('verifies with the published keys and carries every claim of the contract (RFC 9068 §2.2)', async () => {
    const { body } = await deployment.exchange(subjectToken, { scope: 'api:read' });
    const jwks = createLocalJWKSet((await deployment.send('/.well-known/jwks.json')).body as JSONWebKeySet);
    const { payload, protectedHeader } = await jwtVerify(body.access_token, jwks, {
      issuer: ISSUER_URL,
      audience: 'https://api.example.com',
      typ: 'at+jwt',
      algorithms: ['ES256'],
      currentDate: new Date(deployment.clock.now * 1000),
    });
    expect(protectedHeader).toEqual({ alg: 'ES256', kid: 'test-es256', typ: 'at+jwt' });
    const { now } = deployment.clock;
    expect(payload).toEqual({
      iss: ISSUER_URL,
      sub: joined.serviceAccount,
      client_id: joined.serviceAccount,
      aud: 'https://api.example.com',
      iat: now,
      nbf: now - 60,
      exp: now + 3600,
      jti: expect.any(String),
      scope: 'api:read',
      organisation: 'org_00000000000000000000000000',
      service_account: 'deployer',
      federated_identity: joined.federatedIdentity,
      act: { iss: issuer.issuer, sub: decodeJwt(subjectToken).sub },
      upstream: { repository_id: decodeJwt(subjectToken)['repository_id'], sha: decodeJwt(subjectToken)['sha'] },
    });
  });

  it('has no roles, in either token, when the account has none (contract §3, RFC 7643 §2.5)', async () => {
    const idToken = { requested_token_type: ID_TOKEN, audience: 'https://api.example.com' };
    for (const request of [{}, idToken])
      expect(decodeJwt((await deployment.exchange(subjectToken, request)).body.access_token)).not.toHaveProperty(
        'roles',
      );
  });

  it('has no upstream where nothing is forwarded (contract §3)', async () => {
    await addIdentity(deployment, joined, { providerSubject: 'repo:acme/app:environment:prod' });
    const token = await issuer.sign(
      githubActions({ repository: 'acme/app', environment: 'prod', now: deployment.clock.now }),
    );
    expect(decodeJwt((await deployment.exchange(token)).body.access_token)).not.toHaveProperty('upstream');
  });

  it('never repeats a jti (RFC 9068 §2.2)', async () => {
    const ids = await Promise.all(
      Array.from(
        { length: 20 },
        async () => decodeJwt((await deployment.exchange(subjectToken)).body.access_token).jti,
      ),
    );
    expect(new Set(ids).size).toBe(20);
  });

  it('carries the roles held everywhere, and in the project those bound in it too (contract §3)', async () => {
    await bindRole('reader', []);
    await bindRole('deployer', ['shop']);
    const without = decodeJwt((await deployment.exchange(subjectToken)).body.access_token);
    expect(without['roles']).toEqual(['reader']);
    expect(without).not.toHaveProperty('project');
    const within = decodeJwt((await deployment.exchange(subjectToken, { project_id: 'shop' })).body.access_token);
    expect(within['roles']).toEqual(['deployer', 'reader']);
    expect(within['project']).toBe('shop');
  });

  it('refuses a project that no binding names, and takes it once one does (contract §3)', async () => {
    const refused = await deployment.exchange(subjectToken, { project_id: 'shop' });
    expect(refused.status).toBe(400);
    expect(refused.body.error).toBe('invalid_request');
    expect(refused.body.error_description).toContain('project');
    await bindRole('deployer', ['shop']);
    expect((await deployment.exchange(subjectToken, { project_id: 'shop' })).status).toBe(200);
    expect((await deployment.exchange(subjectToken, { project_id: 'shop2' })).status).toBe(400);
  });
});

describe('the ID token', () => {
  it('is RS256, for the audience asked for, and has the project in its subject (contract §3)', async () => {
    await bindRole('deployer', []);
    const request = { requested_token_type: ID_TOKEN, audience: 'https://api.example.com', project_id: 'shop/eu:1%' };
    const { body } = await deployment.exchange(subjectToken, request);
    expect(decodeProtectedHeader(body.access_token)).toEqual({ alg: 'RS256', kid: 'test-rs256', typ: 'JWT' });
    const claims = decodeJwt(body.access_token);
    expect(claims.sub).toBe(`${joined.serviceAccount}:project:shop%2Feu%3A1%25`);
    expect(Object.keys(claims).toSorted()).toEqual(
      [
        'iss',
        'sub',
        'aud',
        'iat',
        'nbf',
        'exp',
        'jti',
        'organisation',
        'service_account',
        'project',
        'act',
        'upstream',
        'roles',
      ].toSorted(),
    );
    expect(claims['roles']).toEqual(['deployer']);
  });

  it('is not accepted as a subject token of our own exchange (contract §3)', async () => {
    const { body } = await deployment.exchange(subjectToken, {
      requested_token_type: ID_TOKEN,
      audience: 'https://api.example.com',
    });
    expect((await deployment.exchange(body.access_token)).status).toBe(400);
    expect(
      (await deployment.exchange((await deployment.exchange(subjectToken)).body.access_token)).body.error_description,
    ).toContain('at+jwt');
  });
});
