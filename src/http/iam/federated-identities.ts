// Federated identities (contract §5.3): what a rule may say when it is written, and what is special to identities among the objects of the API.

import { IDENTITY_STATUSES, federatedIdentityContract } from '../../objects/federated-identity.ts';
import type { FederatedIdentityInput, FederatedIdentityView } from '../../objects/federated-identity.ts';
import type { Warning } from '../../objects/object.ts';
import { formatTimestamp, parseTimestamp } from '../../objects/values.ts';
import { validateConditions } from '../../rules/conditions.ts';
import { compileExpression } from '../../rules/expression.ts';
import type {
  FederatedIdentityRecord,
  IdentityProviderRecord,
  ObjectMeta,
  ServiceAccountRecord,
} from '../../objects/storage.ts';
import type { JsonObject } from '../../token/json.ts';
import { DEFAULT_TOKEN_LIFETIME_SECONDS, MAX_IDENTITIES_PER_SERVICE_ACCOUNT } from '../../objects/limits.ts';
import type { Conditions } from '../../objects/model.ts';
import { ok, refuse } from '../../exchange/result.ts';
import type { Result } from '../../exchange/result.ts';
import { subjectWarnings, validateSubjectRule } from '../../rules/subject.ts';
import { tenantFault } from '../../rules/tenant.ts';
import type { Fault, Problem } from '../problem.ts';
import type { IamRequest } from './deps.ts';
import { fault, invalid } from './faults.ts';
import type { Draft } from './members.ts';
import { changedMeta, newMeta } from './new-object.ts';
import { noOrganisation } from './object-operations.ts';
import type { Resource } from './object-operations.ts';
import { permitIdentity } from './may-grant.ts';

export const federatedIdentities: Resource<FederatedIdentityInput, FederatedIdentityRecord> = {
  noun: 'federated identity',
  action: 'federated_identity',
  idPrefix: 'fid',
  statuses: IDENTITY_STATUSES,
  filters: ['name', 'slug', 'identity', 'status', 'serviceAccount', 'provider'],
  contract: federatedIdentityContract,
  store: (store) => store.federatedIdentities,
  view: federatedIdentityView,
  warnings: warningsOf,
  async create(request, draft) {
    const { values } = draft;
    const rule = newRule(values);
    const faults = [...draft.faults, ...faultsOf(rule, draft, null)];
    if (faults.length > 0) return refuse(invalid(faults));
    const parents = await readParents(request, values);
    if (!parents.ok) return parents;
    const tenant = tenantFault(rule, parents.value.provider);
    if (tenant !== null) return refuse(invalid([fault(['providerSubject'], tenant)]));
    return ok(newIdentity(request, values, rule, parents.value));
  },
  change(request, current, draft) {
    const next = { ...current, ...changedMeta(current, draft.values), ...changedRule(current, draft.values) };
    const faults = [...draft.faults, ...faultsOf(next, draft, shownStatus(current, request.now))];
    // An old row may be switched off or renamed as it is: it matches nothing.
    const { providerSubject, providerSubjectMatch, conditions, status } = draft.values;
    const decides = [providerSubject, providerSubjectMatch, conditions].some((value) => value !== undefined);
    const tenant = decides || status === 'active' ? tenantFault(next, next.provider) : null;
    if (tenant !== null && faults.length === 0) faults.push(fault(['providerSubject'], tenant));
    return faults.length > 0 ? refuse(invalid(faults)) : ok(next);
  },
  permit: permitIdentity,
  references: (identity) => ({
    serviceAccountId: identity.serviceAccount.id,
    federatedIdentityId: identity.id,
    issuer: identity.provider.providerIssuer,
  }),
  duplicate: () => fault(['name'], 'another federated identity of this service account has this name'),
  inUse: null,
  limit: `a service account has at most ${MAX_IDENTITIES_PER_SERVICE_ACCOUNT} federated identities; use another account, or a pattern`,
};

interface Parents {
  readonly serviceAccount: ServiceAccountRecord;
  readonly provider: IdentityProviderRecord;
}

