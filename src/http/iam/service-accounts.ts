// Service accounts (contract §5.2): what is special to them among the objects of the API.

import { serviceAccount } from '../../objects/service-account.ts';
import { withTokensSettled } from '../../objects/tokens-not-before.ts';
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
  settle: (next, before, { now }) => withTokensSettled(next, before, ({ status }) => status === 'active', now),
  permit: permitAccount,
  references: ({ id }) => ({ serviceAccountId: id }),
  uniqueIn: 'another service account of this organisation',
};
