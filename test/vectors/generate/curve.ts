// Just enough arithmetic on the NIST curves to make keys and signatures with chosen numbers; slow, and for no secret.

import { inverse, modulo, power } from './bytes.ts';

/** `y² = x³ - 3x + b` modulo `p`, with a point `g` of order `n`. */
export interface Curve {
  readonly name: 'P-256' | 'P-384' | 'P-521';
  readonly p: bigint;
  readonly b: bigint;
  readonly n: bigint;
  readonly g: Point;
  /** Of a coordinate. */
  readonly bytes: number;
  readonly hash: 'sha256' | 'sha384' | 'sha512';
  readonly alg: 'ES256' | 'ES384' | 'ES512';
}

/** Null is the point at infinity. */
export type Point = { readonly x: bigint; readonly y: bigint } | null;

export const P256: Curve = {
  name: 'P-256',
  p: 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn,
  b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
  n: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  g: {
    x: 0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296n,
    y: 0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5n,
  },
  bytes: 32,
  hash: 'sha256',
  alg: 'ES256',
};

export const P384: Curve = {
  name: 'P-384',
  p: 0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000ffffffffn,
  b: 0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aefn,
  n: 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
  g: {
    x: 0xaa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7n,
    y: 0x3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5fn,
  },
  bytes: 48,
  hash: 'sha384',
  alg: 'ES384',
};

export const P521: Curve = {
  name: 'P-521',
  p: (1n << 521n) - 1n,
  b: 0x0051953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e156193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00n,
  n: 0x01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
  g: {
    x: 0x00c6858e06b70404e9cd9e3ecb662395b4429c648139053fb521f828af606b4d3dbaa14b5e77efe75928fe1dc127a2ffa8de3348b3c1856a429bf97e7e31c2e5bd66n,
    y: 0x011839296a789a3bc0045c8a5fb42c7d1bd998f54449579b446817afbd17273e662c97ee72995ef42640c550b9013fad0761353c7086a272c24088be94769fd16650n,
  },
  bytes: 66,
  hash: 'sha512',
  alg: 'ES512',
};

function add({ p }: Curve, one: Point, other: Point): Point {
  if (one === null) return other;
  if (other === null) return one;
  if (one.x === other.x && modulo(one.y + other.y, p) === 0n) return null;
  const slope =
    one.x === other.x
      ? (3n * one.x * one.x - 3n) * inverse(modulo(2n * one.y, p), p)
      : (other.y - one.y) * inverse(modulo(other.x - one.x, p), p);
  const x = modulo(slope * slope - one.x - other.x, p);
  return { x, y: modulo(slope * (one.x - x) - one.y, p) };
}

export function multiply(curve: Curve, point: Point, factor: bigint): Point {
  let result: Point = null;
  let doubled = point;
  for (let rest = modulo(factor, curve.n); rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = add(curve, result, doubled);
    doubled = add(curve, doubled, doubled);
  }
  return result;
}

/** The point with this `x`, of the smaller `y`; null where there is none. All three primes are 3 modulo 4. */
export function lift({ p, b }: Curve, x: bigint): Point {
  const square = modulo(x * x * x - 3n * x + b, p);
  const y = power(square, (p + 1n) / 4n, p);
  return modulo(y * y, p) === square ? { x, y: y < p - y ? y : p - y } : null;
}

/** The public key under which `(point.x mod n, s)` is a signature of the digest: nobody has to know its private key. */
export function keyFor(curve: Curve, point: Point, s: bigint, z: bigint): Point {
  if (point === null) throw new RangeError('the point at infinity signs nothing');
  const r = modulo(point.x, curve.n);
  const sum = add(curve, multiply(curve, point, s), multiply(curve, curve.g, -z));
  return multiply(curve, sum, inverse(r, curve.n));
}