async function readParents(request: IamRequest, values: FederatedIdentityInput): Promise<Result<Parents, Problem>> {
  const { serviceAccountIdentity = '', providerIdentity = '' } = values;
  const { organisation } = request.caller;
  const read = request.deps.store.federatedIdentities.readParents;
  const found = await read(organisation, serviceAccountIdentity, providerIdentity);
  if (found.organisation === null) return refuse(noOrganisation(request));
  const { serviceAccount, provider } = found;
  if (serviceAccount !== null && provider !== null) return ok({ serviceAccount, provider });
  const errors: Fault[] = [];
  if (serviceAccount === null) {
    errors.push(
      fault(['serviceAccountIdentity'], `there is no service account ${serviceAccountIdentity} in this organisation`),
    );
  }
  if (provider === null) {
    errors.push(fault(['providerIdentity'], `there is no identity provider ${providerIdentity} in this organisation`));
  }
  return refuse({ kind: 'not-found', detail: errors.map(({ detail }) => detail).join('; '), errors });
}

/** Everything of an identity that a caller writes, beside its name, labels and parents. */
type Rule = Omit<
  FederatedIdentityRecord,
  | keyof ObjectMeta
  | 'id'
  | 'organisationId'
  | 'serviceAccount'
  | 'serviceAccountName'
  | 'providerId'
  | 'provider'
  | 'lastUsedAt'
>;

function newRule(values: FederatedIdentityInput): Rule {
  const maxTokenLifetime = values.maxTokenLifetime ?? DEFAULT_TOKEN_LIFETIME_SECONDS;
  return changedRule(
    {
      providerSubject: '',
      providerSubjectMatch: 'exact',
      trustedAudiences: [],
      audienceMatchMode: 'any',
      conditions: null,
      expression: null,
      allowedScopes: [],
      tokenAudiences: [],
      tokenLifetime: Math.min(DEFAULT_TOKEN_LIFETIME_SECONDS, maxTokenLifetime),
      maxTokenLifetime,
      forwardedClaims: [],
      replayProtection: 'off',
      mode: 'enforce',
      status: 'active',
      expiresAt: null,
    },
    values,
  );
}

/** The rule with the members that a draft names; undefined leaves one as it is, null clears it. */
function changedRule(rule: Rule, values: FederatedIdentityInput): Rule {
  const { conditions, expression, expiresAt, status } = values;
  return {
    providerSubject: values.providerSubject ?? rule.providerSubject,
    providerSubjectMatch: values.providerSubjectMatch ?? rule.providerSubjectMatch,
    trustedAudiences: values.trustedAudiences ?? rule.trustedAudiences,
    audienceMatchMode: values.audienceMatchMode ?? rule.audienceMatchMode,
    // Judged by validateConditions before anything is stored.
    conditions: conditions === undefined ? rule.conditions : (conditions as Conditions | null),
    expression: expression === undefined ? rule.expression : expression === '' ? null : expression,
    allowedScopes: values.allowedScopes ?? rule.allowedScopes,
    tokenAudiences: values.tokenAudiences ?? rule.tokenAudiences,
    tokenLifetime: values.tokenLifetime ?? rule.tokenLifetime,
    maxTokenLifetime: values.maxTokenLifetime ?? rule.maxTokenLifetime,
    forwardedClaims: values.forwardedClaims ?? rule.forwardedClaims,
    replayProtection: values.replayProtection ?? rule.replayProtection,
    mode: values.mode ?? rule.mode,
    status: status === undefined || status === 'expired' ? rule.status : status,
    expiresAt: expiresAt === undefined ? rule.expiresAt : expiresAt === null ? null : parseTimestamp(expiresAt),
  };
}

