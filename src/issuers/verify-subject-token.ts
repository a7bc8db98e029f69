// Verifies a subject token with its provider's keys and times (contract §3 step 4, RFC 8725 §3); the only maker of VerifiedClaims.

import type { UnverifiedToken, VerifiedClaims } from '../token/claims.ts';
import { denial } from '../exchange/denial.ts';
import type { Denial, DenialReason } from '../exchange/denial.ts';
import { lookupIssuer } from '../token/issuer.ts';
import type { Algorithm, IdentityProvider } from '../objects/identity-provider.ts';
import type { FetchedKeys, VerifySubjectToken } from '../exchange/ports.ts';
import { ok, refuse } from '../exchange/result.ts';
import type { Result } from '../exchange/result.ts';
import { replayKeyOf } from '../exchange/single-use.ts';
import { readSubject } from '../token/subject-claim.ts';
import { checkTimes } from '../token/times.ts';
import { wrongType } from '../token/decode.ts';
import { findKeys, refreshKeys } from './find-keys.ts';
import type { FoundKeys, KeyDeps } from './find-keys.ts';
import { MAX_QUOTED_CHARS, MAX_WORD_CHARS } from './limits.ts';
import { checkSignature } from './signature.ts';
import type { SignatureCheck } from './signature.ts';
import { canonicalAlgorithm, shownKeys } from './verification-key.ts';

/** Makes the verifier that an exchange uses; network, cache, memory and log come through `deps`. */
export function createVerifier(deps: KeyDeps): VerifySubjectToken {
  return async (token, provider, now) => {
    const algorithm = acceptedAlgorithm(token, provider);
    if (!algorithm.ok) return algorithm;
    const signed = await verifySignature(token, algorithm.value, provider, now, deps);
    if (!signed.ok) return signed;
    const verified = verifyClaims(token, provider, now);
    if (!verified.ok) return verified;
    const { stale, fetched, set } = signed.value;
    return ok({ verified: verified.value, stale, fetched: fetched ? describe(provider, set) : null });
  };
}

/** What the header alone decides, before any key is looked for. */
function acceptedAlgorithm({ header, claims }: UnverifiedToken, provider: IdentityProvider): Result<Algorithm, Denial> {
  const isJwtSvid = provider.preset === 'spiffe';
  const algorithm = canonicalAlgorithm(header.alg);
  if (algorithm === null || !provider.allowedAlgorithms.map(canonicalAlgorithm).includes(algorithm))
    return refused(
      'algorithm_not_allowed',
      `the algorithm of the token (${header.alg.slice(0, MAX_WORD_CHARS)}) is not accepted from its issuer`,
    );
  if (header.kid === null && !isJwtSvid) return refused('kid_missing', 'the header of the token names no key (kid)');
  if (header.typ?.toLowerCase() === 'jose' && !isJwtSvid)
    return refused('token_type_not_accepted', wrongType(header.typ));
  // The provider was looked up by this very value; a caller that passes another provider must not get claims out of it.
  const issuer = lookupIssuer(claims);
  if (!issuer.ok) return issuer;
  if (issuer.value !== provider.providerIssuer || (!Object.hasOwn(claims, 'iss') && !isJwtSvid))
    return refuse({ about: 'issuer', reason: 'issuer_not_registered', issuer: issuer.value, organisation: null });
  return ok(algorithm);
}

function refused(
  reason: DenialReason,
  message: string,
  detail: string = message,
): { readonly ok: false; readonly error: Denial } {
  return refuse(denial(reason, message, detail));
}

/** Checks the signature, once more with newer keys if the issuer may have changed them. */
async function verifySignature(
  token: UnverifiedToken,
  algorithm: Algorithm,
  provider: IdentityProvider,
  now: number,
  deps: KeyDeps,
): Promise<Result<FoundKeys, Denial>> {
  const found = await findKeys(provider, now, deps);
  if (!found.ok) return found;
  const first = await checkSignature(token, algorithm, found.value.set.keys);
  if (first.outcome === 'verified') return found;
  // A broken key has come out of the cache or was given by hand: what is fetched is looked at first.
  const mayBeOutdated = ['unknown_key', 'bad_signature', 'key_broken'].includes(first.outcome);
  if (!mayBeOutdated) return signatureDenial(first, token);

  const refreshed = await refreshKeys(provider, found.value, now, deps);
  if (refreshed.outcome === 'newer') {
    const second = await checkSignature(token, algorithm, refreshed.found.set.keys);
    return second.outcome === 'verified' ? ok(refreshed.found) : signatureDenial(second, token);
  }
  // Where no key could be told apart from a missing one, the fault may be the issuer's and not the caller's.
  const mayBeOurs = first.outcome === 'unknown_key' || token.header.kid === null;
  return refreshed.outcome === 'failing' && mayBeOurs ? refuse(refreshed.denied) : signatureDenial(first, token);
}

function signatureDenial(
  check: Exclude<SignatureCheck, { readonly outcome: 'verified' }> | SignatureCheck,
  { header }: UnverifiedToken,
): { readonly ok: false; readonly error: Denial } {
  const kid = header.kid === null ? 'without kid' : `with kid ${JSON.stringify(header.kid.slice(0, MAX_QUOTED_CHARS))}`;
  switch (check.outcome) {
    case 'unknown_key':
      return refused(
        'unknown_kid',
        'the key that the token names (kid) is not among the keys of its issuer',
        `no key ${kid}`,
      );
    case 'key_not_usable':
      return refused(
        'key_not_usable',
        `the key that the token names (kid) is not a key for ${header.alg}`,
        `key ${kid}, alg ${header.alg}`,
      );
    case 'key_broken':
      return refused(
        'keys_unavailable',
        "the keys of the token's issuer cannot be used; try again later",
        check.detail,
      );
    case 'bad_signature':
    case 'verified':
      return refused('signature_invalid', 'the signature of the token is not valid', `signature invalid, key ${kid}`);
  }
}

function verifyClaims(
  { compact, claims }: UnverifiedToken,
  provider: IdentityProvider,
  now: number,
): Result<VerifiedClaims, Denial> {
  const times = checkTimes(claims, now, {
    maxLifetimeSeconds: provider.maxTokenLifetime,
    iatOptional: provider.preset === 'spiffe',
  });
  if (!times.ok) return times;
  const subject = readSubject(claims, provider);
  if (!subject.ok) return subject;
  const verified = {
    claims,
    issuer: provider.providerIssuer,
    subject: subject.value,
    // Whole seconds for storage, rounded up so that a single use is never forgotten before its token expires.
    expiresAt: Math.ceil(times.value.expiresAt),
    issuedAt: times.value.issuedAt ?? times.value.expiresAt - provider.maxTokenLifetime,
    replayKey: () => replayKeyOf(claims, provider.providerIssuer, compact),
  };
  return ok(verified as VerifiedClaims);
}

function describe(provider: IdentityProvider, { keys, fetchedAt }: FoundKeys['set']): FetchedKeys {
  return {
    providerId: provider.id,
    fetchedAt: Math.floor(fetchedAt),
    keys: keys.flatMap(shownKeys),
  };
}
