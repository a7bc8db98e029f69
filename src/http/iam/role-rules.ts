// The rules of a role (contract §5.4), each an object of its own under its role.

import { roleRuleContract } from '../../objects/role.ts';
import type { RoleRuleInput, RoleRuleView } from '../../objects/role.ts';
import { formatTimestamp } from '../../objects/values.ts';
import type { RoleRuleRecord } from '../../objects/storage.ts';
import type { JsonObject } from '../../token/json.ts';
import { MAX_RULES_PER_ROLE } from '../../objects/limits.ts';
import { ok, refuse } from '../../exchange/result.ts';
import { fault, invalid } from './faults.ts';
import { noOrganisation, noParent } from './object-operations.ts';
import type { Resource } from './object-operations.ts';
import { permitRule } from './may-grant.ts';

export const roleRules: Resource<RoleRuleInput, RoleRuleRecord> = {
  noun: 'rule',
  action: 'role_rule',
  idPrefix: 'rule',
  parentNoun: 'role',
  statuses: [],
  filters: ['identity'],
  contract: roleRuleContract,
  store: (store, { parentId }) => store.roleRules(parentId),
  view: roleRuleView,
  warnings: null,
  async create(request, { values, faults }) {
    const { deps, caller, now } = request;
    const { organisation, found: role } = await deps.store.roles.read(caller.organisation, request.parentId);
    if (organisation === null) return refuse(noOrganisation(request));
    if (role === null) return refuse(noParent(roleRules, request));
    if (faults.length > 0) return refuse(invalid(faults));
    return ok({
      id: deps.newId('rule'),
      organisationId: role.organisationId,
      role: { id: role.id, isReadOnly: role.isReadOnly, system: role.system },
      resources: values.resources ?? [],
      resourceIdentities: values.resourceIdentities ?? [],
      permissions: values.permissions ?? [],
      note: values.note ?? '',
      createdAt: now,
      updatedAt: now,
      objectVersion: 1,
    });
  },
  change(_request, current, { values, faults }) {
    if (faults.length > 0) return refuse(invalid(faults));
    return ok({
      ...current,
      resources: values.resources ?? current.resources,
      resourceIdentities: values.resourceIdentities ?? current.resourceIdentities,
      permissions: values.permissions ?? current.permissions,
      note: values.note ?? current.note,
    });
  },
  permit: permitRule,
  references: () => ({ serviceAccountId: null, federatedIdentityId: null, issuer: null }),
  duplicate: () => fault([], 'this rule exists already'),
  inUse: null,
  limit: `a role has at most ${MAX_RULES_PER_ROLE} rules; a rule can name several resources`,
};

function roleRuleView(rule: RoleRuleRecord): RoleRuleView & JsonObject {
  return {
    identity: rule.id,
    resources: rule.resources,
    resourceIdentities: rule.resourceIdentities,
    permissions: rule.permissions,
    note: rule.note,
    createdAt: formatTimestamp(rule.createdAt),
    updatedAt: formatTimestamp(rule.updatedAt),
    objectVersion: rule.objectVersion,
  };
}
