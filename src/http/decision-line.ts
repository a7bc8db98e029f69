// The log line of a decision: every refusal has one, and a grant that an operator should know of. Never with a token.

import { denialDetail } from '../exchange/denial-detail.ts';
import type { RequestContext } from '../exchange/request.ts';
import type { Decided } from './token.ts';

/** What an operator finds under the request id; the caller has only that id. */
export function decisionLine(
  { use, result, trace }: Decided,
  { requestId, ip }: RequestContext,
): Record<string, unknown> {
  const outcome = result.ok
    ? { level: 'warn', outcome: 'granted', token_id: result.value.grant.tokenId }
    : { level: 'warn', outcome: 'refused', reason: result.error.reason, detail: denialDetail(result.error) };
  return {
    event: 'token.exchange',
    ...outcome,
    request_id: requestId,
    presented_as: use,
    issuer: trace.issuer,
    subject: trace.subject,
    organisation: trace.organisationId,
    service_account: trace.serviceAccountId,
    federated_identity: trace.federatedIdentityId,
    ...(trace.staleKeys ? { stale_keys: true } : {}),
    ip,
  };
}
