// ECDSA vectors: numbers out of range, other encodings, keys and signatures computed so that a careless verifier accepts them.

import { generateKeyPairSync, sign } from 'node:crypto';

import type { VectorFile } from '../vector.ts';
import { base64url, bytesOf, hash, inverse, joined, modulo, numberOf } from './bytes.ts';
import { keyFor, lift, multiply, P256, P384, P521 } from './curve.ts';
import type { Curve, Point } from './curve.ts';
import { bytesOfText, collection, signingInput } from './token.ts';
import type { Collection } from './token.ts';

const withSignature = (input: string, signature: Uint8Array): string => `${input}.${base64url(signature)}`;

function jwkOf(curve: Curve, point: Point): Readonly<Record<string, string>> {
  if (point === null) throw new RangeError('the point at infinity is no key');
  return {
    kty: 'EC',
    crv: curve.name,
    x: base64url(bytesOf(point.x, curve.bytes)),
    y: base64url(bytesOf(point.y, curve.bytes)),
  };
}

function ordinaryKey(curve: Curve): {
  jwk: Readonly<Record<string, string>>;
  sign: (input: string, digest?: string) => Uint8Array;
} {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: curve.name });
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
  return {
    jwk: { kty: 'EC', crv: curve.name, x, y },
    sign: (input, digest = curve.hash) =>
      new Uint8Array(sign(digest, bytesOfText(input), { key: privateKey, dsaEncoding: 'ieee-p1363' })),
  };
}

/** The digest of the message as a number. */
const digestOf = (curve: Curve, input: string): bigint => numberOf(hash(curve.hash, bytesOfText(input)));

/** The first point whose `x` is at least so large. */
function pointFrom(curve: Curve, start: bigint): NonNullable<Point> {
  for (let x = start; ; x += 1n) {
    const point = lift(curve, x);
    if (point !== null) return point;
  }
}

/** A minimal DER INTEGER; with `lax`, as a byte string whatever its sign. */
function integer(value: bigint, lax: boolean, size: number): Uint8Array {
  const bytes = joined([...bytesOf(value, size)]);
  const first = bytes.findIndex((byte) => byte !== 0);
  const significant = lax ? bytes : bytes.slice(first === -1 ? size - 1 : first);
  const body = !lax && (significant[0] ?? 0) > 127 ? joined([0], significant) : significant;
  return joined([2, body.length], body);
}

function derOf(r: bigint, s: bigint, size: number, lax: boolean = false): Uint8Array {
  const body = joined(integer(r, lax, size), integer(s, lax, size));
  return joined([0x30, ...(body.length > 127 ? [0x81] : []), body.length], body);
}

