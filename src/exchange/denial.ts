// Why a request was refused, as a value that carries facts; http/oauth-error.ts and denial-detail.ts make words of it.

import type { Check, CheckReason } from '../rules/check.ts';
import type { JsonObject, JsonValue } from '../token/json.ts';
import type { RuleCost } from '../rules/matching-budget.ts';
import type { Asked } from './request.ts';

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
  | 'rules_too_costly'
  // access credentials
  | 'credential_invalid'
  // the service
  | 'rate_limited'
  | 'configuration_invalid'
  | 'storage_unavailable';

/** A refusal that is fully said where it is found: of a request's syntax, a token's form, keys, times or settings. */
export interface StatedDenial {
  readonly about: 'sentence';
  readonly reason: DenialReason;
  /** What the caller may learn. */
  readonly message: string;
  /** What the operator reads. */
  readonly detail: string;
  /** Seconds after which a retry makes sense. */
  readonly retryAfterSeconds?: number;
}

/** The issuer has no provider in the organisation that was searched. */
interface UnknownIssuerDenial {
  readonly about: 'issuer';
  readonly reason: 'issuer_not_registered';
  readonly issuer: string;
  /** As the request names it; null if it names none. */
  readonly organisation: string | null;
}

interface InactiveProviderDenial {
  readonly about: 'provider';
  readonly reason: 'provider_inactive';
  readonly providerId: string;
}

/** No rule accepts the verified token. */
export interface UnmatchedDenial {
  readonly about: 'token';
  readonly reason: 'service_account_unknown' | 'no_federated_identity' | CheckReason;
  readonly asked: Pick<Asked, 'serviceAccount' | 'organisation' | 'federatedIdentity'>;
  /** The account that was asked for, if it exists. */
  readonly serviceAccountId: string | null;
  readonly issuer: string;
  readonly subject: string;
  readonly audience: JsonValue;
  /** All of the token's. */
  readonly claims: JsonObject;
  /** How many rules were considered. */
  readonly candidates: number;
  /** The rule that refuses the token for the fewest reasons; null if none may grant. */
  readonly nearest: NearestRule | null;
}

export interface NearestRule {
  readonly id: string;
  readonly name: string;
  /** The checks that failed; at least one. */
  readonly failed: readonly Check[];
  /** True if the rule trusts tokens whose audience is this deployment. */
  readonly trustsDeployment: boolean;
}

/** The token or credential is good, but does not allow what was asked with it. */
export interface NotAllowedDenial {
  readonly about: 'request';
  readonly reason: CheckReason;
  readonly check: Check;
  /** What allows less, for the operator: `federated identity fid_… (name)`. */
  readonly by: string;
}

/** The token is accepted for several accounts, and the caller names none. */
interface AmbiguousDenial {
  readonly about: 'accounts';
  readonly reason: 'ambiguous_service_account';
  readonly serviceAccounts: readonly string[];
}

interface TooManyDenial {
  readonly about: 'candidates';
  readonly reason: 'too_many_candidates';
}

/** Matching the rules would take too long for this token, so none of them was believed. */
interface TooCostlyDenial {
  readonly about: 'costs';
  readonly reason: 'rules_too_costly';
  readonly costs: readonly RuleCost[];
}

interface UsedTokenDenial {
  readonly about: 'use';
  readonly reason: 'token_already_used';
  readonly federatedIdentityId: string;
}

/** A refusal: a stable code and the facts. The words are made where they are shown. */
export type Denial =
  | StatedDenial
  | UnknownIssuerDenial
  | InactiveProviderDenial
  | UnmatchedDenial
  | NotAllowedDenial
  | AmbiguousDenial
  | TooManyDenial
  | TooCostlyDenial
  | UsedTokenDenial;

/** A refusal in one sentence, which the caller may learn in full unless `detail` says more. */
export function denial(reason: DenialReason, message: string, detail: string = message): StatedDenial {
  return { about: 'sentence', reason, message, detail };
}
