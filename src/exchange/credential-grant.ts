// The client_credentials grant of an access credential (RFC 6749 §4.4), for systems that cannot get an ID token; pure but for its ports.

import { denial } from './denial.ts';
import type { Denial } from './denial.ts';
import { isSameDigest, sha256 } from '../token/digest.ts';
import type { ExchangeDeps, ExchangeRequest, ExchangeTrace, IssuedToken } from './exchange.ts';
import { checkProject, rolesIn } from '../rules/rule.ts';
import { tokenClaims } from './grant.ts';
import type { Grant } from './grant.ts';
import { MAX_CREDENTIAL_TOKEN_LIFETIME_SECONDS } from './limits.ts';
import type { HeldRole, ServiceAccount } from '../objects/model.ts';
import type { DecisionRecord, SigningKeyState } from './ports.ts';
import { ok, refuse } from './result.ts';
import type { Result } from './result.ts';
import { rolesUnderScope } from '../rules/binding-reach.ts';
import { narrowScope } from '../rules/scope.ts';

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
  readonly event: DecisionRecord;
}

export type CredentialRequest = Omit<ExchangeRequest, 'subjectToken' | 'federatedIdentity'> & {
  readonly accessKey: string;
  readonly accessSecret: string;
};

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
  const { id: credentialId, scopes, serviceAccount, expiresAt } = authenticated.value;
  trace.organisationId = serviceAccount.organisationId;
  trace.serviceAccountId = serviceAccount.id;

  if (!isNamedRightly(request, authenticated.value)) {
    return refuse(
      denial(
        'malformed_request',
        'service_account_id and organisation_id, where they are sent, must be those of the access credential',
        `access credential ${credentialId} is of ${serviceAccount.id} in ${serviceAccount.organisationId}`,
      ),
    );
  }
  const scope = narrowScope(request.scope, scopes);
  if (!scope.ok) {
    return refuse(
      denial(
        'scope_not_allowed',
        `the requested scope is not allowed: ${scope.error.join(' ')}`,
        `access credential ${credentialId} allows ${scopes.join(' ')}`,
      ),
    );
  }
  const audiences = narrowAudience(request, deps);
  if (!audiences.ok) return audiences;
  const heldRoles = rolesUnderScope(scope.value, facts.heldRoles);
  if (request.project !== null && !checkProject(request.project, serviceAccount.id, heldRoles)) {
    return refuse(
      denial('project_not_allowed', `the service account is not bound to this project: ${request.project}`),
    );
  }
  const signer = await deps.signerFor('access_token', facts.signingKeys, request.now);
  if (!signer.ok) return signer;

  const grant: Grant = {
    tokenType: 'access_token',
    tokenId: deps.newTokenId(),
    issuedAt: request.now,
    // A token never outlives the credential that it was issued for.
    lifetimeSeconds: Math.min(
      request.lifetimeSeconds ?? Infinity,
      MAX_CREDENTIAL_TOKEN_LIFETIME_SECONDS,
      expiresAt - request.now,
    ),
    organisationId: serviceAccount.organisationId,
    serviceAccount: { id: serviceAccount.id, slug: serviceAccount.slug },
    scope: scope.value,
    audiences: audiences.value,
    roles: rolesIn(request.project, serviceAccount.id, heldRoles),
    project: request.project,
    workload: null,
  };
  await deps.recordCredentialUse({ credentialId, event: describe(request, credentialId, grant, deps) });
  return ok({ token: await signer.value(tokenClaims(grant, deps.issuerUrl)), grant });
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

function narrowAudience({ audiences }: CredentialRequest, deps: CredentialDeps): Result<readonly string[], Denial> {
  const allowed = [deps.defaultAudience, deps.issuerUrl];
  const refused = audiences.filter((audience) => !allowed.includes(audience));
  if (refused.length > 0) {
    return refuse(
      denial(
        'audience_not_allowed',
        `the requested audience or resource is not allowed: ${refused.join(' ')}`,
        `an access credential's token is for ${allowed.join(' or ')}`,
      ),
    );
  }
  return ok(audiences.length === 0 ? [deps.defaultAudience] : [...new Set(audiences)]);
}

function describe(
  request: CredentialRequest,
  credentialId: string,
  grant: Grant,
  deps: CredentialDeps,
): DecisionRecord {
  return {
    id: deps.grantEventId(request.requestId),
    organisationId: grant.organisationId,
    time: request.now,
    requestId: request.requestId,
    actor: credentialId,
    outcome: 'granted',
    reason: null,
    detail: null,
    serviceAccountId: grant.serviceAccount.id,
    federatedIdentityId: null,
    issuer: null,
    subject: null,
    claims: null,
    tokenId: grant.tokenId,
    ip: request.ip,
  };
}
