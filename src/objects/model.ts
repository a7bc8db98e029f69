// The service's own objects as the rules see them: times in epoch seconds, lists as arrays, no SQL and no wire names.

import type { JsonObject, JsonValue } from '../token/json.ts';
import type { PresetName } from '../platforms/preset.ts';

export const ACCEPTED_ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
] as const;
/** `Ed25519` (RFC 9864) is EdDSA on that curve, which is the only one here; each stands for the other. */
export type Algorithm = (typeof ACCEPTED_ALGORITHMS)[number];
/** What our own keys may be (contract §0). */
export const SIGNING_ALGORITHMS = ['ES256', 'RS256', 'EdDSA'] as const;
export type SigningAlgorithm = (typeof SIGNING_ALGORITHMS)[number];
export const DEFAULT_ALGORITHMS: readonly Algorithm[] = ['RS256', 'ES256'];

/** The deployment's own organisation, as schema.sql creates it; neither its id nor its slug ever changes. */
export const DEFAULT_ORGANISATION_ID = 'org_00000000000000000000000000';

export interface Organisation {
  readonly id: string;
  readonly slug: string;
}

/** An issuer that an organisation trusts. */
export interface IdentityProvider {
  readonly id: string;
  readonly organisationId: string;
  /** Byte for byte as in the token. */
  readonly providerIssuer: string;
  /** Overrides discovery. */
  readonly providerJwksUri: string | null;
  /** Keys given by hand, for issuers that cannot be reached. */
  readonly localJwks: { readonly keys: readonly JsonObject[] } | null;
  readonly status: 'active' | 'inactive';
  readonly preset: PresetName;
  readonly allowedAlgorithms: readonly Algorithm[];
  /** Seconds. */
  readonly maxTokenLifetime: number;
  /** A claim's name, or a JSON Pointer where it starts with `/`. */
  readonly subjectClaim: string;
  /** Raised by every refresh and every change of where keys come from; caches of keys are keyed on it. */
  readonly keysVersion: number;
}

/** Who a workload may act as. */
export interface ServiceAccount {
  readonly id: string;
  readonly organisationId: string;
  readonly slug: string;
  readonly status: 'active' | 'inactive';
}

export type ConditionScalar = string | number | boolean;
/** How one claim is matched; see contract of conditions in rules/conditions.ts. */
export type ConditionMatcher =
  | ConditionScalar
  | readonly ConditionScalar[]
  | { readonly glob: string }
  | { readonly anyOf: readonly ConditionScalar[] }
  | { readonly allOf: readonly ConditionScalar[] }
  | { readonly containsAll: readonly ConditionScalar[] }
  | { readonly not: ConditionScalar | readonly ConditionScalar[] }
  | { readonly exists: boolean };
export type Conditions = { readonly [claim: string]: ConditionMatcher };

/** The rule that joins a provider's subject to a service account. */
export interface FederatedIdentity {
  readonly id: string;
  readonly name: string;
  readonly organisationId: string;
  readonly serviceAccount: ServiceAccount;
  readonly providerSubject: string;
  readonly providerSubjectMatch: 'exact' | 'glob';
  /** Empty means the deployment's own ISSUER_URL, never "any". */
  readonly trustedAudiences: readonly string[];
  readonly audienceMatchMode: 'any' | 'all' | 'exact';
  readonly conditions: Conditions | null;
  readonly expression: string | null;
  readonly allowedScopes: readonly string[];
  /** Empty means DEFAULT_AUDIENCE. */
  readonly tokenAudiences: readonly string[];
  /** Seconds. */
  readonly tokenLifetime: number;
  /** Seconds. */
  readonly maxTokenLifetime: number;
  readonly forwardedClaims: readonly string[];
  readonly replayProtection: 'off' | 'singleUse';
  readonly mode: 'enforce' | 'shadow';
  readonly status: 'active' | 'inactive' | 'revoked';
  readonly expiresAt: number | null;
  /** To the minute: a later use within LAST_USED_RESOLUTION_SECONDS is not written. */
  readonly lastUsedAt: number | null;
  readonly objectVersion: number;
}

/** How far a binding reaches: everywhere, or only in some projects, or only for tokens that carry one of some scopes. */
export interface BindingReach {
  /** Empty means the whole organisation. */
  readonly projects: readonly string[];
  /** Empty means whatever the token's scopes are. */
  readonly scopes: readonly string[];
}

/** A role that an account holds through one binding. */
export interface HeldRole extends BindingReach {
  readonly serviceAccountId: string;
  readonly roleSlug: string;
}

/** The verdict of one check of one identity; the same objects decide an exchange and explain it. */
export interface Check {
  readonly check: CheckName;
  readonly ok: boolean;
  /** The claim looked at, where the check looks at one. */
  readonly claim: string | null;
  readonly expected: JsonValue;
  readonly actual: JsonValue;
  /** What an operator should change, for the mistakes people really make. */
  readonly hint: string | null;
  /** Set exactly where `ok` is false. */
  readonly reason: CheckReason | null;
}

export type CheckName =
  | 'status'
  | 'audience'
  | 'subject'
  | 'preset'
  | 'condition'
  | 'expression'
  | 'scope'
  | 'token_audience'
  | 'project'
  | 'replay';

/** Why an identity did not accept a token, or not what was asked for with it. */
export type CheckReason =
  | 'service_account_inactive'
  | 'identity_inactive'
  | 'identity_revoked'
  | 'identity_expired'
  | 'rule_invalid'
  | 'tenant_missing'
  | 'audience_mismatch'
  | 'subject_mismatch'
  | 'preset_refused'
  | 'condition_failed'
  | 'expression_failed'
  | 'scope_not_allowed'
  | 'audience_not_allowed'
  | 'audience_required'
  | 'project_not_allowed'
  | 'token_already_used';
