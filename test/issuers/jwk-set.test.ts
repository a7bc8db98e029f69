// Which published keys may verify: strength, type, use, ambiguity, and the sets that are refused whole (contract §6, RFC 7517).

import { base64url } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';

import type { JsonObject } from '../../src/token/json.ts';
import { readKeySet, sameKeys, toJwks, validateLocalJwks } from '../../src/issuers/jwk-set.ts';
import { createKey } from '../support/issuer.ts';

const jwks: Record<string, JsonObject> = {};

beforeAll(async () => {
  for (const alg of ['RS256', 'ES256', 'ES384', 'ES512', 'EdDSA'])
    jwks[alg] = JSON.parse(JSON.stringify((await createKey(alg, alg)).publicJwk));
  jwks['other'] = JSON.parse(JSON.stringify((await createKey('ES256', 'other')).publicJwk));
}, 60_000);

/** The usable key ids of a set, or why it has none. */
function kidsOf(...keys: unknown[]): (string | null)[] | string {
  const read = readKeySet({ keys } as JsonObject, false);
  return read.ok ? read.value.map(({ kid }) => kid) : read.error;
}

/** What each kid of a set may verify. */
function usableOf(...keys: unknown[]): Record<string, string[]> {
  const read = readKeySet({ keys } as JsonObject, false);
  const usable: Record<string, string[]> = {};
  for (const { kid, algorithms } of read.ok ? read.value : []) (usable[kid ?? ''] ??= []).push(...algorithms);
  return usable;
}

function without(key: JsonObject | undefined, member: string): JsonObject {
  return Object.fromEntries(Object.entries(key ?? {}).filter(([name]) => name !== member));
}

const rsaOf = (bits: number, exponent = 65_537): JsonObject => {
  const modulus = new Uint8Array(Math.ceil(bits / 8)).fill(0xff);
  modulus[0] = 0xff >> (modulus.length * 8 - bits);
  const e = new Uint8Array([exponent >>> 24, (exponent >>> 16) & 255, (exponent >>> 8) & 255, exponent & 255]);
  return {
    kty: 'RSA',
    kid: 'rsa',
    n: base64url.encode(modulus),
    e: base64url.encode(e.slice(e.findIndex((byte) => byte !== 0))),
  };
};

