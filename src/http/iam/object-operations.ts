// List, read, create, update and delete, the same for every kind of object; what is special to one kind is in its Resource.

import type { ObjectContract, Warning } from '../../objects/object.ts';
import { isIdentifier } from '../../objects/values.ts';
import type { ChangeEvent, IamStore, ObjectMeta, ObjectStore, WriteOutcome } from '../../objects/storage.ts';
import type { JsonObject } from '../../token/json.ts';
import { MAX_UPDATE_ATTEMPTS } from '../limits.ts';
import { ok, refuse } from '../../exchange/result.ts';
import type { Result } from '../../exchange/result.ts';
import type { Fault, Problem } from '../problem.ts';
import type { IamRequest, Operation } from './deps.ts';
import { shown } from './faults.ts';
import { readJsonObject } from './json-body.ts';
import { nextLink, readIfMatch, readListRequest } from './list-request.ts';
import type { Listing } from './list-request.ts';
import { readMembers, sameJson } from './members.ts';
import type { Draft } from './members.ts';

export type StoredObject = Pick<ObjectMeta, 'createdAt' | 'updatedAt' | 'objectVersion'> & {
  readonly id: string;
  readonly organisationId: string;
};

/** A kind of object: how it is called, kept, answered and judged. `I` is what a caller writes, `R` what is stored. */
export interface Resource<I extends object, R extends StoredObject> extends Listing {
  /** In sentences: `service account`. */
  readonly noun: string;
  /** Before the dot of an audit action. */
  readonly action: string;
  readonly contract: ObjectContract<I>;
  readonly store: (store: IamStore, request: IamRequest) => ObjectStore<R>;
  readonly view: (record: R, now: number) => JsonObject;
  /** What was accepted though it may be a mistake; null for a kind that has no warnings. */
  readonly warnings: ((record: R) => readonly Warning[]) | null;
  /** The new object, or every fault of the draft: those it came with and those of its meaning. */
  readonly create: (request: IamRequest, draft: Draft<I>) => Promise<Result<R, Problem>>;
  /** The changed object, likewise. */
  readonly change: (request: IamRequest, current: R, draft: Draft<I>) => Result<R, Problem>;
  /**
   * Why this caller may not make the change, or nobody may; null where it may. `before` is null for a creation, `after` for a
   * deletion. Asked last, with the very objects that the write is conditional on.
   */
  readonly permit?: (request: IamRequest, before: R | null, after: R | null) => Promise<Problem | null>;
  /** Set where a path may also name the object by its slug or name. */
  readonly foundBy?: 'reference';
  /** What the objects belong to, in sentences, where the path names it. */
  readonly parentNoun?: string;
  /** What the audit event is found by later. */
  readonly references: (record: R) => Pick<ChangeEvent, 'serviceAccountId' | 'federatedIdentityId' | 'issuer'>;
  /** Which member collided where a value must be unique. */
  readonly duplicate: (column: string, record: R) => Fault;
  /** Why it cannot be deleted, or created; null where that cannot happen. */
  readonly inUse: string | null;
  readonly limit: string | null;
}

/** The five operations on a kind of object. */
export function objectOperations<I extends object, R extends StoredObject>(
  resource: Resource<I, R>,
): { list: Operation; read: Operation; create: Operation; update: Operation; remove: Operation } {
  return {
    list: (request) => listObjects(resource, request),
    read: (request) => readObject(resource, request),
    create: (request) => createObject(resource, request),
    update: (request) => updateObject(resource, request),
    remove: (request) => removeObject(resource, request),
  };
}

type Answer = ReturnType<Operation>;

async function listObjects<I extends object, R extends StoredObject>(
  resource: Resource<I, R>,
  request: IamRequest,
): Answer {
  const filter = readListRequest(request.url, resource, request.now);
  if (!filter.ok) return filter;
  const page = await resource.store(request.deps.store, request).list(request.caller.organisation, filter.value);
  if (page.organisation === null) return refuse(noOrganisation(request));
  if (!page.hasParent) return refuse(noParent(resource, request));
  const last = page.records.at(-1);
  const headers = page.more && last !== undefined ? { link: nextLink(request.url, last.id) } : {};
  return ok({ status: 200, body: page.records.map((record) => resource.view(record, request.now)), headers });
}

