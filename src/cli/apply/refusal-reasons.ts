// The reasons for which a test may expect a refusal: those that claims and rules alone can give.

import type { DenialReason } from '../../exchange/denial.ts';

/** Every reason there is, and whether a test without a token, keys and a service can end in it. */
const COMES_OF_RULES: Readonly<Record<DenialReason, boolean>> = {
  malformed_request: false,
  unsupported_grant_type: false,
  lifetime_invalid: false,
  token_malformed: false,
  token_too_large: false,
  token_type_not_accepted: false,
  token_header_not_accepted: false,
  algorithm_not_allowed: false,
  kid_missing: false,
  issuer_missing: true,
  issuer_not_registered: true,
  provider_inactive: true,
  keys_unavailable: false,
  unknown_kid: false,
  key_not_usable: false,
  signature_invalid: false,
  time_claim_invalid: false,
  token_expired: false,
  token_not_yet_valid: false,
  token_lifetime_too_long: false,
  subject_missing: true,
  service_account_unknown: true,
  no_federated_identity: true,
  service_account_inactive: true,
  identity_inactive: true,
  identity_revoked: true,
  identity_expired: true,
  rule_invalid: true,
  tenant_missing: true,
  audience_mismatch: true,
  subject_mismatch: true,
  preset_refused: true,
  condition_failed: true,
  expression_failed: true,
  scope_not_allowed: true,
  audience_not_allowed: true,
  audience_required: true,
  project_not_allowed: true,
  token_already_used: false,
  ambiguous_service_account: true,
  too_many_candidates: true,
  rules_too_costly: true,
  credential_invalid: false,
  rate_limited: false,
  configuration_invalid: false,
  storage_unavailable: false,
};

/** `refused: any` leaves the reason open. */
export const ANY_REASON = 'any';

/** What a test may expect. */
export const RULE_REASONS: readonly string[] = [
  ...Object.entries(COMES_OF_RULES)
    .flatMap(([name, ofRules]) => (ofRules ? [name] : []))
    .toSorted(),
  ANY_REASON,
];

/** Why a test cannot expect this reason; null if it can. */
export function reasonFault(reason: string): string | null {
  if (RULE_REASONS.includes(reason)) return null;
  const fault = Object.hasOwn(COMES_OF_RULES, reason)
    ? `is never the reason of a test: claims count as verified (${reason})`
    : `is no reason that there is: ${JSON.stringify(reason)}`;
  return `${fault}; it is one of ${RULE_REASONS.join(', ')}`;
}
