// Explains an exchange check by check (contract §5.6) with the very functions that decide one; changes, records and consumes nothing.

import { storedIdentity } from '../rules/compiled-rules.ts';
import { loadHints } from '../rules/late-hints.ts';
import { issuerHint } from '../rules/issuer-hints.ts';
import { MAX_EXPLANATION_STEPS } from '../rules/limits.ts';
import { newMatchingBudget } from '../rules/matching-budget.ts';
import type { CompiledIdentity } from '../rules/rule.ts';
import type { UnverifiedToken } from '../token/claims.ts';
import { decodeToken } from '../token/decode.ts';
import { lookupIssuer } from '../token/issuer.ts';
import type { JsonObject } from '../token/json.ts';
import { readSubject } from '../token/subject-claim.ts';
import type { FederatedIdentity } from '../objects/federated-identity.ts';
import type { IdentityProvider } from '../objects/identity-provider.ts';
import type { HeldRole } from '../objects/role-binding.ts';
import type { ServiceAccount } from '../objects/service-account.ts';
import { adviceOf } from './advice.ts';
import { MAX_EXPLAINED_ACCOUNTS } from './limits.ts';
import { accountsToGrant, decide, matchCandidates } from './decide.ts';
import type { DecidedToken, Matching } from './decide.ts';
import type { Denial } from './denial.ts';
import { queryOf, trustedProvider } from './lookup.ts';
import type { ExchangeDeps, ExchangeFacts } from './ports.ts';
import type { Asked } from './request.ts';
import { ok, refuse } from './result.ts';
import type { Result } from './result.ts';
import { explainIdentity, neighboursWorthShowing, outcomeOf } from './explained-rules.ts';
import type { ExplainedIdentity, Outcome } from './explained-rules.ts';
import { replayKeyOf, replayKeyOfId, usedTokenKey } from './single-use.ts';
import { failedAt, verificationReport } from './verification-checks.ts';
import type { VerificationReport, VerificationStep } from './verification-checks.ts';
import { ofProvider, verifyByProvider } from './verify-by-provider.ts';
import type { FactsOfProvider } from './verify-by-provider.ts';

/** What is asked, as by an exchange, on behalf of somebody who may see one organisation. */
export interface ExplainRequest {
  /** A real token, or claims that are taken as if they had been verified. */
  readonly subject: { readonly token: string } | { readonly claims: JsonObject };
  readonly asked: Asked;
  /** Id; nothing of another organisation is shown. */
  readonly ownOrganisation: string;
  /** Set if a recorded request is replayed: why it was refused, null if it was granted. */
  readonly recorded: { readonly reason: string | null } | null;
  readonly now: number;
}

/** What explaining reads beyond the facts of the exchange, in one round trip. */
export interface ExplainQuery {
  readonly organisationId: string;
  readonly providerId: string;
  /** Rules are looked for next to this subject, which may have been meant. */
  readonly near: string;
  /** The account that was asked for, by id or slug; null if none was. */
  readonly serviceAccount: string | null;
  /** The key of the token's use; null if it has none. */
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
  /** The account of this organisation that the request names; null if there is none. */
  readonly serviceAccount: Pick<ServiceAccount, 'id' | 'slug'> | null;
}

export interface ExplainDeps extends Pick<
  ExchangeDeps,
  'readFacts' | 'readHeldRoles' | 'verifySubjectToken' | 'compileIdentities' | 'issuerUrl'
> {
  /** Throws StorageUnavailable. */
  readonly readExplainFacts: (query: ExplainQuery) => Promise<ExplainFacts>;
  /** The issuers that an organisation has registered. Throws StorageUnavailable. */
  readonly readIssuers: (organisationId: string) => Promise<readonly string[]>;
}

export interface Explanation {
  readonly verification: VerificationReport;
  readonly provider: (IdentityProvider & { readonly name: string | null }) | null;
  /** Oldest first. */
  readonly identities: readonly ExplainedIdentity[];
  /** There are more rules than are explained. */
  readonly truncated: boolean;
  readonly outcome: Outcome;
  /** What to change, beyond the hints of single checks. */
  readonly advice: readonly string[];
}

/** Which of the objects that were named does not exist in the organisation. */
export type UnknownObject = 'serviceAccount' | 'federatedIdentity';

