// Makes signing keys and seals their private parts for storage with AES-256-GCM; reads and writes no storage.

import * as base64url from 'jose/base64url';
import { calculateJwkThumbprint } from 'jose/jwk/thumbprint';
import { exportJWK } from 'jose/key/export';
import type { SigningAlgorithm } from '../objects/signing-key.ts';
import type { MadeKey } from '../objects/key-rotation.ts';
import { RSA_MODULUS_BITS, SEAL_NONCE_BYTES } from './limits.ts';
import { parseKey } from './bundle.ts';
import type { OwnKey } from './bundle.ts';

const PARAMETERS = {
  ES256: { name: 'ECDSA', namedCurve: 'P-256' },
  EdDSA: { name: 'Ed25519' },
  RS256: {
    name: 'RSASSA-PKCS1-v1_5',
    hash: 'SHA-256',
    modulusLength: RSA_MODULUS_BITS,
    publicExponent: new Uint8Array([1, 0, 1]),
  },
} as const;

/** Makes a key of an algorithm, its `kid` the thumbprint (RFC 7638), and seals it. RSA takes some 150 ms of CPU, the others below 1 ms. */
export async function makeSealedKey(alg: SigningAlgorithm, sealingKey: CryptoKey): Promise<MadeKey> {
  const pair = (await crypto.subtle.generateKey(PARAMETERS[alg], true, ['sign', 'verify'])) as CryptoKeyPair;
  const jwk = await exportJWK(pair.privateKey);
  const kid = await calculateJwkThumbprint(jwk);
  const nonce = crypto.getRandomValues(new Uint8Array(SEAL_NONCE_BYTES));
  const plain = new TextEncoder().encode(JSON.stringify({ ...jwk, kid, alg, use: 'sig' }));
  const cipher = new Uint8Array(await crypto.subtle.encrypt(gcm(kid, alg, nonce), sealingKey, plain));
  return { kid, alg, sealed: `${base64url.encode(nonce)}.${base64url.encode(cipher)}` };
}

/**
 * Opens a sealed key; null if this sealing key did not seal it, or not under this kid and alg. The public part comes out of the
 * seal too, so whoever can write to the database cannot publish a key of his own.
 */
export async function openSealedKey({ kid, alg, sealed }: MadeKey, sealingKey: CryptoKey): Promise<OwnKey | null> {
  try {
    const [nonce = '', cipher = ''] = sealed.split('.');
    const parameters = gcm(kid, alg, base64url.decode(nonce));
    const plain = await crypto.subtle.decrypt(parameters, sealingKey, base64url.decode(cipher));
    const key = parseKey(JSON.parse(new TextDecoder().decode(plain)), kid);
    return key.ok && key.value.kid === kid && key.value.alg === alg ? key.value : null;
  } catch {
    return null;
  }
}

/** Imports the secret for sealing and opening. */
export async function importSealingKey(bytes: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', bytes, 'AES-GCM', false, ['encrypt', 'decrypt']);
}

interface GcmParameters {
  readonly name: 'AES-GCM';
  readonly iv: Uint8Array;
  readonly additionalData: Uint8Array;
}

/** `kid` and `alg` are authenticated: a row that was given the name or the algorithm of another does not open. */
function gcm(kid: string, alg: string, iv: Uint8Array): GcmParameters {
  return { name: 'AES-GCM', iv, additionalData: new TextEncoder().encode(JSON.stringify([kid, alg])) };
}
