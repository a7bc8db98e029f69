// Organisations (contract §5.9): whoever manages the deployment keeps them, anyone else sees its own.

import { DEFAULT_ORGANISATION_ID, organisation } from '../../objects/organisation.ts';
import type { OrganisationInput, OrganisationRecord } from '../../objects/organisation.ts';
import { ok } from '../../exchange/result.ts';
import { reservationFault } from '../../rules/reserved-audience.ts';
import type { MemberFault, Problem } from '../problem.ts';
import { mayManageDeployment } from './caller.ts';
import type { IamRequest } from './deps.ts';
import { fault } from './faults.ts';
import { createAlone } from './new-object.ts';
import type { Resource } from './object-operations.ts';

export const organisations: Resource<typeof organisation> = {
  object: organisation,
  foundBy: 'reference',
  store: (store, { caller }) => store.organisations(mayManageDeployment(caller) ? null : caller.organisation),
  async create(request, draft) {
    const faults = reservationFaults(request, draft.values);
    const created = await createAlone(organisation, request, { ...draft, faults: [...draft.faults, ...faults] });
    return created.ok ? ok({ ...created.value, organisationId: DEFAULT_ORGANISATION_ID }) : created;
  },
  faults: (request, _organisation, { values }) => reservationFaults(request, values),
  permit: permitOrganisation,
  uniqueIn: 'another organisation',
  inUse: 'this organisation has identity providers, service accounts or roles; delete them first',
};

function reservationFaults({ issuerUrl }: IamRequest, { reservedAudiences = [] }: OrganisationInput): MemberFault[] {
  return reservedAudiences.flatMap((entry, index) => {
    const detail = reservationFault(entry, issuerUrl);
    return detail === null ? [] : [fault(['reservedAudiences', index], detail)];
  });
}

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
