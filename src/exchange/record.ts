// What is told of an exchange: its audit events, and the trace for its log line.

import type { NewAuditEvent } from '../objects/audit-log.ts';
import type { FederatedIdentity } from '../objects/model.ts';
import type { VerifiedClaims } from '../token/claims.ts';
import type { Decision } from './decide.ts';
import type { Denial } from './denial.ts';
import { denialDetail } from './denial-detail.ts';
import type { ExchangeDeps, ExchangeFacts, FetchedKeys } from './ports.ts';
import type { ExchangeRequest, RequestContext } from './request.ts';
import { refuse } from './result.ts';
import type { Result } from './result.ts';

/** What is known of an exchange when it ends, for the log line; filled in step by step. */
export interface ExchangeTrace {
  issuer: string | null;
  subject: string | null;
  organisationId: string | null;
  serviceAccountId: string | null;
  federatedIdentityId: string | null;
  staleKeys: boolean;
}

/** An empty trace. */
export function newTrace(): ExchangeTrace {
  return {
    issuer: null,
    subject: null,
    organisationId: null,
    serviceAccountId: null,
    federatedIdentityId: null,
    staleKeys: false,
  };
}

/** The audit event of a decision about a request; what `of` leaves out is null. */
export function decisionEvent(
  { requestId, ip, now }: RequestContext,
  of: Partial<NewAuditEvent> & Pick<NewAuditEvent, 'id' | 'organisationId' | 'actor' | 'outcome'>,
): NewAuditEvent {
  return {
    time: now,
    requestId,
    action: 'token.exchange',
    reason: null,
    detail: null,
    serviceAccountId: null,
    federatedIdentityId: null,
    issuer: null,
    subject: null,
    claims: null,
    tokenId: null,
    ip,
    changes: null,
    ...of,
  };
}

/** Makes an audit event of one exchange. */
export type DescribeEvent = (outcome: 'granted' | 'refused' | 'shadow', of: Partial<NewAuditEvent>) => NewAuditEvent;

/** What every audit event of this exchange says. */
export function describeTo(
  request: ExchangeRequest,
  { organisation }: ExchangeFacts,
  { issuer, subject, claims }: VerifiedClaims,
  deps: Pick<ExchangeDeps, 'grantEventId' | 'newId' | 'defaultOrganisationId'>,
): DescribeEvent {
  return (outcome, of) =>
    decisionEvent(request, {
      id: outcome === 'granted' ? deps.grantEventId(request.requestId) : deps.newId('evt'),
      organisationId: organisation?.id ?? deps.defaultOrganisationId,
      actor: subject,
      outcome,
      issuer,
      subject,
      claims,
      ...of,
    });
}

/** Refuses, and records it unless the organisation that would be told has no say about the keys that verified the token. */
export async function recordDenial(
  decision: Decision & { granted: false },
  describe: DescribeEvent,
  facts: ExchangeFacts,
  fetched: FetchedKeys | null,
  deps: Pick<ExchangeDeps, 'recordRefusal' | 'defaultOrganisationId'>,
): Promise<Result<never, Denial>> {
  const { denial, shadow, serviceAccountId, federatedIdentityId } = decision;
  const { reason } = denial;
  const detail = denialDetail(denial);
  if (isBorrowed(facts, deps)) return refuse(denial);
  const event =
    shadow === null
      ? describe('refused', { reason, detail, serviceAccountId, federatedIdentityId })
      : describe('shadow', { ...shadowOf(shadow), reason, detail: `${shadowOf(shadow).detail}; ${detail}` });
  await deps.recordRefusal(event, fetched);
  return refuse(denial);
}

/** What the event of a shadow identity says that would have granted. */
export function shadowOf({ id, serviceAccount }: FederatedIdentity): {
  serviceAccountId: string;
  federatedIdentityId: string;
  detail: string;
} {
  return {
    serviceAccountId: serviceAccount.id,
    federatedIdentityId: id,
    detail: `the shadow identity ${id} would have granted this`,
  };
}

/**
 * True if the token was verified with the keys of a tenant that has no say in the organisation that would record the refusal:
 * there is no such account, or its organisation does not know the issuer. Who holds those keys could fill its audit log.
 */
function isBorrowed(
  { provider, organisation }: ExchangeFacts,
  { defaultOrganisationId }: Pick<ExchangeDeps, 'defaultOrganisationId'>,
): boolean {
  const own = [organisation?.id ?? defaultOrganisationId, defaultOrganisationId];
  return provider !== null && !own.includes(provider.organisationId);
}
