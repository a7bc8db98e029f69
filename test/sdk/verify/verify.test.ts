// verifyAccessToken against one thing tampered at a time, and the keys of an issuer over time.

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { AccessTokenError, bearerToken, verifyAccessToken, wwwAuthenticate } from '../../../src/sdk/verify/verify.ts';
import type { Fetch, VerifyOptions } from '../../../src/sdk/verify/verify.ts';
import { createIssuer, createKey, encodeSegment, signSegments } from '../../support/issuer.ts';
import type { SignOptions, TestIssuer } from '../../support/issuer.ts';

const ISSUER = 'https://cambist.test';
const API = 'https://api.acme.example';
const START = 1_789_000_000;

let issuer: TestIssuer;
let send: Fetch;

beforeEach(async () => {
  vi.useFakeTimers({ now: START * 1000, toFake: ['Date'] });
  issuer = await createIssuer({ issuer: ISSUER, jwksPath: '/.well-known/jwks.json', cacheControl: 'max-age=300' });
  send = (url, init) => issuer.fetch(new Request(url, init));
});
afterEach(() => {
  vi.useRealTimers();
});

const CLAIMS = {
  iss: ISSUER,
  sub: 'sa_1',
  client_id: 'sa_1',
  aud: API,
  iat: START,
  nbf: START - 60,
  exp: START + 3600,
  jti: 'token-1',
  scope: 'api:read api:write',
  roles: ['deployer'],
  organisation: 'org_1',
  service_account: 'deployer',
  project: 'shop',
  federated_identity: 'fid_1',
  act: { iss: 'https://token.actions.githubusercontent.com', sub: 'repo:acme/shop:ref:refs/heads/main' },
  upstream: { run_id: '1' },
} as const;

const sign = (changes: Record<string, unknown> = {}, options: SignOptions = {}): Promise<string> =>
  issuer.sign({ ...CLAIMS, ...changes }, { ...options, header: { typ: 'at+jwt', ...options.header } });

const verify = (token: string, options: Partial<VerifyOptions> = {}): ReturnType<typeof verifyAccessToken> =>
  verifyAccessToken(token, { issuer: ISSUER, audience: API, organisation: 'any', fetch: send, ...options });

/** `verified`, or why not. */
async function outcomeOf(token: string, options: Partial<VerifyOptions> = {}): Promise<string> {
  try {
    await verify(token, options);
    return 'verified';
  } catch (error) {
    if (!(error instanceof AccessTokenError)) throw error;
    expect(`${String(error.stack)}${JSON.stringify(error)}`).not.toContain(token || 'no token');
    return `${error.status} ${error.code} ${error.fault}`;
  }
}