function addCurve(to: Collection, curve: Curve): void {
  const { n, p, bytes: size, alg } = curve;
  const name = alg.toLowerCase();
  const ordinary = ordinaryKey(curve);
  const key = to.key(name, ordinary.jwk);
  const input = signingInput(alg);
  const good = ordinary.sign(input);
  const [r, s] = [numberOf(good.slice(0, size)), numberOf(good.slice(size))];
  const top = (1n << BigInt(size * 8)) - 1n;
  const raw = (first: bigint, second: bigint): Uint8Array => joined(bytesOf(first, size), bytesOf(second, size));
  const valid = (id: string, comment: string, signature: Uint8Array, under: string = key): void =>
    to.valid(`${name}-${id}`, comment, under, withSignature(input, signature));
  const invalid = (id: string, comment: string, signature: Uint8Array, under: string = key): void =>
    to.invalid(`${name}-${id}`, comment, under, withSignature(input, signature));

  valid('good', 'an ordinary signature', good);
  valid(
    's-negated',
    'n - s for s: as valid as s is. JWS does not ask for the smaller one (RFC 7518 §3.4), so a token is not identified by its signature',
    raw(r, n - s),
  );
  invalid('r-negated', 'n - r for r', raw(n - r, s));
  invalid('swapped', 'r and s swapped', raw(s, r));

  const edges: readonly (readonly [string, bigint])[] = [
    ['0', 0n],
    ['1', 1n],
    ['n-1', n - 1n],
    ['n', n],
    ['n+1', n + 1n],
    ['p', p],
    ['top', top],
  ];
  // (0, 0) passes where the range is not checked, under any key and for any message (CVE-2022-21449).
  for (const [rName, rEdge] of edges)
    for (const [sName, sEdge] of edges)
      invalid(`r-${rName}-s-${sName}`, `r is ${rName}, s is ${sName} (CVE-2022-21449)`, raw(rEdge, sEdge));
  for (const [edge, value] of edges) {
    invalid(`r-${edge}`, `r is ${edge}, s is good`, raw(value, s));
    invalid(`s-${edge}`, `s is ${edge}, r is good`, raw(r, value));
  }
  if (s + n <= top) invalid('s-plus-n', 'n is added to s', raw(r, s + n));
  if (r + n <= top) invalid('r-plus-n', 'n is added to r', raw(r + n, s));

  invalid('der', 'the signature in DER, as X.509 has it (RFC 7518 §3.4)', derOf(r, s, size));
  invalid('der-lax', 'in DER with integers of full length', derOf(r, s, size, true));
  invalid('halves-longer', 'each half with a zero byte in front', joined(bytesOf(r, size + 1), bytesOf(s, size + 1)));
  invalid(
    'halves-longer-plus-n',
    'each half a byte longer, with n added to both',
    joined(bytesOf(r + n, size + 1), bytesOf(s + n, size + 1)),
  );
  invalid('zero-in-front', 'a zero byte in front', joined([0], good));
  invalid('zero-behind', 'a zero byte behind', joined(good, [0]));
  invalid('cut', 'without its last byte', good.slice(0, -1));
  invalid('cut-start', 'without its first byte', good.slice(1));
  invalid('half', 'r alone', good.slice(0, size));
  invalid('double', 'the signature twice', joined(good, good));
  invalid('one-byte', 'one byte of zero', new Uint8Array(1));
  invalid('all-ones', 'all bits set', new Uint8Array(2 * size).fill(255));
  invalid(
    'little-endian',
    'each half in little-endian order',
    joined(good.slice(0, size).toReversed(), good.slice(size).toReversed()),
  );
  invalid('bit-r', 'the last bit of r is flipped', raw(r ^ 1n, s));
  invalid('bit-s', 'the last bit of s is flipped', raw(r, s ^ 1n));
  for (const other of ['sha1', 'sha256', 'sha384', 'sha512'])
    if (other !== curve.hash) invalid(`hash-${other}`, `a signature of the ${other} hash`, ordinary.sign(input, other));
  to.invalid(
    `${name}-message`,
    'a good signature of another message',
    key,
    withSignature(signingInput(alg, 'other'), good),
  );
  invalid('key-other', 'a good signature of another key', good, to.key(`${name}-other`, ordinaryKey(curve).jwk));
  const [x, y] = [
    numberOf(Buffer.from(ordinary.jwk['x'] ?? '', 'base64url')),
    numberOf(Buffer.from(ordinary.jwk['y'] ?? '', 'base64url')),
  ];
  invalid(
    'key-negated',
    'a good signature under the key with its y negated',
    good,
    to.key(`${name}-negated`, jwkOf(curve, { x, y: p - y })),
  );

  addChosen(to, curve, input);
  addBadKeys(to, curve, { input, good, key: { x, y } });
}

