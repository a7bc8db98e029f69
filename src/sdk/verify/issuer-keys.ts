// Keeps the public keys of one deployment, learnt from its discovery document; decides when to ask for them again, and trusts no token.

import { importJWK } from 'jose';
import type { CryptoKey, JWK } from 'jose';

import { AccessTokenError } from './access-token-error.ts';
import { fetchJson, globalFetch, membersOf } from './fetch-json.ts';
import type { Fetch } from './fetch-json.ts';
import {
  FAILED_FETCH_COOLDOWN_SECONDS,
  MAX_KEYS,
  MAX_KEYS_FRESH_SECONDS,
  MAX_KEYS_STALE_SECONDS,
  MIN_KEYS_FRESH_SECONDS,
  UNKNOWN_KID_COOLDOWN_SECONDS,
} from './limits.ts';
import { LOOPBACK } from './loopback.ts';

/** What a deployment signs with (RFC 8725 §3.1: the list is ours, not the token's). */
const ALGORITHMS: ReadonlySet<string> = new Set(['ES256', 'RS256', 'EdDSA']);

/**
 * A public key of a deployment, for one algorithm.
 *
 * @example
 * ```ts
 * import type { IssuerKey } from '@cambist/sdk/verify';
 *
 * const isRsa = ({ alg }: IssuerKey): boolean => alg === 'RS256';
 * ```
 */
export interface IssuerKey {
  readonly alg: string;
  readonly key: CryptoKey;
}

/**
 * The public keys of one deployment.
 *
 * @example
 * ```ts
 * import type { IssuerKeys } from '@cambist/sdk/verify';
 *
 * const none: IssuerKeys = { issuer: 'https://cambist.example.com', find: async () => null };
 * ```
 */
export interface IssuerKeys {
  readonly issuer: string;
  /** The key of that name; null if the deployment has none. Throws AccessTokenError (503) if it cannot be asked. */
  readonly find: (kid: string) => Promise<IssuerKey | null>;
}

interface KeySet {
  readonly keys: ReadonlyMap<string, IssuerKey>;
  readonly freshUntilMs: number;
  readonly usableUntilMs: number;
}

/**
 * Makes the keys of the deployment `issuer`, its ISSUER_URL; asks nobody yet. Throws TypeError if that is no such address.
 *
 * @example
 * ```ts
 * import { issuerKeys, verifyAccessToken } from '@cambist/sdk/verify';
 *
 * const issuer = 'https://cambist.example.com';
 * const keys = issuerKeys(issuer);
 * await verifyAccessToken('eyJ…', { issuer, audience: 'https://api.example.com', organisation: 'any', keys });
 * ```
 */
export function issuerKeys(issuer: string, send: Fetch = globalFetch): IssuerKeys {
  assertIssuer(issuer);
  let known: KeySet | null = null;
  let askedAtMs = Number.NEGATIVE_INFINITY;
  let isFailing = false;
  let loading = 0;
  let pending: Promise<void> | null = null;

  const load = async (): Promise<void> => {
    askedAtMs = Date.now();
    loading += 1;
    try {
      known = await fetchKeys(issuer, send);
      isFailing = false;
    } catch {
      isFailing = true;
    } finally {
      loading -= 1;
    }
  };
  const refresh = async (): Promise<void> => {
    // A promise of one request must not be awaited by another on Workers: there each loads for itself.
    if (isCloudflareWorkers()) return load();
    pending ??= load().finally(() => (pending = null));
    return pending;
  };
  const mayAsk = (cooldownSeconds: number): boolean => Date.now() - askedAtMs >= cooldownSeconds * 1000;
  const usable = (): KeySet | null => (known !== null && Date.now() < known.usableUntilMs ? known : null);

  return {
    issuer,
    find: async (kid) => {
      const isStale = known === null || Date.now() >= known.freshUntilMs;
      if (isStale && (pending !== null || !isFailing || mayAsk(FAILED_FETCH_COOLDOWN_SECONDS))) await refresh();
      if (usable()?.keys.has(kid) === false && (pending !== null || mayAsk(UNKNOWN_KID_COOLDOWN_SECONDS))) {
        await refresh();
      }
      const key = usable()?.keys.get(kid);
      if (key !== undefined) return key;
      // The key may be one that the deployment could not tell us of, or is telling another request just now: not the token's fault.
      if (usable() === null || isFailing || loading > 0) throw unavailable(issuer);
      return null;
    },
  };
}

