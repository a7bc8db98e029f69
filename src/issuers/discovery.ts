// Gets an issuer's keys over the network: discovery, then its JWK Set (OpenID Connect Discovery 1.0 §4); remembers nothing.

import { withinTime } from '../timeout.ts';
import { discoveryUrl, fetchableUrlFault } from '../token/issuer-address.ts';
import type { AddressRules } from '../token/issuer-address.ts';
import { isJsonObject } from '../token/json.ts';
import type { JsonValue } from '../token/json.ts';
import {
  DEFAULT_JWKS_FRESH_SECONDS,
  ISSUER_FETCH_TIMEOUT_MS,
  MAX_DISCOVERY_BYTES,
  MAX_JWKS_BYTES,
  MAX_JWKS_FRESH_SECONDS,
  MAX_QUOTED_CHARS,
  MIN_JWKS_FRESH_SECONDS,
} from './limits.ts';
import type { IdentityProvider } from '../objects/identity-provider.ts';
import { ok, refuse } from '../exchange/result.ts';
import type { Result } from '../exchange/result.ts';
import { fetchDocument } from './fetch-document.ts';
import type { DocumentRequest, FetchRequest } from './fetch-document.ts';
import type { VerificationKey } from './verification-key.ts';
import { readKeySet } from './jwk-set.ts';
import { canVerify } from './signature.ts';

export interface FetchDeps extends AddressRules {
  readonly fetch: FetchRequest;
}

/** What a provider's keys depend on. */
export type KeySource = Pick<IdentityProvider, 'id' | 'providerIssuer' | 'providerJwksUri' | 'preset' | 'keysVersion'>;

/** Keys as the network gave them. */
export interface IssuerKeys {
  readonly keys: readonly VerificationKey[];
  /** Seconds they stay fresh. */
  readonly freshSeconds: number;
}

/** Fetches an issuer's usable keys, within 5 s in all; the refusal is for an operator: it names addresses and statuses, no bodies. */
export async function fetchIssuerKeys(source: KeySource, deps: FetchDeps): Promise<Result<IssuerKeys, string>> {
  return withinTime(
    ISSUER_FETCH_TIMEOUT_MS,
    (signal) => discoverAndFetch(source, deps, signal),
    () => refuse(`the issuer did not answer within ${ISSUER_FETCH_TIMEOUT_MS} ms`),
  );
}

async function discoverAndFetch(
  source: KeySource,
  deps: FetchDeps,
  signal: AbortSignal,
): Promise<Result<IssuerKeys, string>> {
  const jwksUri =
    source.providerJwksUri === null
      ? await discoverJwksUri(source.providerIssuer, deps, signal)
      : ok(source.providerJwksUri);
  if (!jwksUri.ok) return jwksUri;
  const fault = fetchableUrlFault(jwksUri.value, deps);
  if (fault !== null) return refuse(`the jwks_uri ${quoted(jwksUri.value)} is not fetched: it ${fault}`);
  const fetched = await fetchDocument(deps.fetch, { url: jwksUri.value, maxBytes: MAX_JWKS_BYTES }, signal);
  if (!fetched.ok) return refuse(fetched.error.detail);
  const keys = readKeySet(fetched.value.value, source.preset === 'spiffe');
  if (!keys.ok) return refuse(`the key set at ${jwksUri.value} cannot be used: ${keys.error}`);
  // Looked at here and not when a token comes, so that a set of broken keys never takes the place of a good one.
  const sound = await Promise.all(keys.value.map(canVerify));
  const usable = keys.value.filter((_key, index) => sound[index]);
  if (usable.length === 0)
    return refuse(`the key set at ${jwksUri.value} cannot be used: none of its keys can be imported`);
  return ok({ keys: usable, freshSeconds: freshSeconds(fetched.value.cacheControl) });
}

/** How a discovery document is read: in hand-made ones members are repeated that do not matter here (contract §6). */
export function discoveryDocument(url: string): DocumentRequest {
  return { url, maxBytes: MAX_DISCOVERY_BYTES, readMembers: ['issuer', 'jwks_uri'] };
}

/** The `jwks_uri` of the discovery document, which must name the very issuer it was asked of (Discovery 1.0 §4.3). */
async function discoverJwksUri(issuer: string, deps: FetchDeps, signal: AbortSignal): Promise<Result<string, string>> {
  const url = discoveryUrl(issuer);
  // Asked again at every fetch, since rows live longer than the rules they were written under.
  const fault = fetchableUrlFault(url, deps);
  if (fault !== null) return refuse(`the issuer ${issuer} is not fetched: it ${fault}`);
  const fetched = await fetchDocument(deps.fetch, discoveryDocument(url), signal);
  if (!fetched.ok) return refuse(fetched.error.detail);
  const document = fetched.value.value;
  if (!isJsonObject(document)) return refuse(`the discovery document at ${url} is not a JSON object`);
  if (document['issuer'] !== issuer)
    return refuse(`the discovery document at ${url} names another issuer than ${issuer}`);
  const { jwks_uri: jwksUri } = document;
  return typeof jwksUri === 'string' ? ok(jwksUri) : refuse(`the discovery document at ${url} has no jwks_uri`);
}

/** A value of somebody else's document, only if it can be an address: it goes into answers, log lines and rows. */
export function quoted(value: JsonValue | undefined): string {
  if (typeof value !== 'string') return '(none)';
  return value.length <= MAX_QUOTED_CHARS && /^[\x21-\x7e]+$/.test(value) ? value : '(something else)';
}

/** `max-age` held between 300 s and 3600 s; 600 s if the answer has none. */
function freshSeconds(cacheControl: string): number {
  const [, maxAge] = /(?:^|[\s,])max-age\s*=\s*"?(\d+)/i.exec(cacheControl) ?? [];
  if (maxAge === undefined) return DEFAULT_JWKS_FRESH_SECONDS;
  return Math.min(Math.max(Number(maxAge), MIN_JWKS_FRESH_SECONDS), MAX_JWKS_FRESH_SECONDS);
}