/** Explains what an exchange would do now. Throws StorageUnavailable. */
export async function explainExchange(
  request: ExplainRequest,
  deps: ExplainDeps,
): Promise<Result<Explanation, UnknownObject>> {
  await loadHints();
  const isToken = 'token' in request.subject;
  const presented = present(request.subject);
  if (!presented.ok) return ok(unverifiable('decode', presented.error, isToken));
  const { claims } = presented.value;
  const issuer = lookupIssuer(claims);
  if (!issuer.ok) return ok(unverifiable('issuer', issuer.error, isToken));

  const read = await readFacts(request, claims, issuer.value, deps);
  const unknown = request.recorded === null ? unknownObject(request.asked, read) : null;
  if (unknown !== null) return refuse(unknown);
  const { provider: registered } = read;
  if (registered === null) {
    const trusted = trustedProvider(read, issuer.value);
    if (trusted.ok) throw new Error('trustedProvider() refuses if there is no provider');
    const hint = issuerHint(issuer.value, await deps.readIssuers(request.ownOrganisation));
    return ok({ ...unverifiable('provider', trusted.error, isToken), advice: hint === null ? [] : [hint] });
  }

  const known = { ...read, provider: registered };
  const { facts, verified } = await selectProvider(presented.value, known, issuer.value, request.now, deps);
  const { provider } = facts;
  // An expired token still shows which rules it would match; the decision stays refused.
  const judged = verified.ok ? verified.value : unverified(claims, provider);
  const { more, isUsed } = await readMore(request, presented.value, provider, judged.subject, deps);

  const asked = { ...request.asked, now: request.now };
  const candidates = await deps.compileIdentities(facts.identities, provider);
  const considered = new Set(candidates.map(({ identity }) => identity.id));
  const others = await deps.compileIdentities(
    more.identities.filter(({ id }) => !considered.has(id)).map(storedIdentity),
    provider,
  );
  const matching = matchCandidates(candidates, judged, request.now);
  const roles = facts.heldRoles ?? (await deps.readHeldRoles(facts, holdersToShow(candidates, matching, facts, asked)));
  const outcome: Outcome = verified.ok
    ? outcomeOf(decide(asked, { ...facts, heldRoles: roles }, candidates, judged, deps.issuerUrl, matching), isUsed)
    : { decision: 'refused', denial: verified.error, federatedIdentityId: null };
  const budget = newMatchingBudget(MAX_EXPLANATION_STEPS);
  const context = { asked, token: judged, heldRoles: [...roles, ...more.heldRoles], isUsed, budget };
  // The rule that decides first: what it takes must not be spent by rules that deciding need not look at.
  const decidesFirst = candidates.toSorted((a, b) => Number(isDeciding(b, outcome)) - Number(isDeciding(a, outcome)));
  const own = decidesFirst.map((candidate) => explainIdentity(candidate, context));
  const neighbours = others.map((candidate) => explainIdentity(candidate, context));
  const shown = isNamed(request.asked) ? neighboursWorthShowing(own, neighbours, outcome) : neighbours;
  return ok({
    verification: verificationReport(verified.ok ? null : verified.error, isToken),
    provider: provider.organisationId === request.ownOrganisation ? { ...provider, name: more.providerName } : null,
    identities: [...own, ...shown].toSorted((a, b) => (a.identity.id < b.identity.id ? -1 : 1)),
    truncated: facts.truncated || (!isNamed(request.asked) && more.truncated),
    outcome,
    advice:
      outcome.decision === 'granted'
        ? []
        : adviceOf(outcome.denial, {
            // Only a recorded request named its organisation itself.
            asked: request.recorded === null ? { ...request.asked, organisation: null } : request.asked,
            facts,
            neighbours,
            account: more.serviceAccount,
          }),
  });
}

/** The accounts whose roles the explanation shows: those that decide, and if a project is asked for, where roles decide, all. */
function holdersToShow(
  candidates: readonly CompiledIdentity[],
  matching: Matching,
  facts: ExchangeFacts,
  { project }: Asked,
): readonly string[] {
  const deciding = accountsToGrant(matching, facts);
  if (project === null) return deciding;
  const all = candidates.map(({ identity }) => identity.serviceAccount.id);
  return [...new Set([...deciding, ...all])].slice(0, MAX_EXPLAINED_ACCOUNTS);
}

