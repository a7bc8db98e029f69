// Roles (contract §5.4): what is special to them among the objects of the API; what a role permits is for the APIs that receive tokens.

import { ok } from '../../exchange/result.ts';
import { role } from '../../objects/role.ts';
import { permitRole } from './may-grant.ts';
import { createAlone } from './new-object.ts';
import type { Resource } from './object-operations.ts';

export const roles: Resource<typeof role> = {
  object: role,
  foundBy: 'reference',
  store: (store) => store.roles,
  async create(request, draft) {
    const created = await createAlone(role, request, draft);
    if (!created.ok) return created;
    const rules = (draft.values.rules ?? []).map((rule) => ({
      identity: request.deps.newId('rule'),
      resources: rule.resources ?? [],
      resourceIdentities: rule.resourceIdentities ?? [],
      permissions: rule.permissions ?? [],
      note: rule.note ?? '',
    }));
    return ok({ ...created.value, rules });
  },
  permit: permitRole,
  uniqueIn: 'another role of this organisation',
  inUse: 'service accounts are bound to this role; delete its bindings first',
};
