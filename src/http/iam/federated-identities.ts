// Federated identities (contract §5.3): what a rule may say when it is written, and what is special to identities among the objects of the API.

import type { StoredMembers, Warning } from '../../objects/definition.ts';
import { federatedIdentity, statusAt } from '../../objects/federated-identity.ts';
import type { FederatedIdentityInput, FederatedIdentityRecord } from '../../objects/federated-identity.ts';
import type { IdentityProviderRecord } from '../../objects/identity-provider.ts';
import { MAX_IDENTITIES_PER_SERVICE_ACCOUNT, MAX_IDENTITY_BYTES_PER_SERVICE_ACCOUNT } from '../../objects/limits.ts';
import type { ServiceAccountRecord } from '../../objects/service-account.ts';
import { withTokensSettled } from '../../objects/tokens-not-before.ts';
import { validateConditions } from '../../rules/conditions.ts';
import { compileExpression } from '../../rules/expression.ts';
import { tenantFault } from '../../rules/tenant.ts';
import { ruleWarnings } from '../../rules/rule-warnings.ts';
import { validateSubjectRule } from '../../rules/subject.ts';
import { ok, refuse } from '../../exchange/result.ts';
import type { Result } from '../../exchange/result.ts';
import type { Fault, Problem } from '../problem.ts';
import type { IamRequest } from './deps.ts';
import { fault, invalid } from './faults.ts';
import { permitIdentity } from './may-grant.ts';
import type { Draft } from './members.ts';
import { draftObject } from './new-object.ts';
import { noOrganisation } from './object-problems.ts';
import type { Resource } from './object-operations.ts';

export const federatedIdentities: Resource<typeof federatedIdentity> = {
  object: federatedIdentity,
  store: (store) => store.federatedIdentities,
  async create(request, draft) {
    const { values } = draft;
    const identity = draftObject(federatedIdentity, request, '', values);
    const faults = [...draft.faults, ...identityFaults(request, identity, draft, null)];
    if (faults.length > 0) return refuse(invalid(faults));
    const parents = await readParents(request, values);
    if (!parents.ok) return parents;
    const tenant = tenantFault(identity, parents.value.provider);
    if (tenant !== null) return refuse(invalid([fault(['providerSubject'], tenant)]));
    const { organisationId } = parents.value.serviceAccount;
    return ok({ ...identity, organisationId, ...parents.value });
  },
  faults(request, next, draft, before) {
    const faults = identityFaults(request, next, draft, before);
    if (draft.faults.length > 0 || faults.length > 0) return faults;
    // An old row may be switched off or renamed as it is: it matches nothing.
    const { providerSubject, providerSubjectMatch, conditions, status } = draft.values;
    const decides = [providerSubject, providerSubjectMatch, conditions].some((value) => value !== undefined);
    const tenant = decides || status === 'active' ? tenantFault(next, next.provider) : null;
    return tenant === null ? [] : [fault(['providerSubject'], tenant)];
  },
  shown: (identity, now) => ({ status: statusAt(identity, now) }),
  warnings: warningsOf,
  settle: (next, before, { now }) =>
    withTokensSettled(next, before, (identity) => statusAt(identity, now) === 'active', now),
  permit: permitIdentity,
  references: ({ id, serviceAccountIdentity, provider }) => ({
    serviceAccountId: serviceAccountIdentity,
    federatedIdentityId: id,
    issuer: provider.providerIssuer,
  }),
  uniqueIn: 'another federated identity of this service account',
  limit: `a service account has at most ${MAX_IDENTITIES_PER_SERVICE_ACCOUNT} federated identities; use another account, or a pattern`,
  tooLarge: `what all federated identities of a service account compare and give may take ${MAX_IDENTITY_BYTES_PER_SERVICE_ACCOUNT} bytes; use another account, or list fewer values`,
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
  return refuse(invalid(errors));
}

/** The rules that look beyond one member; a member that already has a fault gets no second one. */
function identityFaults(
  { now }: IamRequest,
  rule: StoredMembers<typeof federatedIdentity.members>,
  { values, isSound }: Draft<FederatedIdentityInput>,
  before: FederatedIdentityRecord | null,
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
  if (values.status === 'expired' && (before === null || statusAt(before, now) !== 'expired')) {
    report('status', 'cannot be written as expired; set expiresAt instead');
  }
  return faults;
}

function warningsOf(identity: FederatedIdentityRecord, now: number): readonly Warning[] {
  const past = { code: 'expired', detail: 'expiresAt has passed, so this identity accepts no token' };
  const isPast = identity.expiresAt !== null && identity.expiresAt <= now;
  return [...ruleWarnings(identity, identity.provider.preset), ...(isPast ? [past] : [])];
}
