// What an audit event is and what a list of them is narrowed by (contract §5.7); writes none.

import type { JsonObject } from '../token/json.ts';
import type { Organisation } from './organisation.ts';

const CHANGED_OBJECTS = [
  'organisation',
  'identity_provider',
  'service_account',
  'federated_identity',
  'role',
  'role_rule',
  'role_binding',
  'access_credential',
] as const;
const CHANGES = ['create', 'update', 'delete'] as const;
const TOKENS_REVOKED = ['service_account.revoke_tokens', 'federated_identity.revoke_tokens'] as const;

export type AuditAction =
  | 'token.exchange'
  | 'token.revoke'
  | 'signing_key.rotate'
  | 'identity_provider.refresh'
  | (typeof TOKENS_REVOKED)[number]
  | `${(typeof CHANGED_OBJECTS)[number]}.${(typeof CHANGES)[number]}`;
export const AUDIT_ACTIONS: readonly AuditAction[] = [
  'token.exchange',
  'token.revoke',
  'signing_key.rotate',
  'identity_provider.refresh',
  ...TOKENS_REVOKED,
  ...CHANGED_OBJECTS.flatMap((object) => CHANGES.map((change) => `${object}.${change}` as const)),
];

export const AUDIT_OUTCOMES = ['granted', 'refused', 'shadow', 'success'] as const;
export type AuditOutcome = (typeof AUDIT_OUTCOMES)[number];

/** The record of one decision or change. Times are epoch seconds. */
export interface AuditEvent {
  readonly id: string;
  readonly time: number;
  readonly requestId: string;
  readonly actor: string;
  readonly action: string;
  readonly outcome: AuditOutcome;
  /** The code of a refusal. */
  readonly reason: string | null;
  /** What an operator reads: the reason in full, or a note on a grant. */
  readonly detail: string | null;
  readonly serviceAccountId: string | null;
  readonly federatedIdentityId: string | null;
  readonly issuer: string | null;
  readonly subject: string | null;
  /** The token's, without the token. */
  readonly claims: JsonObject | null;
  /** SHA-256 (base64url) of all claims, their members in order, if some are left out here; else null. */
  readonly claimsDigest: string | null;
  /** Names of those, and how many more there are; null if none are left out. */
  readonly claimsOmitted: readonly string[] | null;
  /** What the request asked for, as far as it named it; null if it was no exchange. */
  readonly asked: JsonObject | null;
  /** `jti` of the token issued or revoked. */
  readonly tokenId: string | null;
  readonly ip: string | null;
  /** Of a change: the members that changed, before and after. */
  readonly changes: JsonObject | null;
}

/** An event as it is written. */
export interface NewAuditEvent extends AuditEvent {
  readonly organisationId: string;
}

/** An event as it is read. */
export interface ListedAuditEvent extends AuditEvent {
  /** Equal refusals within a minute are one event. */
  readonly count: number;
}

/** Where a page begins: behind this event. */
export interface AuditCursor {
  readonly time: number;
  readonly id: string;
}

/** What events are narrowed by; `null` does not narrow. Times are epoch seconds. */
export interface AuditFilter {
  /** Inclusive. */
  readonly since: number | null;
  /** Exclusive. */
  readonly until: number | null;
  readonly action: AuditAction | null;
  readonly outcome: AuditOutcome | null;
  /** Id or slug. */
  readonly serviceAccount: string | null;
  readonly federatedIdentity: string | null;
  readonly issuer: string | null;
  readonly subject: string | null;
  /** Of the event itself, or of a refusal that it counts. */
  readonly requestId: string | null;
  readonly before: AuditCursor | null;
  readonly limit: number;
}

/** A page, newest first; `organisation` is null if the one named does not exist. */
export interface AuditPage {
  readonly organisation: Organisation | null;
  readonly events: readonly ListedAuditEvent[];
  /** Where the next page begins, also behind events that were searched and not met by the filter; null if none are left. */
  readonly next: AuditCursor | null;
}

/** Reads the audit events of an organisation, given by id or slug. Both throw StorageUnavailable. */
export interface AuditStore {
  readonly list: (organisation: string, filter: AuditFilter) => Promise<AuditPage>;
  readonly read: (organisation: string, id: string) => Promise<AuditPage>;
}
