// Why a request was refused, as a value; http/oauth-error.ts turns it into the wire error through one exhaustive table.

import type { CheckReason } from '../objects/model.ts';

/** Stable reason codes: they appear in audit events, logs and explanations. */
export type DenialReason =
  // the request
  | 'malformed_request'
  | 'unsupported_grant_type'
  | 'lifetime_invalid'
  // the token, before it is believed
  | 'token_malformed'
  | 'token_too_large'
  | 'token_type_not_accepted'
  | 'token_header_not_accepted'
  | 'algorithm_not_allowed'
  | 'kid_missing'
  | 'issuer_missing'
  | 'issuer_not_registered'
  | 'provider_inactive'
  // the token against its issuer's keys and the clock
  | 'keys_unavailable'
  | 'unknown_kid'
  | 'key_not_usable'
  | 'signature_invalid'
  | 'time_claim_invalid'
  | 'token_expired'
  | 'token_not_yet_valid'
  | 'token_lifetime_too_long'
  | 'subject_missing'
  // the verified token against the rules
  | 'service_account_unknown'
  | 'no_federated_identity'
  | CheckReason
  | 'ambiguous_service_account'
  | 'too_many_candidates'
  // access credentials
  | 'credential_invalid'
  // the service
  | 'rate_limited'
  | 'configuration_invalid'
  | 'storage_unavailable';

/** A refusal: a stable code, one plain sentence for the caller, and everything for the operator. */
export interface Denial {
  readonly reason: DenialReason;
  /** What the caller may learn; never a rule's expected value, never whether an account exists. */
  readonly message: string;
  /** What the operator reads in the log and the audit event. */
  readonly detail: string;
  /** Seconds after which a retry makes sense. */
  readonly retryAfterSeconds?: number;
}

/** A refusal whose reason the caller may learn in full. */
export function denial(reason: DenialReason, message: string, detail: string = message): Denial {
  return { reason, message, detail };
}
