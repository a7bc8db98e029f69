// The table federated_identity: rows in, typed objects out; it decides nothing about what a rule may say.

import type { Conditions, FederatedIdentity, ServiceAccount } from '../core/model.ts';

/** The columns a rule is compiled from. */
export interface FederatedIdentityRow {
  readonly id: string;
  readonly organisation_id: string;
  readonly service_account_id: string;
  readonly provider_id: string;
  readonly name: string;
  readonly provider_subject: string;
  readonly provider_subject_match: 'exact' | 'glob';
  readonly trusted_audiences: string;
  readonly audience_match_mode: 'any' | 'all' | 'exact';
  readonly conditions: string | null;
  readonly expression: string | null;
  readonly allowed_scopes: string;
  readonly token_audiences: string;
  readonly token_lifetime: number;
  readonly max_token_lifetime: number;
  readonly forwarded_claims: string;
  readonly replay_protection: 'off' | 'singleUse';
  readonly mode: 'enforce' | 'shadow';
  readonly status: 'active' | 'inactive' | 'revoked';
  readonly expires_at: number | null;
  readonly object_version: number;
}

/** Maps a row and its service account to the federated identity that core knows. */
export function toFederatedIdentity(row: FederatedIdentityRow, serviceAccount: ServiceAccount): FederatedIdentity {
  return {
    id: row.id,
    name: row.name,
    organisationId: row.organisation_id,
    providerId: row.provider_id,
    serviceAccount,
    subject: row.provider_subject,
    subjectMatch: row.provider_subject_match,
    trustedAudiences: JSON.parse(row.trusted_audiences) as string[],
    audienceMatchMode: row.audience_match_mode,
    conditions: row.conditions === null ? null : (JSON.parse(row.conditions) as Conditions),
    expression: row.expression,
    allowedScopes: JSON.parse(row.allowed_scopes) as string[],
    tokenAudiences: JSON.parse(row.token_audiences) as string[],
    tokenLifetimeSeconds: row.token_lifetime,
    maxTokenLifetimeSeconds: row.max_token_lifetime,
    forwardedClaims: JSON.parse(row.forwarded_claims) as string[],
    replayProtection: row.replay_protection,
    mode: row.mode,
    status: row.status,
    expiresAt: row.expires_at,
    objectVersion: row.object_version,
  };
}
