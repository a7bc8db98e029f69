// Explains an exchange check by check (contract §5.6) with the very functions that decide one; changes, records and consumes nothing.

import type { UnverifiedToken } from '../token/claims.ts';
import { decide } from './decide.ts';
import type { DecidedRequest, DecidedToken, Decision } from './decide.ts';
import type { Denial, DenialReason } from './denial.ts';
import { denialDetail } from './denial-detail.ts';
import { lookupKeys, trustedProvider } from './lookup.ts';
import { narrow } from '../rules/narrow.ts';
import type { Narrowed } from '../rules/narrow.ts';
import { matchChecks } from '../rules/rule.ts';
import type { CompiledIdentity } from '../rules/rule.ts';
import { lookupIssuer } from '../token/issuer.ts';
import type { JsonObject } from '../token/json.ts';
import type { Check } from '../rules/check.ts';
import type { FederatedIdentity } from '../objects/federated-identity.ts';
import type { HeldRole } from '../objects/role-binding.ts';
import type { IdentityProvider } from '../objects/identity-provider.ts';
import type { ExchangeDeps, ExchangeFacts } from './ports.ts';
import { NOTHING_ASKED } from './request.ts';
import { ok, refuse } from './result.ts';
import type { Result } from './result.ts';
import { storedIdentity } from '../rules/compiled-rules.ts';
import { alreadyUsed, isSingleUse, replayKeyOf, replayKeyOfId, usedTokenKey } from './single-use.ts';
import { readSubject } from '../token/subject-claim.ts';
import { decodeToken } from '../token/decode.ts';

/** What is asked, as by an exchange that names this organisation. */
export interface ExplainRequest extends Omit<DecidedRequest, 'tokenType' | 'lifetimeSeconds'> {
  /** A real token, or claims that are taken as if they had been verified. */
  readonly subject: { readonly token: string } | { readonly claims: JsonObject };
  /** Id. */
  readonly organisation: string;
}

/** What explaining reads beyond the facts of the exchange, in one round trip. */
export interface ExplainQuery {
  readonly organisationId: string;
  readonly providerId: string;
  /** The subject next to which rules are looked for that may have been meant; null where an account or identity was named. */
  readonly near: string | null;
  /** The key of the token's use; null where it has none. */
  readonly usedTokenKey: string | null;
}

export interface ExplainFacts {
  readonly providerName: string | null;
  /** Rules of the provider, also those that an exchange need not look at. */
  readonly identities: readonly FederatedIdentity[];
  readonly heldRoles: readonly HeldRole[];
  /** There are more rules than are read. */
  readonly truncated: boolean;
  readonly isUsed: boolean;
}

export interface ExplainDeps extends Pick<
  ExchangeDeps,
  'readFacts' | 'verifySubjectToken' | 'compileIdentities' | 'issuerUrl'
> {
  /** Throws StorageUnavailable. */
  readonly readExplainFacts: (query: ExplainQuery) => Promise<ExplainFacts>;
}

/** In the order in which they are made. */
export const VERIFICATION_CHECKS = [
  'decode',
  'issuer',
  'provider',
  'header',
  'keys',
  'signature',
  'times',
  'subject',
] as const;
type VerificationStep = (typeof VERIFICATION_CHECKS)[number];

export interface VerificationCheck {
  readonly check: VerificationStep;
  /** Null where it was not made. */
  readonly ok: boolean | null;
  readonly detail: string | null;
}

/** A check as it is explained; `ok` is null where it cannot be made. */
export type ExplainedCheck = Omit<Check, 'ok' | 'reason'> & { readonly ok: boolean | null };

export interface ExplainedIdentity {
  readonly identity: FederatedIdentity;
  /** The rule accepts the token; whether it gives what is asked with it is another matter. */
  readonly matched: boolean;
  readonly checks: readonly ExplainedCheck[];
}

export interface Explanation {
  /** `ok` is null for bare claims, of which nothing is verified. */
  readonly verification: { readonly ok: boolean | null; readonly checks: readonly VerificationCheck[] };
  readonly provider: (IdentityProvider & { readonly name: string | null }) | null;
  /** Oldest first. */
  readonly identities: readonly ExplainedIdentity[];
  /** There are more rules than are explained. */
  readonly truncated: boolean;
  readonly outcome:
    | {
        readonly decision: 'granted';
        readonly identity: FederatedIdentity;
        readonly narrowed: Narrowed;
        readonly note: string | null;
      }
    | { readonly decision: 'refused'; readonly denial: Denial; readonly federatedIdentityId: string | null };
}

/** Which of the objects that were named does not exist in the organisation. */
export type UnknownObject = 'serviceAccount' | 'federatedIdentity';

