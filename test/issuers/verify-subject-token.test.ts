// One thing wrong with a signed token, and which denial says so: algorithm, key, signature, type, times, subject, issuer.

import { base64url } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';

import type { IdentityProvider } from '../../src/objects/identity-provider.ts';
import { createKey, createIssuer, encodeSegment, signSegments } from '../support/issuer.ts';
import type { IssuerKey, TestIssuer } from '../support/issuer.ts';
import { circleci, githubActions, gitlab, kubernetes } from '../support/claims.ts';
import { createIsolate, outcomeOf, providerFor } from '../support/verifier.ts';

const NOW = 1_789_000_000;
const ISSUER = 'https://issuer.example.com';
const claims = (changes: Record<string, unknown> = {}): Record<string, unknown> =>
  githubActions({ now: NOW, issuer: ISSUER, claims: changes });

let issuer: TestIssuer;
let rsa: TestIssuer;
const keys: Record<string, IssuerKey> = {};

beforeAll(async () => {
  issuer = await createIssuer();
  rsa = await createIssuer({ alg: 'RS256' });
  for (const alg of ['ES384', 'ES512', 'PS256', 'EdDSA', 'ES256']) keys[alg] = await createKey(alg, `kid-${alg}`);
}, 60_000);

async function judge(
  compact: string,
  provider: Partial<IdentityProvider> = {},
  from: TestIssuer = issuer,
): Promise<string> {
  return outcomeOf(await createIsolate(from).verify(compact, providerFor(from, provider), NOW));
}

/** The same signature over a changed part of the token. */
function tamper(compact: string, part: 0 | 1, change: (value: Record<string, unknown>) => object): string {
  const segments = compact.split('.');
  const value = JSON.parse(new TextDecoder().decode(base64url.decode(segments[part] as string)));
  return segments.with(part, encodeSegment(change(value))).join('.');
}

describe('algorithm and key (RFC 8725 §3.1, §3.2)', () => {
  it('verifies RS256 and ES256, the default algorithms', async () => {
    expect(await judge(await issuer.sign(claims()))).toBe('verified');
    expect(await judge(await rsa.sign(claims()), {}, rsa)).toBe('verified');
  });

  it.each(['ES384', 'ES512', 'PS256', 'EdDSA'] as const)(
    'verifies %s where the provider allows it, and only there',
    async (alg) => {
      const other = await createIssuer();
      other.publish(keys[alg]!.publicJwk);
      const compact = await other.sign(claims(), { key: keys[alg]! });
      expect(await judge(compact, { allowedAlgorithms: [alg] }, other)).toBe('verified');
      expect(await judge(compact, {}, other)).toBe('algorithm_not_allowed');
    },
  );

  it('refuses HS256 with the public key as its secret, whatever its form (CVE-2015-9235)', async () => {
    const { n, e } = rsa.key.publicJwk as { n: string; e: string };
    for (const secret of [
      JSON.stringify({ kty: 'RSA', n, e }),
      `-----BEGIN PUBLIC KEY-----\n${n}\n-----END PUBLIC KEY-----`,
    ]) {
      const signed = `${encodeSegment({ alg: 'HS256', kid: rsa.key.kid })}.${encodeSegment(claims())}`;
      const hmac = await crypto.subtle.importKey(
        'raw',
        new TextEncoder().encode(secret),
        { name: 'HMAC', hash: 'SHA-256' },
        false,
        ['sign'],
      );
      const signature = new Uint8Array(await crypto.subtle.sign('HMAC', hmac, new TextEncoder().encode(signed)));
      expect(await judge(`${signed}.${base64url.encode(signature)}`, {}, rsa)).toBe('algorithm_not_allowed');
    }
  });

  it('refuses an algorithm that is not the key’s own, even where the provider allows both (RFC 7517 §4.4)', async () => {
    const all = { allowedAlgorithms: ['RS256', 'PS256', 'ES256', 'ES384'] as const };
    expect(await judge(await signSegments({ alg: 'PS256', kid: rsa.key.kid }, claims(), rsa.key), all, rsa)).toBe(
      'key_not_usable',
    );
    expect(await judge(await signSegments({ alg: 'RS256', kid: issuer.key.kid }, claims(), issuer.key), all)).toBe(
      'key_not_usable',
    );
    expect(await judge(await signSegments({ alg: 'ES384', kid: issuer.key.kid }, claims(), issuer.key), all)).toBe(
      'key_not_usable',
    );
    expect(await judge(await signSegments({ alg: 'ES256', kid: issuer.key.kid }, claims(), issuer.key), all)).toBe(
      'verified',
    );
  });

  it('refuses a token without kid, and with one that no key has (contract §6)', async () => {
    expect(await judge(await issuer.sign(claims(), { header: { kid: undefined } }))).toBe('kid_missing');
    for (const kid of ['other', '../../key-1', "' OR 1=1 --", 'KEY-1', 'key-1 ', '__proto__', 'constructor'])
      expect(await judge(await issuer.sign(claims(), { header: { kid } }))).toBe('unknown_kid');
  });

  it('refuses a signature of another key under a known kid', async () => {
    expect(await judge(await issuer.sign(claims(), { key: keys['ES256']!, header: { kid: issuer.key.kid } }))).toBe(
      'signature_invalid',
    );
  });

  it('refuses an all-zero, an all-one, a DER-encoded, a cut and a longer ECDSA signature (CVE-2022-21449)', async () => {
    const good = await issuer.sign(claims());
    const [header, payload, signature = ''] = good.split('.');
    const bytes = base64url.decode(signature);
    const integer = (part: Uint8Array): number[] => [2, part.length + 1, 0, ...part];
    const sequence = [...integer(bytes.slice(0, 32)), ...integer(bytes.slice(32))];
    const others = [
      new Uint8Array(64),
      new Uint8Array(64).fill(0xff),
      new Uint8Array([0x30, sequence.length, ...sequence]),
      bytes.slice(0, 63),
      new Uint8Array([...bytes, 0]),
      new Uint8Array(1),
    ];
    for (const other of others)
      expect(await judge(`${header}.${payload}.${base64url.encode(other)}`)).toBe('signature_invalid');
    expect(await judge(good)).toBe('verified');
  });

  it('refuses a header or payload that was changed after signing', async () => {
    const good = await issuer.sign(claims());
    expect(await judge(tamper(good, 1, (value) => ({ ...value, repository: 'evil/app' })))).toBe('signature_invalid');
    expect(await judge(tamper(good, 0, (value) => ({ ...value, x5t: 'a' })))).toBe('signature_invalid');
    const other = await issuer.sign(claims({ sub: 'repo:acme/other:ref:refs/heads/main' }));
    const swapped = [good.split('.')[0], other.split('.')[1], good.split('.')[2]].join('.');
    expect(await judge(swapped)).toBe('signature_invalid');
    expect(await judge(good)).toBe('verified');
  });
});

