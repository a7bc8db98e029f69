// Judges one JSON Web Key: what it could verify, or why it is skipped (RFC 7517 §4, RFC 7518 §6); imports and fetches nothing.

import { base64url } from 'jose';

import type { JsonObject } from '../token/json.ts';
import { MAX_RSA_BITS, MAX_RSA_EXPONENT_BYTES, MIN_RSA_EXPONENT } from './limits.ts';
import { MIN_RSA_BITS } from '../token/limits.ts';
import type { Algorithm } from '../objects/model.ts';
import { ok, refuse } from '../exchange/result.ts';
import type { Result } from '../exchange/result.ts';
import { ed25519KeyFault } from './ed25519.ts';

/** The members that make a public key, and no others: what is imported, compared and cached. */
export type PublicMaterial =
  | { readonly kty: 'RSA'; readonly n: string; readonly e: string }
  | { readonly kty: 'EC'; readonly crv: string; readonly x: string; readonly y: string }
  | { readonly kty: 'OKP'; readonly crv: string; readonly x: string };

/** A public key that may verify signatures. */
export interface VerificationKey {
  readonly kid: string | null;
  /** The one algorithm its issuer restricts it to. */
  readonly alg: Algorithm | null;
  /** Every algorithm it can verify; one, where `alg` says so. */
  readonly algorithms: readonly Algorithm[];
  readonly material: PublicMaterial;
}

const RSA_ALGORITHMS: readonly Algorithm[] = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'];
const CURVES: ReadonlyMap<string, { readonly algorithm: Algorithm; readonly bytes: number }> = new Map([
  ['P-256', { algorithm: 'ES256', bytes: 32 }],
  ['P-384', { algorithm: 'ES384', bytes: 48 }],
  ['P-521', { algorithm: 'ES512', bytes: 66 }],
]);
const ED25519_BYTES = 32;

/** RFC 7518 §6.2.2, §6.3.2 and the `priv` of newer key types: whoever publishes one of these has lost the key. */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'priv'] as const;

/** The private member of an asymmetric key; a symmetric one is skipped, since it never verifies anything here. */
export function privateMemberOf(jwk: JsonObject): string | null {
  if (jwk['kty'] === 'oct') return null;
  return PRIVATE_MEMBERS.find((member) => Object.hasOwn(jwk, member)) ?? null;
}

/** Reads a key that may verify signatures; the refusal is why it is skipped, as a phrase. */
export function readVerificationKey(jwk: JsonObject, jwtSvid: boolean): Result<VerificationKey, string> {
  const { kid = null, use, key_ops: operations } = jwk;
  if (kid !== null && typeof kid !== 'string') return refuse('its kid is not a string');
  if (use !== undefined && use !== 'sig' && !(jwtSvid && use === 'jwt-svid')) return refuse('its use is not signing');
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify')))
    return refuse('its key_ops do not allow verifying');
  const read = readMaterial(jwk);
  if (!read.ok) return read;
  const { material, algorithms } = read.value;
  if (jwk['alg'] === undefined) return ok({ kid: kid || null, alg: null, algorithms, material });
  // RFC 9864 gives EdDSA with this curve a name of its own.
  const named = jwk['alg'] === 'Ed25519' ? 'EdDSA' : jwk['alg'];
  const alg = algorithms.find((algorithm) => algorithm === named);
  if (alg === undefined) return refuse('its alg does not fit its type');
  return ok({ kid: kid || null, alg, algorithms: [alg], material });
}

interface Material {
  readonly material: PublicMaterial;
  readonly algorithms: readonly Algorithm[];
}

function readMaterial(jwk: JsonObject): Result<Material, string> {
  const { kty, crv } = jwk;
  if (kty === 'RSA') return readRsa(jwk['n'], jwk['e']);
  if (kty === 'EC' && typeof crv === 'string') return readEc(crv, jwk['x'], jwk['y']);
  if (kty === 'OKP' && crv === 'Ed25519') {
    const { x } = jwk;
    const bytes = decoded(x);
    if (bytes?.length !== ED25519_BYTES) return refuse('its coordinates do not fit its curve');
    const fault = ed25519KeyFault(bytes);
    if (fault !== null) return refuse(fault);
    return ok({ material: { kty, crv, x: x as string }, algorithms: ['EdDSA'] });
  }
  return refuse(kty === 'oct' ? 'it is symmetric' : 'its type or curve is not supported');
}

function readRsa(n: unknown, e: unknown): Result<Material, string> {
  const modulus = decoded(n);
  const exponent = decoded(e);
  if (modulus === null || exponent === null) return refuse('its modulus or exponent is not base64url');
  const bits = bitLength(modulus);
  if (bits < MIN_RSA_BITS) return refuse(`its modulus has fewer than ${MIN_RSA_BITS} bits`);
  if (bits > MAX_RSA_BITS) return refuse(`its modulus has more than ${MAX_RSA_BITS} bits`);
  const value = exponent.reduce((sum, byte) => sum * 256 + byte, 0);
  if (exponent.length > MAX_RSA_EXPONENT_BYTES || value < MIN_RSA_EXPONENT || value % 2 === 0)
    return refuse(`its exponent is not an odd number from ${MIN_RSA_EXPONENT} to 32 bits`);
  return ok({ material: { kty: 'RSA', n: n as string, e: e as string }, algorithms: RSA_ALGORITHMS });
}

function readEc(crv: string, x: unknown, y: unknown): Result<Material, string> {
  const curve = CURVES.get(crv);
  if (curve === undefined) return refuse('its type or curve is not supported');
  if (decoded(x)?.length !== curve.bytes || decoded(y)?.length !== curve.bytes)
    return refuse('its coordinates do not fit its curve');
  return ok({ material: { kty: 'EC', crv, x: x as string, y: y as string }, algorithms: [curve.algorithm] });
}

function decoded(value: unknown): Uint8Array | null {
  if (typeof value !== 'string' || !/^[\w-]+$/.test(value) || value.length % 4 === 1) return null;
  return base64url.decode(value);
}

function bitLength(bytes: Uint8Array): number {
  const first = bytes.findIndex((byte) => byte !== 0);
  return first === -1 ? 0 : (bytes.length - first) * 8 - (Math.clz32(bytes[first] as number) - 24);
}
