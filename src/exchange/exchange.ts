// The use case: a workload's ID token in, a grant out, in the order of the contract's §3; pure but for the ports it is given.

import type { VerifiedClaims } from '../token/claims.ts';
import { decide } from './decide.ts';
import type { Decision } from './decide.ts';
import { denial } from './denial.ts';
import type { Denial } from './denial.ts';
import { tokenClaims } from './grant.ts';
import type { Grant } from './grant.ts';
import type { CompileIdentities } from '../rules/compiled-rules.ts';
import { lookupIssuer } from '../token/issuer.ts';
import type { JsonObject } from '../token/json.ts';
import { LAST_USED_RESOLUTION_SECONDS } from './limits.ts';
import type { FederatedIdentity, IdentityProvider } from '../objects/model.ts';
import type {
  DecisionRecord,
  ExchangeFacts,
  ExchangeQuery,
  FetchedKeys,
  ReadExchangeFacts,
  RecordGrant,
  RecordRefusal,
  SigningKeyState,
  Verification,
  VerifySubjectToken,
} from './ports.ts';
import { ok, refuse } from './result.ts';
import type { Result } from './result.ts';
import { alreadyUsed, singleUseOf } from './single-use.ts';
import { subjectKeysOfToken } from '../rules/subject.ts';
import { decodeToken } from '../token/decode.ts';

/** What a caller asked for, after the door read its parameters. Times are epoch seconds. */
export interface ExchangeRequest {
  readonly subjectToken: string;
  readonly serviceAccount: string | null;
  readonly organisation: string | null;
  readonly federatedIdentity: string | null;
  readonly scope: readonly string[] | null;
  readonly audiences: readonly string[];
  readonly tokenType: 'access_token' | 'id_token';
  readonly lifetimeSeconds: number | null;
  readonly project: string | null;
  readonly requestId: string;
  readonly ip: string | null;
  /** The one clock reading of this exchange. */
  readonly now: number;
}

/** Signs the claims with the key that is active for the purpose; refuses where there is none. */
export type SignGrant = (
  purpose: Grant['tokenType'],
  states: readonly SigningKeyState[],
  now: number,
) => Promise<Result<(claims: JsonObject) => Promise<string>, Denial>>;

export interface ExchangeDeps {
  readonly readFacts: ReadExchangeFacts;
  readonly verifySubjectToken: VerifySubjectToken;
  readonly compileIdentities: CompileIdentities;
  readonly recordGrant: RecordGrant;
  readonly recordRefusal: RecordRefusal;
  readonly signerFor: SignGrant;
  readonly newId: (prefix: 'evt') => string;
  /** The id of the audit event of a request's grant, by which it is found. */
  readonly grantEventId: (requestId: string) => string;
  readonly newTokenId: () => string;
  readonly issuerUrl: string;
  /** Where refusals go that no named organisation claims. */
  readonly defaultOrganisationId: string;
}

/** A token that may be handed out: its audit event is durable. */
export interface IssuedToken {
  readonly token: string;
  readonly grant: Grant;
}

/** What is known of an exchange when it ends, for the log line; filled in step by step. */
export interface ExchangeTrace {
  issuer: string | null;
  subject: string | null;
  organisationId: string | null;
  serviceAccountId: string | null;
  federatedIdentityId: string | null;
  staleKeys: boolean;
}

/** An empty trace. */
export function newTrace(): ExchangeTrace {
  return {
    issuer: null,
    subject: null,
    organisationId: null,
    serviceAccountId: null,
    federatedIdentityId: null,
    staleKeys: false,
  };
}

/**
 * Exchanges a subject token for a token of this deployment (RFC 8693 §2, RFC 7523 §2).
 * Every expected refusal is a Denial; throws StorageUnavailable where D1 does not answer.
 */