async function readObject<I extends object, R extends StoredObject>(
  resource: Resource<I, R>,
  request: IamRequest,
): Answer {
  const record = await findObject(resource, request);
  if (!record.ok) return record;
  return ok({ status: 200, body: resource.view(record.value, request.now), headers: { etag: etag(record.value) } });
}

async function createObject<I extends object, R extends StoredObject>(
  resource: Resource<I, R>,
  request: IamRequest,
): Answer {
  const body = await readJsonObject(request.raw);
  if (!body.ok) return body;
  const created = await resource.create(request, readMembers(resource.contract, body.value, null));
  if (!created.ok) return created;
  const record = created.value;
  const refused = await resource.permit?.(request, null, record);
  if (refused) return refuse(refused);
  const after = resource.view(record, request.now);
  const event = changeEvent(resource, request, record, 'create', null, after);
  const written = await resource.store(request.deps.store, request).create(record, event);
  if (written.outcome !== 'done') return refuse(writeProblem(resource, record, written));
  return ok({
    status: 201,
    body: withWarnings(resource, record, after),
    headers: { etag: etag(record), location: `${request.url.pathname.replace(/\/$/, '')}/${record.id}` },
  });
}

async function updateObject<I extends object, R extends StoredObject>(
  resource: Resource<I, R>,
  request: IamRequest,
): Answer {
  const versions = readIfMatch(request.raw.headers.get('if-match'));
  if (!versions.ok) return versions;
  const body = await readJsonObject(request.raw);
  if (!body.ok) return body;
  for (let attempt = 0; attempt < MAX_UPDATE_ATTEMPTS; attempt += 1) {
    const found = await findObject(resource, request);
    if (!found.ok) return found;
    const current = found.value;
    if (versions.value?.includes(current.objectVersion) === false) return refuse(versionMismatch(resource, current));
    const before = resource.view(current, request.now);
    const draft = readMembers(resource.contract, body.value, withWarnings(resource, current, before));
    const changed = resource.change(request, current, draft);
    if (!changed.ok) return changed;
    if (sameJson(changed.value, current)) {
      return ok({ status: 200, body: withWarnings(resource, current, before), headers: { etag: etag(current) } });
    }
    const next: R = { ...changed.value, updatedAt: request.now, objectVersion: current.objectVersion + 1 };
    const refused = await resource.permit?.(request, current, next);
    if (refused) return refuse(refused);
    const after = resource.view(next, request.now);
    const event = changeEvent(resource, request, next, 'update', before, after);
    const written = await resource.store(request.deps.store, request).update(next, current.objectVersion, event);
    if (written.outcome === 'done') {
      return ok({ status: 200, body: withWarnings(resource, next, after), headers: { etag: etag(next) } });
    }
    // Somebody else came first: decide again with what is there now, which also tells a stale if-match.
    if (written.outcome !== 'stale') return refuse(writeProblem(resource, next, written));
  }
  return refuse(changedMeanwhile(resource));
}

async function removeObject<I extends object, R extends StoredObject>(
  resource: Resource<I, R>,
  request: IamRequest,
): Answer {
  const versions = readIfMatch(request.raw.headers.get('if-match'));
  if (!versions.ok) return versions;
  for (let attempt = 0; attempt < MAX_UPDATE_ATTEMPTS; attempt += 1) {
    const found = await findObject(resource, request);
    if (!found.ok) return found;
    const current = found.value;
    if (versions.value?.includes(current.objectVersion) === false) return refuse(versionMismatch(resource, current));
    const refused = await resource.permit?.(request, current, null);
    if (refused) return refuse(refused);
    const event = changeEvent(resource, request, current, 'delete', resource.view(current, request.now), null);
    const written = await resource.store(request.deps.store, request).remove(current, event);
    if (written.outcome === 'done') return ok({ status: 204 });
    if (written.outcome !== 'stale') return refuse(writeProblem(resource, current, written));
  }
  return refuse(changedMeanwhile(resource));
}

