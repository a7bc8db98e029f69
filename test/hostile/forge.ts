// Makes tokens that no honest issuer would: raw segments, foreign signatures, keys misused as secrets; verifies nothing.

import { base64url } from 'jose';

import { signingParameters } from '../support/issuer.ts';
import type { IssuerKey } from '../support/issuer.ts';

/** The three parts of a compact token. */
export function partsOf(token: string): readonly [string, string, string] {
  const [header = '', payload = '', signature = ''] = token.split('.');
  return [header, payload, signature];
}

/** base64url of bytes, a text as it is, or a value as JSON. */
export function segment(value: unknown): string {
  if (value instanceof Uint8Array) return base64url.encode(value);
  return base64url.encode(typeof value === 'string' ? value : JSON.stringify(value));
}

/** Signs two encoded segments, whatever they are, as the algorithm of the key does. */
export async function signEncoded(header: string, payload: string, key: IssuerKey): Promise<string> {
  const signature = await crypto.subtle.sign(signingParameters(key.alg), key.privateKey, bytes(`${header}.${payload}`));
  return `${header}.${payload}.${base64url.encode(new Uint8Array(signature))}`;
}

/** Replaces the signature of a token. */
export function withSignature(token: string, signature: Uint8Array): string {
  const [header, payload] = partsOf(token);
  return `${header}.${payload}.${base64url.encode(signature)}`;
}

/** The signature of a token as bytes. */
export function signatureOf(token: string): Uint8Array {
  return base64url.decode(partsOf(token)[2]);
}

/** A token "signed" with HMAC, its secret being whatever the attacker found. */
export async function signHmac(header: object, payload: object, secret: Uint8Array, hash = 'SHA-256'): Promise<string> {
  const key = await crypto.subtle.importKey('raw', secret, { name: 'HMAC', hash }, false, ['sign']);
  const signed = `${segment(header)}.${segment(payload)}`;
  return `${signed}.${base64url.encode(new Uint8Array(await crypto.subtle.sign('HMAC', key, bytes(signed))))}`;
}

/** An ECDSA signature of two 32-byte numbers as ASN.1 DER, the form that JWS forbids. */
export function toDer(raw: Uint8Array): Uint8Array {
  const half = raw.length / 2;
  const body = [...derInteger(raw.subarray(0, half)), ...derInteger(raw.subarray(half))];
  return new Uint8Array([0x30, body.length, ...body]);
}

function derInteger(number: Uint8Array): number[] {
  const first = number.findIndex((byte) => byte !== 0);
  const digits = [...number.subarray(Math.max(first, 0))];
  if ((digits[0] ?? 0) > 0x7f) digits.unshift(0);
  return [0x02, digits.length, ...digits];
}

/** The order of P-256 as 32 bytes. */
export const P256_ORDER: Uint8Array = hex('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551');
/** The order of Ed25519's base point, little-endian. */
export const ED25519_ORDER: Uint8Array = hex(
  '1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed',
).toReversed();

/** (r, n−s): the other signature that is just as valid for the same bytes. */
export function negated(raw: Uint8Array): Uint8Array {
  const s = numberOf(P256_ORDER) - numberOf(raw.subarray(32));
  return joined(raw.subarray(0, 32), hex(s.toString(16).padStart(64, '0')));
}

/** Concatenates bytes. */
export function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(parts.flatMap((part) => [...part]));
}

export function numberOf(bigEndian: Uint8Array): bigint {
  return bigEndian.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
}

export function hex(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