describe('verifyAccessToken (RFC 9068 §4)', () => {
  it('returns what the token says', async () => {
    expect(await verify(await sign())).toEqual({
      issuer: ISSUER,
      serviceAccount: 'sa_1',
      serviceAccountSlug: 'deployer',
      organisation: 'org_1',
      audiences: [API],
      scopes: ['api:read', 'api:write'],
      roles: ['deployer'],
      project: 'shop',
      actor: { issuer: CLAIMS.act.iss, subject: CLAIMS.act.sub },
      federatedIdentity: 'fid_1',
      upstream: { run_id: '1' },
      tokenId: 'token-1',
      issuedAt: START,
      expiresAt: START + 3600,
      claims: CLAIMS,
    });
    const credential = { act: undefined, federated_identity: undefined, project: undefined, upstream: undefined };
    expect(await verify(await sign(credential))).toMatchObject({
      actor: null,
      federatedIdentity: null,
      project: null,
      upstream: {},
    });
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['as it is', {}, 'verified'],
    ['of another issuer', { iss: 'https://evil.test' }, '401 invalid_token issuer'],
    ['of the issuer with a slash', { iss: `${ISSUER}/` }, '401 invalid_token issuer'],
    ['without issuer', { iss: undefined }, '401 invalid_token issuer'],
    ['for another audience', { aud: 'https://other.example' }, '401 invalid_token audience'],
    ['for this audience among others', { aud: ['https://other.example', API] }, 'verified'],
    ['for an audience that only begins alike', { aud: `${API}.evil.test` }, '401 invalid_token audience'],
    ['without audience', { aud: undefined }, '401 invalid_token claims'],
    ['with an empty list of audiences', { aud: [] }, '401 invalid_token claims'],
    ['expired 59 s ago, within skew', { exp: START - 59 }, 'verified'],
    ['expired 60 s ago', { exp: START - 60 }, '401 invalid_token expired'],
    ['without exp', { exp: undefined }, '401 invalid_token claims'],
    ['with exp as text', { exp: '1999999999' }, '401 invalid_token claims'],
    ['without iat', { iat: undefined }, '401 invalid_token claims'],
    ['issued in 60 s', { iat: START + 60 }, 'verified'],
    ['issued in 61 s', { iat: START + 61 }, '401 invalid_token not_yet_valid'],
    ['valid in 60 s', { nbf: START + 60 }, 'verified'],
    ['valid in 61 s', { nbf: START + 61 }, '401 invalid_token not_yet_valid'],
    ['with nbf as text', { nbf: '1' }, '401 invalid_token claims'],
    ['without nbf', { nbf: undefined }, 'verified'],
    ['without sub', { sub: undefined }, '401 invalid_token claims'],
    ['with a number as sub', { sub: 1, client_id: 1 }, '401 invalid_token claims'],
    ['with another client_id', { client_id: 'sa_2' }, '401 invalid_token claims'],
    ['without jti', { jti: undefined }, '401 invalid_token claims'],
    ['with a list as scope', { scope: ['api:read'] }, '401 invalid_token claims'],
    ['without roles', { roles: undefined }, 'verified'],
    ['with null as roles', { roles: null }, '401 invalid_token claims'],
    ['with a text as roles', { roles: 'deployer' }, '401 invalid_token claims'],
    ['without organisation', { organisation: undefined }, '401 invalid_token claims'],
    ['with an empty project', { project: '' }, '401 invalid_token claims'],
    ['with a list as project', { project: ['shop'] }, '401 invalid_token claims'],
    ['with a text as act', { act: 'me' }, '401 invalid_token claims'],
  ])('a token %s: %#', async (_, changes, expected) => {
    expect(await outcomeOf(await sign(changes))).toBe(expected);
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['typ at+jwt', {}, 'verified'],
    ['the long form of typ', { typ: 'application/at+JWT' }, 'verified'],
    ['typ JWT, an ID token (RFC 8725 §3.11)', { typ: 'JWT' }, '401 invalid_token token_type'],
    ['no typ', { typ: undefined }, '401 invalid_token token_type'],
    ['no kid', { kid: undefined }, '401 invalid_token unknown_key'],
    ['a number as kid', { kid: 1 }, '401 invalid_token unknown_key'],
    ['a kid of 10 KB', { kid: 'k'.repeat(10_000) }, '401 invalid_token unknown_key'],
    ['another kid', { kid: 'other' }, '401 invalid_token unknown_key'],
    ['alg none', { alg: 'none' }, '401 invalid_token algorithm'],
    ['alg HS256', { alg: 'HS256' }, '401 invalid_token algorithm'],
    ['alg RS256 for an EC key', { alg: 'RS256' }, '401 invalid_token algorithm'],
    ['a jwk of its own', { jwk: {} }, '401 invalid_token token_malformed'],
    ['a jku', { jku: 'https://evil.test/keys' }, '401 invalid_token token_malformed'],
    ['crit', { crit: ['b64'], b64: false }, '401 invalid_token token_malformed'],
  ])('a header with %s (RFC 8725 §3.1, §3.10)', async (_, header, expected) => {
    expect(await outcomeOf(await sign({}, { header }))).toBe(expected);
  });

  it('refuses every shape that is not a signed JWT, without asking anyone', async () => {
    const token = await sign();
    const [header = '', payload = '', signature = ''] = token.split('.');
    for (const broken of [
      '',
      'gibberish',
      `${header}.${payload}`,
      `${header}.${payload}.`,
      `${token}.${signature}`,
      `${token}\n`,
      ` ${token}`,
      `${header}=.${payload}.${signature}`,
      `${encodeSegment('no json')}.${payload}.${signature}`,
      `${header}.${payload}.${'a'.repeat(20_000)}`,
    ]) {
      expect(await outcomeOf(broken)).toBe('401 invalid_token token_malformed');
    }
    expect(await outcomeOf(undefined as never)).toBe('401 invalid_token token_malformed');
    expect(issuer.requests()).toBe(0);
    expect(await outcomeOf(token)).toBe('verified');
  });

  it('refuses a signature that is not of the published key', async () => {
    const header = { alg: 'ES256', kid: issuer.key.kid, typ: 'at+jwt' };
    const stranger = await createKey('ES256', issuer.key.kid);
    expect(await outcomeOf(await signSegments(header, CLAIMS, stranger))).toBe('401 invalid_token signature');
    const [own = '', , signature = ''] = (await sign()).split('.');
    const swapped = `${own}.${encodeSegment({ ...CLAIMS, scope: 'iam:admin' })}.${signature}`;
    expect(await outcomeOf(swapped)).toBe('401 invalid_token signature');
    expect(await outcomeOf(await signSegments(header, 'no json', issuer.key))).toBe('401 invalid_token issuer');
  });

  it('asks for scopes and roles, all of them, and names what is missing (RFC 6750 §3.1)', async () => {
    const token = await sign();
    expect(await outcomeOf(token, { scope: 'api:read api:write', role: 'deployer' })).toBe('verified');
    expect(await outcomeOf(token, { scope: ['api:read', 'api:admin'] })).toBe('403 insufficient_scope scope');
    // A scope is a whole word, not a beginning.
    expect(await outcomeOf(token, { scope: 'api' })).toBe('403 insufficient_scope scope');
    expect(await outcomeOf(token, { role: ['deployer', 'owner'] })).toBe('403 insufficient_scope role');
    await expect(verify(token, { scope: 'api:admin' })).rejects.toMatchObject({ requiredScope: ['api:admin'] });
  });

  it('reads a token without roles and without upstream as one that has none (RFC 7643 §2.5)', async () => {
    const { roles, upstream } = await verify(await sign({ roles: undefined, upstream: undefined }));
    expect([roles, upstream]).toEqual([[], {}]);
    expect(await outcomeOf(await sign({ roles: undefined }), { role: 'deployer' })).toBe('403 insufficient_scope role');
  });

  it('counts tokens of the named organisations only, since an audience belongs to nobody (contract §9)', async () => {
    const token = await sign();
    expect(await outcomeOf(token, { organisation: 'any' })).toBe('verified');
    expect(await outcomeOf(token, { organisation: 'org_1' })).toBe('verified');
    expect(await outcomeOf(token, { organisation: ['org_2', 'org_1'] })).toBe('verified');
    expect(await outcomeOf(token, { organisation: 'org_2' })).toBe('401 invalid_token organisation');
  });

  it.each<[string, unknown]>([
    ['none', undefined],
    ['null', null],
    ['an empty text', ''],
    ['an empty list', []],
    ['a slug, which no token has in its place', 'acme'],
    ['a list with an empty text', ['org_1', '']],
    ['a list that lets all in', ['org_1', 'any']],
    ['an object', {}],
  ])('throws TypeError if the organisation is %s (contract §9)', async (_, organisation) => {
    const options = { organisation } as Partial<VerifyOptions>;
    await expect(verify(await sign(), options)).rejects.toThrow(/^organisation must be the id \(org_…\)/);
    await expect(verify(await sign(), options)).rejects.toThrow(TypeError);
  });

  it.each<[string, Partial<VerifyOptions>]>([
    ['no audience', { audience: [] }],
    ['an empty audience', { audience: '' }],
    ['an endless skew', { clockSkewSeconds: Number.POSITIVE_INFINITY }],
    ['a skew that is no number', { clockSkewSeconds: Number.NaN }],
    ['an issuer with a slash', { issuer: `${ISSUER}/` }],
    ['an issuer in clear', { issuer: 'http://cambist.test' }],
    ['no issuer', { issuer: '' }],
  ])('throws TypeError for options with %s', async (_, options) => {
    await expect(verify(await sign(), options)).rejects.toThrow(TypeError);
  });
});

