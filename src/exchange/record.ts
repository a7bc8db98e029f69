// What is told of an exchange: its audit events, and the trace for its log line.

import type { NewAuditEvent } from '../objects/audit-log.ts';
import type { FederatedIdentity } from '../objects/federated-identity.ts';
import { presetByName } from '../platforms/presets.ts';
import { loadHints } from '../rules/late-hints.ts';
import type { CompiledIdentity } from '../rules/rule.ts';
import type { VerifiedClaims } from '../token/claims.ts';
import type { Decision } from './decide.ts';
import type { Outcome } from './current-facts.ts';
import { likenessOf } from './likeness.ts';
import type { CollapsingEvent, ExchangeDeps, ExchangeFacts, FetchedKeys } from './ports.ts';
import { recordAsked } from './recorded-asked.ts';
import { recordClaims, recordSubject } from './recorded-claims.ts';
import type { ExchangeRequest, RequestContext } from './request.ts';
import { refuse } from './result.ts';

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
    claimsDigest: null,
    claimsOmitted: null,
    asked: null,
    tokenId: null,
    ip,
    changes: null,
    ...of,
  };
}

/** The audit events of one exchange. */
export interface DescribeEvent {
  readonly granted: (of: Partial<NewAuditEvent>) => NewAuditEvent;
  /** What did not grant is counted in an equal event of the last minute, if there is one. */
  readonly collapsing: (outcome: 'refused' | 'shadow', of: Partial<NewAuditEvent>) => CollapsingEvent;
}

/** What every audit event of this exchange says. */
export async function describeTo(
  request: ExchangeRequest,
  { organisation, provider }: ExchangeFacts,
  { issuer, subject, claims }: VerifiedClaims,
  candidates: readonly CompiledIdentity[],
  deps: Pick<ExchangeDeps, 'grantEventId' | 'newId' | 'defaultOrganisationId'>,
): Promise<DescribeEvent> {
  const asked = recordAsked(request);
  const organisationId = organisation?.id ?? deps.defaultOrganisationId;
  const shown = await recordSubject(subject);
  const recorded = await recordClaims(claims, provider, candidates);
  const shared = { organisationId, actor: shown, issuer, subject: shown, ...recorded, asked };
  return {
    granted: (of) =>
      decisionEvent(request, { ...shared, id: deps.grantEventId(request.requestId), outcome: 'granted', ...of }),
    collapsing: (outcome, of) => ({
      event: decisionEvent(request, { ...shared, id: deps.newId('evt'), outcome, ...of }),
      likeness: likenessOf(claims, asked, provider === null ? [] : presetByName(provider.preset).runClaims, candidates),
    }),
  };
}

/** Refuses, and records it unless the organisation that would be told has no say about the keys that verified the token. */
export async function recordDenial(
  decision: Decision & { granted: false },
  describe: DescribeEvent,
  facts: ExchangeFacts,
  fetched: FetchedKeys | null,
  deps: Pick<ExchangeDeps, 'recordRefusal' | 'defaultOrganisationId'>,
): Promise<Outcome<never>> {
  const { denial, shadow, serviceAccountId, federatedIdentityId } = decision;
  const { reason } = denial;
  // Loaded here, so that a cold exchange that is granted does not pay for words that nobody reads.
  const [{ denialDetail }] = await Promise.all([import('./denial-detail.ts'), loadHints()]);
  const detail = denialDetail(denial);
  if (isBorrowed(facts, deps)) return refuse(denial);
  const refusal =
    shadow === null
      ? describe.collapsing('refused', { reason, detail, serviceAccountId, federatedIdentityId })
      : describe.collapsing('shadow', {
          ...shadowOf(shadow),
          reason,
          detail: `${shadowOf(shadow).detail}; ${detail}`,
        });
  const recorded = await deps.recordRefusal({ ...refusal, fetched, policy: facts.policy });
  return recorded === 'outdated' ? recorded : refuse(denial);
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
