// Access credentials (contract §5.5): the secret is made here, answered once, and kept as a digest; it is in no record, event or log.

import { accessCredentialContract } from '../../objects/access-credential.ts';
import type { AccessCredentialInput, AccessCredentialView } from '../../objects/access-credential.ts';
import { formatTimestamp, parseTimestamp } from '../../objects/values.ts';
import { sha256 } from '../../token/digest.ts';
import type { AccessCredentialRecord } from '../../objects/storage.ts';
import { isJsonObject } from '../../token/json.ts';
import type { JsonObject } from '../../token/json.ts';
import { CREDENTIAL_KEY_BYTES, CREDENTIAL_SECRET_BYTES } from '../limits.ts';
import { MAX_CREDENTIAL_LIFETIME_SECONDS } from '../../objects/limits.ts';
import { ok, refuse } from '../../exchange/result.ts';
import type { Result } from '../../exchange/result.ts';
import type { Fault, Problem } from '../problem.ts';
import type { IamRequest, Reply } from './deps.ts';
import { fault, invalid } from './faults.ts';
import type { Draft } from './members.ts';
import { changedMeta, newMeta } from './new-object.ts';
import { noOrganisation, noParent, objectOperations } from './object-operations.ts';
import type { Resource } from './object-operations.ts';
import { permitCredential } from './may-grant.ts';

export const accessCredentials: Resource<AccessCredentialInput, AccessCredentialRecord> = credentialsWithSecret(null);

/** Creates a credential; the answer is the only one that ever has its secret. */
export async function createAccessCredential(request: IamRequest): Promise<Result<Reply, Problem>> {
  const accessSecret = `cbs_${randomText(CREDENTIAL_SECRET_BYTES)}`;
  const created = await objectOperations(credentialsWithSecret(await sha256(accessSecret))).create(request);
  if (!created.ok || !isJsonObject(created.value.body)) return created;
  return ok({ ...created.value, body: { ...created.value.body, accessSecret } });
}

/** Credentials as objects; only with the digest of a secret can one be created. */
function credentialsWithSecret(secretSha256: string | null): Resource<AccessCredentialInput, AccessCredentialRecord> {
  return {
    noun: 'access credential',
    action: 'access_credential',
    idPrefix: 'cred',
    parentNoun: 'service account',
    statuses: [],
    filters: ['name', 'slug', 'identity'],
    contract: accessCredentialContract,
    store: (store, { parentId }) => {
      const credentials = store.accessCredentials(parentId);
      return {
        ...credentials,
        create: (record, event) => {
          if (secretSha256 === null) throw new Error('an access credential is created by createAccessCredential()');
          return credentials.create(record, secretSha256, event);
        },
      };
    },
    view: accessCredentialView,
    warnings: null,
    create: newCredential,
    change: changedCredential,
    permit: permitCredential,
    references: ({ serviceAccountId }) => ({ serviceAccountId, federatedIdentityId: null, issuer: null }),
    duplicate: () => fault(['name'], 'another access credential of this service account has this name'),
    inUse: null,
    limit: null,
  };
}

async function newCredential(
  request: IamRequest,
  { values, faults, isSound }: Draft<AccessCredentialInput>,
): Promise<Result<AccessCredentialRecord, Problem>> {
  const { deps, caller, now, parentId } = request;
  const { organisation, found: account } = await deps.store.serviceAccounts.read(caller.organisation, parentId);
  if (organisation === null) return refuse(noOrganisation(request));
  if (account === null) return refuse(noParent({ parentNoun: 'service account' }, request));
  const expiresAt = parseTimestamp(values.expiresAt ?? '') ?? 0;
  const all = isSound('expiresAt') ? [...faults, ...expiryFaults(expiresAt, now)] : faults;
  if (all.length > 0) return refuse(invalid(all));
  const id = deps.newId('cred');
  return ok({
    ...newMeta({ ...values, name: values.name ?? `access-credential-${id.slice(-8)}` }, now),
    id,
    organisationId: account.organisationId,
    serviceAccountId: account.id,
    accessKey: `cbk_${randomText(CREDENTIAL_KEY_BYTES)}`,
    scopes: [...new Set(values.scopes ?? [])],
    expiresAt,
    lastUsedAt: null,
  });
}

function changedCredential(
  { now }: IamRequest,
  current: AccessCredentialRecord,
  { values, faults }: Draft<AccessCredentialInput>,
): Result<AccessCredentialRecord, Problem> {
  const expiresAt = values.expiresAt === undefined ? current.expiresAt : (parseTimestamp(values.expiresAt) ?? 0);
  // A client that sends back what it read may do so after the credential expired.
  const all = expiresAt === current.expiresAt ? faults : [...faults, ...expiryFaults(expiresAt, now)];
  if (all.length > 0) return refuse(invalid(all));
  return ok({
    ...current,
    ...changedMeta(current, values),
    scopes: [...new Set(values.scopes ?? current.scopes)],
    expiresAt,
  });
}

function expiryFaults(expiresAt: number, now: number): Fault[] {
  if (expiresAt <= now) return [fault(['expiresAt'], 'must be in the future')];
  const latest = now + MAX_CREDENTIAL_LIFETIME_SECONDS;
  if (expiresAt <= latest) return [];
  return [fault(['expiresAt'], `must be at most 400 days from now, which is ${formatTimestamp(latest)}`)];
}

/** Chance as base64url, whose characters need no escaping in a form or a Basic header. */
function randomText(bytes: number): string {
  const chance = crypto.getRandomValues(new Uint8Array(bytes));
  return btoa(String.fromCharCode(...chance))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}

function accessCredentialView(credential: AccessCredentialRecord): AccessCredentialView & JsonObject {
  return {
    identity: credential.id,
    name: credential.name,
    description: credential.description,
    labels: credential.labels,
    annotations: credential.annotations,
    serviceAccountIdentity: credential.serviceAccountId,
    accessKey: credential.accessKey,
    scopes: credential.scopes,
    expiresAt: formatTimestamp(credential.expiresAt),
    lastUsedAt: credential.lastUsedAt === null ? null : formatTimestamp(credential.lastUsedAt),
    createdAt: formatTimestamp(credential.createdAt),
    updatedAt: formatTimestamp(credential.updatedAt),
    objectVersion: credential.objectVersion,
  };
}
