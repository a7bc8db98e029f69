// The bindings of a role (contract §5.4): which service account holds it, in which projects and under which scopes.

import { MAX_BINDING_BYTES_PER_SERVICE_ACCOUNT, MAX_BINDINGS_PER_SERVICE_ACCOUNT } from '../../objects/limits.ts';
import { roleBinding } from '../../objects/role-binding.ts';
import { ok, refuse } from '../../exchange/result.ts';
import { fault, invalid } from './faults.ts';
import { permitBinding } from './may-grant.ts';
import { draftObject } from './new-object.ts';
import { noOrganisation, noParent } from './object-problems.ts';
import type { Resource } from './object-operations.ts';

export const roleBindings: Resource<typeof roleBinding> = {
  object: roleBinding,
  parentNoun: 'role',
  store: (store, { parentId }) => store.roleBindings(parentId),
  async create(request, { values, faults }) {
    const { deps, caller, parentId } = request;
    const { serviceAccountIdentity = '' } = values;
    const parents = await deps.store.roleBindings(parentId).readParents(caller.organisation, serviceAccountIdentity);
    if (parents.organisation === null) return refuse(noOrganisation(request));
    const { role, serviceAccount } = parents;
    if (role === null) return refuse(noParent(roleBindings, request));
    if (faults.length > 0) return refuse(invalid(faults));
    if (serviceAccount === null) {
      const detail = `there is no service account ${serviceAccountIdentity} in this organisation`;
      return refuse(invalid([fault(['serviceAccountIdentity'], detail)]));
    }
    return ok({
      ...draftObject(roleBinding, request, role.organisationId, values),
      roleId: role.id,
      role,
      serviceAccount,
    });
  },
  permit: permitBinding,
  references: ({ serviceAccountIdentity }) => ({ serviceAccountId: serviceAccountIdentity }),
  uniqueIn: 'another binding of this role',
  limit: `a service account has at most ${MAX_BINDINGS_PER_SERVICE_ACCOUNT} role bindings; name several projects in one`,
  tooLarge: `the projects and scopes of all role bindings of a service account may take ${MAX_BINDING_BYTES_PER_SERVICE_ACCOUNT} bytes; use another account for some of the projects`,
};