/** Explains what an exchange would do now. Throws StorageUnavailable. */
export async function explainExchange(
  request: ExplainRequest,
  deps: ExplainDeps,
): Promise<Result<Explanation, UnknownObject>> {
  const isToken = 'token' in request.subject;
  const presented = present(request.subject);
  if (!presented.ok) return ok(withoutProvider('decode', presented.error, isToken));
  const { claims, token } = presented.value;
  const issuer = lookupIssuer(claims);
  if (!issuer.ok) return ok(withoutProvider('issuer', issuer.error, isToken));

  const facts = await readFacts(request, claims, issuer.value, deps);
  const unknown = unknownObject(request, facts);
  if (unknown !== null) return refuse(unknown);
  const { provider } = facts;
  const trusted = trustedProvider(facts, issuer.value);
  if (provider === null) {
    if (trusted.ok) throw new Error('trustedProvider() refuses where there is no provider');
    return ok(withoutProvider('provider', trusted.error, isToken));
  }

  const verified = trusted.ok ? await verify(presented.value, provider, request.now, deps) : trusted;
  // An expired token still shows which rules it would match; the decision stays refused.
  const judged = verified.ok ? verified.value : unverified(claims, provider);
  const replayKey = await (token === null
    ? replayKeyOfId(claims, provider.providerIssuer)
    : replayKeyOf(claims, provider.providerIssuer, token.compact));
  const more = await deps.readExplainFacts({
    organisationId: request.organisation,
    providerId: provider.id,
    near: request.serviceAccount === null && request.federatedIdentity === null ? judged.subject : null,
    usedTokenKey: replayKey === null ? null : usedTokenKey(request.organisation, replayKey),
  });
  const isUsed = replayKey === null ? null : more.isUsed;

  const asked: DecidedRequest = { ...NOTHING_ASKED, ...request };
  const candidates = await deps.compileIdentities(facts.identities, provider);
  const considered = new Set(candidates.map(({ identity }) => identity.id));
  const neighbours = more.identities.filter(({ id }) => !considered.has(id)).map(storedIdentity);
  const others = await deps.compileIdentities(neighbours, provider);
  const heldRoles = [...facts.heldRoles, ...more.heldRoles];
  return ok({
    verification: verificationOf(verified.ok ? null : verified.error, isToken),
    provider: { ...provider, name: more.providerName },
    identities: [...candidates, ...others]
      .map((candidate) => explainIdentity(candidate, asked, judged, heldRoles, isUsed))
      .toSorted((a, b) => (a.identity.id < b.identity.id ? -1 : 1)),
    truncated: facts.truncated || more.truncated,
    outcome: verified.ok
      ? outcomeOf(decide(asked, facts, candidates, judged, deps.issuerUrl), isUsed)
      : { decision: 'refused', denial: verified.error, federatedIdentityId: null },
  });
}

/** `token` is null for bare claims. */
interface Presented {
  readonly claims: JsonObject;
  readonly token: UnverifiedToken | null;
}

function present(subject: ExplainRequest['subject']): Result<Presented, Denial> {
  if ('claims' in subject) return ok({ claims: subject.claims, token: null });
  const decoded = decodeToken(subject.token);
  return decoded.ok ? ok({ claims: decoded.value.claims, token: decoded.value }) : decoded;
}

/** The facts of an exchange in this organisation; another one's provider of the same issuer is none here. */
async function readFacts(
  { serviceAccount, federatedIdentity, organisation }: ExplainRequest,
  claims: JsonObject,
  issuer: string,
  deps: ExplainDeps,
): Promise<ExchangeFacts> {
  const named = { serviceAccount: federatedIdentity === null ? serviceAccount : null, federatedIdentity, organisation };
  const facts = await deps.readFacts({ ...lookupKeys(claims, issuer), ...named });
  return facts.provider?.organisationId === organisation ? facts : { ...facts, provider: null };
}

function unknownObject(
  { serviceAccount, federatedIdentity }: ExplainRequest,
  { serviceAccount: found }: ExchangeFacts,
): UnknownObject | null {
  if (federatedIdentity !== null && found === null) return 'federatedIdentity';
  if (serviceAccount === null) return null;
  return found?.id === serviceAccount || found?.slug === serviceAccount ? null : 'serviceAccount';
}

/** Verifies a token as an exchange does; of bare claims nothing but that they have a subject. */
async function verify(
  { token, claims }: Presented,
  provider: IdentityProvider,
  now: number,
  deps: ExplainDeps,
): Promise<Result<DecidedToken, Denial>> {
  if (token !== null) {
    const verification = await deps.verifySubjectToken(token, provider, now);
    return verification.ok ? ok(verification.value.verified) : verification;
  }
  const subject = readSubject(claims, provider);
  return subject.ok ? ok({ claims, issuer: provider.providerIssuer, subject: subject.value }) : subject;
}