/** Signatures with chosen numbers, valid under keys that were computed from them. */
function addChosen(to: Collection, curve: Curve, input: string): void {
  const { n, p, g, bytes: size, alg } = curve;
  const name = alg.toLowerCase();
  const z = modulo(digestOf(curve, input), n);
  const raw = (first: bigint, second: bigint): Uint8Array => joined(bytesOf(first, size), bytesOf(second, size));
  const put = (isValid: boolean, id: string, comment: string, key: string, signature: Uint8Array): void =>
    (isValid ? to.valid : to.invalid)(`${name}-${id}`, comment, key, withSignature(input, signature));

  const small = pointFrom(curve, 1n);
  const smallKey = to.key(`${name}-small-r`, jwkOf(curve, keyFor(curve, small, 1n, z)));
  put(true, 'small-r', 'r is tiny and s is 1: valid under a key made for it', smallKey, raw(small.x, 1n));
  put(true, 'small-r-high-s', 'the same with s = n-1, which is -1', smallKey, raw(small.x, n - 1n));
  put(
    false,
    'small-r-plus-n',
    'the same with n added to r, which fits: equal modulo n and out of range (SEC 1 §4.1.4 step 1)',
    smallKey,
    raw(small.x + n, 1n),
  );
  put(false, 'small-s-plus-n', 'the same with n added to s, which fits', smallKey, raw(small.x, n + 1n));
  put(false, 'small-r-s-zero', 'the same with s = 0, which has no inverse', smallKey, raw(small.x, 0n));

  // Between n and p there are coordinates that r can only be modulo n.
  const beyond = pointFrom(curve, n + 1n);
  if (beyond.x < p) {
    const key = to.key(`${name}-beyond-n`, jwkOf(curve, keyFor(curve, beyond, 2n, z)));
    put(true, 'x-beyond-n', 'the coordinate is n or more, so r is the rest of it: valid', key, raw(beyond.x - n, 2n));
    put(false, 'x-beyond-n-unreduced', 'the coordinate itself for r', key, raw(beyond.x, 2n));
  }

  // Under the generator as the key, the two points that are added meet in every special case of addition.
  const own = to.key(`${name}-generator`, jwkOf(curve, g));
  const sum = (factor: bigint): NonNullable<Point> => {
    const point = multiply(curve, g, factor);
    if (point === null) throw new RangeError('the point at infinity');
    return point;
  };
  const [doubled, tripled] = [sum(2n), sum(3n)];
  const signed = ({ x }: NonNullable<Point>, k: bigint, d: bigint): Uint8Array => {
    const r = modulo(x, n);
    return raw(r, modulo(inverse(k, n) * (z + r * d), n));
  };
  put(true, 'generator', 'the key is the generator', own, signed(tripled, 3n, 1n));
  put(true, 'generator-nonce-2', 'the key is the generator, the nonce 2', own, signed(doubled, 2n, 1n));
  put(true, 'generator-r', 'r is the x of the key itself', own, signed(sum(1n), 1n, 1n));
  put(
    false,
    'infinity',
    'r = -z, so that the sum is the point at infinity, which has no x (SEC 1 §4.1.4 step 6)',
    own,
    raw(modulo(-z, n), 5n),
  );
  const negated = to.key(`${name}-generator-negated`, jwkOf(curve, sum(n - 1n)));
  put(true, 'generator-negated', 'the key is the generator negated', negated, signed(tripled, 3n, n - 1n));
  put(false, 'infinity-negated', 'r = z under the negated generator: the point at infinity', negated, raw(z, 5n));
  put(
    false,
    'generator-other',
    'a signature for the generator under the negated one',
    negated,
    signed(tripled, 3n, 1n),
  );
}

interface Signed {
  readonly input: string;
  readonly good: Uint8Array;
  readonly key: NonNullable<Point>;
}