/** Throws TypeError if that is no ISSUER_URL of a deployment. */
export function assertIssuer(issuer: string): void {
  const url = URL.canParse(issuer) ? new URL(issuer) : null;
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && LOOPBACK.has(url.hostname));
  if (url === null || !isSafe || url.origin !== issuer) {
    throw new TypeError(
      "issuer must be the deployment's ISSUER_URL exactly: an https origin (http on loopback only) without path or trailing slash",
    );
  }
}

async function fetchKeys(issuer: string, send: Fetch): Promise<KeySet> {
  const metadata = await fetchMembers(send, `${issuer}/.well-known/openid-configuration`);
  const jwksUri = metadata.members['jwks_uri'];
  // OpenID Connect Discovery 1.0 §4.3; a deployment publishes its keys itself.
  if (metadata.members['issuer'] !== issuer) throw new Error('the discovery document names another issuer');
  if (typeof jwksUri !== 'string' || !URL.canParse(jwksUri) || new URL(jwksUri).origin !== issuer) {
    throw new Error('jwks_uri is not of the issuer');
  }
  const { members, headers } = await fetchMembers(send, jwksUri);
  if (!Array.isArray(members['keys'])) throw new Error('the JWK Set has no keys');
  const keys = await importKeys(members['keys'].slice(0, MAX_KEYS));
  // An answer without any usable key never replaces a good set.
  if (keys.size === 0) throw new Error('the JWK Set has no usable key');
  const freshUntilMs = Date.now() + freshSeconds(headers.get('cache-control')) * 1000;
  return { keys, freshUntilMs, usableUntilMs: freshUntilMs + MAX_KEYS_STALE_SECONDS * 1000 };
}

async function fetchMembers(
  send: Fetch,
  url: string,
): Promise<{ members: Readonly<Record<string, unknown>>; headers: Headers }> {
  const { status, json, headers } = await fetchJson(send, url);
  const members = membersOf(json);
  if (status !== 200 || members === null) throw new Error(`${url} answered ${status}`);
  return { members, headers };
}

async function importKeys(jwks: readonly unknown[]): Promise<Map<string, IssuerKey>> {
  const keys = new Map<string, IssuerKey>();
  const seen = new Set<string>();
  for (const jwk of jwks) {
    const { kid, alg, use, d, kty } = membersOf(jwk) ?? {};
    if (typeof kid !== 'string' || typeof alg !== 'string' || !ALGORITHMS.has(alg)) continue;
    if (kty === 'oct' || d !== undefined || (use !== undefined && use !== 'sig')) continue;
    // Two keys under one name: which of them is meant cannot be known, so neither is used.
    if (seen.has(kid)) keys.delete(kid);
    else {
      const key = await importJWK(jwk as JWK, alg).catch(() => null);
      if (key !== null && !(key instanceof Uint8Array)) keys.set(kid, { alg, key });
    }
    seen.add(kid);
  }
  return keys;
}

function freshSeconds(cacheControl: string | null): number {
  const maxAge = /(?:^|[\s,])max-age="?(\d{1,9})/i.exec(cacheControl ?? '')?.[1];
  const seconds = maxAge === undefined ? MAX_KEYS_FRESH_SECONDS : Number(maxAge);
  return Math.min(Math.max(seconds, MIN_KEYS_FRESH_SECONDS), MAX_KEYS_FRESH_SECONDS);
}

function unavailable(issuer: string): AccessTokenError {
  return new AccessTokenError('temporarily_unavailable', 'issuer_unavailable', `the keys of ${issuer} cannot be read`);
}

function isCloudflareWorkers(): boolean {
  const { navigator } = globalThis as { navigator?: { readonly userAgent?: string } };
  return navigator?.userAgent === 'Cloudflare-Workers';
}
