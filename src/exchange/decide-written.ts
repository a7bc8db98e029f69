// Decides over claims and a written configuration with the very functions that decide an exchange; verifies no token and asks no service.

import { decide } from './decide.ts';
import type { DecidedRequest, DecidedToken, Decision } from './decide.ts';
import { denial } from './denial.ts';
import { denialDetail } from './denial-detail.ts';
import type { Denial, DenialReason } from './denial.ts';
import { explainIdentity } from './explained-rules.ts';
import type { ExplainedIdentity } from './explained-rules.ts';
import { subjectKeysIn, trustedProvider } from './lookup.ts';
import { NOTHING_ASKED } from './request.ts';
import { storedIdentity } from '../rules/compiled-rules.ts';
import { compileExpression } from '../rules/expression.ts';
import { loadHints } from '../rules/late-hints.ts';
import { newMatchingBudget } from '../rules/matching-budget.ts';
import { compileFederatedIdentity } from '../rules/rule.ts';
import type { CompiledIdentity } from '../rules/rule.ts';
import { lookupIssuer } from '../token/issuer.ts';
import type { JsonObject } from '../token/json.ts';
import { MAX_EXACT_RULES_WITHOUT_ACCOUNT, MAX_PATTERN_RULES_WITHOUT_ACCOUNT } from './limits.ts';
import type { Kept } from '../objects/definition.ts';
import { DEFAULT_ORGANISATION_ID } from '../objects/organisation.ts';
import { federatedIdentity } from '../objects/federated-identity.ts';
import type { FederatedIdentity } from '../objects/federated-identity.ts';
import type { HeldRole } from '../objects/role-binding.ts';
import { identityProvider } from '../objects/identity-provider.ts';
import type { IdentityProvider } from '../objects/identity-provider.ts';
import { newMembers, newObject } from '../objects/records.ts';
import { serviceAccount as serviceAccountObject } from '../objects/service-account.ts';
import type { ServiceAccount } from '../objects/service-account.ts';
import type { ExchangeFacts } from './ports.ts';
import { ok, refuse } from './result.ts';
import type { Result } from './result.ts';
import { readSubject } from '../token/subject-claim.ts';
import { subjectKeyOfRule } from '../rules/subject.ts';
import { presetByName } from '../platforms/presets.ts';
import type {
  WrittenAccount,
  WrittenConfiguration,
  WrittenIdentity,
  WrittenProvider,
} from './written-configuration.ts';

// A refusal is told with its hints.
await loadHints();

/** What an exchange would ask, with claims taken as verified. */
export interface Question {
  readonly claims: JsonObject;
  /** The name of the provider whose key signed the token; only matters if several have its issuer. */
  readonly provider?: string | null;
  /** Name or slug; null if the caller names none. */
  readonly serviceAccount: string | null;
  readonly scope: readonly string[] | null;
  readonly audiences: readonly string[];
  readonly project: string | null;
  /** Epoch seconds; decides what has expired. */
  readonly now: number;
}

export type Verdict =
  | {
      readonly allowed: true;
      /** Names. */
      readonly serviceAccount: string;
      readonly identity: string;
      readonly scope: readonly string[];
      readonly audiences: readonly string[];
      /** Slugs. */
      readonly roles: readonly string[];
      readonly lifetimeSeconds: number;
    }
  | { readonly allowed: false; readonly reason: DenialReason; readonly detail: string };

/** What an exchange with a token of these claims would end in. */
export function judgeClaims(configuration: WrittenConfiguration, question: Question): Verdict {
  const decision = decideWritten(configuration, question);
  if (!decision.ok) return refused(decision.error);
  if (!decision.value.granted) return refused(decision.value.denial);
  const { identity, narrowed } = decision.value;
  return { allowed: true, serviceAccount: identity.serviceAccount.id, identity: identity.name, ...narrowed };
}

function refused(denied: Denial): Verdict {
  return { allowed: false, reason: denied.reason, detail: denialDetail(denied) };
}

function decideWritten(configuration: WrittenConfiguration, question: Question): Result<Decision, Denial> {
  const held = holdAgainst(configuration, question);
  if (!held.ok) return held;
  const { asked, facts, candidates, token } = held.value;
  return ok(decide(asked, facts, candidates, token, configuration.issuerUrl));
}

/** Every check of every written rule that is a candidate, in the order that decides, or why none is looked at. */
export function explainClaims(
  configuration: WrittenConfiguration,
  question: Question,
): Result<readonly ExplainedIdentity[], Denial> {
  const held = holdAgainst(configuration, question);
  if (!held.ok) return held;
  const { asked, facts, candidates, token } = held.value;
  const context = { asked, token, heldRoles: facts.heldRoles, isUsed: null, budget: newMatchingBudget() };
  return ok(candidates.map((candidate) => explainIdentity(candidate, context)));
}