/** Keys that are none, with a signature that is good under the one they were made from. */
function addBadKeys(to: Collection, curve: Curve, { input, good, key: { x, y } }: Signed): void {
  const { p, bytes: size } = curve;
  const name = curve.alg.toLowerCase();
  const bad = (
    id: string,
    comment: string,
    jwk: Readonly<Record<string, unknown>>,
    reason: string = 'unknown_kid',
    signature: Uint8Array = good,
  ): void =>
    to.invalid(`${name}-key-${id}`, comment, to.key(`${name}-key-${id}`, jwk), withSignature(input, signature), reason);
  const jwk = (first: bigint, second: bigint): Readonly<Record<string, string>> =>
    jwkOf(curve, { x: first, y: second });
  bad('off-curve', 'a point that is not on the curve (RFC 8725 §3.4)', jwk(x, y ^ 1n));
  bad('off-curve-x', 'another x with the same y', jwk(x ^ 1n, y));
  bad('swapped', 'its coordinates swapped', jwk(y, x));
  bad('zero', 'the point (0, 0), which is how some write infinity', jwk(0n, 0n));
  bad(
    'zero-zero-signature',
    'the same with a signature of zeros',
    jwk(0n, 0n),
    'unknown_kid',
    new Uint8Array(2 * size),
  );
  bad('x-is-p', 'a coordinate of p, which is not below p', jwk(p, y));
  bad('y-zero', 'y is 0: no point of these curves has it', jwk(x, 0n));
  const small = pointFrom(curve, 0n);
  if (small.x + p < 1n << BigInt(size * 8))
    bad('x-plus-p', 'a tiny x written as x + p: another spelling of a good key', jwk(small.x + p, small.y ?? 0n));
  const { x: xText = '', y: yText = '' } = jwk(x, y);
  bad('x-short', 'x without its first byte (RFC 7518 §6.2.1.2)', {
    kty: 'EC',
    crv: curve.name,
    x: base64url(bytesOf(x, size).slice(1)),
    y: yText,
  });
  bad('x-long', 'x with a zero byte in front', {
    kty: 'EC',
    crv: curve.name,
    x: base64url(bytesOf(x, size + 1)),
    y: yText,
  });
  bad('y-missing', 'no y', { kty: 'EC', crv: curve.name, x: xText });
  bad('crv-missing', 'no curve', { kty: 'EC', x: xText, y: yText });
  bad('kty-okp', 'another type of key', { kty: 'OKP', crv: curve.name, x: xText, y: yText });
  bad('kty-case', 'its type in lower case', { kty: 'ec', crv: curve.name, x: xText, y: yText });
  bad('crv-alias', 'the curve by the name that OpenSSL gives it', { kty: 'EC', crv: 'prime256v1', x: xText, y: yText });
  for (const other of [P256, P384, P521]) {
    if (other.name === curve.name) continue;
    bad(`crv-${other.name.toLowerCase()}`, `the curve is said to be ${other.name}`, {
      kty: 'EC',
      crv: other.name,
      x: xText,
      y: yText,
    });
    bad(`alg-${other.alg.toLowerCase()}`, `the key is said to be for ${other.alg}`, { ...jwk(x, y), alg: other.alg });
    const theirs = ordinaryKey(other);
    const key = to.key(`${name}-under-${other.alg.toLowerCase()}`, theirs.jwk);
    to.invalid(
      `${name}-under-${other.alg.toLowerCase()}`,
      `${curve.alg} in the header, a key on ${other.name} and its signature (RFC 7518 §3.4)`,
      key,
      withSignature(input, theirs.sign(input, curve.hash)),
      'key_not_usable',
    );
  }
}

export function ecdsaVectors(): VectorFile {
  const to = collection('ecdsa', 'ECDSA (ES256, ES384, ES512; RFC 7518 §3.4)');
  for (const curve of [P256, P384, P521]) addCurve(to, curve);
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'secp256k1' });
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
  const koblitz = to.key('secp256k1', { kty: 'EC', crv: 'secp256k1', x, y });
  const signed = (alg: string): string => {
    const input = signingInput(alg);
    return withSignature(
      input,
      new Uint8Array(sign('sha256', bytesOfText(input), { key: privateKey, dsaEncoding: 'ieee-p1363' })),
    );
  };
  to.invalid(
    'es256k',
    'ES256K, which is registered and not accepted (RFC 8812)',
    koblitz,
    signed('ES256K'),
    'algorithm_not_allowed',
  );
  to.invalid('es256-secp256k1', 'ES256 with a key on secp256k1', koblitz, signed('ES256'), 'unknown_kid');
  to.invalid(
    'es256-secp256k1-named-p-256',
    'a key on secp256k1 that is said to be on P-256',
    to.key('secp256k1-named-p-256', { kty: 'EC', crv: 'P-256', x, y }),
    signed('ES256'),
    'unknown_kid',
  );
  return to.file();
}
