// The rules of a role (contract §5.4), each an object of its own under its role.

import { MAX_RULES_PER_ROLE } from '../../objects/limits.ts';
import { roleRule } from '../../objects/role.ts';
import { ok, refuse } from '../../exchange/result.ts';
import { invalid } from './faults.ts';
import { permitRule } from './may-grant.ts';
import { draftObject } from './new-object.ts';
import { noOrganisation, noParent } from './object-problems.ts';
import type { Resource } from './object-operations.ts';

export const roleRules: Resource<typeof roleRule> = {
  object: roleRule,
  parentNoun: 'role',
  store: (store, { parentId }) => store.roleRules(parentId),
  async create(request, { values, faults }) {
    const { deps, caller, parentId } = request;
    const { organisation, found: role } = await deps.store.roles.read(caller.organisation, parentId);
    if (organisation === null) return refuse(noOrganisation(request));
    if (role === null) return refuse(noParent(roleRules, request));
    if (faults.length > 0) return refuse(invalid(faults));
    return ok({ ...draftObject(roleRule, request, role.organisationId, values), roleId: role.id, role });
  },
  permit: permitRule,
  uniqueIn: 'another rule of this role',
  limit: `a role has at most ${MAX_RULES_PER_ROLE} rules; a rule can name several resources`,
};
