// Verifies a subject token with the provider whose key it is (contract §5.1): several may share one issuer if their keys are given by hand.

import type { IdentityProvider } from '../objects/identity-provider.ts';
import type { UnverifiedToken } from '../token/claims.ts';
import type { Denial, DenialReason } from './denial.ts';
import { trustedProvider } from './lookup.ts';
import type { ExchangeFacts, Verification, VerifySubjectToken } from './ports.ts';
import type { ExchangeRequest } from './request.ts';
import { ok, refuse } from './result.ts';
import type { Result } from './result.ts';

/** Facts of which the provider is known. */
export type FactsOfProvider = ExchangeFacts & { readonly provider: IdentityProvider };

/** A verified token, and the facts as far as they are of the provider whose key verified it. */
export interface VerifiedByProvider {
  readonly verification: Verification;
  readonly facts: FactsOfProvider;
}

/** Refusals that leave open whether another provider's key is the right one, the most telling first. */
const KEY_REASONS: readonly DenialReason[] = [
  'signature_invalid',
  'key_not_usable',
  'unknown_kid',
  'algorithm_not_allowed',
  'kid_missing',
  'token_type_not_accepted',
  'keys_unavailable',
];

/** Tries the active providers of the issuer, the oldest first, until the key of one has verified the signature. */
export async function verifyByProvider(
  token: UnverifiedToken,
  facts: ExchangeFacts,
  issuer: string,
  { organisation, now }: Pick<ExchangeRequest, 'organisation' | 'now'>,
  verify: VerifySubjectToken,
): Promise<Result<VerifiedByProvider, Denial>> {
  const trusted = trustedProvider(facts, issuer, organisation);
  if (!trusted.ok) return trusted;
  const denials: Denial[] = [];
  for (const provider of [trusted.value, ...facts.otherProviders.filter(({ status }) => status === 'active')]) {
    // One after the other: the first key that fits ends it, and a token must not buy twenty verifications at once.
    const verified = await verify(token, provider, now);
    if (verified.ok) return ok({ verification: verified.value, facts: ofProvider(facts, provider) });
    if (!KEY_REASONS.includes(verified.error.reason)) return verified;
    denials.push(verified.error);
  }
  const [mostTelling = denials[0]] = denials.toSorted(
    (one, other) => KEY_REASONS.indexOf(one.reason) - KEY_REASONS.indexOf(other.reason),
  );
  if (mostTelling === undefined) throw new Error('a trusted provider verifies or refuses');
  return refuse(mostTelling);
}

/**
 * The same for one token of one request: a provider that is decided with once more, and whose row says the same, verifies nothing
 * twice and asks its issuer for nothing twice.
 */
export function oncePerProvider(verify: VerifySubjectToken): VerifySubjectToken {
  const made: { readonly provider: IdentityProvider; readonly outcome: Result<Verification, Denial> }[] = [];
  return async (token, provider, now) => {
    const before = made.find((one) => isSame(one.provider, provider));
    if (before !== undefined) return before.outcome;
    const outcome = await verify(token, provider, now);
    made.push({ provider, outcome });
    return outcome;
  };
}

function isSame(one: IdentityProvider, other: IdentityProvider): boolean {
  return one === other || (one.id === other.id && JSON.stringify(one) === JSON.stringify(other));
}

/** The facts with the rules of one of the issuer's providers alone. */
export function ofProvider(facts: ExchangeFacts, provider: IdentityProvider): FactsOfProvider {
  if (facts.otherProviders.length === 0) return { ...facts, provider };
  const identities = facts.identities.filter(({ providerId }) => providerId === provider.id);
  return { ...facts, provider, otherProviders: [], identities };
}