describe('readKeySet', () => {
  it('keeps a key of every supported type', () => {
    expect(kidsOf(...Object.values(jwks))).toEqual(['RS256', 'ES256', 'ES384', 'ES512', 'EdDSA', 'other']);
  });

  it.each([
    ['RSA with 1024 bits', rsaOf(1024)],
    ['RSA with 2047 bits', rsaOf(2047)],
    ['RSA with 8193 bits', rsaOf(8193)],
    ['RSA with exponent 3', rsaOf(2048, 3)],
    ['RSA with exponent 65535', rsaOf(2048, 65_535)],
    ['RSA with an even exponent', rsaOf(2048, 65_538)],
    ['RSA with a huge exponent', { ...rsaOf(2048), e: base64url.encode(new Uint8Array(256).fill(1)) }],
    ['RSA without a modulus', { kty: 'RSA', kid: 'a', e: 'AQAB' }],
    ['RSA with a padded modulus', { ...rsaOf(2048), n: `${String(rsaOf(2048)['n'])}==` }],
    ['a symmetric key', { kty: 'oct', kid: 'a', k: 'c2VjcmV0' }],
    ['use: enc', { ...rsaOf(2048), use: 'enc' }],
    ['use: jwt-svid without the SPIFFE preset', { ...rsaOf(2048), use: 'jwt-svid' }],
    ['key_ops without verify', { ...rsaOf(2048), key_ops: ['encrypt'] }],
    ['key_ops that are no list', { ...rsaOf(2048), key_ops: 'verify' }],
    ['an alg of another type', { ...rsaOf(2048), alg: 'ES256' }],
    ['an encryption alg', { ...rsaOf(2048), alg: 'RSA-OAEP' }],
    ['an alg that is no string', { ...rsaOf(2048), alg: 256 }],
    ['a kid that is no string', { ...rsaOf(2048), kid: 7 }],
    ['an unknown curve', { kty: 'EC', kid: 'a', crv: 'secp256k1', x: 'AA', y: 'AA' }],
    ['coordinates of another curve', { kty: 'EC', kid: 'a', crv: 'P-384', x: 'A'.repeat(43), y: 'A'.repeat(43) }],
    ['X25519', { kty: 'OKP', kid: 'a', crv: 'X25519', x: 'A'.repeat(43) }],
    ['Ed25519 of small order', { kty: 'OKP', kid: 'a', crv: 'Ed25519', x: `AQ${'A'.repeat(41)}` }],
    [
      'Ed25519 in a spelling that is not canonical',
      { kty: 'OKP', kid: 'a', crv: 'Ed25519', x: `8P${'_'.repeat(40)}8` },
    ],
    ['no kty', { kid: 'a' }],
    ['a string', 'key'],
    ['null', null],
  ])('skips %s beside a good key, and refuses a set of nothing else', (_, key) => {
    expect(kidsOf(key, jwks['ES256'])).toEqual(['ES256']);
    expect(kidsOf(key)).toBeTypeOf('string');
  });

  it('keeps RSA from 2048 to 8192 bits', () => {
    expect(kidsOf(rsaOf(2048))).toEqual(['rsa']);
    expect(kidsOf(rsaOf(8192))).toEqual(['rsa']);
  });

  it('refuses the whole set where an asymmetric key is published with a private member', () => {
    for (const member of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'priv'])
      expect(kidsOf(jwks['ES256'], { ...rsaOf(2048), [member]: 'AA' })).toContain('private key');
    expect(kidsOf(jwks['ES256'], { kty: 'unheard-of', d: 'AA' })).toContain('private key');
    expect(kidsOf(jwks['ES256'], { kty: 'oct', k: 'AA', d: 'AA' })).toEqual(['ES256']);
  });

  it('uses neither of two different keys of one type and alg under one kid (contract §6)', () => {
    const other = { ...jwks['other'], kid: 'ES256' };
    expect(usableOf(jwks['ES256'], other, jwks['RS256'])).toEqual({ RS256: ['RS256'] });
    expect(kidsOf(jwks['ES256'], other, jwks['ES256'])).toContain('same kid');
    expect(kidsOf({ ...jwks['ES256'], alg: undefined }, other)).toContain('same kid');
    expect(kidsOf(without(jwks['RS256'], 'alg'), { ...without(rsaOf(2048), 'alg'), kid: 'RS256' })).toContain(
      'same kid',
    );
  });

  it('takes the algorithm that two keys under one kid could verify from both, and leaves the others', () => {
    const other = { ...rsaOf(2048), kid: 'RS256', alg: 'RS512' };
    expect(usableOf(without(jwks['RS256'], 'alg'), other)).toEqual({
      RS256: ['RS256', 'RS384', 'PS256', 'PS384', 'PS512'],
    });
  });

  it('tells keys of different type or alg under one kid apart by the algorithm (RFC 7517 §4.5)', () => {
    expect(usableOf(jwks['RS256'], { ...jwks['ES256'], kid: 'RS256' })).toEqual({ RS256: ['RS256', 'ES256'] });
    expect(usableOf(jwks['ES256'], { ...jwks['ES384'], kid: 'ES256' })).toEqual({ ES256: ['ES256', 'ES384'] });
    const other = { ...rsaOf(2048), kid: 'RS256', alg: 'RS512' };
    expect(usableOf(jwks['RS256'], other)).toEqual({ RS256: ['RS256', 'RS512'] });
  });

  it.each([
    ['RS256, RS384 and RS512', ['RS256', 'RS384', 'RS512'], ['RS256', 'RS384', 'RS512']],
    ['the same alg twice', ['RS256', 'RS256'], ['RS256']],
    ['an alg and none', ['PS256', undefined], ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']],
  ])('makes one key of one that is listed with %s (contract §6)', (_, listed, usable) => {
    const keys = listed.map((alg) => (alg === undefined ? without(jwks['RS256'], 'alg') : { ...jwks['RS256'], alg }));
    expect(usableOf(...keys, jwks['ES256'])).toEqual({ RS256: usable, ES256: ['ES256'] });
  });

  it('knows a key again that is written with zeros in front, which are no part of the number', () => {
    const bytes = base64url.decode(String(jwks['RS256']?.['n']));
    const padded = base64url.encode(new Uint8Array([0, ...bytes]));
    expect(usableOf(jwks['RS256'], { ...jwks['RS256'], n: padded })).toEqual({ RS256: ['RS256'] });
  });

  it('takes optional members that are null for absent ones (contract §6)', () => {
    const nothing = { use: null, key_ops: null, alg: null, x5c: null, x5t: null };
    const lost = Object.fromEntries(['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'priv', 'k'].map((name) => [name, null]));
    expect(kidsOf({ ...jwks['RS256'], ...nothing, ...lost })).toEqual(['RS256']);
    expect(kidsOf({ ...jwks['RS256'], kid: null })).toEqual([null]);
    for (const member of ['kty', 'n', 'e']) expect(kidsOf({ ...jwks['RS256'], [member]: null })).toBeTypeOf('string');
    expect(kidsOf({ ...jwks['RS256'], ...lost, d: 'AA' })).toContain('private key');
  });

  it('reads Ed25519 (RFC 9864) as EdDSA, and as one key with it', () => {
    expect(usableOf({ ...jwks['EdDSA'], alg: 'Ed25519' }, jwks['EdDSA'])).toEqual({ EdDSA: ['EdDSA'] });
    expect(kidsOf({ ...jwks['EdDSA'], alg: 'Ed448' })).toContain('does not fit');
    expect(kidsOf({ ...jwks['ES256'], alg: 'Ed25519' })).toContain('does not fit');
  });

  it('says of a key with certificates only that it has no modulus', () => {
    expect(kidsOf({ kty: 'RSA', kid: 'a', x5c: ['MIIB'] })).toContain('no modulus');
  });

  it.each([
    ['restricted keys', ['RS256', 'RS384']],
    ['an unrestricted key', [undefined]],
  ])('reads %s back from a cache as they are', (_, listed) => {
    const keys = listed.map((alg) => (alg === undefined ? without(jwks['RS256'], 'alg') : { ...jwks['RS256'], alg }));
    const read = readKeySet({ keys: [...keys, without(jwks['ES256'], 'kid')] }, false);
    if (!read.ok) throw new Error(read.error);
    const again = readKeySet({ keys: toJwks(read.value) }, false);
    expect(again).toEqual(read);
    expect(sameKeys(read.value, again.ok ? again.value : [])).toBe(true);
    expect(sameKeys(read.value, read.value.slice(1))).toBe(false);
  });

  it('is not disturbed by an encryption key under the kid of a signing key', () => {
    expect(kidsOf(jwks['ES256'], { ...rsaOf(2048), kid: 'ES256', use: 'enc' })).toEqual(['ES256']);
  });

  it('takes 200 keys and no more', () => {
    const many = (count: number): JsonObject[] =>
      Array.from({ length: count }, (_, n) => ({ ...jwks['ES256'], kid: `k${n}` }));
    expect(kidsOf(...many(200))).toHaveLength(200);
    expect(kidsOf(...many(201))).toContain('more than 200');
  });

  it.each([[null], [[]], ['keys'], [{}], [{ keys: {} }], [{ keys: null }]])(
    'refuses %j, which is no JWK Set (RFC 7517 §5)',
    (value) => {
      expect(readKeySet(value, false)).toMatchObject({ ok: false });
    },
  );
});

describe('validateLocalJwks', () => {
  it('finds nothing wrong with a usable set, and says what is wrong with any other (contract §5.1)', () => {
    expect(validateLocalJwks({ keys: [jwks['ES256'] as JsonObject] }, false)).toEqual([]);
    expect(validateLocalJwks({ keys: [{ ...rsaOf(2048), d: 'AA' }] }, false)[0]).toContain('private key');
    expect(validateLocalJwks({ keys: [] }, false)[0]).toContain('no keys');
    expect(validateLocalJwks({ keys: [{ ...rsaOf(2048), use: 'jwt-svid' }] }, false)).toHaveLength(1);
    expect(validateLocalJwks({ keys: [{ ...rsaOf(2048), use: 'jwt-svid' }] }, true)).toEqual([]);
  });
});
