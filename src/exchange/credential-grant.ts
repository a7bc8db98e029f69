// The client_credentials grant of an access credential (RFC 6749 §4.4), for systems that cannot get an ID token; pure but for its ports.

import { denial } from './denial.ts';
import type { Denial } from './denial.ts';
import { isSameDigest, sha256 } from '../token/digest.ts';
import { notAllowedDenial } from './decide.ts';
import { tokenClaims } from './grant.ts';
import type { Grant } from './grant.ts';
import type { IssuedToken } from './issue.ts';
import { MAX_CREDENTIAL_TOKEN_LIFETIME_SECONDS } from './limits.ts';
import type { NewAuditEvent } from '../objects/audit-log.ts';
import type { HeldRole, ServiceAccount } from '../objects/model.ts';
import { narrow } from '../rules/narrow.ts';
import type { Allowance } from '../rules/narrow.ts';
import type { ExchangeDeps, SigningKeyState } from './ports.ts';
import { decisionEvent } from './record.ts';
import type { ExchangeTrace } from './record.ts';
import type { CredentialRequest } from './request.ts';
import { ok, refuse } from './result.ts';
import type { Result } from './result.ts';

export interface AccessCredential {
  readonly id: string;
  readonly secretSha256: string;
  readonly scopes: readonly string[];
  readonly expiresAt: number;
  readonly serviceAccount: ServiceAccount;
  readonly organisationSlug: string;
}

export interface CredentialFacts {
  readonly credential: AccessCredential | null;
  readonly heldRoles: readonly HeldRole[];
  readonly signingKeys: readonly SigningKeyState[];
}

export interface CredentialUse {
  readonly credentialId: string;
  readonly event: NewAuditEvent;
}

export interface CredentialDeps extends Pick<ExchangeDeps, 'signerFor' | 'grantEventId' | 'newTokenId' | 'issuerUrl'> {
  readonly readCredentialFacts: (accessKey: string) => Promise<CredentialFacts>;
  readonly recordCredentialUse: (use: CredentialUse) => Promise<void>;
  readonly defaultAudience: string;
}

/** Grants an access token for an access credential. Every refusal of the credential itself reads the same to the caller. */
export async function grantToCredential(
  request: CredentialRequest,
  deps: CredentialDeps,
  trace: ExchangeTrace,
): Promise<Result<IssuedToken, Denial>> {
  const facts = await deps.readCredentialFacts(request.accessKey);
  const authenticated = await authenticate(request, facts.credential);
  if (!authenticated.ok) return authenticated;
  const credential = authenticated.value;
  const { serviceAccount } = credential;
  trace.organisationId = serviceAccount.organisationId;
  trace.serviceAccountId = serviceAccount.id;

  if (!isNamedRightly(request, credential)) return refuse(namedWrongly(credential));
  const { narrowed, checks } = narrow(allowanceOf(credential, request.now, deps), request, facts.heldRoles);
  const notAllowed = checks.find((check) => !check.ok);
  if (notAllowed !== undefined) return refuse(notAllowedDenial(notAllowed, `access credential ${credential.id}`));
  if (narrowed === null) throw new Error('an access credential has a default audience');
  const signer = await deps.signerFor('access_token', facts.signingKeys, request.now);
  if (!signer.ok) return signer;

  const grant: Grant = {
    ...narrowed,
    tokenType: 'access_token',
    tokenId: deps.newTokenId(),
    issuedAt: request.now,
    organisationId: serviceAccount.organisationId,
    serviceAccount,
    project: request.project,
    workload: null,
  };
  const event = decisionEvent(request, {
    id: deps.grantEventId(request.requestId),
    organisationId: serviceAccount.organisationId,
    actor: credential.id,
    outcome: 'granted',
    serviceAccountId: serviceAccount.id,
    tokenId: grant.tokenId,
  });
  await deps.recordCredentialUse({ credentialId: credential.id, event });
  return ok({ token: await signer.value(tokenClaims(grant, deps.issuerUrl)), grant });
}

/** What a credential allows, in the terms of a rule. */
function allowanceOf(
  { scopes, serviceAccount, expiresAt }: AccessCredential,
  now: number,
  { defaultAudience, issuerUrl }: CredentialDeps,
): Allowance {
  return {
    serviceAccount,
    allowedScopes: scopes,
    tokenAudiences: [defaultAudience, issuerUrl],
    tokenLifetime: MAX_CREDENTIAL_TOKEN_LIFETIME_SECONDS,
    // A token never outlives the credential that it was issued for.
    maxTokenLifetime: Math.min(MAX_CREDENTIAL_TOKEN_LIFETIME_SECONDS, expiresAt - now),
  };
}

function namedWrongly({ id, serviceAccount }: AccessCredential): Denial {
  return denial(
    'malformed_request',
    'service_account_id and organisation_id, if they are sent, must be those of the access credential',
    `access credential ${id} is of ${serviceAccount.id} in ${serviceAccount.organisationId}`,
  );
}

async function authenticate(
  { accessKey, accessSecret, now }: CredentialRequest,
  credential: AccessCredential | null,
): Promise<Result<AccessCredential, Denial>> {
  // Digests are compared, and one is made for an unknown key too, so that time tells nothing about the secret or the key.
  const matches = isSameDigest(await sha256(accessSecret), credential?.secretSha256 ?? '');
  if (credential === null) {
    // Whoever mixes the two up sends the secret as the key, and a secret is never logged.
    const shown = /^cbk_[\w-]{22}$/.test(accessKey) ? accessKey : 'sent, which does not look like one';
    return refuse(invalid(`no access credential has the key ${shown}`));
  }
  if (!matches) return refuse(invalid(`the secret of access credential ${credential.id} is wrong`));
  if (credential.expiresAt <= now) return refuse(invalid(`access credential ${credential.id} has expired`));
  if (credential.serviceAccount.status !== 'active') {
    return refuse(
      invalid(`service account ${credential.serviceAccount.id} of access credential ${credential.id} is inactive`),
    );
  }
  return ok(credential);
}

/** A caller that names another account than it has must not get a token of an account that it did not ask for (contract §3). */
function isNamedRightly(
  { serviceAccount: account, organisation }: CredentialRequest,
  { serviceAccount, organisationSlug }: AccessCredential,
): boolean {
  const isOwner = organisation === null || [serviceAccount.organisationId, organisationSlug].includes(organisation);
  const isBySlug = organisation !== null && account === serviceAccount.slug;
  return isOwner && (account === null || account === serviceAccount.id || isBySlug);
}

function invalid(detail: string): Denial {
  return denial('credential_invalid', 'the access credential is unknown, wrong, expired or disabled', detail);
}
