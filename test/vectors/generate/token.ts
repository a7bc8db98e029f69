// Puts vectors together: the claims of every token, its signing input, and the file that collects them.

import type { Vector, VectorFile, VectorKey } from '../vector.ts';
import { base64url } from './bytes.ts';

const NOW = 1_789_000_000;
const ISSUER = 'https://issuer.example.com';
export const KID = 'vector';

/** The payload of every vector; `jti` where several messages are needed. */
export function payload(jti: string = '1'): string {
  return JSON.stringify({ iss: ISSUER, sub: 'workload', aud: 'https://cambist.test', iat: NOW, exp: NOW + 300, jti });
}

/** What is signed, without its signature. */
export function signingInput(alg: string, jti?: string, header: Readonly<Record<string, unknown>> = {}): string {
  return `${base64url(JSON.stringify({ alg, kid: KID, typ: 'JWT', ...header }))}.${base64url(payload(jti))}`;
}

export function bytesOfText(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export interface Collection {
  /** Adds a key under a name and answers the name. */
  readonly key: (name: string, jwk: VectorKey) => string;
  readonly valid: (id: string, comment: string, key: string, token: string) => void;
  /** For what verifiers may judge differently without harm. */
  readonly acceptable: (id: string, comment: string, key: string, token: string) => void;
  readonly invalid: (id: string, comment: string, key: string, token: string, reason?: string) => void;
  readonly file: () => VectorFile;
}

/** Collects the vectors of one file; ids get its prefix, and each may be used once. */
export function collection(prefix: string, description: string): Collection {
  const keys: Record<string, VectorKey> = {};
  const vectors: Vector[] = [];
  const add = (
    [id, comment, key, token]: readonly [id: string, comment: string, key: string, token: string],
    result: Vector['result'],
    reason: string,
  ): void => {
    const name = `${prefix}-${id}`;
    if (keys[key] === undefined) throw new Error(`${name}: there is no key ${key}`);
    if (vectors.some((vector) => vector.id === name)) throw new Error(`${name} is there twice`);
    vectors.push({ id: name, comment, token, key, result, reason });
  };
  return {
    key: (name, jwk) => {
      keys[name] = { kid: KID, ...jwk };
      return name;
    },
    valid: (...vector) => add(vector, 'valid', 'verified'),
    acceptable: (...vector) => add(vector, 'acceptable', 'signature_invalid'),
    invalid: (id, comment, key, token, reason = 'signature_invalid') =>
      add([id, comment, key, token], 'invalid', reason),
    file: () => ({ description, now: NOW, issuer: ISSUER, keys, vectors }),
  };
}
