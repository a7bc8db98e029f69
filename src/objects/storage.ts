// What the IAM API asks of storage: plain function types over the objects; each write is one batch with its audit event.

import type { AccountRole } from '../exchange/token-standing.ts';
import type { AccessCredentialRecord } from './access-credential.ts';
import type { ArchiveStore } from './audit-archive.ts';
import type { AuditStore, NewAuditEvent } from './audit-log.ts';
import type { FederatedIdentityRecord } from './federated-identity.ts';
import type { IdentityProviderRecord } from './identity-provider.ts';
import type { Organisation, OrganisationRecord } from './organisation.ts';
import type { RecordedChanges } from './recorded-changes.ts';
import type { RoleBindingRecord } from './role-binding.ts';
import type { RoleRecord, RoleRuleRecord } from './role.ts';
import type { ServiceAccountRecord } from './service-account.ts';

/** Who asks what can be got: an account, and the rule that its token came by; null for the token of an access credential. */
export interface Giver {
  readonly serviceAccountId: string;
  readonly federatedIdentityId: string | null;
}

/** What can be got by acting as an account, or through a provider, and what the giver has of it. */
export interface Strength {
  readonly scopes: readonly string[];
  /** Of each rule, as it was written: an empty list means the default audience. */
  readonly tokenAudiences: readonly (readonly string[])[];
  readonly roles: readonly AccountRole[];
  /** Slugs of accounts that the giver neither is nor created; the first few. */
  readonly foreignAccounts: readonly string[];
  /** The `tokenAudiences` of the giver's own rule; empty for an access credential, null when the rule is gone. */
  readonly heldAudiences: readonly string[] | null;
}

/** The audit event of one change of an object. */
export type ChangeEvent = Pick<
  NewAuditEvent,
  | 'id'
  | 'organisationId'
  | 'time'
  | 'requestId'
  | 'actor'
  | 'serviceAccountId'
  | 'federatedIdentityId'
  | 'issuer'
  | 'ip'
> & {
  readonly action: string;
  readonly changes: RecordedChanges;
  /** The change is only judged: storage says how the write would end and undoes all of it (contract §5). */
  readonly isJudgement: boolean;
};

/** What a list is narrowed by; `null` does not narrow. */
export interface ListFilter {
  readonly identity: string | null;
  readonly name: string | null;
  readonly slug: string | null;
  readonly status: string | null;
  /** Id or slug. */
  readonly serviceAccount: string | null;
  /** Id or name. */
  readonly provider: string | null;
  readonly labels: readonly { readonly key: string; readonly value: string }[];
  /** Only objects created after this one. */
  readonly after: string | null;
  readonly limit: number;
  /** Epoch seconds; decides what reads as expired. */
  readonly now: number;
}

/** The answer to a read in an organisation that was named by id or slug; `organisation` is null if that one does not exist. */
export interface Lookup<T> {
  readonly organisation: Organisation | null;
  /** False if the object does not exist that this one belongs to. */
  readonly hasParent: boolean;
  readonly found: T | null;
}

export interface Page<T> {
  readonly organisation: Organisation | null;
  /** False if the object does not exist that these belong to. */
  readonly hasParent: boolean;
  readonly records: readonly T[];
  /** More objects follow the last one. */
  readonly more: boolean;
}

/** An object as a refusal names it. */
export interface ObjectName {
  readonly identity: string;
  readonly name: string;
}

/** What can be full: the organisation, by the number of objects of one kind or by their size; what the object belongs to, by their number or by their bytes. */
export type LimitReached = 'organisation' | 'size' | 'owner' | 'bytes';

/** How a write ended; whatever is not `done` wrote nothing at all, and nor did a judgement. */
export type WriteOutcome =
  | { readonly outcome: 'done' }
  /** Another object of the same scope has this value; `column` is the SQL name of what collided. */
  | { readonly outcome: 'duplicate'; readonly column: string; readonly conflictsWith: ObjectName | null }
  /** The object is not at the expected version any more, or is gone. */
  | { readonly outcome: 'stale' }
  /** Other objects depend on it. */
  | { readonly outcome: 'in_use' }
  /** As much as is allowed is there already. */
  | { readonly outcome: 'limit'; readonly reached: LimitReached }
  /** An object that it refers to is gone. */
  | { readonly outcome: 'dangling' };

