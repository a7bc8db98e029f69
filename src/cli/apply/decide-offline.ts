// Decides over claims and a written configuration with the very functions that decide an exchange; verifies no token and asks no service.

import { parseTimestamp, slugOf } from '../../objects/values.ts';
import { decide } from '../../exchange/decide.ts';
import type { DecidedRequest, Decision } from '../../exchange/decide.ts';
import { denial } from '../../exchange/denial.ts';
import { denialDetail } from '../../exchange/denial-detail.ts';
import type { Denial, DenialReason } from '../../exchange/denial.ts';
import { lookupKeys, trustedProvider } from '../../exchange/lookup.ts';
import { NOTHING_ASKED } from '../../exchange/request.ts';
import { storedIdentity } from '../../rules/compiled-rules.ts';
import { compileExpression } from '../../rules/expression.ts';
import { compileFederatedIdentity } from '../../rules/rule.ts';
import { lookupIssuer } from '../../token/issuer.ts';
import type { JsonObject } from '../../token/json.ts';
import { MAX_EXACT_RULES_WITHOUT_ACCOUNT, MAX_PATTERN_RULES_WITHOUT_ACCOUNT } from '../../exchange/limits.ts';
import { DEFAULT_TOKEN_LIFETIME_SECONDS } from '../../objects/limits.ts';
import { MAX_TOKEN_LIFETIME_SECONDS } from '../../rules/limits.ts';
import { DEFAULT_ALGORITHMS, DEFAULT_ORGANISATION_ID } from '../../objects/model.ts';
import type { Conditions, FederatedIdentity, HeldRole, IdentityProvider, ServiceAccount } from '../../objects/model.ts';
import type { ExchangeFacts } from '../../exchange/ports.ts';
import { ok, refuse } from '../../exchange/result.ts';
import type { Result } from '../../exchange/result.ts';
import { readSubject } from '../../token/subject-claim.ts';
import { subjectKeyOfRule } from '../../rules/subject.ts';
import { detectPreset, presetByName } from '../../platforms/presets.ts';
import type {
  WrittenAccount,
  WrittenConfiguration,
  WrittenIdentity,
  WrittenProvider,
} from './written-configuration.ts';

/** What an exchange would ask, with claims taken as verified. */
export interface Question {
  readonly claims: JsonObject;
  /** Name or slug; null where the caller names none. */
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
  const asked: DecidedRequest = { ...NOTHING_ASKED, ...question };
  if (facts.serviceAccount === null && question.serviceAccount !== null) {
    return refuse(denial('service_account_unknown', '', `no service account ${question.serviceAccount}`));
  }
  const candidates = facts.identities.map(({ read }) => compileFederatedIdentity(read(), context));
  const token = { claims, issuer: provider.value.providerIssuer, subject: subject.value };
  return ok(decide(asked, facts, candidates, token, issuerUrl));
}

/** What storage would answer to this exchange: ids are names here, of an identity with its account's in front. */
function factsOf(
  { providers, serviceAccounts, identities, bindings }: WrittenConfiguration,
  { claims, serviceAccount }: Question,
  issuer: string,
): ExchangeFacts {
  const provider = providers.find((written) => written.providerIssuer === issuer);
  const accounts = new Map(serviceAccounts.map((written) => [written.name, toServiceAccount(written)]));
  const named =
    serviceAccount === null
      ? null
      : (accounts.get(serviceAccount) ?? [...accounts.values()].find(({ slug }) => slug === serviceAccount) ?? null);
  const keys = lookupKeys(claims, issuer);
  const wanted = new Set((provider?.subjectClaim ?? 'sub') === 'sub' ? keys.subjectKeys : keys.allStrings);
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
  return {
    id: written.name,
    organisationId: DEFAULT_ORGANISATION_ID,
    providerIssuer: written.providerIssuer,
    providerJwksUri: written.providerJwksUri ?? null,
    localJwks: written.localJwks ?? null,
    status: written.status ?? 'active',
    preset: written.preset ?? detectPreset(written.providerIssuer),
    allowedAlgorithms: written.allowedAlgorithms ?? DEFAULT_ALGORITHMS,
    maxTokenLifetime: written.maxTokenLifetime ?? MAX_TOKEN_LIFETIME_SECONDS,
    subjectClaim: written.subjectClaim ?? 'sub',
    keysVersion: 1,
  };
}

function toServiceAccount({ name, slug, status }: WrittenAccount): ServiceAccount {
  return { id: name, organisationId: DEFAULT_ORGANISATION_ID, slug: slug ?? slugOf(name), status: status ?? 'active' };
}

function toIdentity(written: WrittenIdentity, serviceAccount: ServiceAccount): FederatedIdentity {
  const maxTokenLifetime = written.maxTokenLifetime ?? DEFAULT_TOKEN_LIFETIME_SECONDS;
  const { status = 'active', expiresAt = null } = written;
  return {
    id: `${serviceAccount.id}/${written.name}`,
    name: written.name,
    organisationId: DEFAULT_ORGANISATION_ID,
    serviceAccount,
    providerSubject: written.providerSubject,
    providerSubjectMatch: written.providerSubjectMatch ?? 'exact',
    trustedAudiences: written.trustedAudiences ?? [],
    audienceMatchMode: written.audienceMatchMode ?? 'any',
    // Judged by faultsOf before; what would be invalid matches nothing.
    conditions: (written.conditions ?? null) as Conditions | null,
    expression: written.expression === undefined || written.expression === '' ? null : written.expression,
    allowedScopes: written.allowedScopes ?? [],
    tokenAudiences: written.tokenAudiences ?? [],
    tokenLifetime: written.tokenLifetime ?? Math.min(DEFAULT_TOKEN_LIFETIME_SECONDS, maxTokenLifetime),
    maxTokenLifetime,
    forwardedClaims: written.forwardedClaims ?? [],
    replayProtection: written.replayProtection ?? 'off',
    mode: written.mode ?? 'enforce',
    // `expired` is read from expiresAt.
    status: status === 'expired' ? 'active' : status,
    expiresAt: expiresAt === null ? null : parseTimestamp(expiresAt),
    lastUsedAt: null,
    objectVersion: 1,
  };
}
