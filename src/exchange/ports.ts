// The few functions the rules ask of the outside: storage, issuers' keys, our own keys. Plain function types, no classes.

import type { UnverifiedToken, VerifiedClaims } from '../token/claims.ts';
import type { Denial } from './denial.ts';
import type { JsonObject } from '../token/json.ts';
import type { FederatedIdentity, HeldRole, IdentityProvider, Organisation, ServiceAccount } from '../objects/model.ts';
import type { Result } from './result.ts';

/** A key of ours as D1 knows it: its life, never its material. */
export interface SigningKeyState {
  readonly kid: string;
  readonly alg: string;
  readonly status: 'standby' | 'active' | 'retiring' | 'revoked';
  readonly publishedAt: number;
  readonly activatedAt: number | null;
  readonly retiringAt: number | null;
  /** When a retiring key leaves the JWKS. */
  readonly expiresAt: number | null;
  readonly revokedAt: number | null;
}

/** What an exchange looks its rows up by; all of it is still unverified. */
export interface ExchangeQuery {
  readonly issuer: string;
  /** Index keys of the exact rules that could match; used where no account is named and the provider reads `sub`. */
  readonly subjectKeys: readonly string[];
  /** The same of every string in the token; used instead where the provider reads another claim as the subject. */
  readonly allStrings: readonly string[];
  /** Id, or slug where `organisation` is given. */
  readonly serviceAccount: string | null;
  /** Id or slug. */
  readonly organisation: string | null;
  /** The one identity asked for (the token-exchange form whose client_id is an identity's). */
  readonly federatedIdentity: string | null;
}

/** Everything an exchange needs to know, read in one D1 round trip. */
export interface ExchangeFacts {
  /** Of the named account, else of the named organisation, else `default`; null where the named one does not exist. */
  readonly organisation: Organisation | null;
  readonly provider: IdentityProvider | null;
  /** The account asked for; null where none was named or it does not exist. */
  readonly serviceAccount: ServiceAccount | null;
  /** Candidates, oldest first. */
  readonly identities: readonly FederatedIdentity[];
  /** More candidates exist than may be considered without a named account. */
  readonly truncated: boolean;
  readonly heldRoles: readonly HeldRole[];
  readonly signingKeys: readonly SigningKeyState[];
}

/** Reads the facts of one exchange. Throws StorageUnavailable. */
export type ReadExchangeFacts = (query: ExchangeQuery) => Promise<ExchangeFacts>;

/** What a network fetch of keys brought, recorded with the decision it was made for. */
export interface FetchedKeys {
  readonly providerId: string;
  readonly fetchedAt: number;
  readonly keys: readonly { readonly kid: string | null; readonly alg: string | null }[];
}

export interface Verification {
  readonly verified: VerifiedClaims;
  /** Set where keys were fetched from the network for this verification. */
  readonly fetched: FetchedKeys | null;
  /** True where the keys were past their freshness because the issuer is failing. */
  readonly stale: boolean;
}

/** Verifies a token with its provider's keys at `now` (NumericDate). The only maker of VerifiedClaims. */
export type VerifySubjectToken = (
  token: UnverifiedToken,
  provider: IdentityProvider,
  now: number,
) => Promise<Result<Verification, Denial>>;

/** One audit event of an exchange, as it is stored. */
export interface DecisionRecord {
  readonly id: string;
  readonly organisationId: string;
  readonly time: number;
  readonly requestId: string;
  readonly actor: string;
  readonly outcome: 'granted' | 'refused' | 'shadow';
  readonly reason: string | null;
  readonly detail: string | null;
  readonly serviceAccountId: string | null;
  readonly federatedIdentityId: string | null;
  readonly issuer: string | null;
  readonly subject: string | null;
  readonly claims: JsonObject | null;
  readonly tokenId: string | null;
  readonly ip: string | null;
}

export interface SingleUse {
  readonly replayKey: string;
  readonly expiresAt: number;
}

/** A grant and what must become durable with it, in one atomic write. */
export interface GrantRecord {
  readonly event: DecisionRecord;
  readonly singleUse: SingleUse | null;
  /** Whether this use of the identity is far enough from the last one written. */
  readonly touch: boolean;
  /** The event of a shadow identity that matched too. */
  readonly shadow: DecisionRecord | null;
  readonly fetched: FetchedKeys | null;
}

/** Records a grant; `already_used` where the single use was lost, and then nothing is written. Throws StorageUnavailable. */
export type RecordGrant = (record: GrantRecord) => Promise<'recorded' | 'already_used'>;

/** Records a refusal of a verified token; equal refusals within a minute become one event. Throws StorageUnavailable. */
export type RecordRefusal = (event: DecisionRecord, fetched: FetchedKeys | null) => Promise<void>;

/** Storage could not be reached or failed; the caller hears 503, the operator hears which. */
export class StorageUnavailable extends Error {
  override readonly name = 'StorageUnavailable';
}