/** The rows of one kind of object. `organisation` is an id or slug; every function throws StorageUnavailable. */
export interface ObjectStore<T> {
  readonly list: (organisation: string, filter: ListFilter) => Promise<Page<T>>;
  readonly read: (organisation: string, id: string) => Promise<Lookup<T>>;
  readonly create: (record: T, event: ChangeEvent) => Promise<WriteOutcome>;
  /** Writes `next` if the row is still at `version`. */
  readonly update: (next: T, version: number, event: ChangeEvent) => Promise<WriteOutcome>;
  readonly remove: (record: T, event: ChangeEvent) => Promise<WriteOutcome>;
}

export interface FederatedIdentityStore extends ObjectStore<FederatedIdentityRecord> {
  /** The two objects that a new identity joins; null members if there is none in this organisation. */
  readonly readParents: (
    organisation: string,
    serviceAccountId: string,
    providerId: string,
  ) => Promise<{
    readonly organisation: Organisation | null;
    readonly serviceAccount: ServiceAccountRecord | null;
    readonly provider: IdentityProviderRecord | null;
  }>;
}

export interface RoleBindingStore extends ObjectStore<RoleBindingRecord> {
  /** The role and the account that a new binding joins; null if there is none in this organisation. */
  readonly readParents: (
    organisation: string,
    serviceAccountId: string,
  ) => Promise<{
    readonly organisation: Organisation | null;
    readonly role: RoleRecord | null;
    readonly serviceAccount: ServiceAccountRecord | null;
  }>;
}

export interface AccessCredentialStore extends Omit<ObjectStore<AccessCredentialRecord>, 'create'> {
  readonly create: (record: AccessCredentialRecord, secretSha256: string, event: ChangeEvent) => Promise<WriteOutcome>;
}

/** A rule of a role, as the account that holds the role sees it. */
export interface RolePermission {
  readonly ruleId: string;
  readonly roleId: string;
  readonly roleSlug: string;
  readonly resources: readonly string[];
  readonly resourceIdentities: readonly string[];
  readonly permissions: readonly string[];
  readonly note: string;
}

/** What a refresh of a provider's keys writes. Both throw StorageUnavailable. */
export interface ProviderKeyStore {
  /** Writes the keys and the version of `next` if the row is still at `version` of its keys. */
  readonly recordRefresh: (next: IdentityProviderRecord, version: number, event: ChangeEvent) => Promise<WriteOutcome>;
  /** Notes why keys could not be fetched; the keys in use stay. */
  readonly recordFailure: (provider: IdentityProviderRecord, error: string) => Promise<void>;
}

export interface IamStore {
  readonly audit: AuditStore;
  readonly archive: ArchiveStore;
  /** The rules of these roles of an organisation, given by their ids. */
  readonly readRolePermissions: (
    organisationId: string,
    roleIds: readonly string[],
  ) => Promise<readonly RolePermission[]>;
  readonly readOrganisation: (organisation: string) => Promise<Organisation | null>;
  readonly identityProviders: ObjectStore<IdentityProviderRecord>;
  readonly providerKeys: ProviderKeyStore;
  readonly serviceAccounts: ObjectStore<ServiceAccountRecord>;
  readonly federatedIdentities: FederatedIdentityStore;
  /** Only the one with this id; all of them if it is null. */
  readonly organisations: (visible: string | null) => ObjectStore<OrganisationRecord>;
  /** Read by id, slug or name. */
  readonly roles: ObjectStore<RoleRecord>;
  /** Those of one role, which is named by id, slug or name. */
  readonly roleRules: (role: string) => ObjectStore<RoleRuleRecord>;
  readonly roleBindings: (role: string) => RoleBindingStore;
  /** Those of one service account, by its id. */
  readonly accessCredentials: (serviceAccountId: string) => AccessCredentialStore;
  /** Those of the audiences that another organisation has reserved. */
  readonly readReservedByOthers: (organisationId: string, audiences: readonly string[]) => Promise<readonly string[]>;
  /** What acting as the account gives. */
  readonly readAccountStrength: (organisationId: string, serviceAccountId: string, giver: Giver) => Promise<Strength>;
  /** What a token of the provider can give. */
  readonly readProviderStrength: (organisationId: string, providerId: string, giver: Giver) => Promise<Strength>;
}
