// The client inside workerd, against the real application: exchange, source, revocation, and sharing between requests of one isolate.

import { beforeEach, describe, expect, it } from 'vitest';

import { exchangeToken, revokeToken, tokenSource } from '../../../src/sdk/client/index.ts';
import type { Fetch } from '../../../src/sdk/client/index.ts';
import { singleFlight } from '../../../src/sdk/client/single-flight.ts';
import { deploy, ISSUER_URL, join } from '../../support/deployment.ts';
import type { Deployment, Joined } from '../../support/deployment.ts';
import { createIssuer } from '../../support/issuer.ts';
import type { TestIssuer } from '../../support/issuer.ts';
import { introspect } from '../../support/workload.ts';

let deployment: Deployment;
let issuer: TestIssuer;
let joined: Joined;
let send: Fetch;

beforeEach(async () => {
  deployment = await deploy();
  deployment.clock.now = Math.floor(Date.now() / 1000);
  issuer = await createIssuer();
  joined = await join(deployment, issuer, {
    providerSubject: 'workload',
    tokenAudiences: ['https://a.example', 'https://b.example'],
    replayProtection: 'singleUse',
  });
  send = (url, init) => deployment.fetch(new URL(url).pathname, init);
});

const idToken = (changes: Record<string, unknown> = {}): Promise<string> => {
  const { now } = deployment.clock;
  const times = { iat: now, exp: now + 300, jti: crypto.randomUUID() };
  return issuer.sign({ iss: issuer.issuer, sub: 'workload', aud: ISSUER_URL, ...times, ...changes });
};

describe('exchangeToken', () => {
  it('gets an access token for what it asked', async () => {
    const token = await exchangeToken({
      url: ISSUER_URL,
      subjectToken: await idToken(),
      serviceAccount: joined.serviceAccount,
      scope: 'api:read',
      audience: ['https://a.example', 'https://b.example'],
      lifetime: '10m',
      fetch: send,
    });
    expect(token).toMatchObject({ issuedTokenType: 'access_token', expiresIn: 600, scope: ['api:read'] });
    const { body } = await introspect(deployment, token.accessToken);
    expect(body).toMatchObject({ active: true, aud: ['https://a.example', 'https://b.example'] });
  });

  it('gets an ID token where it asks for one (RFC 8693 §2.2.1)', async () => {
    const token = await exchangeToken({
      url: ISSUER_URL,
      subjectToken: await idToken(),
      audience: 'https://a.example',
      requestedTokenType: 'id_token',
      fetch: send,
    });
    expect(token).toMatchObject({ issuedTokenType: 'id_token', tokenType: 'N_A', scope: [] });
  });

  it.each([
    ['a subject that no rule has', { sub: 'stranger' }, {}, 'invalid_request'],
    ['an expired token', { iat: 1, exp: 2 }, {}, 'invalid_request'],
    ['a scope that is not allowed', {}, { scope: 'api:admin' }, 'invalid_scope'],
    ['an audience that is not allowed', {}, { audience: 'https://c.example' }, 'invalid_target'],
    ['an account that does not exist', {}, { serviceAccount: 'sa_none' }, 'invalid_request'],
  ] as const)('tells why for %s, once', async (_, claims, parameters, code) => {
    let tries = 0;
    const counted: Fetch = (url, init) => {
      tries += 1;
      return send(url, init);
    };
    const subjectToken = await idToken(claims);
    const refused = exchangeToken({ url: ISSUER_URL, subjectToken, fetch: counted, ...parameters });
    await expect(refused).rejects.toMatchObject({
      name: 'TokenExchangeError',
      code,
      status: 400,
      requestId: expect.stringMatching(/./),
      description: expect.stringMatching(/^.{10,}$/),
    });
    expect(tries).toBe(1);
  });

  it('passes on how long to wait where the issuer’s keys cannot be had (contract §3)', async () => {
    issuer.goDown();
    const subjectToken = await idToken();
    await expect(exchangeToken({ url: ISSUER_URL, subjectToken, fetch: send, retries: 0 })).rejects.toMatchObject({
      code: 'temporarily_unavailable',
      status: 503,
      retryAfterSeconds: expect.any(Number),
      isRetryable: true,
    });
  });
});

describe('tokenSource', () => {
  it('uses a token that counts once only once, whoever asks', async () => {
    const source = tokenSource({ url: ISSUER_URL, subjectToken: idToken, fetch: send });
    const tokens = await Promise.all(Array.from({ length: 20 }, () => source.getToken()));
    expect(new Set(tokens.map(({ accessToken }) => accessToken)).size).toBe(1);
    const { results } = await deployment.db.prepare("SELECT id FROM audit_event WHERE action = 'token.exchange'").all();
    expect(results).toHaveLength(1);
  });
});

describe('revokeToken (RFC 7009)', () => {
  it('ends the token at once', async () => {
    const { accessToken } = await exchangeToken({ url: ISSUER_URL, subjectToken: await idToken(), fetch: send });
    expect((await introspect(deployment, accessToken)).body).toMatchObject({ active: true });
    await revokeToken({ url: ISSUER_URL, token: accessToken, fetch: send });
    expect((await introspect(deployment, accessToken)).body).toEqual({ active: false });
    await revokeToken({ url: ISSUER_URL, token: accessToken, fetch: send });
  });
});

describe('singleFlight in an isolate', () => {
  it('gives those who came later the value or the error of the first, without awaiting its promise', async () => {
    expect(navigator.userAgent).toBe('Cloudflare-Workers');
    const work = Promise.withResolvers<string>();
    let runs = 0;
    const run = singleFlight(() => {
      runs += 1;
      return runs === 1 ? work.promise : Promise.reject(new Error('second'));
    });
    const all = [run(), run(), run()];
    work.resolve('first');
    expect(await Promise.all(all)).toEqual(['first', 'first', 'first']);
    expect(runs).toBe(1);
    const failing = await Promise.allSettled([run(), run()]);
    expect(failing.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(runs).toBe(2);
  });
});
