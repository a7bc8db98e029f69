// The client_credentials grant of an access credential (RFC 6749 §4.4), for systems that cannot get an ID token.

import { denial } from './denial.ts';
import type { Denial } from './denial.ts';
import { authenticateCredential, namesItsAccount } from './authenticate-credential.ts';
import type { AccessCredential } from './authenticate-credential.ts';
import { byCurrentFacts } from './current-facts.ts';
import type { Outcome } from './current-facts.ts';
import { notAllowedDenial } from './decide.ts';
import { issuedAt, tokenClaims } from './grant.ts';
import type { Grant } from './grant.ts';
import type { IssuedToken } from './issue.ts';
import { MAX_CREDENTIAL_TOKEN_LIFETIME_SECONDS } from './limits.ts';
import type { NewAuditEvent } from '../objects/audit-log.ts';
import type { HeldRole } from '../objects/role-binding.ts';
import { narrow } from '../rules/narrow.ts';
import type { Allowance } from '../rules/narrow.ts';
import type { ExchangeDeps, PolicyVersions, SigningKeyState } from './ports.ts';
import { decisionEvent } from './record.ts';
import { recordAsked } from './recorded-asked.ts';
import type { ExchangeTrace } from './record.ts';
import type { CredentialRequest } from './request.ts';
import { ok, refuse } from './result.ts';
import type { Result } from './result.ts';

export interface CredentialFacts {
  readonly credential: AccessCredential | null;
  readonly heldRoles: readonly HeldRole[];
  readonly signingKeys: readonly SigningKeyState[];
  readonly policy: PolicyVersions;
}

export interface CredentialUse {
  readonly credentialId: string;
  readonly event: NewAuditEvent;
  /** It is written only if the rules are still those that it was decided from. */
  readonly policy: PolicyVersions;
}

export interface CredentialDeps extends Pick<ExchangeDeps, 'signerFor' | 'grantEventId' | 'newTokenId' | 'issuerUrl'> {
  readonly readCredentialFacts: (accessKey: string) => Promise<CredentialFacts>;
  /** `outdated`, and nothing written, if the rules changed. */
  readonly recordCredentialUse: (use: CredentialUse) => Promise<'recorded' | 'outdated'>;
  readonly defaultAudience: string;
}

/** Grants an access token for an access credential. Every refusal of the credential itself reads the same to the caller. */
export async function grantToCredential(
  request: CredentialRequest,
  deps: CredentialDeps,
  trace: ExchangeTrace,
): Promise<Result<IssuedToken, Denial>> {
  const facts = { known: () => null, read: () => deps.readCredentialFacts(request.accessKey) };
  return byCurrentFacts(facts, (read) => grantFromFacts(request, read, deps, trace));
}

async function grantFromFacts(
  request: CredentialRequest,
  facts: CredentialFacts,
  deps: CredentialDeps,
  trace: ExchangeTrace,
): Promise<Outcome<IssuedToken>> {
  const authenticated = await authenticateCredential(request, facts.credential, request.now);
  if (!authenticated.ok) return authenticated;
  const credential = authenticated.value;
  const { serviceAccount } = credential;
  trace.organisationId = serviceAccount.organisationId;
  trace.serviceAccountId = serviceAccount.id;

  if (!namesItsAccount(request, credential)) return refuse(namedWrongly(credential));
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
    issuedAt: issuedAt(request.now, [serviceAccount]),
    organisationId: serviceAccount.organisationId,
    serviceAccount,
    project: request.project,
    accessCredentialId: credential.id,
    workload: null,
  };
  const event = decisionEvent(request, {
    id: deps.grantEventId(request.requestId),
    organisationId: serviceAccount.organisationId,
    actor: credential.id,
    outcome: 'granted',
    serviceAccountId: serviceAccount.id,
    tokenId: grant.tokenId,
    asked: recordAsked(request),
  });
  const recorded = await deps.recordCredentialUse({ credentialId: credential.id, event, policy: facts.policy });
  if (recorded === 'outdated') return recorded;
  return ok({ token: await signer.value(tokenClaims(grant, deps.issuerUrl)), grant });
}

/** What a credential allows, in the terms of a rule. */
function allowanceOf(
  { scopes, serviceAccount, expiresAt, withheldAudiences }: AccessCredential,
  now: number,
  { defaultAudience, issuerUrl }: CredentialDeps,
): Allowance {
  // The first is the default. A credential for this service's own API is of no use anywhere else (contract §3).
  const isForThisApi = scopes.some((scope) => scope.startsWith('iam:'));
  const audiences = isForThisApi ? [issuerUrl, defaultAudience] : [defaultAudience, issuerUrl];
  return {
    serviceAccount,
    allowedScopes: scopes,
    tokenAudiences: audiences.filter((audience) => !withheldAudiences.includes(audience)),
    withheldAudiences,
    tokenLifetime: MAX_CREDENTIAL_TOKEN_LIFETIME_SECONDS,
    // A token never outlives the credential that it was issued for, also when it is dated later than now.
    maxTokenLifetime: Math.min(
      MAX_CREDENTIAL_TOKEN_LIFETIME_SECONDS,
      Math.max(1, expiresAt - issuedAt(now, [serviceAccount])),
    ),
  };
}

function namedWrongly({ id, serviceAccount }: AccessCredential): Denial {
  return denial(
    'malformed_request',
    'service_account_id and organisation_id, if they are sent, must be those of the access credential',
    `access credential ${id} is of ${serviceAccount.id} in ${serviceAccount.organisationId}`,
  );
}
