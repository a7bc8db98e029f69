// Service accounts (contract §5.2): what is special to them among the objects of the API.

import { serviceAccount } from '../../objects/service-account.ts';
import { ok } from '../../exchange/result.ts';
import { permitAccount } from './may-grant.ts';
import { createAlone } from './new-object.ts';
import type { Resource } from './object-operations.ts';

export const serviceAccounts: Resource<typeof serviceAccount> = {
  object: serviceAccount,
  store: (store) => store.serviceAccounts,
  async create(request, draft) {
    const created = await createAlone(serviceAccount, request, draft);
    return created.ok ? ok({ ...created.value, createdBy: request.caller.actor }) : created;
  },
  permit: permitAccount,
  references: ({ id }) => ({ serviceAccountId: id }),
  uniqueIn: 'another service account of this organisation',
};
