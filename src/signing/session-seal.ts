// Seals and marks what a browser keeps for the console, with keys that follow from the secrets of our signing keys and change with them.

import { base64url } from 'jose';
import { SEAL_NONCE_BYTES } from './limits.ts';
import type { KeySources } from './own-keys.ts';

/** What a browser may keep but neither read nor make. */
export interface SessionSeal {
  /** Encrypted, and bound to this deployment. */
  readonly seal: (text: string) => Promise<string>;
  /** The text; null if this deployment did not seal it under today's secrets. */
  readonly open: (sealed: string) => Promise<string | null>;
  /** A digest that only this deployment can make (HMAC-SHA-256, base64url). */
  readonly mark: (text: string) => Promise<string>;
}

/**
 * Derives the keys (HKDF, RFC 5869) from `SEALING_KEY`, or from the private keys of `SIGNING_KEYS`. Each purpose has a key of its
 * own, so nothing that is sealed here opens as a signing key, and the other way round.
 */
export async function createSessionSeal(sources: KeySources, issuerUrl: string): Promise<SessionSeal> {
  const secret = await crypto.subtle.importKey('raw', secretOf(sources), 'HKDF', false, ['deriveKey']);
  const derivation = (purpose: string): HkdfParameters => ({
    name: 'HKDF',
    hash: 'SHA-256',
    salt: new Uint8Array(),
    info: bytesOf(`cambist console 1 ${purpose}`),
  });
  const [sealing, marking] = await Promise.all([
    crypto.subtle.deriveKey(derivation('session'), secret, { name: 'AES-GCM', length: 256 }, false, [
      'encrypt',
      'decrypt',
    ]),
    crypto.subtle.deriveKey(derivation('mark'), secret, { name: 'HMAC', hash: 'SHA-256', length: 256 }, false, [
      'sign',
    ]),
  ]);
  const gcm = (iv: Uint8Array): { name: 'AES-GCM'; iv: Uint8Array; additionalData: Uint8Array } => ({
    name: 'AES-GCM',
    iv,
    additionalData: bytesOf(issuerUrl),
  });
  return {
    seal: async (text) => {
      const nonce = crypto.getRandomValues(new Uint8Array(SEAL_NONCE_BYTES));
      const cipher = await crypto.subtle.encrypt(gcm(nonce), sealing, bytesOf(text));
      return `${base64url.encode(nonce)}.${base64url.encode(new Uint8Array(cipher))}`;
    },
    open: async (sealed) => {
      try {
        const [nonce = '', cipher = '', ...more] = sealed.split('.');
        if (more.length > 0) return null;
        const plain = await crypto.subtle.decrypt(gcm(base64url.decode(nonce)), sealing, base64url.decode(cipher));
        return new TextDecoder().decode(plain);
      } catch {
        return null;
      }
    },
    mark: async (text) => base64url.encode(new Uint8Array(await crypto.subtle.sign('HMAC', marking, bytesOf(text)))),
  };
}

interface HkdfParameters {
  readonly name: 'HKDF';
  readonly hash: 'SHA-256';
  readonly salt: Uint8Array;
  readonly info: Uint8Array;
}

/** `SEALING_KEY` if there is one, since a bundle changes with every key that is added. */
function secretOf({ bundle, sealingKey }: KeySources): Uint8Array {
  return sealingKey ?? bytesOf(JSON.stringify(bundle.map(({ privateJwk }) => privateJwk.d)));
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
