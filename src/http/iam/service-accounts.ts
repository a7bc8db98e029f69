// Service accounts (contract §5.2): what is special to them among the objects of the API.

import { SERVICE_ACCOUNT_STATUSES, serviceAccountContract } from '../../objects/service-account.ts';
import type { ServiceAccountInput, ServiceAccountView } from '../../objects/service-account.ts';
import { formatTimestamp, slugOf } from '../../objects/values.ts';
import type { ServiceAccountRecord } from '../../objects/storage.ts';
import type { JsonObject } from '../../token/json.ts';
import { ok, refuse } from '../../exchange/result.ts';
import { fault, invalid } from './faults.ts';
import { changedMeta, newMeta } from './new-object.ts';
import { noOrganisation } from './object-operations.ts';
import type { Resource } from './object-operations.ts';
import { permitAccount } from './may-grant.ts';

export const serviceAccounts: Resource<ServiceAccountInput, ServiceAccountRecord> = {
  noun: 'service account',
  action: 'service_account',
  idPrefix: 'sa',
  statuses: SERVICE_ACCOUNT_STATUSES,
  filters: ['name', 'slug', 'identity', 'status'],
  contract: serviceAccountContract,
  store: (store) => store.serviceAccounts,
  view: serviceAccountView,
  warnings: null,
  async create(request, { values, faults }) {
    if (faults.length > 0) return refuse(invalid(faults));
    const organisation = await request.deps.store.readOrganisation(request.caller.organisation);
    if (organisation === null) return refuse(noOrganisation(request));
    const id = request.deps.newId('sa');
    const meta = newMeta(values, request.now);
    return ok({
      ...meta,
      id,
      organisationId: organisation.id,
      // A name without a single usable letter still needs a slug that nobody else has.
      slug: values.slug ?? (slugOf(meta.name) || `service-account-${id.slice(-8)}`),
      status: values.status ?? 'active',
      createdBy: request.caller.actor,
      roleBindings: [],
    });
  },
  change(_request, current, { values, faults }) {
    if (faults.length > 0) return refuse(invalid(faults));
    return ok({
      ...current,
      ...changedMeta(current, values),
      slug: values.slug ?? current.slug,
      status: values.status ?? current.status,
    });
  },
  permit: permitAccount,
  references: (account) => ({ serviceAccountId: account.id, federatedIdentityId: null, issuer: null }),
  duplicate: (column, account) =>
    column === 'slug'
      ? fault(['slug'], `another service account has the slug ${account.slug}; choose another name or give a slug`)
      : fault(['name'], 'another service account of this organisation has this name'),
  inUse: null,
  limit: null,
};

function serviceAccountView(account: ServiceAccountRecord): ServiceAccountView & JsonObject {
  return {
    identity: account.id,
    name: account.name,
    slug: account.slug,
    description: account.description,
    labels: account.labels,
    annotations: account.annotations,
    status: account.status,
    createdBy: account.createdBy,
    roleBindings: account.roleBindings,
    createdAt: formatTimestamp(account.createdAt),
    updatedAt: formatTimestamp(account.updatedAt),
    objectVersion: account.objectVersion,
  };
}