function newIdentity(
  request: IamRequest,
  values: FederatedIdentityInput,
  rule: Rule,
  { serviceAccount, provider }: Parents,
): FederatedIdentityRecord {
  const { id, organisationId, slug, status } = serviceAccount;
  return {
    ...newMeta(values, request.now),
    ...rule,
    id: request.deps.newId('fid'),
    organisationId,
    serviceAccount: { id, organisationId, slug, status },
    serviceAccountName: serviceAccount.name,
    provider: {
      id: provider.id,
      name: provider.name,
      providerIssuer: provider.providerIssuer,
      preset: provider.preset,
      subjectClaim: provider.subjectClaim,
    },
    lastUsedAt: null,
  };
}

/** The rules that look beyond one member; a member that already has a fault gets no second one. */
function faultsOf(
  rule: Rule,
  { values, isSound }: Draft<FederatedIdentityInput>,
  status: FederatedIdentityView['status'] | null,
): Fault[] {
  const faults: Fault[] = [];
  const report = (member: keyof FederatedIdentityInput, detail: string | null): void => {
    if (detail !== null && isSound(member)) faults.push(fault([member], detail));
  };
  if (isSound('providerSubjectMatch') && rule.providerSubject !== '') {
    report('providerSubject', validateSubjectRule(rule.providerSubject, rule.providerSubjectMatch));
  }
  if (isSound('conditions')) {
    for (const { pointer, detail } of validateConditions(rule.conditions)) {
      faults.push({ pointer: `/conditions${pointer}`, detail });
    }
  }
  if (rule.expression !== null) {
    const compiled = compileExpression(rule.expression);
    report('expression', compiled.ok ? null : compiled.error);
  }
  if (isSound('maxTokenLifetime') && rule.tokenLifetime > rule.maxTokenLifetime) {
    report('tokenLifetime', `must be at most maxTokenLifetime, which is ${rule.maxTokenLifetime}`);
  }
  if (values.status === 'expired' && status !== 'expired') {
    report('status', 'cannot be written as expired; set expiresAt instead');
  }
  return faults;
}

function warningsOf(identity: FederatedIdentityRecord): readonly Warning[] {
  const claims = Object.keys(identity.conditions ?? {});
  return subjectWarnings(identity.providerSubject, identity.providerSubjectMatch, identity.provider.preset, claims);
}

/** `expired` is never stored: it is what a past expiresAt reads as, except of what was revoked for good. */
function shownStatus(identity: FederatedIdentityRecord, now: number): FederatedIdentityView['status'] {
  const isExpired = identity.expiresAt !== null && identity.expiresAt <= now;
  return isExpired && identity.status !== 'revoked' ? 'expired' : identity.status;
}

function federatedIdentityView(identity: FederatedIdentityRecord, now: number): FederatedIdentityView & JsonObject {
  const { serviceAccount, provider } = identity;
  return {
    identity: identity.id,
    name: identity.name,
    description: identity.description,
    labels: identity.labels,
    annotations: identity.annotations,
    serviceAccountIdentity: serviceAccount.id,
    serviceAccount: { identity: serviceAccount.id, name: identity.serviceAccountName, slug: serviceAccount.slug },
    providerIdentity: provider.id,
    provider: { identity: provider.id, name: provider.name, providerIssuer: provider.providerIssuer },
    providerSubject: identity.providerSubject,
    providerSubjectMatch: identity.providerSubjectMatch,
    trustedAudiences: identity.trustedAudiences,
    audienceMatchMode: identity.audienceMatchMode,
    conditions: identity.conditions,
    expression: identity.expression,
    allowedScopes: identity.allowedScopes,
    tokenAudiences: identity.tokenAudiences,
    tokenLifetime: identity.tokenLifetime,
    maxTokenLifetime: identity.maxTokenLifetime,
    forwardedClaims: identity.forwardedClaims,
    replayProtection: identity.replayProtection,
    mode: identity.mode,
    status: shownStatus(identity, now),
    expiresAt: identity.expiresAt === null ? null : formatTimestamp(identity.expiresAt),
    lastUsedAt: identity.lastUsedAt === null ? null : formatTimestamp(identity.lastUsedAt),
    createdAt: formatTimestamp(identity.createdAt),
    updatedAt: formatTimestamp(identity.updatedAt),
    objectVersion: identity.objectVersion,
  };
}
