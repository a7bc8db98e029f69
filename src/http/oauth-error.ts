// Turns a denial into the wire error of RFC 6749 §5.2, through one table in which every reason must stand.

import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { Denial, DenialReason } from '../exchange/denial.ts';
import { denialMessage } from './denial-message.ts';
import type { AppEnv } from './deps.ts';
import { RETRY_AFTER_SECONDS } from './limits.ts';

/** Which error a refused token is, depends on what it was presented as (RFC 8693 §2.2.2, RFC 7523 §3.1 and §3.2). */
export type TokenUse = 'subject_token' | 'assertion' | 'client_assertion' | 'jwt' | 'none';

type WireKind =
  | 'invalid_request'
  | 'unsupported_grant_type'
  | 'unverifiable_token'
  | 'unmatched_token'
  | 'oversized_token'
  | 'invalid_target'
  | 'invalid_scope'
  | 'invalid_client'
  | 'temporarily_unavailable'
  | 'too_many_requests'
  | 'misconfigured';

const WIRE: Record<DenialReason, WireKind> = {
  malformed_request: 'invalid_request',
  unsupported_grant_type: 'unsupported_grant_type',
  lifetime_invalid: 'invalid_request',
  token_malformed: 'unverifiable_token',
  token_too_large: 'oversized_token',
  token_type_not_accepted: 'unverifiable_token',
  token_header_not_accepted: 'unverifiable_token',
  algorithm_not_allowed: 'unverifiable_token',
  kid_missing: 'unverifiable_token',
  issuer_missing: 'unverifiable_token',
  issuer_not_registered: 'unverifiable_token',
  provider_inactive: 'unverifiable_token',
  keys_unavailable: 'temporarily_unavailable',
  unknown_kid: 'unverifiable_token',
  key_not_usable: 'unverifiable_token',
  signature_invalid: 'unverifiable_token',
  time_claim_invalid: 'unverifiable_token',
  token_expired: 'unverifiable_token',
  token_not_yet_valid: 'unverifiable_token',
  token_lifetime_too_long: 'unverifiable_token',
  subject_missing: 'unverifiable_token',
  service_account_unknown: 'unmatched_token',
  no_federated_identity: 'unmatched_token',
  service_account_inactive: 'unmatched_token',
  identity_inactive: 'unmatched_token',
  identity_revoked: 'unmatched_token',
  identity_expired: 'unmatched_token',
  rule_invalid: 'unmatched_token',
  tenant_missing: 'unmatched_token',
  audience_mismatch: 'unmatched_token',
  subject_mismatch: 'unmatched_token',
  preset_refused: 'unmatched_token',
  condition_failed: 'unmatched_token',
  expression_failed: 'unmatched_token',
  scope_not_allowed: 'invalid_scope',
  audience_not_allowed: 'invalid_target',
  audience_required: 'invalid_request',
  project_not_allowed: 'invalid_request',
  token_already_used: 'unmatched_token',
  ambiguous_service_account: 'invalid_request',
  too_many_candidates: 'invalid_request',
  rules_too_costly: 'unmatched_token',
  credential_invalid: 'invalid_client',
  rate_limited: 'too_many_requests',
  configuration_invalid: 'misconfigured',
  storage_unavailable: 'temporarily_unavailable',
};

interface WireError {
  readonly status: ContentfulStatusCode;
  readonly error: string;
  readonly retryAfterSeconds?: number;
}

type TokenRefusal = 'unverifiable_token' | 'unmatched_token' | 'oversized_token';

/**
 * `jwt` is the wire form whose clients expect 403 for a token that is good but may not (contract §3). An oversized token is
 * 400 everywhere (contract §1): nobody has looked at it, so it authenticated nobody wrongly.
 */
const REFUSED_TOKEN: Record<TokenUse, Record<TokenRefusal, WireError>> = {
  subject_token: always({ status: 400, error: 'invalid_request' }),
  assertion: always({ status: 400, error: 'invalid_grant' }),
  client_assertion: {
    ...always({ status: 401, error: 'invalid_client' }),
    oversized_token: { status: 400, error: 'invalid_request' },
  },
  jwt: {
    ...always({ status: 400, error: 'invalid_request' }),
    unmatched_token: { status: 403, error: 'invalid_request' },
  },
  none: always({ status: 400, error: 'invalid_request' }),
};

function always(wire: WireError): Record<TokenRefusal, WireError> {
  return { unverifiable_token: wire, unmatched_token: wire, oversized_token: wire };
}

function wireError(denied: Denial, use: TokenUse): WireError {
  const kind = WIRE[denied.reason];
  const retryAfterSeconds = (denied.about === 'sentence' ? denied.retryAfterSeconds : undefined) ?? RETRY_AFTER_SECONDS;
  switch (kind) {
    case 'unverifiable_token':
    case 'unmatched_token':
    case 'oversized_token':
      return REFUSED_TOKEN[use][kind];
    case 'invalid_client':
      return { status: 401, error: 'invalid_client' };
    case 'temporarily_unavailable':
      return { status: 503, error: kind, retryAfterSeconds };
    case 'too_many_requests':
      return { status: 429, error: 'temporarily_unavailable', retryAfterSeconds };
    case 'misconfigured':
      return { status: 503, error: 'server_error' };
    case 'invalid_request':
    case 'unsupported_grant_type':
    case 'invalid_target':
    case 'invalid_scope':
      return { status: 400, error: kind };
  }
}

/**
 * Answers a denial; `issuerUrl` is named if it is the audience to ask for.
 * `www-authenticate` goes with every 401 (RFC 6749 §5.2, RFC 9110 §11.6.1).
 */
export function oauthError(
  c: Context<AppEnv>,
  denied: Denial,
  use: TokenUse,
  issuerUrl: string | null = null,
): Response {
  const wire = wireError(denied, use);
  if (wire.retryAfterSeconds !== undefined) c.header('retry-after', String(wire.retryAfterSeconds));
  if (wire.status === 401) c.header('www-authenticate', 'Basic realm="cambist", charset="UTF-8"');
  const description = describable(denialMessage(denied, issuerUrl));
  return c.json(
    { error: wire.error, error_description: description, message: description, request_id: c.get('requestId') },
    wire.status,
  );
}

/** RFC 6749 §5.2 allows %x20-21 / %x23-5B / %x5D-7E in a description; quotes become apostrophes, the rest a question mark. */
function describable(text: string): string {
  return text
    .replaceAll('"', "'")
    .replaceAll('\u2026', '...')
    .replace(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, '?');
}