function isDeciding({ identity }: CompiledIdentity, outcome: Outcome): boolean {
  return outcome.decision === 'granted' && identity.id === outcome.identity.id;
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

/** The facts of the exchange. What belongs to another organisation is none here. */
async function readFacts(
  { asked, ownOrganisation, recorded }: ExplainRequest,
  claims: JsonObject,
  issuer: string,
  deps: ExplainDeps,
): Promise<ExchangeFacts> {
  if (recorded === null) {
    const serviceAccount = asked.federatedIdentity === null ? asked.serviceAccount : null;
    const facts = await deps.readFacts(queryOf({ ...asked, serviceAccount }, claims, issuer));
    return facts.provider?.organisationId === ownOrganisation ? facts : { ...facts, provider: null };
  }
  const facts = await deps.readFacts(queryOf(asked, claims, issuer));
  const isOwn = facts.organisation === null || facts.organisation.id === ownOrganisation;
  return isOwn ? facts : { ...facts, organisation: null, serviceAccount: null, identities: [], heldRoles: [] };
}

async function readMore(
  { asked, ownOrganisation, recorded }: ExplainRequest,
  { claims, token }: Presented,
  provider: IdentityProvider,
  subject: string,
  deps: ExplainDeps,
): Promise<{ more: ExplainFacts; isUsed: boolean | null }> {
  const replayKey = await (token === null
    ? replayKeyOfId(claims, provider.providerIssuer)
    : replayKeyOf(claims, provider.providerIssuer, token.compact));
  const more = await deps.readExplainFacts({
    organisationId: ownOrganisation,
    providerId: provider.id,
    near: subject,
    serviceAccount: asked.serviceAccount,
    usedTokenKey: replayKey === null ? null : usedTokenKey(ownOrganisation, replayKey),
  });
  // A recorded request is asked as it was: its own use of the token does not count against it.
  if (recorded !== null) return { more, isUsed: recorded.reason === 'token_already_used' };
  return { more, isUsed: replayKey === null ? null : more.isUsed };
}

function isNamed({ serviceAccount, federatedIdentity }: Asked): boolean {
  return serviceAccount !== null || federatedIdentity !== null;
}

function unknownObject(
  { serviceAccount, federatedIdentity }: Asked,
  { serviceAccount: found }: ExchangeFacts,
): UnknownObject | null {
  if (federatedIdentity !== null && found === null) return 'federatedIdentity';
  if (serviceAccount === null) return null;
  return found?.id === serviceAccount || found?.slug === serviceAccount ? null : 'serviceAccount';
}

interface Selected {
  readonly facts: FactsOfProvider;
  readonly verified: Result<DecidedToken, Denial>;
}

/** Verifies a token as an exchange does; of bare claims nothing but that they have a subject. */
async function selectProvider(
  { token, claims }: Presented,
  read: FactsOfProvider,
  issuer: string,
  now: number,
  deps: ExplainDeps,
): Promise<Selected> {
  if (token !== null) {
    const asked = { organisation: null, now };
    const selected = await verifyByProvider(token, read, issuer, asked, deps.verifySubjectToken);
    if (!selected.ok) return { facts: ofProvider(read, read.provider), verified: selected };
    return { facts: selected.value.facts, verified: ok(selected.value.verification.verified) };
  }
  // No key says whose the claims are: the first provider that has a rule to look at.
  const isLookedAt = ({ id }: IdentityProvider): boolean => read.identities.some(({ providerId }) => providerId === id);
  const facts = ofProvider(read, [read.provider, ...read.otherProviders].find(isLookedAt) ?? read.provider);
  const trusted = trustedProvider(facts, issuer);
  if (!trusted.ok) return { facts, verified: trusted };
  const subject = readSubject(claims, facts.provider);
  return { facts, verified: subject.ok ? ok({ claims, issuer, subject: subject.value }) : subject };
}

function unverified(claims: JsonObject, provider: IdentityProvider): DecidedToken {
  const subject = readSubject(claims, provider);
  return { claims, issuer: provider.providerIssuer, subject: subject.ok ? subject.value : '' };
}

function unverifiable(step: VerificationStep, denial: Denial, isToken: boolean): Explanation {
  return {
    verification: failedAt(step, denial, isToken),
    provider: null,
    identities: [],
    truncated: false,
    outcome: { decision: 'refused', denial, federatedIdentityId: null },
    advice: [],
  };
}