describe('type, times, subject and issuer', () => {
  it('refuses typ JOSE but from a JWT-SVID (JWT-SVID §2.3)', async () => {
    const compact = await issuer.sign(claims({ sub: 'spiffe://example.org/a' }), { header: { typ: 'JOSE' } });
    expect(await judge(compact)).toBe('token_type_not_accepted');
    expect(await judge(compact, { preset: 'spiffe' })).toBe('verified');
  });

  it.each([
    [{ exp: NOW - 61, iat: NOW - 400 }, 'token_expired'],
    [{ exp: NOW - 59, iat: NOW - 400 }, 'verified'],
    [{ nbf: NOW + 61 }, 'token_not_yet_valid'],
    [{ iat: NOW + 61 }, 'token_not_yet_valid'],
    [{ exp: undefined }, 'time_claim_invalid'],
    [{ iat: undefined }, 'time_claim_invalid'],
    [{ exp: String(NOW + 300) }, 'time_claim_invalid'],
    [{ exp: NOW + 315_360_000 }, 'token_lifetime_too_long'],
    [{ exp: NOW + 299.5 }, 'verified'],
  ])('judges the times %j of a token with a good signature as %s (contract §3)', async (changes, outcome) => {
    expect(await judge(await issuer.sign(claims(changes)))).toBe(outcome);
  });

  it.each([
    [{ sub: undefined }, {}, 'subject_missing'],
    [{ sub: '' }, {}, 'subject_missing'],
    [{ sub: 42 }, {}, 'subject_missing'],
    [{ sub: null }, {}, 'subject_missing'],
    [{ sub: ['a'] }, {}, 'subject_missing'],
    [{ sub: '', common_name: 'e36.access' }, { subjectClaim: 'common_name' }, 'verified'],
    [{ sub: null, common_name: 'e36.access' }, { subjectClaim: 'common_name' }, 'verified'],
    [{ sub: '' }, { subjectClaim: 'common_name' }, 'subject_missing'],
    [{ sub: 42, common_name: 'a' }, { subjectClaim: 'common_name' }, 'subject_missing'],
    [{ nested: { id: 7 } }, { subjectClaim: '/nested/id' }, 'verified'],
    [{ nested: { id: 7.5 } }, { subjectClaim: '/nested/id' }, 'subject_missing'],
    [{ nested: { id: true } }, { subjectClaim: '/nested/id' }, 'subject_missing'],
  ] as const)('reads the subject of %j with %j: %s (contract §5.1)', async (changes, provider, outcome) => {
    expect(await judge(await issuer.sign(claims(changes)), provider)).toBe(outcome);
  });

  it('answers the subject of the provider’s claim, an exact id beyond 2^53 included', async () => {
    const payload = JSON.stringify(claims()).replace('{', '{"id":12345678901234567890,');
    const result = await createIsolate(issuer).verify(
      await issuer.sign(payload),
      providerFor(issuer, { subjectClaim: 'id' }),
      NOW,
    );
    expect(result.ok && result.value.verified.subject).toBe('12345678901234567890');
  });

  it('refuses issuer A’s key under issuer B’s iss, and a provider that is not the token’s', async () => {
    const other = await createIssuer({ issuer: 'https://other.example.com' });
    const forged = await issuer.sign(claims({ iss: other.issuer }), { header: { kid: other.key.kid } });
    expect(await judge(forged, {}, other)).toBe('signature_invalid');
    expect(await judge(await issuer.sign(claims()), { providerIssuer: 'https://ISSUER.example.com' })).toBe(
      'issuer_not_registered',
    );
    expect(await judge(await issuer.sign(claims({ iss: `${ISSUER}/` })))).toBe('issuer_not_registered');
    expect(await judge(await issuer.sign(claims({ iss: [ISSUER] })))).toBe('issuer_missing');
  });

  it('verifies the tokens of several platforms as they are', async () => {
    for (const made of [
      githubActions({ now: NOW, subjectForm: 'legacy' }),
      gitlab({ now: NOW }),
      kubernetes({ now: NOW }),
      circleci({ now: NOW }),
    ]) {
      const platform = await createIssuer({ issuer: String(made['iss']) });
      expect(await judge(await platform.sign(made), {}, platform)).toBe('verified');
    }
  });
});

