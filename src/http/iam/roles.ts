// Roles (contract §5.4): what is special to them among the objects of the API; what a role permits is for the APIs that receive tokens.

import { roleContract } from '../../objects/role.ts';
import type { RoleInput, RoleView } from '../../objects/role.ts';
import { formatTimestamp, slugOf } from '../../objects/values.ts';
import type { RoleRecord } from '../../objects/storage.ts';
import type { JsonObject } from '../../token/json.ts';
import { ok, refuse } from '../../exchange/result.ts';
import { fault, invalid } from './faults.ts';
import { changedMeta, newMeta } from './new-object.ts';
import { noOrganisation } from './object-operations.ts';
import type { Resource } from './object-operations.ts';
import { permitRole } from './may-grant.ts';

export const roles: Resource<RoleInput, RoleRecord> = {
  noun: 'role',
  action: 'role',
  idPrefix: 'role',
  foundBy: 'reference',
  statuses: [],
  filters: ['name', 'slug', 'identity'],
  contract: roleContract,
  store: (store) => store.roles,
  view: roleView,
  warnings: null,
  async create(request, { values, faults }) {
    if (faults.length > 0) return refuse(invalid(faults));
    const { deps, caller, now } = request;
    const organisation = await deps.store.readOrganisation(caller.organisation);
    if (organisation === null) return refuse(noOrganisation(request));
    const id = deps.newId('role');
    const meta = newMeta(values, now);
    return ok({
      ...meta,
      id,
      organisationId: organisation.id,
      slug: values.slug ?? (slugOf(meta.name) || `role-${id.slice(-8)}`),
      isReadOnly: false,
      system: false,
      rules: (values.rules ?? []).map((rule) => ({
        id: deps.newId('rule'),
        resources: rule.resources ?? [],
        resourceIdentities: rule.resourceIdentities ?? [],
        permissions: rule.permissions ?? [],
        note: rule.note ?? '',
      })),
    });
  },
  change(_request, current, { values, faults }) {
    if (faults.length > 0) return refuse(invalid(faults));
    return ok({ ...current, ...changedMeta(current, values), slug: values.slug ?? current.slug });
  },
  permit: permitRole,
  references: () => ({ serviceAccountId: null, federatedIdentityId: null, issuer: null }),
  duplicate: (column, { slug }) =>
    column === 'slug'
      ? fault(['slug'], `another role has the slug ${slug}; choose another name or give a slug`)
      : fault(['name'], 'another role of this organisation has this name'),
  inUse: 'service accounts are bound to this role; delete its bindings first',
  limit: null,
};

function roleView(role: RoleRecord): RoleView & JsonObject {
  return {
    identity: role.id,
    name: role.name,
    slug: role.slug,
    description: role.description,
    labels: role.labels,
    annotations: role.annotations,
    isReadOnly: role.isReadOnly,
    system: role.system,
    rules: role.rules.map(({ id, resources, resourceIdentities, permissions, note }) => ({
      identity: id,
      resources,
      resourceIdentities,
      permissions,
      note,
    })),
    createdAt: formatTimestamp(role.createdAt),
    updatedAt: formatTimestamp(role.updatedAt),
    objectVersion: role.objectVersion,
  };
}
