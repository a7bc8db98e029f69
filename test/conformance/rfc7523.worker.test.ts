// RFC 7523 (JWT profile): the jwt-bearer grant and the client assertion.

import { beforeEach, describe, expect, it } from 'vitest';
import { deploy, join, JWT_BEARER } from '../support/deployment.ts';
import type { Deployment, Joined } from '../support/deployment.ts';
import { githubActions } from '../support/claims.ts';
import { createIssuer } from '../support/issuer.ts';
import type { TestIssuer } from '../support/issuer.ts';

const CLIENT_ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

let deployment: Deployment;
let issuer: TestIssuer;
let joined: Joined;
let good: string;
let unmatched: string;

beforeEach(async () => {
  deployment = await deploy();
  issuer = await createIssuer({ issuer: 'https://token.actions.githubusercontent.com' });
  joined = await join(deployment, issuer, { providerSubject: 'repo:acme/app:ref:refs/heads/main' });
  good = await issuer.sign(githubActions({ repository: 'acme/app', now: deployment.clock.now }));
  unmatched = await issuer.sign(githubActions({ repository: 'acme/other', now: deployment.clock.now }));
});

describe('the jwt-bearer grant', () => {
  const grant = (parameters: Record<string, string>): ReturnType<Deployment['token']> =>
    deployment.token({ grant_type: JWT_BEARER, ...parameters });

  it('exchanges an assertion (RFC 7523 §2.1)', async () => {
    const { status, body } = await grant({ assertion: good, scope: 'api:read' });
    expect(status).toBe(200);
    expect(body).toMatchObject({ token_type: 'Bearer', scope: 'api:read' });
  });

  it('answers an unverifiable or unmatched assertion with invalid_grant (RFC 7523 §3.1)', async () => {
    for (const assertion of ['a.b.c', unmatched]) {
      const { status, body } = await grant({ assertion });
      expect(status).toBe(400);
      expect(body.error).toBe('invalid_grant');
    }
  });

  it('answers a missing assertion with invalid_request (RFC 6749 §5.2)', async () => {
    const { status, body } = await grant({ subject_token: good });
    expect(status).toBe(400);
    expect(body.error).toBe('invalid_request');
    expect(body.error_description).toContain('assertion is missing');
  });
});

describe('the client assertion', () => {
  const grant = (parameters: Record<string, string>): ReturnType<Deployment['token']> =>
    deployment.token({ grant_type: 'client_credentials', client_assertion_type: CLIENT_ASSERTION_TYPE, ...parameters });

  it('grants to the account that client_id names (RFC 7523 §2.2)', async () => {
    const { status, body } = await grant({ client_assertion: good, client_id: joined.serviceAccount });
    expect(status).toBe(200);
    expect(body.scope).toBe('api:read api:write');
  });

  it('answers an unverifiable or unmatched assertion with 401 invalid_client and a challenge (RFC 7523 §3.2)', async () => {
    for (const assertion of ['a.b.c', unmatched]) {
      const { status, body, headers } = await grant({ client_assertion: assertion });
      expect(status).toBe(401);
      expect(body.error).toBe('invalid_client');
      expect(headers.get('www-authenticate')).not.toBeNull();
    }
  });

  it('answers an assertion over 16 KiB with 400, before any decoding (contract §1)', async () => {
    const long = await grant({ client_assertion: `${'a'.repeat(16_384)}.b.c` });
    expect(long.status).toBe(400);
    expect(long.body.error_description).toContain('longer than 16384 characters');
    expect((await grant({ client_assertion: `${'a'.repeat(100)}.b.c` })).status).toBe(401);
  });

  it('refuses another client_assertion_type, and an assertion without a type (RFC 7521 §4.2)', async () => {
    const other = await grant({
      client_assertion: good,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer',
    });
    expect(other.body.error).toBe('invalid_request');
    const none = await deployment.token({ grant_type: 'client_credentials', client_assertion: good });
    expect(none.body.error).toBe('invalid_request');
    expect(none.body.error_description).toContain('client_assertion_type');
  });
});