/** The object that the path names, or a 404. */
export async function findObject<I extends object, R extends StoredObject>(
  resource: Resource<I, R>,
  request: IamRequest,
): Promise<Result<R, Problem>> {
  const missing: Problem = {
    kind: 'not-found',
    detail: `there is no ${resource.noun} ${shown(request.objectId)}${resource.idPrefix === 'org' ? '' : ' in this organisation'}`,
  };
  if (resource.foundBy !== 'reference' && !isIdentifier(resource.idPrefix, request.objectId)) return refuse(missing);
  const { organisation, hasParent, found } = await resource
    .store(request.deps.store, request)
    .read(request.caller.organisation, request.objectId);
  if (organisation === null) return refuse(noOrganisation(request));
  if (!hasParent) return refuse(noParent(resource, request));
  return found === null ? refuse(missing) : ok(found);
}

/** The 404 for an organisation that the header names and that is not there. */
export function noOrganisation(request: IamRequest): Problem {
  return { kind: 'not-found', detail: `there is no organisation ${shown(request.caller.organisation)}` };
}

/** The 404 for the object in the path that these belong to. */
export function noParent({ parentNoun }: { readonly parentNoun?: string }, { parentId }: IamRequest): Problem {
  return { kind: 'not-found', detail: `there is no ${parentNoun ?? 'object'} ${shown(parentId)} in this organisation` };
}

function changeEvent<I extends object, R extends StoredObject>(
  resource: Resource<I, R>,
  request: IamRequest,
  record: R,
  verb: 'create' | 'update' | 'delete',
  before: JsonObject | null,
  after: JsonObject | null,
): ChangeEvent {
  return {
    id: request.deps.newId('evt'),
    organisationId: record.organisationId,
    time: request.now,
    requestId: request.requestId,
    actor: request.caller.actor,
    action: `${resource.action}.${verb}`,
    ...resource.references(record),
    ip: request.ip,
    changes: { before, after },
  };
}

function withWarnings<I extends object, R extends StoredObject>(
  resource: Resource<I, R>,
  record: R,
  view: JsonObject,
): JsonObject {
  if (resource.warnings === null) return view;
  return { ...view, warnings: resource.warnings(record).map(({ code, detail }) => ({ code, detail })) };
}

function writeProblem<I extends object, R extends StoredObject>(
  resource: Resource<I, R>,
  record: R,
  written: Exclude<WriteOutcome, { outcome: 'done' }>,
): Problem {
  switch (written.outcome) {
    case 'duplicate': {
      const collision = resource.duplicate(written.column, record);
      return { kind: 'duplicate', detail: collision.detail, errors: [collision] };
    }
    case 'in_use':
      return { kind: 'in-use', detail: resource.inUse ?? `other objects depend on this ${resource.noun}` };
    case 'limit':
      return { kind: 'limit-reached', detail: resource.limit ?? `there can be no further ${resource.noun}` };
    case 'dangling':
      return { kind: 'changed-meanwhile', detail: 'an object that this one refers to was deleted meanwhile' };
    case 'stale':
      return changedMeanwhile(resource);
  }
}

function changedMeanwhile(resource: { readonly noun: string }): Problem {
  return { kind: 'changed-meanwhile', detail: `the ${resource.noun} kept changing meanwhile; try again` };
}

function versionMismatch(resource: { readonly noun: string }, { objectVersion }: StoredObject): Problem {
  return {
    kind: 'version-mismatch',
    detail: `the ${resource.noun} is at objectVersion ${objectVersion}; read it again and decide with what is there now`,
    headers: { etag: `"${objectVersion}"` },
  };
}

function etag({ objectVersion }: StoredObject): string {
  return `"${objectVersion}"`;
}
