// OpenID Connect Discovery 1.0, RFC 8414 and RFC 7517: what verifiers and clouds read of this deployment.

import { beforeEach, describe, expect, it } from 'vitest';
import { deploy, ISSUER_URL } from '../support/deployment.ts';
import type { Deployment } from '../support/deployment.ts';

const DOCUMENTS = [
  '/.well-known/openid-configuration',
  '/.well-known/oauth-authorization-server',
  '/.well-known/jwks.json',
];

let deployment: Deployment;
beforeEach(async () => {
  deployment = await deploy();
});

describe('the discovery document', () => {
  it('names every endpoint under the issuer (OpenID Connect Discovery §3, RFC 8414 §2)', async () => {
    const { status, body } = await deployment.send('/.well-known/openid-configuration');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      issuer: ISSUER_URL,
      jwks_uri: `${ISSUER_URL}/.well-known/jwks.json`,
      token_endpoint: `${ISSUER_URL}/oidc/token`,
      introspection_endpoint: `${ISSUER_URL}/oidc/introspect`,
      revocation_endpoint: `${ISSUER_URL}/oidc/revoke`,
      response_types_supported: ['id_token'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256', 'ES256'],
    });
    for (const member of [
      'grant_types_supported',
      'response_modes_supported',
      'token_endpoint_auth_methods_supported',
      'scopes_supported',
      'claims_supported',
    ]) {
      expect(body[member]).toEqual(expect.arrayContaining([expect.any(String)]));
    }
  });

  it.each(DOCUMENTS.slice(0, 2))(
    'at %s has an authorization_endpoint, which serves no response type (OpenID Connect Discovery §3)',
    async (document) => {
      const { body } = await deployment.send(document);
      const address = new URL(body.authorization_endpoint);
      expect(address.href).toBe(`${ISSUER_URL}${address.pathname}`);
      for (const init of [{}, { method: 'POST', body: new URLSearchParams({ response_type: 'code' }) }]) {
        const answer = await deployment.send(
          `${address.pathname}?response_type=code&redirect_uri=https://a.example`,
          init,
        );
        expect(answer.status).toBe(400);
        expect(answer.body).toMatchObject({ error: 'unsupported_response_type', request_id: expect.any(String) });
        expect(answer.headers.get('location')).toBeNull();
      }
    },
  );

  it('names the algorithms of a client assertion, as it must where it offers private_key_jwt (RFC 8414 §2)', async () => {
    const { body } = await deployment.send('/.well-known/oauth-authorization-server');
    expect(body.token_endpoint_auth_methods_supported).toContain('private_key_jwt');
    expect(body.token_endpoint_auth_signing_alg_values_supported).toEqual(expect.arrayContaining(['RS256', 'ES256']));
    expect(body.token_endpoint_auth_signing_alg_values_supported).not.toContain('none');
  });

  it('is the same at both addresses (RFC 8414 §5)', async () => {
    const [one, other] = await Promise.all(DOCUMENTS.slice(0, 2).map((path) => deployment.send(path)));
    expect(one?.body).toEqual(other?.body);
  });

  it('takes the issuer from the configuration, never from the Host header (contract §0)', async () => {
    const { body } = await deployment.send('/.well-known/openid-configuration', {
      headers: { host: 'evil.example.com', 'x-forwarded-host': 'evil.example.com' },
    });
    expect(JSON.stringify(body)).not.toContain('evil');
  });
});

describe('the JWK Set', () => {
  it('holds public keys only, each with kid, alg, use and kty (RFC 7517 §4)', async () => {
    const { body } = await deployment.send('/.well-known/jwks.json');
    expect(body.keys).toEqual([
      {
        kty: 'EC',
        crv: 'P-256',
        x: expect.any(String),
        y: expect.any(String),
        kid: 'test-es256',
        alg: 'ES256',
        use: 'sig',
      },
      { kty: 'RSA', n: expect.any(String), e: 'AQAB', kid: 'test-rs256', alg: 'RS256', use: 'sig' },
    ]);
  });

  it('shows a standby key before it signs, and no revoked key (contract §5.8)', async () => {
    await deployment.send('/.well-known/jwks.json');
    await deployment.db.prepare("UPDATE signing_key SET status = 'revoked', revoked_at = 1 WHERE alg = 'RS256'").run();
    // What an isolate publishes is a few seconds old at most (contract §7).
    deployment.clock.now += 5;
    const { body } = await deployment.send('/.well-known/jwks.json');
    expect(body.keys.map((key: { kid: string }) => key.kid)).toEqual(['test-es256']);
  });

  it('drops a retiring key when the last token it signed has expired, not before (contract §5.8)', async () => {
    await deployment.send('/.well-known/jwks.json');
    const until = deployment.clock.now + 100;
    await deployment.db
      .prepare("UPDATE signing_key SET status = 'retiring', expires_at = ?1 WHERE alg = 'RS256'")
      .bind(until)
      .run();
    deployment.clock.now = until - 1;
    expect((await deployment.send('/.well-known/jwks.json')).body.keys).toHaveLength(2);
    deployment.clock.now = until;
    expect((await deployment.send('/.well-known/jwks.json')).body.keys).toHaveLength(1);
  });

  it('answers 503 and no key where storage does not answer (contract §3)', async () => {
    const broken = await deploy();
    broken.d1.carry = async () => Promise.reject(new Error('D1 is away'));
    const answer = await broken.send('/.well-known/jwks.json');
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).not.toBeNull();
    expect(answer.body).not.toHaveProperty('keys');
  });
});

describe.each(DOCUMENTS)('%s', (path) => {
  it('may be kept for five minutes, by anyone (contract §2)', async () => {
    const { headers } = await deployment.send(path);
    expect(headers.get('cache-control')).toBe('public, max-age=300');
    expect(headers.get('access-control-allow-origin')).toBe('*');
    expect(headers.get('content-type')).toBe('application/json');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-request-id')).toEqual(expect.any(String));
  });

  it('answers 304 to its own etag and 200 to another (RFC 9110 §13.1.2)', async () => {
    const etag = (await deployment.send(path)).headers.get('etag') ?? '';
    expect((await deployment.send(path, { headers: { 'if-none-match': `W/${etag}, "x"` } })).status).toBe(304);
    expect((await deployment.send(path, { headers: { 'if-none-match': '"x"' } })).status).toBe(200);
  });

  it('answers HEAD without a body and OPTIONS with what is allowed (contract §2)', async () => {
    const head = await deployment.send(path, { method: 'HEAD' });
    expect(head.status).toBe(200);
    expect(head.body).toBe('');
    const options = await deployment.send(path, { method: 'OPTIONS' });
    expect(options.status).toBe(204);
    expect(options.headers.get('access-control-allow-methods')).toContain('GET');
  });

  it('answers other methods with 405 and allow (contract §1)', async () => {
    const answer = await deployment.send(path, { method: 'POST' });
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toBe('GET, HEAD, OPTIONS');
  });
});