describe('JWT-SVID (contract §5.1)', () => {
  const svid = { sub: 'spiffe://example.org/ns/payments', aud: ['https://cambist.test'], exp: NOW + 300 };
  const local = (...jwks: object[]): Partial<IdentityProvider> => ({
    providerIssuer: 'spiffe://example.org',
    preset: 'spiffe',
    localJwks: { keys: JSON.parse(JSON.stringify(jwks)) },
  });

  it('verifies one without iss, iat and kid, with a key that says use: jwt-svid', async () => {
    const provider = local({ ...issuer.key.publicJwk, use: 'jwt-svid' });
    const compact = await issuer.sign(svid, { header: { kid: undefined } });
    const result = await createIsolate(issuer).verify(compact, providerFor(issuer, provider), NOW);
    expect(result).toMatchObject({
      ok: true,
      value: { verified: { issuer: 'spiffe://example.org', subject: svid.sub, expiresAt: NOW + 300 } },
    });
    expect(await judge(compact, { ...provider, preset: 'generic' })).toBe('kid_missing');
  });

  it('refuses one of another trust domain, and a subject that is outside of it', async () => {
    const provider = local(issuer.key.publicJwk);
    expect(await judge(await issuer.sign({ ...svid, sub: 'spiffe://evil.example/a' }), provider)).toBe(
      'issuer_not_registered',
    );
    const named = { ...svid, iss: 'spiffe://example.org', sub: 'spiffe://evil.example/a' };
    expect(await judge(await issuer.sign(named), provider)).toBe('subject_missing');
    expect(await judge(await issuer.sign(svid), provider)).toBe('verified');
  });

  it('tries at most 8 keys of a fitting type where the token names none', async () => {
    const others = await Promise.all(Array.from({ length: 8 }, (_, index) => createKey('ES256', `other-${index}`)));
    const publicKeys = others.map(({ publicJwk }) => publicJwk);
    const compact = await issuer.sign(svid, { header: { kid: undefined } });
    const unfitting = keys['ES384']!.publicJwk;
    expect(await judge(compact, local(unfitting, ...publicKeys.slice(0, 7), issuer.key.publicJwk))).toBe('verified');
    expect(await judge(compact, local(unfitting, ...publicKeys, issuer.key.publicJwk))).toBe('signature_invalid');
    expect(await judge(compact, local(unfitting))).toBe('unknown_kid');
  });
});

describe('what single use remembers (contract §5.3)', () => {
  const replayKeyOf = async (compact: string, from: TestIssuer = issuer): Promise<string> => {
    const result = await createIsolate(from).verify(compact, providerFor(from), NOW);
    return result.ok ? await result.value.verified.replayKey() : result.error.reason;
  };

  it('is the issuer and jti, whatever else differs', async () => {
    const first = await replayKeyOf(await issuer.sign(claims({ jti: 'a' })));
    expect(await replayKeyOf(await issuer.sign(claims({ jti: 'a', run_id: '2' })))).toBe(first);
    expect(await replayKeyOf(await issuer.sign(claims({ jti: 'b' })))).not.toBe(first);
    const other = await createIssuer({ issuer: 'https://other.example.com' });
    expect(await replayKeyOf(await other.sign(claims({ jti: 'a', iss: other.issuer })), other)).not.toBe(first);
  });

  it('is the header and payload where there is no jti, so a second signature of the same token is no second token', async () => {
    const made = claims({ jti: undefined });
    const [first, second] = [await issuer.sign(made), await issuer.sign(made)];
    expect(first).not.toBe(second);
    expect(await replayKeyOf(first)).toBe(await replayKeyOf(second));
    expect(await replayKeyOf(await issuer.sign({ ...made, run_id: '2' }))).not.toBe(await replayKeyOf(first));
    expect(await replayKeyOf(await issuer.sign({ ...made, jti: '' }))).toMatch(/^token:/);
  });

  it('is never forgotten before a fractional exp', async () => {
    const result = await createIsolate(issuer).verify(
      await issuer.sign(claims({ exp: NOW + 0.25 })),
      providerFor(issuer),
      NOW,
    );
    expect(result.ok && result.value.verified.expiresAt).toBe(NOW + 1);
  });
});
