// Decodes a compact JWS without believing it (RFC 7515 §7.1, RFC 8725 §2); verifies nothing, and fetches nothing a header names.

import type { JoseHeader, UnverifiedToken } from './claims.ts';
import { denial } from '../exchange/denial.ts';
import type { DenialReason, StatedDenial } from '../exchange/denial.ts';
import { isJsonObject } from './json.ts';
import type { JsonObject } from './json.ts';
import { MAX_HEADER_CHARS, MAX_JSON_DEPTH, MAX_KID_CHARS, MAX_TOKEN_CHARS } from './limits.ts';
import { ok, refuse } from '../exchange/result.ts';
import type { Result } from '../exchange/result.ts';
import { parseStrictJson } from './strict-json.ts';
import { segmentFault, wrappingFault } from './wrappings.ts';

/**
 * Header members that change how a token is read (CVE-2025-59420). Those that name or hold a key of the sender's own choice
 * (`jku`, `jwk`, `x5u`, `x5c`) are never looked at, let alone fetched (RFC 8725 §3.10): some issuers put one in every token,
 * and RFC 7515 §4 lets whoever does not use them ignore them.
 */
const REFUSED_HEADER_MEMBERS = ['crit', 'b64', 'zip', 'cty'] as const;
/** `typ` of an ID token; `JOSE` is for JWT-SVIDs alone, which issuers/verify-subject-token.ts sees to (JWT-SVID §2.3). */
const ACCEPTED_TYPES: ReadonlySet<string> = new Set(['jwt', 'application/jwt', 'jose']);

/** Segments after which counting stops; five are an encrypted token. */
const MAX_SEGMENTS_SEEN = 7;

/**
 * Splits and decodes a token, or says in one sentence what is wrong with it. No refusal costs more than one pass over the text.
 * `types` are the values that `typ` may have, in lower case.
 */
export function decodeToken(
  compact: string,
  types: ReadonlySet<string> = ACCEPTED_TYPES,
): Result<UnverifiedToken, StatedDenial> {
  if (compact.length > MAX_TOKEN_CHARS)
    return refused('token_too_large', `the token is longer than ${MAX_TOKEN_CHARS} characters`);
  const foreign = wrappingFault(compact);
  if (foreign !== null) return refused('token_malformed', foreign);
  const segments = compact.split('.', MAX_SEGMENTS_SEEN);
  const [encodedHeader = '', encodedPayload = '', signature = ''] = segments;
  if (segments.length !== 3)
    return refused('token_malformed', segmentFault(compact, segments.length, MAX_SEGMENTS_SEEN));
  if (encodedHeader.length > MAX_HEADER_CHARS)
    return refused('token_too_large', `the header of the token is longer than ${MAX_HEADER_CHARS} characters`);

  const header = decodeObject(encodedHeader, 'header');
  if (!header.ok) return header;
  const joseHeader = readHeader(header.value, types);
  if (!joseHeader.ok) return joseHeader;
  if (signature === '') return refused('token_malformed', 'the token has no signature');
  if (!isCanonicalBase64url(signature))
    return refused('token_malformed', 'the signature of the token is not canonical base64url');
  const payload = decodeObject(encodedPayload, 'payload');
  if (!payload.ok) return payload;
  return ok({ compact, header: joseHeader.value, claims: payload.value });
}

function refused(reason: DenialReason, message: string): { readonly ok: false; readonly error: StatedDenial } {
  return refuse(denial(reason, message));
}

function decodeObject(encoded: string, part: 'header' | 'payload'): Result<JsonObject, StatedDenial> {
  if (!isCanonicalBase64url(encoded))
    return refused('token_malformed', `the ${part} of the token is not canonical base64url`);
  const largeNumbers = part === 'header' ? 'refused' : 'text';
  const parsed = parseStrictJson(textOf(encoded), { maxDepth: MAX_JSON_DEPTH, largeNumbers });
  if (!parsed.ok) return refused('token_malformed', `the ${part} of the token is not acceptable JSON: ${parsed.error}`);
  return isJsonObject(parsed.value)
    ? ok(parsed.value)
    : refused('token_malformed', `the ${part} of the token is not a JSON object`);
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/**
 * Whether the text is the one encoding of its bytes: the bits of the last character that encode nothing are zero
 * (RFC 4648 §3.5), so that no two texts are one token. Characters were checked before.
 */
function isCanonicalBase64url(text: string): boolean {
  const rest = text.length % 4;
  if (rest === 0) return true;
  if (rest === 1) return false;
  return (ALPHABET.indexOf(text.at(-1) as string) & (rest === 2 ? 0b1111 : 0b11)) === 0;
}

/** What the segment encodes: text if all of it is ASCII, else bytes that have yet to be checked for UTF-8. */
function textOf(encoded: string): Uint8Array | string {
  const binary = atob(encoded.replaceAll('-', '+').replaceAll('_', '/'));
  return /[\u0080-\u00ff]/.test(binary) ? Uint8Array.from(binary, (char) => char.charCodeAt(0)) : binary;
}

function readHeader(header: JsonObject, types: ReadonlySet<string>): Result<JoseHeader, StatedDenial> {
  const { alg = null, kid = null, typ = null } = header;
  if (typeof alg !== 'string' || alg === '')
    return refused('token_malformed', 'the header of the token names no algorithm (alg)');
  if (alg.trim().toLowerCase() === 'none')
    return refused('algorithm_not_allowed', 'the token is not signed (alg none), so nothing can be verified');
  const refusedMember = REFUSED_HEADER_MEMBERS.find((member) => Object.hasOwn(header, member));
  if (refusedMember !== undefined)
    return refused(
      'token_header_not_accepted',
      `the header of the token contains ${refusedMember}, which is not accepted`,
    );
  if (Object.hasOwn(header, 'typ') && (typeof typ !== 'string' || !types.has(typ.toLowerCase())))
    return refused('token_type_not_accepted', wrongType(typ));
  if (Object.hasOwn(header, 'kid') && (typeof kid !== 'string' || kid === '' || kid.length > MAX_KID_CHARS))
    return refused(
      'token_header_not_accepted',
      `the kid of the token must be a string of 1 to ${MAX_KID_CHARS} characters`,
    );
  return ok({ alg, kid: typeof kid === 'string' ? kid : null, typ: typeof typ === 'string' ? typ : null });
}

/** A JWT-SVID type gets this too, if the provider is not SPIFFE. */
export function wrongType(typ: unknown): string {
  const named = typeof typ === 'string' ? ` ${typ.slice(0, 40)}` : '';
  return `the token is of another type (typ${named}); send an ID token, whose typ is JWT`;
}