describe('the keys of the issuer', () => {
  const fetches = (): number => issuer.requests('/.well-known/jwks.json');
  const wait = (seconds: number): unknown => vi.setSystemTime(Date.now() + seconds * 1000);
  const fresh = (): Promise<string> => {
    const now = Math.floor(Date.now() / 1000);
    return sign({ iat: now, nbf: now, exp: now + 3600 });
  };

  it('are fetched once for 50 tokens at once, and kept for their max-age of 300 s', async () => {
    const token = await sign();
    expect(await Promise.all(Array.from({ length: 50 }, () => outcomeOf(token)))).toEqual(Array(50).fill('verified'));
    wait(299);
    expect(await outcomeOf(token)).toBe('verified');
    expect(fetches()).toBe(1);
    wait(1);
    expect(await outcomeOf(token)).toBe('verified');
    expect(fetches()).toBe(2);
  });

  it('are not fetched for a token of someone else', async () => {
    await outcomeOf(await sign({ iss: 'https://evil.test' }));
    await outcomeOf(await sign({}, { header: { typ: 'JWT' } }));
    expect(issuer.requests()).toBe(0);
  });

  it('are asked for a new kid, but at most once per 30 s', async () => {
    expect(await outcomeOf(await fresh())).toBe('verified');
    wait(31);
    await issuer.rotate();
    const token = await fresh();
    expect(await Promise.all([outcomeOf(token), outcomeOf(token)])).toEqual(['verified', 'verified']);
    expect(fetches()).toBe(2);
    const random = await sign({}, { header: { kid: 'random' } });
    for (let index = 0; index < 20; index += 1) {
      expect(await outcomeOf(random)).toBe('401 invalid_token unknown_key');
    }
    expect(fetches()).toBe(2);
    wait(30);
    await outcomeOf(random);
    expect(fetches()).toBe(3);
  });

  it('stop when the issuer withdraws them', async () => {
    const old = await fresh();
    expect(await outcomeOf(old)).toBe('verified');
    await issuer.rotate();
    issuer.withdraw();
    wait(300);
    expect(await outcomeOf(old)).toBe('401 invalid_token unknown_key');
  });

  it.each([
    ['down', (): void => issuer.goDown()],
    ['serving garbage', (): void => issuer.serveGarbage()],
    ['publishing nothing', (): void => issuer.publish()],
    ['publishing secrets', (): void => issuer.publish({ kty: 'oct', k: 'AAAA', kid: 'key-1', alg: 'HS256' })],
  ])('stay for an hour while the issuer is %s, and no longer', async (_, fail) => {
    expect(await outcomeOf(await fresh())).toBe('verified');
    fail();
    wait(301);
    expect(await outcomeOf(await fresh())).toBe('verified');
    const asked = fetches();
    expect(await outcomeOf(await fresh())).toBe('verified');
    expect(fetches()).toBe(asked);
    // Whether such a key exists cannot be known now.
    expect(await outcomeOf(await sign({}, { header: { kid: 'new' } }))).toBe(
      '503 temporarily_unavailable issuer_unavailable',
    );
    wait(3_600);
    expect(await outcomeOf(await fresh())).toBe('503 temporarily_unavailable issuer_unavailable');
    issuer.comeBack();
    issuer.publish(issuer.key.publicJwk);
    wait(5);
    expect(await outcomeOf(await fresh())).toBe('verified');
  });

  it('that cannot be had are 503, and the issuer is asked at most once per 5 s', async () => {
    issuer.goDown();
    const token = await sign();
    for (let index = 0; index < 20; index += 1) {
      expect(await outcomeOf(token)).toBe('503 temporarily_unavailable issuer_unavailable');
    }
    expect(issuer.requests()).toBe(1);
    issuer.comeBack();
    wait(5);
    expect(await outcomeOf(token)).toBe('verified');
  });

  it.each<[string, () => Response]>([
    ['names another issuer', () => Response.json({ issuer: 'https://evil.test', jwks_uri: `${ISSUER}/keys` })],
    ['sends elsewhere for keys', () => Response.json({ issuer: ISSUER, jwks_uri: 'https://evil.test/keys' })],
    ['redirects', () => new Response(null, { status: 302, headers: { location: 'https://evil.test' } })],
    ['is endless', () => new Response('x'.repeat(300_000))],
  ])('do not come from a discovery document that %s', async (_, answer) => {
    issuer.answer(issuer.discoveryPath, answer);
    expect(await outcomeOf(await sign())).toBe('503 temporarily_unavailable issuer_unavailable');
  });

  it('are neither of two under one name', async () => {
    const twin = await createKey('ES256', issuer.key.kid);
    const other = await createKey('ES256', 'other');
    issuer.publish(issuer.key.publicJwk, twin.publicJwk, other.publicJwk);
    expect(await outcomeOf(await sign())).toBe('401 invalid_token unknown_key');
    expect(await outcomeOf(await sign({}, { key: other }))).toBe('verified');
  });
});

