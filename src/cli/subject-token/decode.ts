// Reads a token without believing it, for people who look at one; verifies nothing and keeps no signature.

import type { JsonObject } from '../../token/json.ts';
import { isJsonObject } from '../../token/json.ts';
import { readJson } from '../../token/json-reader.ts';
import { MAX_TOKEN_CHARS } from '../../token/limits.ts';
import { decodeToken } from '../../token/decode.ts';

/** What a token says, and what would keep this service from reading it. */
export interface ReadToken {
  readonly header: JsonObject;
  readonly claims: JsonObject;
  /** Why the token endpoint would refuse its form; null if it would not. */
  readonly fault: string | null;
}

/** Reads header and claims of a compact JWS; a text says why it is none. */
export function readToken(compact: string): ReadToken | string {
  const verdict = decodeToken(compact);
  const fault = verdict.ok ? null : verdict.error.message;
  if (compact.length > MAX_TOKEN_CHARS) return fault ?? 'the token is too long';
  const [header, claims] = compact.trim().split('.', 2).map(readSegment);
  if (header === undefined || header === null || claims === undefined || claims === null)
    return fault ?? 'this is not a JWT';
  return { header, claims, fault };
}

function readSegment(segment: string): JsonObject | null {
  try {
    const value = readJson(Buffer.from(segment, 'base64url').toString('utf8'));
    return isJsonObject(value) ? value : null;
  } catch {
    return null;
  }
}