export async function exchangeToken(
  request: ExchangeRequest,
  deps: ExchangeDeps,
  trace: ExchangeTrace,
): Promise<Result<IssuedToken, Denial>> {
  const decoded = decodeToken(request.subjectToken);
  if (!decoded.ok) return decoded;
  const issuer = lookupIssuer(decoded.value.claims);
  if (!issuer.ok) return issuer;
  trace.issuer = issuer.value;

  const facts = await deps.readFacts(queryOf(request, decoded.value.claims, issuer.value));
  trace.organisationId = facts.organisation?.id ?? null;
  const provider = trustedProvider(facts, issuer.value);
  if (!provider.ok) return provider;

  const verification = await deps.verifySubjectToken(decoded.value, provider.value, request.now);
  if (!verification.ok) return verification;
  const { verified, fetched, stale } = verification.value;
  trace.subject = verified.subject;
  trace.staleKeys = stale;

  const compiled = await deps.compileIdentities(facts.identities, provider.value);
  const decision = decide(request, facts, compiled, verified, deps.issuerUrl);
  trace.serviceAccountId = decision.serviceAccountId;
  trace.federatedIdentityId = decision.federatedIdentityId;

  const event = describeTo(request, facts, verified, deps);
  if (!decision.granted)
    return isBorrowed(facts, deps) ? refuse(decision.denial) : recordDenial(decision, event, fetched, deps);
  return issue(request, decision, event, facts, verification.value, deps);
}

/** Everything the rows are looked up by. It is unverified, so it may only ever select, never decide. */
export function lookupKeys(
  claims: JsonObject,
  issuer: string,
): { issuer: string; subjectKeys: readonly string[]; allStrings: readonly string[] } {
  const { sub } = claims;
  return {
    issuer,
    subjectKeys: typeof sub === 'string' && sub !== '' ? subjectKeysOfToken(claims, sub) : [],
    allStrings: [...new Set([...stringsIn(claims)].flatMap((text) => subjectKeysOfToken(claims, text)))],
  };
}

/** A request that names whom it wants to act as needs no other key; the rest is only worked out where it is looked up by. */
function queryOf(request: ExchangeRequest, claims: JsonObject, issuer: string): ExchangeQuery {
  const { serviceAccount, organisation, federatedIdentity } = request;
  const isNamed = serviceAccount !== null || federatedIdentity !== null;
  const keys = isNamed ? { issuer, subjectKeys: [], allStrings: [] } : lookupKeys(claims, issuer);
  return { ...keys, serviceAccount, organisation, federatedIdentity };
}

function stringsIn(claims: JsonObject): Set<string> {
  const strings = new Set<string>();
  const pending: unknown[] = [claims];
  for (let value = pending.pop(); value !== undefined; value = pending.pop()) {
    if (typeof value === 'string') strings.add(value);
    else if (typeof value === 'number') strings.add(String(value));
    else if (typeof value === 'object' && value !== null) pending.push(...Object.values(value));
  }
  return strings;
}

/** The provider whose keys may verify the token, or why there is none. */
export function trustedProvider(
  facts: Pick<ExchangeFacts, 'provider'>,
  issuer: string,
): Result<IdentityProvider, Denial> {
  const { provider } = facts;
  if (provider === null) {
    return refuse(
      denial(
        'issuer_not_registered',
        `the issuer of the token is not a registered identity provider: ${issuer.slice(0, 200)}`,
      ),
    );
  }
  if (provider.status !== 'active') {
    return refuse(
      denial(
        'provider_inactive',
        'the identity provider of this issuer is disabled',
        `identity provider ${provider.id} is inactive`,
      ),
    );
  }
  return ok(provider);
}

/**
 * Whether the token was verified with the keys of a tenant that has no say where the refusal would be recorded: there is no
 * such account, or its organisation does not know the issuer. Who holds those keys could fill another's audit log with them.
 */
function isBorrowed({ provider, organisation }: ExchangeFacts, { defaultOrganisationId }: ExchangeDeps): boolean {
  const own = [organisation?.id ?? defaultOrganisationId, defaultOrganisationId];
  return provider !== null && !own.includes(provider.organisationId);
}

type DescribeEvent = (outcome: DecisionRecord['outcome'], of: Partial<DecisionRecord>) => DecisionRecord;

