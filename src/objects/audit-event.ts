// The audit event as the API answers it (contract §5.7); nobody writes one.

import { AUDIT_OUTCOMES } from './audit-log.ts';
import type { ListedAuditEvent } from './audit-log.ts';
import { anyObject, arrayOf, dateTime, described, integer, object, oneOfTexts, orNull, string } from './json-schema.ts';
import type { JsonObject } from '../token/json.ts';

type OtherwiseAnswered = 'id' | 'time' | 'serviceAccountId' | 'federatedIdentityId';

/** What the API answers; `time` is RFC 3339 in UTC. */
export interface AuditEventView extends Omit<ListedAuditEvent, OtherwiseAnswered> {
  readonly identity: string;
  readonly time: string;
  readonly serviceAccount: string | null;
  readonly federatedIdentity: string | null;
}

/** A member is absent if the request did not name it. */
const asked = {
  serviceAccount: string,
  organisation: string,
  federatedIdentity: string,
  scope: string,
  audience: arrayOf(string),
  project: string,
  tokenType: oneOfTexts(['access_token', 'id_token']),
  lifetime: integer,
  omitted: arrayOf(string),
};

/** For the reference. */
export const auditEventSchema: JsonObject = object({
  identity: string,
  time: dateTime,
  requestId: string,
  actor: string,
  action: string,
  outcome: oneOfTexts(AUDIT_OUTCOMES),
  reason: orNull(string),
  detail: orNull(string),
  serviceAccount: orNull(string),
  federatedIdentity: orNull(string),
  issuer: orNull(string),
  subject: orNull(string),
  claims: orNull(anyObject),
  claimsDigest: orNull(string),
  claimsOmitted: orNull(arrayOf(string)),
  asked: orNull(object(asked, Object.keys(asked))),
  tokenId: orNull(string),
  ip: orNull(string),
  changes: described(
    orNull(anyObject),
    'Of a change: `before` and `after` have the members that changed (of a creation or deletion the whole object), `omitted` names those beyond 8 KB in all. `identity` and `name` say which object an update changed, `deleted` what a deletion took along',
  ),
  count: integer,
});
