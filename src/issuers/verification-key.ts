// Judges one JSON Web Key: what it may verify, or why it is skipped (RFC 7517 §4, RFC 7518 §6); imports and fetches nothing.

import * as base64url from 'jose/base64url';

import type { JsonObject, JsonValue } from '../token/json.ts';
import { MAX_RSA_BITS, MAX_RSA_EXPONENT_BYTES, MIN_RSA_EXPONENT } from './limits.ts';
import { MIN_RSA_BITS } from '../token/limits.ts';
import { ACCEPTED_ALGORITHMS } from '../objects/identity-provider.ts';
import type { Algorithm } from '../objects/identity-provider.ts';
import { ok, refuse } from '../exchange/result.ts';
import type { Result } from '../exchange/result.ts';
import { ed25519KeyFault } from './ed25519.ts';

/** The members that make a public key, and no others, in their one shortest spelling: what is imported, compared and cached. */
export type PublicMaterial =
  | { readonly kty: 'RSA'; readonly n: string; readonly e: string }
  | { readonly kty: 'EC'; readonly crv: string; readonly x: string; readonly y: string }
  | { readonly kty: 'OKP'; readonly crv: string; readonly x: string };

/** A public key that may verify signatures. */
export interface VerificationKey {
  readonly kid: string | null;
  /** Every algorithm it may verify. */
  readonly algorithms: readonly Algorithm[];
  /** True if these are fewer than its type could verify, because the set says so. */
  readonly restricted: boolean;
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
  return PRIVATE_MEMBERS.find((member) => memberOf(jwk, member) !== undefined) ?? null;
}

/** A member of a key; `null` counts as absent, since many serializers write every property that they know (contract §6). */
function memberOf(jwk: JsonObject, name: string): JsonValue | undefined {
  return Object.hasOwn(jwk, name) ? (jwk[name] ?? undefined) : undefined;
}

/** The algorithm that a name stands for: RFC 9864 gives EdDSA on the curve Ed25519 a name of its own. */
export function canonicalAlgorithm(name: string): Algorithm | null {
  if (name === 'Ed25519') return 'EdDSA';
  return ACCEPTED_ALGORITHMS.find((known) => known === name) ?? null;
}

/** A key as the API shows it: once for each algorithm that the set restricts it to. */
export function shownKeys({ kid, algorithms, restricted }: VerificationKey): readonly ShownKey[] {
  return restricted ? algorithms.map((alg) => ({ kid, alg })) : [{ kid, alg: null }];
}

interface ShownKey {
  readonly kid: string | null;
  readonly alg: Algorithm | null;
}

/** Reads a key that may verify signatures; the refusal is why it is skipped, as a phrase. */
export function readVerificationKey(jwk: JsonObject, jwtSvid: boolean): Result<VerificationKey, string> {
  const kid = memberOf(jwk, 'kid') ?? '';
  if (typeof kid !== 'string') return refuse('its kid is not a string');
  const use = memberOf(jwk, 'use') ?? 'sig';
  if (use !== 'sig' && !(jwtSvid && use === 'jwt-svid')) return refuse('its use is not signing');
  const operations = memberOf(jwk, 'key_ops') ?? ['verify'];
  if (!(Array.isArray(operations) && operations.includes('verify')))
    return refuse('its key_ops do not allow verifying');
  const read = readMaterial(jwk);
  if (!read.ok) return read;
  const { material, algorithms } = read.value;
  const named = memberOf(jwk, 'alg');
  if (named === undefined) return ok({ kid: kid || null, algorithms, restricted: false, material });
  const alg = typeof named === 'string' ? canonicalAlgorithm(named) : null;
  if (alg === null || !algorithms.includes(alg)) return refuse('its alg does not fit its type');
  return ok({ kid: kid || null, algorithms: [alg], restricted: true, material });
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
    const bytes = decoded(jwk['x']);
    if (bytes?.length !== ED25519_BYTES) return refuse('its coordinates do not fit its curve');
    const fault = ed25519KeyFault(bytes);
    if (fault !== null) return refuse(fault);
    return ok({ material: { kty, crv, x: base64url.encode(bytes) }, algorithms: ['EdDSA'] });
  }
  return refuse(kty === 'oct' ? 'it is symmetric' : 'its type or curve is not supported');
}

function readRsa(n: unknown, e: unknown): Result<Material, string> {
  if ((n ?? null) === null || (e ?? null) === null) return refuse('it has no modulus or no exponent (n, e)');
  const modulus = decoded(n);
  const exponent = decoded(e);
  if (modulus === null || exponent === null) return refuse('its modulus or exponent is not base64url');
  const bits = bitLength(modulus);
  if (bits < MIN_RSA_BITS) return refuse(`its modulus has fewer than ${MIN_RSA_BITS} bits`);
  if (bits > MAX_RSA_BITS) return refuse(`its modulus has more than ${MAX_RSA_BITS} bits`);
  const value = exponent.reduce((sum, byte) => sum * 256 + byte, 0);
  if (exponent.length > MAX_RSA_EXPONENT_BYTES || value < MIN_RSA_EXPONENT || value % 2 === 0)
    return refuse(`its exponent is not an odd number from ${MIN_RSA_EXPONENT} to 32 bits`);
  const written = { n: base64url.encode(withoutZeros(modulus)), e: base64url.encode(withoutZeros(exponent)) };
  return ok({ material: { kty: 'RSA', ...written }, algorithms: RSA_ALGORITHMS });
}

function readEc(crv: string, x: unknown, y: unknown): Result<Material, string> {
  const curve = CURVES.get(crv);
  if (curve === undefined) return refuse('its type or curve is not supported');
  const [left, right] = [decoded(x), decoded(y)];
  if (left?.length !== curve.bytes || right?.length !== curve.bytes)
    return refuse('its coordinates do not fit its curve');
  const written = { x: base64url.encode(left), y: base64url.encode(right) };
  return ok({ material: { kty: 'EC', crv, ...written }, algorithms: [curve.algorithm] });
}

function decoded(value: unknown): Uint8Array | null {
  if (typeof value !== 'string' || !/^[\w-]+$/.test(value) || value.length % 4 === 1) return null;
  return base64url.decode(value);
}

function withoutZeros(bytes: Uint8Array): Uint8Array {
  const first = bytes.findIndex((byte) => byte !== 0);
  return first <= 0 ? bytes : bytes.subarray(first);
}

function bitLength(bytes: Uint8Array): number {
  const [first, ...rest] = withoutZeros(bytes);
  return first === undefined || first === 0 ? 0 : rest.length * 8 + 32 - Math.clz32(first);
}
