// Our own access tokens, verified with the bundle of the secret (RFC 9068 §4) and judged by what storage knows of them.

import { base64url, exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { JWK } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { tokenClaims } from '../../src/exchange/grant.ts';
import type { Grant } from '../../src/exchange/grant.ts';
import { inspectOwnToken, revokeOwnToken } from '../../src/exchange/token-standing.ts';
import type { OwnToken, TokenStanding } from '../../src/exchange/token-standing.ts';
import type { SigningKeyState } from '../../src/exchange/ports.ts';
import { parseSigningKeys } from '../../src/signing/bundle.ts';
import type { SigningBundle } from '../../src/signing/bundle.ts';
import { loadSigners } from '../../src/signing/own-keys.ts';
import { verifyOwnToken } from '../../src/signing/verify-own-token.ts';
import type { OwnTokenRules } from '../../src/signing/verify-own-token.ts';
import { signToken } from '../../src/signing/sign.ts';

const ISSUER = 'https://cambist.test';
const NOW = 1_789_000_000;
const GRANT: Grant = {
  tokenType: 'access_token',
  tokenId: 'token-1',
  issuedAt: NOW,
  lifetimeSeconds: 600,
  organisationId: 'org_1',
  serviceAccount: { id: 'sa_1', slug: 'app' },
  scope: ['api:read', 'api:write'],
  audiences: [ISSUER],
  roles: ['deployer'],
  project: 'shop',
  accessCredentialId: null,
  workload: { federatedIdentityId: 'fid_1', issuer: 'https://issuer.example', subject: 'job', upstream: {} },
};
const CLAIMS = tokenClaims(GRANT, ISSUER);

let bundle: SigningBundle;
let privateKeys: JWK[];

beforeAll(async () => {
  privateKeys = await Promise.all(
    (['ES256', 'RS256', 'EdDSA'] as const).map(async (alg) => {
      const { privateKey } = await generateKeyPair(alg, { extractable: true });
      return { ...(await exportJWK(privateKey)), kid: `key-${alg}`, alg };
    }),
  );
  const parsed = parseSigningKeys(JSON.stringify({ keys: privateKeys }), 'SIGNING_KEYS');
  if (!parsed.ok) throw new Error(parsed.error.join());
  bundle = parsed.value;
});

const findKey: OwnTokenRules['findKey'] = async (kid, alg) =>
  bundle.find((key) => key.kid === kid && key.alg === alg)?.publicJwk ?? null;
const verify = (compact: string, now: number = NOW): ReturnType<typeof verifyOwnToken> =>
  verifyOwnToken(compact, { findKey, issuerUrl: ISSUER, now });

async function sign(changes: object = {}, header: object = {}, alg = 'ES256'): Promise<string> {
  const key = privateKeys.find((candidate) => candidate.alg === alg) as JWK;
  return new SignJWT({ ...CLAIMS, ...changes })
    .setProtectedHeader({ alg, kid: `key-${alg}`, typ: 'at+jwt', ...header })
    .sign(key);
}

describe('verifyOwnToken', () => {
  it.each(['ES256', 'RS256', 'EdDSA'])('takes what signToken signs with %s (RFC 9068 §2.1)', async (alg) => {
    const signers = await loadSigners(bundle);
    if (!signers.ok) throw new Error(signers.error.join());
    const signer = signers.value.find(({ kid }) => kid === `key-${alg}`);
    if (signer === undefined) throw new Error('no signer');
    expect(await verify(await signToken(CLAIMS, 'access_token', signer))).toMatchObject({
      ok: true,
      value: {
        kid: `key-${alg}`,
        alg,
        tokenId: 'token-1',
        serviceAccountId: 'sa_1',
        organisationId: 'org_1',
        audiences: [ISSUER],
        scopes: ['api:read', 'api:write'],
        project: 'shop',
        expiresAt: NOW + 600,
      },
    });
    expect(await verify(await signToken(CLAIMS, 'id_token', signer))).toEqual({
      ok: false,
      error: 'not_an_access_token',
    });
  });

  it('reads several audiences, no scope and an access credential’s token (contract §3)', async () => {
    const many = await verify(
      await sign({ aud: [ISSUER, 'https://api.example'], scope: '', act: undefined, project: undefined }),
    );
    expect(many).toMatchObject({
      ok: true,
      value: { audiences: [ISSUER, 'https://api.example'], scopes: [], project: null },
    });
  });

  it.each<[string, object, object, string]>([
    ['another issuer', { iss: 'https://cambist.test/' }, {}, 'foreign_issuer'],
    ['no issuer', { iss: undefined }, {}, 'foreign_issuer'],
    ['the type of an ID token', {}, { typ: 'JWT' }, 'not_an_access_token'],
    ['no type', {}, { typ: undefined }, 'not_an_access_token'],
    ['the type of a logout token', {}, { typ: 'logout+jwt' }, 'not_an_access_token'],
    ['an unknown kid', {}, { kid: 'other' }, 'unknown_key'],
    ['no kid', {}, { kid: undefined }, 'unknown_key'],
    ['another key’s kid', {}, { kid: 'key-RS256' }, 'unknown_key'],
    ['a nested token, cty JWT', {}, { cty: 'JWT' }, 'malformed'],
    ['no exp', { exp: undefined }, {}, 'claims_invalid'],
    ['exp as text', { exp: String(NOW + 600) }, {}, 'claims_invalid'],
    ['no iat', { iat: undefined }, {}, 'claims_invalid'],
    ['no nbf', { nbf: undefined }, {}, 'claims_invalid'],
    ['no jti', { jti: undefined }, {}, 'claims_invalid'],
    ['an empty jti', { jti: '' }, {}, 'claims_invalid'],
    ['no sub', { sub: undefined }, {}, 'claims_invalid'],
    ['another client', { client_id: 'sa_2' }, {}, 'claims_invalid'],
    ['no aud', { aud: undefined }, {}, 'claims_invalid'],
    ['an empty aud', { aud: [] }, {}, 'claims_invalid'],
    ['an aud with a number', { aud: [ISSUER, 1] }, {}, 'claims_invalid'],
    ['no organisation', { organisation: undefined }, {}, 'claims_invalid'],
    ['scope as a list', { scope: ['iam:admin'] }, {}, 'claims_invalid'],
    ['roles as text', { roles: 'deployer' }, {}, 'claims_invalid'],
    ['project as a number', { project: 1 }, {}, 'claims_invalid'],
    ['neither an identity nor a credential', { federated_identity: undefined }, {}, 'claims_invalid'],
    ['an identity and a credential', { access_credential: 'cred_1' }, {}, 'claims_invalid'],
    ['act as text', { act: 'job' }, {}, 'claims_invalid'],
  ])('refuses %s (RFC 9068 §4)', async (_what, claims, header, fault) => {
    expect(await verify(await sign(claims, header))).toEqual({ ok: false, error: fault });
    expect(await verify(await sign())).toMatchObject({ ok: true });
  });

  it('refuses a token without signature, of HMAC with the public key, and a changed one (RFC 8725 §3.1)', async () => {
    const token = await sign();
    const [header = '', payload = '', signature = ''] = token.split('.');
    const unsigned = base64url.encode(JSON.stringify({ alg: 'none', kid: 'key-ES256', typ: 'at+jwt' }));
    expect(await verify(`${unsigned}.${payload}.`)).toMatchObject({ ok: false });
    const secret = new TextEncoder().encode(JSON.stringify(bundle[1]?.publicJwk));
    const hmac = await new SignJWT({ ...CLAIMS })
      .setProtectedHeader({ alg: 'HS256', kid: 'key-RS256', typ: 'at+jwt' })
      .sign(secret);
    expect(await verify(hmac)).toEqual({ ok: false, error: 'unknown_key' });
    const changed = base64url.encode(JSON.stringify({ ...CLAIMS, scope: 'iam:admin' }));
    expect(await verify(`${header}.${changed}.${signature}`)).toEqual({ ok: false, error: 'signature_invalid' });
    expect(await verify(`${header}.${payload}.${'A'.repeat(86)}`)).toEqual({ ok: false, error: 'signature_invalid' });
    expect(await verify(`${token} `)).toEqual({ ok: false, error: 'malformed' });
    expect(await verify('')).toEqual({ ok: false, error: 'malformed' });
  });

  it('holds the times without skew, since the clock is our own (RFC 7519 §4.1.4)', async () => {
    const token = await sign();
    expect(await verify(token, NOW + 599.9)).toMatchObject({ ok: true });
    expect(await verify(token, NOW + 600)).toEqual({ ok: false, error: 'expired' });
    expect(await verify(token, NOW - 60)).toMatchObject({ ok: true });
    expect(await verify(token, NOW - 61)).toEqual({ ok: false, error: 'not_yet_valid' });
  });
});

describe('inspectOwnToken', () => {
  const state = (changes: Partial<SigningKeyState> = {}): SigningKeyState => ({
    kid: 'key-ES256',
    alg: 'ES256',
    status: 'active',
    source: 'bundle',
    publishedAt: NOW,
    activatedAt: NOW,
    retiringAt: null,
    expiresAt: null,
    revokedAt: null,
    ...changes,
  });
  const ACCOUNT = {
    id: 'sa_1',
    organisationId: 'org_1',
    slug: 'app',
    name: 'App',
    status: 'active',
    tokensNotBefore: null,
  } as const;
  const PROVIDER = { status: 'active', tokensNotBefore: null } as const;
  const IDENTITY = { status: 'active', expiresAt: null, tokensNotBefore: null, provider: PROVIDER } as const;
  const standing: TokenStanding = {
    signingKeys: [],
    isRevoked: false,
    serviceAccount: ACCOUNT,
    federatedIdentity: IDENTITY,
    accessCredential: null,
    organisation: { id: 'org_1', slug: 'default' },
    roles: [{ roleId: 'role_1', roleSlug: 'deployer', projects: [], scopes: [] }],
  };
  const inspect = async (changes: Partial<TokenStanding> = {}): ReturnType<typeof inspectOwnToken> =>
    inspectOwnToken(await sign(), NOW, {
      verify,
      readStanding: async () => ({ ...standing, signingKeys: [state()], ...changes }),
    });

  it('adds the account, its organisation and its roles (contract §4)', async () => {
    expect(await inspect()).toMatchObject({
      ok: true,
      value: {
        tokenId: 'token-1',
        serviceAccount: { slug: 'app' },
        organisation: { slug: 'default' },
        roles: standing.roles,
      },
    });
  });

  it.each<[string, Partial<SigningKeyState>, boolean]>([
    ['active', {}, true],
    ['retiring', { status: 'retiring', expiresAt: NOW + 1 }, true],
    ['retiring, over', { status: 'retiring', expiresAt: NOW }, false],
    ['revoked', { status: 'revoked' }, false],
    ['standby, which has signed nothing', { status: 'standby' }, false],
    ['unknown', { kid: 'other' }, false],
    ['of another algorithm', { alg: 'RS256' }, false],
  ])('judges the token by its key: %s (contract §5.8)', async (_what, changes, counts) => {
    const inspected = await inspect({ signingKeys: [state(changes)] });
    expect(inspected).toMatchObject(counts ? { ok: true } : { ok: false, error: 'key_not_in_use' });
  });

  it.each<[string, Partial<TokenStanding>, string]>([
    ['a revoked token', { isRevoked: true }, 'token_revoked'],
    ['a deleted account', { serviceAccount: null, organisation: null }, 'account_deleted'],
    ['an account of another organisation', { organisation: { id: 'org_2', slug: 'other' } }, 'account_deleted'],
    ['a disabled account', { serviceAccount: { ...ACCOUNT, status: 'inactive' } }, 'account_inactive'],
    ['an account that ended its tokens', { serviceAccount: { ...ACCOUNT, tokensNotBefore: NOW + 1 } }, 'tokens_ended'],
    ['a deleted identity', { federatedIdentity: null }, 'identity_deleted'],
    ['a disabled identity', { federatedIdentity: { ...IDENTITY, status: 'inactive' } }, 'identity_not_active'],
    ['a revoked identity', { federatedIdentity: { ...IDENTITY, status: 'revoked' } }, 'identity_not_active'],
    ['an expired identity', { federatedIdentity: { ...IDENTITY, expiresAt: NOW } }, 'identity_not_active'],
    [
      'an identity that ended its tokens',
      { federatedIdentity: { ...IDENTITY, tokensNotBefore: NOW + 1 } },
      'tokens_ended',
    ],
    [
      'a disabled provider',
      { federatedIdentity: { ...IDENTITY, provider: { ...PROVIDER, status: 'inactive' } } },
      'provider_inactive',
    ],
    [
      'a provider that ended its tokens',
      { federatedIdentity: { ...IDENTITY, provider: { ...PROVIDER, tokensNotBefore: NOW + 1 } } },
      'tokens_ended',
    ],
  ])('refuses %s (contract §3)', async (_what, changes, fault) => {
    expect(await inspect(changes)).toEqual({ ok: false, error: fault });
    expect(await inspect()).toMatchObject({ ok: true });
  });

  it('takes a token that was issued when everything had ended its tokens before (contract §3)', async () => {
    const ended = { tokensNotBefore: NOW };
    const inspected = await inspect({
      serviceAccount: { ...ACCOUNT, ...ended },
      federatedIdentity: { ...IDENTITY, ...ended, expiresAt: NOW + 1, provider: { ...PROVIDER, ...ended } },
    });
    expect(inspected).toMatchObject({ ok: true });
  });

  it.each<[string, TokenStanding['accessCredential'], object]>([
    ['is there', { expiresAt: NOW + 1, tokensNotBefore: null }, { ok: true }],
    ['had expired before', { expiresAt: NOW + 1, tokensNotBefore: NOW }, { ok: true }],
    ['had expired since', { expiresAt: NOW + 1, tokensNotBefore: NOW + 1 }, { ok: false, error: 'tokens_ended' }],
    ['was deleted', null, { ok: false, error: 'credential_deleted' }],
    ['has expired', { expiresAt: NOW, tokensNotBefore: null }, { ok: false, error: 'credential_expired' }],
  ])(
    'judges an access credential’s token by its credential, which %s (contract §3)',
    async (_what, accessCredential, judged) => {
      const token = await sign({ federated_identity: undefined, act: undefined, access_credential: 'cred_1' });
      const inspected = await inspectOwnToken(token, NOW, {
        verify,
        readStanding: async () => ({ ...standing, signingKeys: [state()], federatedIdentity: null, accessCredential }),
      });
      expect(inspected).toMatchObject(judged);
    },
  );

  it('asks storage nothing about a token that does not verify (contract §7)', async () => {
    const readStanding = (): Promise<never> => Promise.reject(new Error('asked'));
    const inspected = await inspectOwnToken(await sign({ iss: 'x' }), NOW, { verify, readStanding });
    expect(inspected).toEqual({ ok: false, error: 'foreign_issuer' });
  });
});

describe('revokeOwnToken', () => {
  it('records a verified token only, and tells whether it did (RFC 7009 §2.2)', async () => {
    const recorded: OwnToken[] = [];
    const record = async ({ token }: { token: OwnToken }): Promise<boolean> => recorded.push(token) === 1;
    const context = { requestId: 'req-1', ip: null, now: NOW };
    expect(await revokeOwnToken(await sign({ exp: NOW }), context, { verify, record })).toBeNull();
    expect(recorded).toEqual([]);
    expect(await revokeOwnToken(await sign(), context, { verify, record })).toMatchObject({ tokenId: 'token-1' });
    expect(await revokeOwnToken(await sign(), context, { verify, record })).toBeNull();
  });
});
