// The use case: a workload's ID token in, a token of this deployment out, step by step as the contract's §3 has them.

import { lookupIssuer } from '../token/issuer.ts';
import { decodeToken } from '../token/decode.ts';
import { decide } from './decide.ts';
import type { Denial } from './denial.ts';
import { issueToken } from './issue.ts';
import type { IssuedToken } from './issue.ts';
import { queryOf } from './lookup.ts';
import type { ExchangeDeps } from './ports.ts';
import { describeTo, recordDenial } from './record.ts';
import type { ExchangeTrace } from './record.ts';
import type { ExchangeRequest } from './request.ts';
import type { Result } from './result.ts';
import { verifyByProvider } from './verify-by-provider.ts';

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
  trace.issuer = issuer.value;

  const read = await deps.readFacts(queryOf(request, decoded.value.claims, issuer.value));
  trace.organisationId = read.organisation?.id ?? null;
  const selected = await verifyByProvider(decoded.value, read, issuer.value, request, deps.verifySubjectToken);
  if (!selected.ok) return selected;
  const { facts, verification } = selected.value;
  const { verified, fetched, stale } = verification;
  trace.subject = verified.subject;
  trace.staleKeys = stale;

  const candidates = await deps.compileIdentities(facts.identities, facts.provider);
  const decision = decide(request, facts, candidates, verified, deps.issuerUrl);
  trace.serviceAccountId = decision.serviceAccountId;
  trace.federatedIdentityId = decision.federatedIdentityId;

  const describe = describeTo(request, facts, verified, candidates, deps);
  if (!decision.granted) return recordDenial(decision, describe, facts, fetched, deps);
  return issueToken(request, decision, describe, facts, verification, deps);
}
