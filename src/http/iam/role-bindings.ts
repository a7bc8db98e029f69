// The bindings of a role (contract §5.4): which service account holds it, in which projects and under which scopes.

import { roleBindingContract } from '../../objects/role-binding.ts';
import type { RoleBindingInput, RoleBindingView } from '../../objects/role-binding.ts';
import { formatTimestamp } from '../../objects/values.ts';
import type { RoleBindingRecord } from '../../objects/storage.ts';
import type { JsonObject } from '../../token/json.ts';
import { MAX_BINDINGS_PER_SERVICE_ACCOUNT } from '../../objects/limits.ts';
import { ok, refuse } from '../../exchange/result.ts';
import { fault, invalid } from './faults.ts';
import { changedMeta, newMeta } from './new-object.ts';
import { noOrganisation, noParent } from './object-operations.ts';
import type { Resource } from './object-operations.ts';
import { permitBinding } from './may-grant.ts';

export const roleBindings: Resource<RoleBindingInput, RoleBindingRecord> = {
  noun: 'role binding',
  action: 'role_binding',
  idPrefix: 'bind',
  parentNoun: 'role',
  statuses: [],
  filters: ['name', 'slug', 'identity', 'serviceAccount'],
  contract: roleBindingContract,
  store: (store, { parentId }) => store.roleBindings(parentId),
  view: roleBindingView,
  warnings: null,
  async create(request, { values, faults }) {
    const { deps, caller, now, parentId } = request;
    const { serviceAccountIdentity = '' } = values;
    const parents = await deps.store.roleBindings(parentId).readParents(caller.organisation, serviceAccountIdentity);
    if (parents.organisation === null) return refuse(noOrganisation(request));
    const { role, serviceAccount } = parents;
    if (role === null) return refuse(noParent(roleBindings, request));
    if (faults.length > 0) return refuse(invalid(faults));
    if (serviceAccount === null) {
      const detail = `there is no service account ${serviceAccountIdentity} in this organisation`;
      return refuse({ kind: 'not-found', detail, errors: [fault(['serviceAccountIdentity'], detail)] });
    }
    const id = deps.newId('bind');
    return ok({
      ...newMeta({ ...values, name: values.name ?? `role-binding-${id.slice(-8)}` }, now),
      id,
      organisationId: role.organisationId,
      role: { id: role.id, name: role.name, slug: role.slug },
      serviceAccount: { id: serviceAccount.id, name: serviceAccount.name, slug: serviceAccount.slug },
      scopes: [...new Set(values.scopes ?? [])],
      projects: [...new Set(values.projects ?? [])],
    });
  },
  change(_request, current, { values, faults }) {
    if (faults.length > 0) return refuse(invalid(faults));
    return ok({
      ...current,
      ...changedMeta(current, values),
      scopes: [...new Set(values.scopes ?? current.scopes)],
      projects: [...new Set(values.projects ?? current.projects)],
    });
  },
  permit: permitBinding,
  references: ({ serviceAccount }) => ({
    serviceAccountId: serviceAccount.id,
    federatedIdentityId: null,
    issuer: null,
  }),
  duplicate: () => fault(['name'], 'another binding of this role has this name'),
  inUse: null,
  limit: `a service account has at most ${MAX_BINDINGS_PER_SERVICE_ACCOUNT} role bindings; name several projects in one`,
};

function roleBindingView(binding: RoleBindingRecord): RoleBindingView & JsonObject {
  const { role, serviceAccount } = binding;
  return {
    identity: binding.id,
    name: binding.name,
    description: binding.description,
    labels: binding.labels,
    annotations: binding.annotations,
    role: { identity: role.id, name: role.name, slug: role.slug },
    organisationRole: { identity: role.id, name: role.name, slug: role.slug },
    serviceAccountIdentity: serviceAccount.id,
    serviceAccount: { identity: serviceAccount.id, name: serviceAccount.name, slug: serviceAccount.slug },
    userIdentity: null,
    teamIdentity: null,
    scopes: binding.scopes,
    projects: binding.projects,
    createdAt: formatTimestamp(binding.createdAt),
    updatedAt: formatTimestamp(binding.updatedAt),
    objectVersion: binding.objectVersion,
  };
}