/** What every audit event of this exchange says. */
function describeTo(
  request: ExchangeRequest,
  facts: ExchangeFacts,
  verified: VerifiedClaims,
  deps: ExchangeDeps,
): DescribeEvent {
  return (outcome, of) => ({
    id: outcome === 'granted' ? deps.grantEventId(request.requestId) : deps.newId('evt'),
    organisationId: facts.organisation?.id ?? deps.defaultOrganisationId,
    time: request.now,
    requestId: request.requestId,
    actor: verified.subject,
    outcome,
    reason: null,
    detail: null,
    serviceAccountId: null,
    federatedIdentityId: null,
    issuer: verified.issuer,
    subject: verified.subject,
    claims: verified.claims,
    tokenId: null,
    ip: request.ip,
    ...of,
  });
}

async function recordDenial(
  decision: Decision & { granted: false },
  describe: DescribeEvent,
  fetched: FetchedKeys | null,
  deps: ExchangeDeps,
): Promise<Result<never, Denial>> {
  const { reason, detail } = decision.denial;
  const { shadow } = decision;
  const event =
    shadow === null
      ? describe('refused', {
          reason,
          detail,
          serviceAccountId: decision.serviceAccountId,
          federatedIdentityId: decision.federatedIdentityId,
        })
      : describe('shadow', { ...shadowOf(shadow), reason, detail: `${shadowOf(shadow).detail}; ${detail}` });
  await deps.recordRefusal(event, fetched);
  return refuse(decision.denial);
}

function shadowOf({ id, serviceAccount }: FederatedIdentity): {
  serviceAccountId: string;
  federatedIdentityId: string;
  detail: string;
} {
  return {
    serviceAccountId: serviceAccount.id,
    federatedIdentityId: id,
    detail: `the shadow identity ${id} would have granted this`,
  };
}

async function issue(
  request: ExchangeRequest,
  decision: Decision & { granted: true },
  describe: DescribeEvent,
  facts: ExchangeFacts,
  { verified, fetched, stale }: Verification,
  deps: ExchangeDeps,
): Promise<Result<IssuedToken, Denial>> {
  const signer = await deps.signerFor(request.tokenType, facts.signingKeys, request.now);
  if (!signer.ok) return signer;
  const { identity } = decision;
  const grant: Grant = {
    ...decision.narrowed,
    tokenType: request.tokenType,
    tokenId: deps.newTokenId(),
    issuedAt: request.now,
    organisationId: identity.organisationId,
    serviceAccount: { id: identity.serviceAccount.id, slug: identity.serviceAccount.slug },
    project: request.project,
    workload: {
      federatedIdentityId: identity.id,
      issuer: verified.issuer,
      subject: verified.subject,
      upstream: decision.upstream,
    },
  };
  const parties = { serviceAccountId: identity.serviceAccount.id, federatedIdentityId: identity.id };
  const recording = deps.recordGrant({
    event: describe('granted', { ...parties, tokenId: grant.tokenId, detail: noteOf(decision.note, stale) }),
    singleUse: await singleUseOf(identity, verified),
    touch: isDue(facts, identity.id, request.now),
    shadow: decision.shadow && describe('shadow', shadowOf(decision.shadow)),
    fetched,
  });
  // Signing needs nothing from the write and the write nothing from it; the token leaves only after both.
  const [recorded, signed] = await Promise.allSettled([recording, signer.value(tokenClaims(grant, deps.issuerUrl))]);
  if (recorded.status === 'rejected') throw recorded.reason;
  if (recorded.value === 'already_used') {
    const replayed = alreadyUsed(identity);
    await deps.recordRefusal(
      describe('refused', { ...parties, reason: replayed.reason, detail: replayed.detail }),
      fetched,
    );
    return refuse(replayed);
  }
  if (signed.status === 'rejected') throw signed.reason;
  return ok({ token: signed.value, grant });
}

/** By the row as it was read now: the compiled identity is that of an earlier exchange. */
function isDue({ identities }: ExchangeFacts, id: string, now: number): boolean {
  const lastUsedAt = identities.find((identity) => identity.id === id)?.lastUsedAt ?? null;
  return lastUsedAt === null || Math.abs(now - lastUsedAt) >= LAST_USED_RESOLUTION_SECONDS;
}

function noteOf(note: string | null, stale: boolean): string | null {
  const notes = [note, stale ? 'the issuer is failing: its keys were used past their freshness' : null];
  return notes.filter((text) => text !== null).join('; ') || null;
}
