// Access credentials (contract §5.5): the secret is made here, answered once, and kept as a digest; it is in no record, event or log.

import { accessCredential } from '../../objects/access-credential.ts';
import type { AccessCredentialInput, AccessCredentialRecord } from '../../objects/access-credential.ts';
import { DEFAULT_CREDENTIAL_LIFETIME_SECONDS, MAX_CREDENTIAL_LIFETIME_SECONDS } from '../../objects/limits.ts';
import { withTokensSettled } from '../../objects/tokens-not-before.ts';
import { formatTimestamp } from '../../objects/values.ts';
import { sha256 } from '../../token/digest.ts';
import { isJsonObject } from '../../token/json.ts';
import { CREDENTIAL_KEY_BYTES, CREDENTIAL_SECRET_BYTES } from '../limits.ts';
import { ok, refuse } from '../../exchange/result.ts';
import type { Result } from '../../exchange/result.ts';
import type { Fault, Problem } from '../problem.ts';
import type { IamRequest, Reply } from './deps.ts';
import { fault, invalid } from './faults.ts';
import { permitCredential } from './may-grant.ts';
import type { Draft } from './members.ts';
import { draftObject } from './new-object.ts';
import { objectOperations } from './object-operations.ts';
import { noOrganisation, noParent } from './object-problems.ts';
import type { Resource } from './object-operations.ts';

export const accessCredentials: Resource<typeof accessCredential> = credentialsWithSecret(null);

/** Creates a credential; the answer is the only one that ever has its secret. */
export async function createAccessCredential(request: IamRequest): Promise<Result<Reply, Problem>> {
  const accessSecret = `cbs_${randomText(CREDENTIAL_SECRET_BYTES)}`;
  const created = await objectOperations(credentialsWithSecret(await sha256(accessSecret))).create(request);
  if (!created.ok || !isJsonObject(created.value.body)) return created;
  // A judgement keeps no credential, so it has no secret that would look like one.
  const answered = request.isJudgement ? '' : accessSecret;
  return ok({ ...created.value, body: { ...created.value.body, accessSecret: answered } });
}

/** Credentials as objects; only with the digest of a secret can one be created. */
function credentialsWithSecret(secretSha256: string | null): Resource<typeof accessCredential> {
  return {
    object: accessCredential,
    parentNoun: 'service account',
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
    create: newCredential,
    faults: credentialFaults,
    settle: (next, before, { now }) => withTokensSettled(next, before, ({ expiresAt }) => expiresAt > now, now),
    permit: permitCredential,
    references: ({ serviceAccountIdentity }) => ({ serviceAccountId: serviceAccountIdentity }),
    uniqueIn: 'another access credential of this service account',
  };
}

async function newCredential(
  request: IamRequest,
  draft: Draft<AccessCredentialInput>,
): Promise<Result<AccessCredentialRecord, Problem>> {
  const { deps, caller, parentId, now } = request;
  const { organisation, found: account } = await deps.store.serviceAccounts.read(caller.organisation, parentId);
  if (organisation === null) return refuse(noOrganisation(request));
  if (account === null) return refuse(noParent({ parentNoun: 'service account' }, request));
  const expiresAt = formatTimestamp(now + DEFAULT_CREDENTIAL_LIFETIME_SECONDS);
  const values = { expiresAt, ...draft.values };
  const credential = draftObject(accessCredential, request, account.organisationId, values);
  const faults = [...draft.faults, ...credentialFaults(request, credential, draft, null)];
  if (faults.length > 0) return refuse(invalid(faults));
  const accessKey = `cbk_${randomText(CREDENTIAL_KEY_BYTES)}`;
  return ok({ ...credential, serviceAccountIdentity: account.id, accessKey });
}

/** A client that sends back what it read may do so after the credential expired. */
function credentialFaults(
  { now }: IamRequest,
  { expiresAt }: AccessCredentialRecord,
  { isSound }: Draft<AccessCredentialInput>,
  before: AccessCredentialRecord | null,
): Fault[] {
  return isSound('expiresAt') && expiresAt !== before?.expiresAt ? expiryFaults(expiresAt, now) : [];
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
