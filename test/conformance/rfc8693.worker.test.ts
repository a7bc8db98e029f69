// RFC 8693 (OAuth 2.0 Token Exchange) as contract §3 narrows it.

import { decodeJwt, decodeProtectedHeader } from 'jose';
import { beforeEach, describe, expect, it } from 'vitest';
import { addIdentity, deploy, ID_TOKEN, ISSUER_URL, join, JWT, TOKEN_EXCHANGE } from '../support/deployment.ts';
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
    tokenAudiences: ['https://api.example.com', 'https://other.example.com'],
  });
  subjectToken = await issuer.sign(githubActions({ repository: 'acme/app', now: deployment.clock.now }));
});

describe('the request', () => {
  it('exchanges an ID token for a bearer access token (RFC 8693 §2.2.1)', async () => {
    const { status, headers, body } = await deployment.exchange(subjectToken, {
      service_account_id: joined.serviceAccount,
    });
    expect(status).toBe(200);
    expect(headers.get('content-type')).toMatch(/^application\/json/);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(body).toEqual({
      access_token: expect.any(String),
      issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      token_type: 'Bearer',
      expires_in: 3600,
      scope: 'api:read api:write',
    });
  });

  it.each([ID_TOKEN, JWT])('accepts the subject_token_type %s (RFC 8693 §3)', async (type) => {
    expect((await deployment.exchange(subjectToken, { subject_token_type: type })).status).toBe(200);
  });

  it.each([
    ['a missing subject_token_type', { subject_token_type: '' }, 'subject_token_type is missing'],
    [
      'a SAML subject_token_type',
      { subject_token_type: 'urn:ietf:params:oauth:token-type:saml2' },
      'subject_token_type must be',
    ],
    [
      'an access token as subject',
      { subject_token_type: 'urn:ietf:params:oauth:token-type:access_token' },
      'subject_token_type must be',
    ],
    ['a missing subject_token', { subject_token: '' }, 'subject_token is missing'],
    ['an actor_token', { actor_token: 'x', actor_token_type: JWT }, 'actor_token is not supported'],
    ['an actor_token_type alone', { actor_token_type: JWT }, 'actor_token is not supported'],
    [
      'an unknown requested_token_type',
      { requested_token_type: 'urn:ietf:params:oauth:token-type:refresh_token' },
      'requested_token_type',
    ],
    [
      'a client_id that names another account',
      { service_account_id: 'a', client_id: 'b' },
      'name different service accounts',
    ],
  ])('refuses %s (RFC 8693 §2.1)', async (_name, parameters, description) => {
    const { status, body } = await deployment.exchange(subjectToken, parameters);
    expect(status).toBe(400);
    expect(body.error).toBe('invalid_request');
    expect(body.error_description).toContain(description);
  });

  it('takes client_id as a synonym of service_account_id (contract §3)', async () => {
    const both = { client_id: joined.serviceAccount, service_account_id: joined.serviceAccount };
    expect((await deployment.exchange(subjectToken, { client_id: joined.serviceAccount })).status).toBe(200);
    expect((await deployment.exchange(subjectToken, both)).status).toBe(200);
  });

  it('answers an unknown grant with unsupported_grant_type (RFC 6749 §5.2)', async () => {
    const { status, body } = await deployment.token({ grant_type: 'password', username: 'a', password: 'b' });
    expect(status).toBe(400);
    expect(body.error).toBe('unsupported_grant_type');
  });

  it('answers an unverifiable token with invalid_request (RFC 8693 §2.2.2)', async () => {
    const { status, body } = await deployment.exchange('not.a.token');
    expect(status).toBe(400);
    expect(body.error).toBe('invalid_request');
    expect(body.message).toBe(body.error_description);
    expect(body.request_id).toEqual(expect.any(String));
  });
});

describe('scope', () => {
  it('narrows to a subset and says which in the answer and in the token (RFC 8693 §2.2.1)', async () => {
    const { body } = await deployment.exchange(subjectToken, { scope: 'api:read' });
    expect(body.scope).toBe('api:read');
    expect(decodeJwt(body.access_token)['scope']).toBe('api:read');
  });

  it.each(['api:read admin', 'api:read\tapi:write', 'api:read  api:write', 'ápi:read', ' api:read'])(
    'refuses the scope "%s" with invalid_scope and releases nothing (RFC 6749 §3.3)',
    async (scope) => {
      const { status, body } = await deployment.exchange(subjectToken, { scope });
      expect(status).toBe(400);
      expect(body.error).toBe('invalid_scope');
      expect(body.access_token).toBeUndefined();
    },
  );
});

describe('audience and resource', () => {
  it('issues for the first tokenAudience where none is asked for (contract §3)', async () => {
    const { body } = await deployment.exchange(subjectToken);
    expect(decodeJwt(body.access_token).aud).toBe('https://api.example.com');
  });

  it('issues for each audience and resource asked for, as an array for several (RFC 8693 §2.1)', async () => {
    const one = await deployment.exchange(subjectToken, { audience: 'https://other.example.com' });
    expect(decodeJwt(one.body.access_token).aud).toBe('https://other.example.com');
    const two = await deployment.exchange(subjectToken, {
      audience: 'https://other.example.com',
      resource: ['https://api.example.com'],
    });
    expect(decodeJwt(two.body.access_token).aud).toEqual(['https://other.example.com', 'https://api.example.com']);
  });

  it.each([
    ['audience', 'https://evil.example.com'],
    ['resource', 'https://evil.example.com'],
    ['audience', 'https://api.example.com/'],
    ['audience', 'HTTPS://API.EXAMPLE.COM'],
  ])('refuses the %s %s with invalid_target (RFC 8693 §2.2.2, RFC 8707 §2)', async (parameter, value) => {
    const { status, body } = await deployment.exchange(subjectToken, {
      [parameter]: ['https://api.example.com', value],
    });
    expect(status).toBe(400);
    expect(body.error).toBe('invalid_target');
  });
});

