// What the operations on objects refuse, in words: missing owners, other versions, and writes that storage did not make.

import { columnOf } from '../../objects/definition.ts';
import type { Kept, ObjectDefinition, RecordOf } from '../../objects/definition.ts';
import { MAX_BYTES_OF_A_KIND, MAX_OBJECTS_OF_A_KIND, SMALL_OBJECT_BYTES } from '../../objects/limits.ts';
import type { LimitReached, WriteOutcome } from '../../objects/storage.ts';
import { LOST_RACE_RETRY_SECONDS } from '../limits.ts';
import type { Fault, Problem } from '../problem.ts';
import type { IamRequest } from './deps.ts';
import { fault, shown } from './faults.ts';
import type { Resource } from './object-operations.ts';

/** The 404 for an organisation that the header names and that is not there. */
export function noOrganisation(request: IamRequest): Problem {
  return { kind: 'not-found', detail: `there is no organisation ${shown(request.caller.organisation)}` };
}

/** The 404 for the object in the path that these belong to. */
export function noParent({ parentNoun }: { readonly parentNoun?: string }, { parentId }: IamRequest): Problem {
  return { kind: 'not-found', detail: `there is no ${parentNoun ?? 'object'} ${shown(parentId)} in this organisation` };
}

/** What a write that did not happen is, in words. */
export function writeProblem<D extends ObjectDefinition>(
  resource: Resource<D>,
  record: RecordOf<D>,
  written: Exclude<WriteOutcome, { outcome: 'done' }>,
): Problem {
  switch (written.outcome) {
    case 'duplicate': {
      const collision = collisionOf(resource, written.column, record);
      return { kind: 'duplicate', detail: collision.detail, errors: [collision], conflictsWith: written.conflictsWith };
    }
    case 'in_use':
      return { kind: 'in-use', detail: resource.inUse ?? `other objects depend on this ${resource.object.noun}` };
    case 'limit':
      return { kind: 'limit-reached', detail: limitDetail(resource, written.reached) };
    case 'dangling':
      return {
        kind: 'changed-meanwhile',
        detail: 'an object that this one refers to was deleted meanwhile',
        headers: AGAIN,
      };
    case 'stale':
      return changedMeanwhile(resource);
  }
}

function limitDetail<D extends ObjectDefinition>(
  { object: { noun }, limit, tooLarge }: Resource<D>,
  reached: LimitReached,
): string {
  const none = `there can be no further ${noun}`;
  switch (reached) {
    case 'organisation':
      return `${none}: an organisation has at most ${MAX_OBJECTS_OF_A_KIND} objects of a kind; delete some that nobody uses`;
    case 'size':
      return `an organisation has at most ${MAX_BYTES_OF_A_KIND / 1e6} MB of a kind of objects: make this ${noun} smaller than ${SMALL_OBJECT_BYTES} bytes, or delete some that nobody uses`;
    case 'owner':
      return limit ?? none;
    case 'bytes':
      return tooLarge ?? none;
  }
}

/** Which member has a value that another object of the same scope has already. */
function collisionOf<D extends ObjectDefinition>(
  { object: { noun, members }, uniqueIn, sharing }: Pick<Resource<D>, 'object' | 'uniqueIn' | 'sharing'>,
  column: string,
  record: RecordOf<D>,
): Fault {
  if (column === 'slug') {
    const { slug } = record as { readonly slug?: string };
    return fault(['slug'], `another ${noun} has the slug ${slug}; choose another name or give a slug`);
  }
  const [member = column] = Object.entries(members).find(([name, of]) => columnOf(name, of) === column) ?? [];
  if (member === 'reservedAudiences') return fault([member], `${uniqueIn} has reserved one of these, or a part of one`);
  return fault([member], `${uniqueIn} has this ${column}${sharing?.[column] ?? ''}`);
}

/** The 409 for an object that others changed in every round. */
export function changedMeanwhile({ object: { noun } }: { readonly object: ObjectDefinition }): Problem {
  return { kind: 'changed-meanwhile', detail: `the ${noun} kept changing meanwhile; try again`, headers: AGAIN };
}

const AGAIN = { 'retry-after': String(LOST_RACE_RETRY_SECONDS) };

/** The 412 for an object that is at another version. */
export function versionMismatch(
  { object: { noun } }: { readonly object: ObjectDefinition },
  { objectVersion }: Kept,
): Problem {
  return {
    kind: 'version-mismatch',
    detail: `the ${noun} is at objectVersion ${objectVersion}; read it again and decide with what is there now`,
    headers: { etag: `"${objectVersion}"` },
  };
}
