// Organisations (contract §5.9): whoever manages the deployment keeps them, anyone else sees its own.

import { organisationContract } from '../../objects/organisation.ts';
import type { OrganisationInput, OrganisationView } from '../../objects/organisation.ts';
import { formatTimestamp, slugOf } from '../../objects/values.ts';
import type { OrganisationRecord } from '../../objects/storage.ts';
import type { JsonObject } from '../../token/json.ts';
import { DEFAULT_ORGANISATION_ID } from '../../objects/model.ts';
import { ok, refuse } from '../../exchange/result.ts';
import type { Problem } from '../problem.ts';
import { mayManageDeployment } from './caller.ts';
import type { IamRequest } from './deps.ts';
import { fault, invalid } from './faults.ts';
import { changedMeta, newMeta } from './new-object.ts';
import { noOrganisation } from './object-operations.ts';
import type { Resource } from './object-operations.ts';

export const organisations: Resource<OrganisationInput, OrganisationRecord> = {
  noun: 'organisation',
  action: 'organisation',
  idPrefix: 'org',
  foundBy: 'reference',
  statuses: [],
  filters: ['name', 'slug', 'identity'],
  contract: organisationContract,
  store: (store, { caller }) => store.organisations(mayManageDeployment(caller) ? null : caller.organisation),
  view: organisationView,
  warnings: null,
  async create(request, { values, faults }) {
    if (faults.length > 0) return refuse(invalid(faults));
    const { caller, deps } = request;
    if ((await deps.store.readOrganisation(caller.organisation)) === null) return refuse(noOrganisation(request));
    const id = deps.newId('org');
    const meta = newMeta(values, request.now);
    return ok({
      ...meta,
      id,
      organisationId: DEFAULT_ORGANISATION_ID,
      slug: values.slug ?? (slugOf(meta.name) || `organisation-${id.slice(-8)}`),
    });
  },
  change(_request, current, { values, faults }) {
    if (faults.length > 0) return refuse(invalid(faults));
    return ok({ ...current, ...changedMeta(current, values), slug: values.slug ?? current.slug });
  },
  permit: permitOrganisation,
  references: () => ({ serviceAccountId: null, federatedIdentityId: null, issuer: null }),
  duplicate: (column, { slug }) =>
    column === 'slug'
      ? fault(['slug'], `another organisation has the slug ${slug}; choose another name or give a slug`)
      : fault(['name'], 'another organisation has this name'),
  inUse: 'this organisation has identity providers, service accounts or roles; delete them first',
  limit: null,
};

function permitOrganisation(
  { caller }: IamRequest,
  before: OrganisationRecord | null,
  after: OrganisationRecord | null,
): Promise<Problem | null> {
  if (!mayManageDeployment(caller)) {
    const detail =
      'organisations are managed with the root token, or with a token of the organisation default that has the scope iam:admin';
    return Promise.resolve({ kind: 'forbidden', detail });
  }
  if (before?.id !== DEFAULT_ORGANISATION_ID) return Promise.resolve(null);
  if (after === null) {
    const detail = 'the organisation default is the deployment itself and cannot be deleted';
    return Promise.resolve({ kind: 'in-use', detail });
  }
  // The root token, and a token request that names nobody, look for it by its slug.
  if (after.slug !== before.slug) {
    const detail = 'the slug of the organisation default cannot be changed; its name can';
    return Promise.resolve({ kind: 'read-only', detail });
  }
  return Promise.resolve(null);
}

function organisationView(organisation: OrganisationRecord): OrganisationView & JsonObject {
  return {
    identity: organisation.id,
    name: organisation.name,
    slug: organisation.slug,
    description: organisation.description,
    labels: organisation.labels,
    annotations: organisation.annotations,
    createdAt: formatTimestamp(organisation.createdAt),
    updatedAt: formatTimestamp(organisation.updatedAt),
    objectVersion: organisation.objectVersion,
  };
}
