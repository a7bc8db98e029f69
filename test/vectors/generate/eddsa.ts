// EdDSA vectors: malleable and non-canonical signatures, keys of small order under which one signature fits many messages.

import { generateKeyPairSync, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

import type { VectorFile } from '../vector.ts';
import { base64url, hash, joined, littleEndian, modulo, numberOf } from './bytes.ts';
import { bytesOfText, collection, signingInput } from './token.ts';

/** The order of the base point (RFC 8032 §5.1). */
const L = (1n << 252n) + 27742317777372353535851937790883648493n;
const P = (1n << 255n) - 19n;
const SIGN = 1n << 255n;
/** The y of the points of order 8. */
const ORDER_8 = 0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n;
/** Encodings of every point whose order divides 8, with its order; then the spellings of them that are not canonical (RFC 8032 §5.1.3). */
const SMALL: readonly (readonly [id: string, encoded: bigint, order: bigint])[] = [
  ['identity', 1n, 1n],
  ['order-2', P - 1n, 2n],
  ['order-4', 0n, 4n],
  ['order-4-negated', SIGN, 4n],
  ['order-8', ORDER_8, 8n],
  ['order-8-negated', ORDER_8 + SIGN, 8n],
  ['order-8-other', P - ORDER_8, 8n],
  ['order-8-other-negated', P - ORDER_8 + SIGN, 8n],
  ['identity-sign', 1n + SIGN, 1n],
  ['identity-plus-p', P + 1n, 1n],
  ['identity-plus-p-sign', P + 1n + SIGN, 1n],
  ['order-2-sign', P - 1n + SIGN, 2n],
  ['order-4-plus-p', P, 4n],
  ['order-4-plus-p-sign', P + SIGN, 4n],
];

const withSignature = (input: string, signature: Uint8Array): string => `${input}.${base64url(signature)}`;
const fromLittleEndian = (bytes: Uint8Array): bigint => numberOf(bytes.toReversed());
/** `SHA-512(R ‖ A ‖ M)` modulo L. */
const challenge = (r: Uint8Array, key: Uint8Array, message: Uint8Array): bigint =>
  modulo(fromLittleEndian(hash('sha512', r, key, message)), L);

/** The private scalar of a key (RFC 8032 §5.1.5). */
function scalarOf(key: KeyObject): bigint {
  const { d = '' } = key.export({ format: 'jwk' });
  const half = hash('sha512', Buffer.from(d, 'base64url')).slice(0, 32);
  const clamped = half.with(0, (half[0] ?? 0) & 248).with(31, ((half[31] ?? 0) & 127) | 64);
  return fromLittleEndian(clamped);
}

export function eddsaVectors(): VectorFile {
  const to = collection('eddsa', 'EdDSA with Ed25519 (RFC 8037 §3.1, RFC 8032 §5.1)');
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const { x = '' } = publicKey.export({ format: 'jwk' });
  const jwk = { kty: 'OKP', crv: 'Ed25519', x };
  const key = to.key('ed25519', jwk);
  const publicBytes = new Uint8Array(Buffer.from(x, 'base64url'));
  const scalar = scalarOf(privateKey);
  const input = signingInput('EdDSA');
  const message = bytesOfText(input);
  const good = new Uint8Array(sign(null, message, privateKey));
  const [r, s] = [good.slice(0, 32), fromLittleEndian(good.slice(32))];
  const forged = (id: string, comment: string, signature: Uint8Array, reason?: string): void =>
    to.invalid(id, comment, key, withSignature(input, signature), reason);
  const withS = (value: bigint): Uint8Array => joined(r, littleEndian(value, 32));

  to.valid('good', 'an ordinary signature', key, withSignature(input, good));
  to.valid(
    'key-alg',
    'a key that says EdDSA',
    to.key('ed25519-eddsa', { ...jwk, alg: 'EdDSA' }),
    withSignature(input, good),
  );
  to.valid(
    'key-alg-ed25519',
    'a key that says Ed25519, its newer name (RFC 9864)',
    to.key('ed25519-ed25519', { ...jwk, alg: 'Ed25519' }),
    withSignature(input, good),
  );

  for (let times = 1n; s + times * L < 1n << 256n; times += 1n)
    forged(
      `s-plus-${times}l`,
      `${times} L added to s: the same modulo L (RFC 8032 §5.1.7 step 1, malleability)`,
      withS(s + times * L),
    );
  forged('s-zero', 's is 0', withS(0n));
  forged('s-l', 's is L', withS(L));
  forged('s-l-1', 's is L-1', withS(L - 1n));
  forged('s-negated', 's is L - s', withS(L - s));
  forged('s-top-bits', 'the three highest bits of s are set', withS(s | (7n << 253n)));
  forged('s-ones', 's has all bits set', withS((1n << 256n) - 1n));
  forged('s-big-endian', 's in big-endian order', joined(r, good.slice(32).toReversed()));
  forged('r-zero', 'R is zero', joined(new Uint8Array(32), good.slice(32)));
  forged('r-ones', 'R has all bits set, and so is no point', joined(new Uint8Array(32).fill(255), good.slice(32)));
  forged('r-sign', 'the sign bit of R is flipped', joined(r.with(31, (r[31] ?? 0) ^ 128), good.slice(32)));
  forged('r-is-key', 'R is the key', joined(publicBytes, good.slice(32)));
  forged('swapped', 'R and s swapped', joined(good.slice(32), r));
  forged('zero', 'a signature of zeros', new Uint8Array(64));
  forged('ones', 'a signature of ones', new Uint8Array(64).fill(255));
  forged('cut', 'without its last byte', good.slice(0, 63));
  forged('cut-half', 'R alone', r);
  forged('zero-behind', 'a zero byte behind', joined(good, [0]));
  forged('zero-in-front', 'a zero byte in front', joined([0], good));
  forged('double', 'the signature twice', joined(good, good));
  forged('one-byte', 'one byte', new Uint8Array([1]));
  forged(
    'prehashed',
    'a signature of the hash of the message (Ed25519ph without its prefix)',
    new Uint8Array(sign(null, hash('sha512', message), privateKey)),
  );
  forged(
    'message',
    'a good signature of another message',
    new Uint8Array(sign(null, bytesOfText(signingInput('EdDSA', 'other')), privateKey)),
  );
  for (const bit of [0, 7, 255, 256, 300, 511])
    forged(`bit-${bit}`, `bit ${bit} is flipped`, good.with(bit >> 3, (good[bit >> 3] ?? 0) ^ (1 << (bit & 7))));

  // Made with the private key: s = h·a fits R = identity exactly, and every other R of small order only if cofactors are cleared.
  for (const [id, encoded] of SMALL) {
    const point = littleEndian(encoded, 32);
    const signature = joined(point, littleEndian(modulo(challenge(point, publicBytes, message) * scalar, L), 32));
    if (id === 'identity')
      to.acceptable(
        'r-identity',
        'R is the identity (nonce 0): valid by the equation, refused by some, and only the owner of the key can make it',
        key,
        withSignature(input, signature),
      );
    else
      forged(
        `r-${id}`,
        'R is of small order or not canonical: valid only where cofactors are cleared or R is decoded (RFC 8032 §5.1.7)',
        signature,
      );
  }

  // Without any private key: R = identity and s = 0 fit wherever h is a multiple of the order of the key.
  for (const [id, encoded, order] of SMALL) {
    const small = littleEndian(encoded, 32);
    const named = to.key(`small-${id}`, { kty: 'OKP', crv: 'Ed25519', x: base64url(small) });
    const identity = littleEndian(1n, 32);
    for (let jti = 1; ; jti += 1) {
      const chosen = signingInput('EdDSA', String(jti));
      if (challenge(identity, small, bytesOfText(chosen)) % order !== 0n) continue;
      to.invalid(
        `key-small-${id}`,
        'a key of small order and a signature that nobody had to make: the equation of RFC 8032 §5.1.7 accepts it',
        named,
        withSignature(chosen, joined(identity, new Uint8Array(32))),
        'unknown_kid',
      );
      break;
    }
  }

  const skipped = (
    id: string,
    comment: string,
    other: Readonly<Record<string, unknown>>,
    token: string = withSignature(input, good),
  ): void => to.invalid(id, comment, to.key(id, other), token, 'unknown_kid');
  skipped('key-not-canonical', 'a key whose y is p + 3, another spelling of a point', {
    ...jwk,
    x: base64url(littleEndian(P + 3n, 32)),
  });
  to.invalid(
    'key-no-point',
    'a key whose y is of no point of the curve, and which verifies nothing',
    to.key('no-point', { ...jwk, x: base64url(littleEndian(2n, 32)) }),
    withSignature(input, good),
  );
  skipped('key-ones', 'a key with all bits set', { ...jwk, x: base64url(new Uint8Array(32).fill(255)) });
  skipped('key-short', 'a key without its last byte', { ...jwk, x: base64url(publicBytes.slice(0, 31)) });
  skipped('key-long', 'a key with a zero byte behind', { ...jwk, x: base64url(joined(publicBytes, [0])) });
  skipped('key-x25519', 'a key for agreement', { ...jwk, crv: 'X25519' });
  skipped('key-crv-missing', 'no curve', { kty: 'OKP', x });
  skipped('key-crv-p-256', 'a key that is said to be on P-256', { ...jwk, crv: 'P-256' });
  skipped('key-kty-ec', 'a key that is said to be of type EC', { ...jwk, kty: 'EC', y: x });
  skipped('key-alg-es256', 'a key that is said to be for ES256', { ...jwk, alg: 'ES256' });
  to.invalid(
    'key-other',
    'a good signature of another key',
    to.key('ed25519-other', {
      kty: 'OKP',
      crv: 'Ed25519',
      x: generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }).x ?? '',
    }),
    withSignature(input, good),
  );

  const longer = generateKeyPairSync('ed448');
  const { x: x448 = '' } = longer.publicKey.export({ format: 'jwk' });
  const signed448 = withSignature(input, new Uint8Array(sign(null, message, longer.privateKey)));
  skipped(
    'ed448',
    'a good signature of Ed448, which is not accepted',
    { kty: 'OKP', crv: 'Ed448', x: x448 },
    signed448,
  );
  skipped(
    'ed448-named-ed25519',
    'a key of Ed448 that is said to be of Ed25519',
    { kty: 'OKP', crv: 'Ed25519', x: x448 },
    signed448,
  );
  forged('ed448-signature', 'a signature as long as one of Ed448', joined(good, new Uint8Array(50)));
  const renamed = signingInput('Ed25519');
  to.valid(
    'alg-ed25519',
    'the algorithm by its newer name (RFC 9864)',
    key,
    withSignature(renamed, new Uint8Array(sign(null, bytesOfText(renamed), privateKey))),
  );
  return to.file();
}