interface HeldAgainst {
  readonly asked: DecidedRequest;
  readonly facts: WrittenFacts;
  readonly candidates: readonly CompiledIdentity[];
  readonly token: DecidedToken;
}

/** The claims, and the rules that they are held against. */
function holdAgainst(configuration: WrittenConfiguration, question: Question): Result<HeldAgainst, Denial> {
  const { claims } = question;
  const issuer = lookupIssuer(claims);
  if (!issuer.ok) return issuer;
  const facts = factsOf(configuration, question, issuer.value);
  const provider = trustedProvider(facts, issuer.value);
  if (!provider.ok) return provider;
  const subject = readSubject(claims, provider.value);
  if (!subject.ok) return subject;
  const { issuerUrl, defaultAudience } = configuration;
  const context = {
    issuerUrl,
    defaultAudience,
    preset: presetByName(provider.value.preset),
    providerIssuer: provider.value.providerIssuer,
    subjectClaim: provider.value.subjectClaim,
    compileExpression,
  };
  if (facts.serviceAccount === null && question.serviceAccount !== null) {
    return refuse(denial('service_account_unknown', '', `no service account ${question.serviceAccount}`));
  }
  return ok({
    asked: { ...NOTHING_ASKED, ...question },
    facts,
    candidates: facts.identities.map(({ read }) => compileFederatedIdentity(read(), context)),
    token: { claims, issuer: provider.value.providerIssuer, subject: subject.value },
  });
}

type WrittenFacts = Omit<ExchangeFacts, 'policy' | 'chars'> & { readonly heldRoles: readonly HeldRole[] };

/** What storage would answer to this exchange: ids are names here, of an identity with its account's in front. */
function factsOf(
  { providers, serviceAccounts, identities, bindings }: WrittenConfiguration,
  { claims, serviceAccount, provider: signedBy = null }: Question,
  issuer: string,
): WrittenFacts {
  const sharing = providers.filter((written) => written.providerIssuer === issuer);
  const provider = sharing.find(({ name }) => name === signedBy) ?? sharing[0];
  const accounts = new Map(serviceAccounts.map((written) => [written.name, toServiceAccount(written)]));
  const named =
    serviceAccount === null
      ? null
      : (accounts.get(serviceAccount) ?? [...accounts.values()].find(({ slug }) => slug === serviceAccount) ?? null);
  const wanted = new Set(subjectKeysIn(claims, [provider?.subjectClaim ?? 'sub']).map(([, key]) => key));
  const isCandidate = (written: WrittenIdentity): boolean => {
    if (written.provider !== provider?.name) return false;
    if (serviceAccount !== null) return written.serviceAccount === named?.id;
    const key = subjectKeyOfRule(written.providerSubject, written.providerSubjectMatch ?? 'exact');
    return key === null || wanted.has(key);
  };
  const candidates = identities.filter(isCandidate);
  const patterns = candidates.filter((written) => written.providerSubjectMatch === 'glob').length;
  return {
    organisation: { id: DEFAULT_ORGANISATION_ID, slug: 'default' },
    provider: provider === undefined ? null : toProvider(provider),
    otherProviders: [],
    serviceAccount: named,
    identities: candidates.flatMap((written) => {
      const account = accounts.get(written.serviceAccount);
      return account === undefined ? [] : [storedIdentity(toIdentity(written, account))];
    }),
    truncated:
      serviceAccount === null &&
      (patterns > MAX_PATTERN_RULES_WITHOUT_ACCOUNT || candidates.length - patterns > MAX_EXACT_RULES_WITHOUT_ACCOUNT),
    heldRoles: bindings.map(({ serviceAccount: holder, role, projects, scopes }): HeldRole => ({
      serviceAccountId: holder,
      roleSlug: role,
      projects,
      scopes,
    })),
    signingKeys: [],
  };
}

function toProvider(written: WrittenProvider): IdentityProvider {
  return { ...named(written.name), ...newMembers(identityProvider, written, '') };
}

function toServiceAccount(written: WrittenAccount): ServiceAccount {
  return { ...named(written.name), ...newMembers(serviceAccountObject, written, '') };
}

/** What would be invalid, and was judged before, matches nothing. */
function toIdentity(written: WrittenIdentity, serviceAccount: ServiceAccount): FederatedIdentity {
  return {
    ...named(`${serviceAccount.id}/${written.name}`),
    ...newMembers(federatedIdentity, written, ''),
    serviceAccount,
    withheldAudiences: [],
  };
}

function named(id: string): Kept {
  return newObject(id, DEFAULT_ORGANISATION_ID, 0);
}
