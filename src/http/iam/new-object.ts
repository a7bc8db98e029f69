// Makes a new object of a draft, in the organisation that the caller works in.

import type { InputOf, ObjectDefinition, StoredMembers } from '../../objects/definition.ts';
import type { Kept } from '../../objects/definition.ts';
import { newMembers, newObject } from '../../objects/records.ts';
import { ok, refuse } from '../../exchange/result.ts';
import type { Result } from '../../exchange/result.ts';
import type { Problem } from '../problem.ts';
import type { IamRequest } from './deps.ts';
import { invalid } from './faults.ts';
import type { Draft } from './members.ts';
import { noOrganisation } from './object-problems.ts';

/** A new object as far as its own members go; what is made of no name gets one that nobody else has. */
export function draftObject<D extends ObjectDefinition>(
  object: D,
  { deps, now }: IamRequest,
  organisationId: string,
  values: InputOf<D['members']>,
): Kept & StoredMembers<D['members']> {
  const id = deps.newId(object.idPrefix);
  const unused = `${object.noun.replaceAll(' ', '-')}-${id.slice(-8)}`;
  return { ...newObject(id, organisationId, now), ...newMembers(object, values, unused) };
}

/** The same for an object that refers to no other, in the caller's organisation; the faults of its draft come first. */
export async function createAlone<D extends ObjectDefinition>(
  object: D,
  request: IamRequest,
  { values, faults }: Draft<InputOf<D['members']>>,
): Promise<Result<Kept & StoredMembers<D['members']>, Problem>> {
  if (faults.length > 0) return refuse(invalid(faults));
  const organisation = await request.deps.store.readOrganisation(request.caller.organisation);
  if (organisation === null) return refuse(noOrganisation(request));
  return ok(draftObject(object, request, organisation.id, values));
}