function unverified(claims: JsonObject, provider: IdentityProvider): DecidedToken {
  const subject = readSubject(claims, provider);
  return { claims, issuer: provider.providerIssuer, subject: subject.ok ? subject.value : '' };
}

function explainIdentity(
  candidate: CompiledIdentity,
  asked: DecidedRequest,
  token: DecidedToken,
  heldRoles: readonly HeldRole[],
  isUsed: boolean | null,
): ExplainedIdentity {
  const { identity } = candidate;
  const matching = [...matchChecks(candidate, token, asked.now)];
  const checks: ExplainedCheck[] = [...matching, ...narrow(identity, asked, heldRoles).checks];
  if (isSingleUse(identity)) checks.push(replayCheck(token.claims, isUsed));
  return { identity, matched: matching.every((check) => check.ok), checks };
}

function replayCheck(claims: JsonObject, isUsed: boolean | null): ExplainedCheck {
  const hints = {
    unknown: 'claims without jti say nothing about use: explain the token itself',
    used: 'the token was exchanged before, and this identity accepts each token once: request a fresh one',
  };
  return {
    check: 'replay',
    claim: 'jti',
    expected: 'unused',
    actual: isUsed === null ? null : isUsed ? 'used' : 'unused',
    ok: isUsed === null ? null : !isUsed,
    hint: isUsed === null ? hints.unknown : isUsed ? hints.used : null,
  };
}

/** What is decided, after the single use that an exchange loses when it records its grant. */
function outcomeOf(decision: Decision, isUsed: boolean | null): Explanation['outcome'] {
  if (!decision.granted) {
    const { denial, federatedIdentityId } = decision;
    return { decision: 'refused', denial, federatedIdentityId };
  }
  const { identity, narrowed, note } = decision;
  if (isSingleUse(identity) && isUsed === true) {
    return { decision: 'refused', denial: alreadyUsed(identity), federatedIdentityId: identity.id };
  }
  return { decision: 'granted', identity, narrowed, note };
}

function withoutProvider(step: VerificationStep, denial: Denial, isToken: boolean): Explanation {
  return {
    verification: { ok: false, checks: checksUpTo(step, denial, isToken) },
    provider: null,
    identities: [],
    truncated: false,
    outcome: { decision: 'refused', denial, federatedIdentityId: null },
  };
}

function verificationOf(denial: Denial | null, isToken: boolean): Explanation['verification'] {
  if (denial !== null) return { ok: false, checks: checksUpTo(stepOf(denial.reason), denial, isToken) };
  const isOk = (check: VerificationStep): boolean | null => (isToken || STEPS_OF_CLAIMS.includes(check) ? true : null);
  return {
    ok: isToken ? true : null,
    checks: VERIFICATION_CHECKS.map((check) => ({
      check,
      ok: isOk(check),
      detail: isOk(check) === null ? NOT_OF_CLAIMS : null,
    })),
  };
}

/** The only ones that can be made of claims without a token. */
const STEPS_OF_CLAIMS: readonly VerificationStep[] = ['issuer', 'provider', 'subject'];
const NOT_OF_CLAIMS = 'not checked: claims were given, not a token';

function checksUpTo(failed: VerificationStep, denial: Denial, isToken: boolean): VerificationCheck[] {
  const at = VERIFICATION_CHECKS.indexOf(failed);
  return VERIFICATION_CHECKS.map((check, index) => {
    if (!isToken && !STEPS_OF_CLAIMS.includes(check)) return { check, ok: null, detail: NOT_OF_CLAIMS };
    if (index === at) return { check, ok: false, detail: denialDetail(denial) };
    return index < at
      ? { check, ok: true, detail: null }
      : { check, ok: null, detail: `not checked, because of ${failed}` };
  });
}

/** Which step of verifying refuses for this reason. */
const STEPS: Partial<Record<DenialReason, VerificationStep>> = {
  provider_inactive: 'provider',
  issuer_not_registered: 'provider',
  algorithm_not_allowed: 'header',
  kid_missing: 'header',
  token_type_not_accepted: 'header',
  keys_unavailable: 'keys',
  unknown_kid: 'keys',
  key_not_usable: 'keys',
  signature_invalid: 'signature',
  time_claim_invalid: 'times',
  token_expired: 'times',
  token_not_yet_valid: 'times',
  token_lifetime_too_long: 'times',
  subject_missing: 'subject',
};

function stepOf(reason: DenialReason): VerificationStep {
  const step = STEPS[reason];
  if (step === undefined) throw new Error(`verifying does not refuse with ${reason}`);
  return step;
}