describe('bearerToken (RFC 6750 §2.1)', () => {
  const of = (authorization?: string): string => {
    try {
      return bearerToken(new Headers(authorization === undefined ? {} : { authorization }));
    } catch (error) {
      return error instanceof AccessTokenError ? `${error.status} ${error.fault}` : 'another error';
    }
  };

  it('reads one token, whatever the case of the scheme', () => {
    expect(of('Bearer abc.def-_')).toBe('abc.def-_');
    expect(of('bearer  abc')).toBe('abc');
  });

  it.each([undefined, '', 'Basic Og==', 'abc', 'Bearerabc'])('misses one in %j', (value) => {
    expect(of(value)).toBe('401 token_missing');
  });

  it.each(['Bearer', 'Bearer ', 'Bearer a b', 'Bearer a, Bearer b', 'Bearer "a"'])('refuses %j', (value) => {
    expect(of(value)).toBe('400 credentials_malformed');
  });
});

describe('wwwAuthenticate (RFC 6750 §3)', () => {
  it('names no error where there were no credentials', () => {
    const missing = new AccessTokenError('invalid_token', 'token_missing', 'a token is needed');
    expect(wwwAuthenticate(missing)).toBe('Bearer');
    expect(wwwAuthenticate(missing, { realm: 'api' })).toBe('Bearer realm="api"');
  });

  it('names error, description and the scope that is needed', () => {
    const error = new AccessTokenError('insufficient_scope', 'scope', 'it lacks "x"\r\nset-cookie: a=b', ['a', 'b']);
    expect(wwwAuthenticate(error, { realm: 'api' })).toBe(
      `Bearer realm="api", error="insufficient_scope", error_description="it lacks 'x'??set-cookie: a=b", scope="a b"`,
    );
  });

  it('is absent where the issuer cannot be asked', () => {
    expect(wwwAuthenticate(new AccessTokenError('temporarily_unavailable', 'issuer_unavailable', 'later'))).toBeNull();
  });
});
