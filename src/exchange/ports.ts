// The few functions the rules ask of the outside: storage, issuers' keys, our own keys. Plain function types, no classes.

import type { UnverifiedToken, VerifiedClaims } from '../token/claims.ts';
import type { Denial } from './denial.ts';
import type { JsonObject } from '../token/json.ts';
import type { NewAuditEvent } from '../objects/audit-log.ts';
import type { HeldRole } from '../objects/role-binding.ts';
import type { IdentityProvider } from '../objects/identity-provider.ts';
import type { Organisation } from '../objects/organisation.ts';
import type { ServiceAccount } from '../objects/service-account.ts';
import type { CompileIdentities, StoredIdentity } from '../rules/compiled-rules.ts';
import type { Asked } from './request.ts';
import type { Result } from './result.ts';

/** A key of ours as D1 knows it: its life, never its material. */
export interface SigningKeyState {
  readonly kid: string;
  readonly alg: string;
  readonly status: 'standby' | 'active' | 'retiring' | 'revoked';
  /** Whether its material is in a secret, or in D1 and sealed. */
  readonly source: 'bundle' | 'sealed';
  readonly publishedAt: number;
  readonly activatedAt: number | null;
  readonly retiringAt: number | null;
  /** When a retiring key leaves the JWKS. */
  readonly expiresAt: number | null;
  readonly revokedAt: number | null;
}

/** What an exchange looks its rows up by; all of it is still unverified. */
export interface ExchangeQuery extends Pick<Asked, 'serviceAccount' | 'organisation' | 'federatedIdentity'> {
  readonly issuer: string;
  /** What the token says: its subject finds the exact rules that could match. Null if whom it wants to act as is named. */
  readonly claims: JsonObject | null;
}

/** What the rules are known by. Facts still hold while both are those that they were read with (contract §7). */
export interface PolicyVersions {
  /** Of the organisation of the facts; null if there is none. */
  readonly organisation: string | null;
  /** Of what belongs to the whole deployment: our keys, reserved audiences, organisations. */
  readonly deployment: string;
}

/** Everything an exchange needs to know, read in one D1 round trip. */
export interface ExchangeFacts {
  readonly policy: PolicyVersions;
  /** Of the rows that they were read from, for the memory that keeps them. */
  readonly chars: number;
  /** Of the named account, else the named one, else `default`; null if the named one does not exist. */
  readonly organisation: Organisation | null;
  /** The provider of the issuer; the oldest that is active, if several share the issuer. */
  readonly provider: IdentityProvider | null;
  /** The others that share it, oldest first; each has keys of its own that were given by hand. */
  readonly otherProviders: readonly IdentityProvider[];
  /** The account asked for; null if none was named or it does not exist. */
  readonly serviceAccount: ServiceAccount | null;
  /** Candidates, oldest first. */
  readonly identities: readonly StoredIdentity[];
  /** More candidates exist than may be considered without a named account. */
  readonly truncated: boolean;
  /** Of the one account that is named or found; null if the candidates are of several: whose are needed is known once the token is verified and has matched. */
  readonly heldRoles: readonly HeldRole[] | null;
  readonly signingKeys: readonly SigningKeyState[];
}

/** Reads the facts of one exchange. Throws StorageUnavailable. */
export type ReadExchangeFacts = (query: ExchangeQuery) => Promise<ExchangeFacts>;

/** The roles that these accounts of the facts hold. Throws StorageUnavailable. */
export type ReadHeldRoles = (
  facts: Pick<ExchangeFacts, 'policy' | 'organisation'>,
  serviceAccountIds: readonly string[],
) => Promise<readonly HeldRole[]>;

/** What a network fetch of keys brought, recorded with the decision it was made for. */
export interface FetchedKeys {
  readonly providerId: string;
  readonly fetchedAt: number;
  readonly keys: readonly { readonly kid: string | null; readonly alg: string | null }[];
}

export interface Verification {
  readonly verified: VerifiedClaims;
  /** Set if keys were fetched from the network for this verification. */
  readonly fetched: FetchedKeys | null;
  /** True if the keys were past their freshness because the issuer is failing. */
  readonly stale: boolean;
}

/** Verifies a token with its provider's keys at `now` (NumericDate). The only maker of VerifiedClaims. */
export type VerifySubjectToken = (
  token: UnverifiedToken,
  provider: IdentityProvider,
  now: number,
) => Promise<Result<Verification, Denial>>;

export interface SingleUse {
  readonly replayKey: string;
  readonly expiresAt: number;
  /** NumericDate; a use of a token from before a restore of the database may have been forgotten. */
  readonly issuedAt: number;
}

/** An event of which equal ones within a minute are one; what `likeness` says of it makes them equal. */
export interface CollapsingEvent {
  readonly event: NewAuditEvent;
  readonly likeness: string;
}

/** A grant and what must become durable with it, in one atomic write. */
export interface GrantRecord {
  readonly event: NewAuditEvent;
  readonly singleUse: SingleUse | null;
  /** The event of a shadow identity that matched too. */
  readonly shadow: CollapsingEvent | null;
  readonly fetched: FetchedKeys | null;
  /** It is written only if the rules are still those that it was decided from. */
  readonly policy: PolicyVersions;
}

/**
 * Records a grant; `already_used` if the single use was lost, `outdated` if the rules changed, and then no grant is written.
 * Throws StorageUnavailable.
 */
export type RecordGrant = (record: GrantRecord) => Promise<'recorded' | 'already_used' | 'outdated'>;

/** A refusal of a verified token, and what it was decided from. */
export interface RefusalRecord extends CollapsingEvent {
  readonly fetched: FetchedKeys | null;
  readonly policy: PolicyVersions;
}

/** Records a refusal; equal ones within a minute become one event. `outdated` as for a grant. Throws StorageUnavailable. */
export type RecordRefusal = (refusal: RefusalRecord) => Promise<'recorded' | 'outdated'>;

/** Signs claims with the key that is active for the purpose; refuses if there is none. */
export type SignerFor = (
  purpose: Asked['tokenType'],
  states: readonly SigningKeyState[],
  now: number,
) => Promise<Result<(claims: JsonObject) => Promise<string>, Denial>>;

/** What an exchange is given. */
export interface ExchangeDeps {
  readonly readFacts: ReadExchangeFacts;
  /** Facts that were read for an earlier exchange, if they are kept; they may be out of date. */
  readonly knownFacts: (query: ExchangeQuery) => ExchangeFacts | null;
  readonly readHeldRoles: ReadHeldRoles;
  readonly verifySubjectToken: VerifySubjectToken;
  readonly compileIdentities: CompileIdentities;
  readonly recordGrant: RecordGrant;
  readonly recordRefusal: RecordRefusal;
  readonly signerFor: SignerFor;
  readonly newId: (prefix: 'evt') => string;
  /** The id of the audit event of a request's grant, by which it is found. */
  readonly grantEventId: (requestId: string) => string;
  readonly newTokenId: () => string;
  readonly issuerUrl: string;
  /** The organisation that records refusals which no named organisation claims. */
  readonly defaultOrganisationId: string;
}

/** Storage could not be reached or failed; the caller hears 503, the operator hears which. */
export class StorageUnavailable extends Error {
  override readonly name = 'StorageUnavailable';
}