describe('the requested token', () => {
  it('issues an access token for requested_token_type jwt too (contract §3)', async () => {
    const { body } = await deployment.exchange(subjectToken, { requested_token_type: JWT });
    expect(body.token_type).toBe('Bearer');
    expect(decodeProtectedHeader(body.access_token).typ).toBe('at+jwt');
  });

  it('issues an ID token with token_type N_A and without scope (RFC 8693 §2.2.1)', async () => {
    const { status, body } = await deployment.exchange(subjectToken, {
      requested_token_type: ID_TOKEN,
      audience: 'https://other.example.com',
    });
    expect(status).toBe(200);
    expect(body).toEqual({
      access_token: expect.any(String),
      issued_token_type: ID_TOKEN,
      token_type: 'N_A',
      expires_in: 3600,
    });
    expect(decodeProtectedHeader(body.access_token)).toMatchObject({ alg: 'RS256', typ: 'JWT' });
    expect(decodeJwt(body.access_token)).toMatchObject({
      iss: ISSUER_URL,
      sub: joined.serviceAccount,
      aud: 'https://other.example.com',
      service_account: 'deployer',
    });
  });

  it('refuses an ID token without an audience in the request (contract §3)', async () => {
    const { status, body } = await deployment.exchange(subjectToken, { requested_token_type: ID_TOKEN });
    expect(status).toBe(400);
    expect(body.error).toBe('invalid_request');
    expect(body.error_description).toContain('audience');
  });

  it('names the workload that acts in act (RFC 8693 §4.1)', async () => {
    const { body } = await deployment.exchange(subjectToken);
    expect(decodeJwt(body.access_token)['act']).toEqual({ iss: issuer.issuer, sub: decodeJwt(subjectToken).sub });
  });
});

describe('the lifetime', () => {
  it.each([
    ['7200', 3600],
    ['39600s', 3600],
    ['1h30m', 3600],
    ['600', 600],
    ['10m', 600],
    ['60', 60],
  ])(
    'grants %s as %i seconds under a cap of an hour, and expires_in tells the truth (contract §3)',
    async (asked, expected) => {
      const { body } = await deployment.exchange(subjectToken, { access_token_lifetime: asked });
      expect(body.expires_in).toBe(expected);
      const { exp, iat } = decodeJwt(body.access_token);
      expect((exp ?? 0) - (iat ?? 0)).toBe(expected);
    },
  );

  it.each(['59', '0', '-1', '1e9', 'banana', '59s', '1.5', '7200 ', '+7200', '0x100', '1h30'])(
    'refuses the lifetime "%s" (contract §3)',
    async (asked) => {
      const { status, body } = await deployment.exchange(subjectToken, { access_token_lifetime: asked });
      expect(status).toBe(400);
      expect(body.error).toBe('invalid_request');
      expect(body.error_description).toContain('access_token_lifetime');
    },
  );

  it('lets an identity with a higher cap give more (contract §5.3)', async () => {
    await addIdentity(deployment, joined, {
      providerSubject: 'repo:acme/app:environment:prod',
      tokenLifetime: 600,
      maxTokenLifetime: 86_400,
    });
    const token = await issuer.sign(
      githubActions({ repository: 'acme/app', environment: 'prod', now: deployment.clock.now }),
    );
    expect((await deployment.exchange(token)).body.expires_in).toBe(600);
    expect((await deployment.exchange(token, { access_token_lifetime: '39600s' })).body.expires_in).toBe(39_600);
    expect((await deployment.exchange(token, { access_token_lifetime: '100h' })).body.expires_in).toBe(86_400);
  });
});

describe('JSON requests', () => {
  const post = (body: string, contentType = 'application/json'): ReturnType<Deployment['send']> =>
    deployment.send('/oidc/token', { method: 'POST', body, headers: { 'content-type': contentType } });
  const json = (more: Record<string, unknown> = {}): string =>
    JSON.stringify({ grant_type: TOKEN_EXCHANGE, subject_token: subjectToken, subject_token_type: ID_TOKEN, ...more });

  it('accepts the same members, arrays of audiences and a number as lifetime (contract §3)', async () => {
    const { status, body } = await post(
      json({ access_token_lifetime: 600, audience: ['https://other.example.com', 'https://api.example.com'] }),
      'application/json; charset=utf-8',
    );
    expect(status).toBe(200);
    expect(body.expires_in).toBe(600);
    expect(decodeJwt(body.access_token).aud).toHaveLength(2);
  });

  it.each([
    ['a number as scope', () => json({ scope: 1 })],
    ['a number as scope that is too large for one', () => `{"scope":12345678901234567890,${json().slice(1)}`],
    ['null as scope', () => json({ scope: null })],
    ['an array as scope', () => json({ scope: ['api:read'] })],
    ['a fraction as lifetime', () => json({ access_token_lifetime: 600.5 })],
    ['numbers as audiences', () => json({ audience: [1] })],
    ['an array as the body', () => '[]'],
    ['a repeated member', () => `{"scope":"api:read",${json({ scope: 'api:write' }).slice(1)}`],
    ['broken JSON', () => '{'],
  ])('refuses %s (contract §3)', async (_name, body) => {
    const answer = await post(body());
    expect(answer.status).toBe(400);
    expect(answer.body.error).toBe('invalid_request');
  });
});
