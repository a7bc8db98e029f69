// The use case: a workload's ID token in, a token of this deployment out, step by step as the contract's §3 has them.

import { lookupIssuer } from '../token/issuer.ts';
import { decodeToken } from '../token/decode.ts';
import { byCurrentFacts } from './current-facts.ts';
import { accountsToGrant, decide, matchCandidates } from './decide.ts';
import type { Denial } from './denial.ts';
import { issueToken } from './issue.ts';
import type { IssuedToken } from './issue.ts';
import { queryOf } from './lookup.ts';
import type { ExchangeDeps } from './ports.ts';
import { describeTo, newTrace, recordDenial } from './record.ts';
import type { ExchangeTrace } from './record.ts';
import type { ExchangeRequest } from './request.ts';
import type { Result } from './result.ts';
import { oncePerProvider, verifyByProvider } from './verify-by-provider.ts';

/**
 * Exchanges a subject token for a token of this deployment (RFC 8693 §2, RFC 7523 §2).
 * Every expected refusal is a Denial; throws StorageUnavailable if D1 does not answer.
 */
export async function exchangeToken(
  request: ExchangeRequest,
  deps: ExchangeDeps,
  trace: ExchangeTrace,
): Promise<Result<IssuedToken, Denial>> {
  const decoded = decodeToken(request.subjectToken);
  if (!decoded.ok) return decoded;
  const issuer = lookupIssuer(decoded.value.claims);
  if (!issuer.ok) return issuer;
  const query = queryOf(request, decoded.value.claims, issuer.value);
  const facts = { known: () => deps.knownFacts(query), read: () => deps.readFacts(query) };
  const verify = oncePerProvider(deps.verifySubjectToken);

  return byCurrentFacts(facts, async (read, areFresh) => {
    Object.assign(trace, { ...newTrace(), issuer: issuer.value, organisationId: read.organisation?.id ?? null });
    const selected = await verifyByProvider(decoded.value, read, issuer.value, request, verify);
    if (!selected.ok) return selected;
    const { facts: ofProvider, verification } = selected.value;
    const { verified, fetched, stale } = verification;
    trace.subject = verified.subject;
    trace.staleKeys = stale;

    const candidates = await deps.compileIdentities(ofProvider.identities, ofProvider.provider);
    const matching = matchCandidates(candidates, verified, request.now);
    const heldRoles =
      ofProvider.heldRoles ?? (await deps.readHeldRoles(ofProvider, accountsToGrant(matching, ofProvider)));
    const decision = decide(request, { ...ofProvider, heldRoles }, candidates, verified, deps.issuerUrl, matching);
    trace.serviceAccountId = decision.serviceAccountId;
    trace.federatedIdentityId = decision.federatedIdentityId;

    const describe = await describeTo(request, ofProvider, verified, candidates, deps);
    if (decision.granted) return issueToken(request, decision, describe, ofProvider, verification, deps);
    return areFresh ? recordDenial(decision, describe, ofProvider, fetched, deps) : 'outdated';
  });
}
