// An audit event as the API answers it and as the archive keeps it, and back (contract §5.7).

import type { AuditEventView } from './audit-event.ts';
import type { ListedAuditEvent } from './audit-log.ts';
import type { JsonObject } from '../token/json.ts';
import { formatTimestamp } from './values.ts';

/** An event as the API answers it. */
export function auditEventView(event: ListedAuditEvent): AuditEventView & JsonObject {
  return {
    identity: event.id,
    time: formatTimestamp(event.time),
    requestId: event.requestId,
    actor: event.actor,
    action: event.action,
    outcome: event.outcome,
    reason: event.reason,
    detail: event.detail,
    serviceAccount: event.serviceAccountId,
    federatedIdentity: event.federatedIdentityId,
    issuer: event.issuer,
    subject: event.subject,
    claims: event.claims,
    claimsDigest: event.claimsDigest,
    claimsOmitted: event.claimsOmitted,
    asked: event.asked,
    tokenId: event.tokenId,
    ip: event.ip,
    changes: event.changes,
    count: event.count,
  };
}

/** The event that such an answer shows. */
export function auditEventOf({
  identity,
  time,
  serviceAccount,
  federatedIdentity,
  ...event
}: AuditEventView): ListedAuditEvent {
  return {
    ...event,
    id: identity,
    time: Math.floor(Date.parse(time) / 1000),
    serviceAccountId: serviceAccount,
    federatedIdentityId: federatedIdentity,
  };
}
