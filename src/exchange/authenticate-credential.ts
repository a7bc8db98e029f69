// Checks an access credential (contract §5.5): its secret, its end, its account; every refusal reads the same to the caller.

import { isSameDigest, sha256 } from '../token/digest.ts';
import type { ServiceAccount } from '../objects/service-account.ts';
import { denial } from './denial.ts';
import type { Denial } from './denial.ts';
import type { Asked, ExchangeRequest } from './request.ts';
import { ok, refuse } from './result.ts';
import type { Result } from './result.ts';

/** What a client proves itself with. */
export interface ClientCredential {
  readonly accessKey: string;
  readonly accessSecret: string;
}

/** An access credential as storage knows it. */
export interface AccessCredential {
  readonly id: string;
  readonly secretSha256: string;
  readonly scopes: readonly string[];
  readonly expiresAt: number;
  readonly serviceAccount: ServiceAccount;
  readonly organisationSlug: string;
  /** Audiences that its tokens cannot have, since another organisation has reserved them. */
  readonly withheldAudiences: readonly string[];
}

/** Checks a credential at `now` (epoch seconds). Refuses with `credential_invalid`; throws StorageUnavailable. */
export type AuthenticateCredential = (
  client: ClientCredential,
  now: number,
) => Promise<Result<AccessCredential, Denial>>;

/** Whether the credential that was found by its key is proven by its secret and may be used at `now` (epoch seconds). */
export async function authenticateCredential(
  { accessKey, accessSecret }: ClientCredential,
  credential: AccessCredential | null,
  now: number,
): Promise<Result<AccessCredential, Denial>> {
  // Digests are compared, and one is made for an unknown key too, so that time tells nothing about the secret or the key.
  const matches = isSameDigest(await sha256(accessSecret), credential?.secretSha256 ?? '');
  if (credential === null) {
    // Whoever mixes the two up sends the secret as the key, and a secret is never logged.
    const shown = /^cbk_[\w-]{22}$/.test(accessKey) ? accessKey : 'sent, which does not look like one';
    return refuse(credentialInvalid(`no access credential has the key ${shown}`));
  }
  const { id, serviceAccount, expiresAt } = credential;
  if (!matches) return refuse(credentialInvalid(`the secret of access credential ${id} is wrong`));
  if (expiresAt <= now) return refuse(credentialInvalid(`access credential ${id} has expired`));
  if (serviceAccount.status !== 'active') {
    return refuse(credentialInvalid(`service account ${serviceAccount.id} of access credential ${id} is inactive`));
  }
  return ok(credential);
}

/**
 * The request of a client that presents a workload's token and proves itself besides (RFC 8693 §2.1): it gets a token of its
 * credential's account, or none. What the workload may do is still decided by its token.
 */
export async function authenticateClient(
  request: ExchangeRequest,
  client: ClientCredential,
  authenticate: AuthenticateCredential,
): Promise<Result<ExchangeRequest, Denial>> {
  const authenticated = await authenticate(client, request.now);
  if (!authenticated.ok) return authenticated;
  const { id, serviceAccount } = authenticated.value;
  if (!namesItsAccount(request, authenticated.value)) {
    return refuse(
      credentialInvalid(`access credential ${id} is of ${serviceAccount.id}, and the request names another`),
    );
  }
  return ok({ ...request, serviceAccount: serviceAccount.id });
}

/** True if what a request names is what its credential is of: nobody may get a token of an account that it did not ask for. */
export function namesItsAccount(
  { serviceAccount: account, organisation }: Asked,
  { serviceAccount, organisationSlug }: AccessCredential,
): boolean {
  const isOwner = organisation === null || [serviceAccount.organisationId, organisationSlug].includes(organisation);
  const isBySlug = organisation !== null && account === serviceAccount.slug;
  return isOwner && (account === null || account === serviceAccount.id || isBySlug);
}

function credentialInvalid(detail: string): Denial {
  return denial('credential_invalid', 'the access credential is unknown, wrong, expired or disabled', detail);
}
