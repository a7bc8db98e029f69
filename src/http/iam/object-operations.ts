// List, read, create, update and delete, the same for every kind of object; what is special to one kind is in its Resource.

import type { InputOf, Kept, ObjectDefinition, RecordOf, Warning } from '../../objects/definition.ts';
import { changedObject, nextVersion, viewOf } from '../../objects/records.ts';
import { recordChanges } from '../../objects/recorded-changes.ts';
import { TABLES } from '../../objects/rule.ts';
import { isIdentifier } from '../../objects/values.ts';
import type { ChangeEvent, IamStore, ObjectStore, WriteOutcome } from '../../objects/storage.ts';
import type { JsonObject } from '../../token/json.ts';
import { FIRST_RETRY_WAIT_MS, MAX_RETRY_WAIT_MS, MAX_UPDATE_ATTEMPTS } from '../limits.ts';
import { ok, refuse } from '../../exchange/result.ts';
import type { Result } from '../../exchange/result.ts';
import type { Fault, Problem } from '../problem.ts';
import { changeEvent } from './change-event.ts';
import type { IamRequest, Operation, Reply } from './deps.ts';
import { invalid, shown } from './faults.ts';
import { readJsonObject } from './json-body.ts';
import { nextLink, readListRequest } from './list-request.ts';
import { readMembers, sameJson } from './members.ts';
import { changedMeanwhile, noOrganisation, noParent, versionMismatch, writeProblem } from './object-problems.ts';
import { judgeRead, mayChange, readPreconditions } from './preconditions.ts';
import type { Draft } from './members.ts';

/** What is special to a kind of object, beside its definition. */
export interface Resource<D extends ObjectDefinition> {
  readonly object: D;
  readonly store: (store: IamStore, request: IamRequest) => ObjectStore<RecordOf<D>>;
  /** The new object, or every fault of the draft: those it came with and those of its meaning. */
  readonly create: (request: IamRequest, draft: Draft<InputOf<D['members']>>) => Promise<Result<RecordOf<D>, Problem>>;
  /** What is wrong with an object beyond single members; `before` is null for a creation. */
  readonly faults?: (
    request: IamRequest,
    record: RecordOf<D>,
    draft: Draft<InputOf<D['members']>>,
    before: RecordOf<D> | null,
  ) => readonly Fault[];
  /** What follows from a change for members that no caller writes. */
  readonly settle?: (next: RecordOf<D>, before: RecordOf<D>, request: IamRequest) => RecordOf<D>;
  /** Members that are answered in another form than they are stored. */
  readonly shown?: (record: RecordOf<D>, now: number) => JsonObject;
  /** What was accepted though it may be a mistake. */
  readonly warnings?: (record: RecordOf<D>, now: number) => readonly Warning[];
  /**
   * Why this caller may not make the change, or nobody may; null if it may. `before` is null for a creation, `after` for a
   * deletion. Asked last, with the very objects that the write is conditional on.
   */
  readonly permit?: (
    request: IamRequest,
    before: RecordOf<D> | null,
    after: RecordOf<D> | null,
  ) => Promise<Problem | null>;
  /** Set if a path may also name the object by its slug or name. */
  readonly foundBy?: 'reference';
  /** What the objects belong to, in sentences, if the path names it. */
  readonly parentNoun?: string;
  /** What the audit event is found by later. */
  readonly references?: (
    record: RecordOf<D>,
  ) => Partial<Pick<ChangeEvent, 'serviceAccountId' | 'federatedIdentityId' | 'issuer'>>;
  /** Among which objects a name must be unique, as `another role ... has this name` says it. */
  readonly uniqueIn: string;
  /** What else to say of a value that another object has, by its column. */
  readonly sharing?: Readonly<Record<string, string>>;
  /** Why it cannot be deleted while others refer to it. */
  readonly inUse?: string;
  /** Why no further one can be created. */
  readonly limit?: string;
  /** Why it cannot be as large as it would be. */
  readonly tooLarge?: string;
}

/** The five operations on a kind of object. */
export function objectOperations<D extends ObjectDefinition>(
  resource: Resource<D>,
): { list: Operation; read: Operation; create: Operation; update: Operation; remove: Operation } {
  return {
    list: (request) => listObjects(resource, request),
    read: (request) => readObject(resource, request),
    create: (request) => createObject(resource, request),
    update: (request) => updateObject(resource, request),
    remove: (request) => removeObject(resource, request),
  };
}

/** An object as the API answers it. */
export function answerOf<D extends ObjectDefinition>(
  { object, shown: special }: Pick<Resource<D>, 'object' | 'shown'>,
  record: RecordOf<D>,
  now: number,
): JsonObject {
  return viewOf(object, record, special?.(record, now));
}

/** Every fault of a draft and of the object that would come of it. */
export function faultsOf<D extends ObjectDefinition>(
  { faults }: Pick<Resource<D>, 'faults'>,
  request: IamRequest,
  record: RecordOf<D>,
  draft: Draft<InputOf<D['members']>>,
  before: RecordOf<D> | null,
): readonly Fault[] {
  return [...draft.faults, ...(faults?.(request, record, draft, before) ?? [])];
}

type Answer = ReturnType<Operation>;

async function listObjects<D extends ObjectDefinition>(resource: Resource<D>, request: IamRequest): Answer {
  const filter = readListRequest(request.url, resource.object, request.now);
  if (!filter.ok) return filter;
  const page = await resource.store(request.deps.store, request).list(request.caller.organisation, filter.value);
  if (page.organisation === null) return refuse(noOrganisation(request));
  if (!page.hasParent) return refuse(noParent(resource, request));
  const last = page.records.at(-1);
  const headers = page.more && last !== undefined ? { link: nextLink(request.url, last.id) } : {};
  return ok({ status: 200, body: page.records.map((record) => answerOf(resource, record, request.now)), headers });
}

async function readObject<D extends ObjectDefinition>(resource: Resource<D>, request: IamRequest): Answer {
  const conditions = readPreconditions(request.raw);
  if (!conditions.ok) return conditions;
  const found = await findObject(resource, request);
  if (!found.ok) return found;
  const record = found.value;
  const headers = { etag: etag(record) };
  switch (judgeRead(conditions.value, record.objectVersion)) {
    case 'failed':
      return refuse(versionMismatch(resource, record));
    case 'unchanged':
      return ok({ status: 304, headers });
    case 'answer':
      return ok({ status: 200, body: answerOf(resource, record, request.now), headers });
  }
}

async function createObject<D extends ObjectDefinition>(resource: Resource<D>, request: IamRequest): Answer {
  const body = await readJsonObject(request.raw);
  if (!body.ok) return body;
  const created = await resource.create(request, readMembers(resource.object, body.value, null));
  if (!created.ok) return created;
  const record = created.value;
  const refused = await resource.permit?.(request, null, record);
  if (refused) return refuse(refused);
  const after = answerOf(resource, record, request.now);
  const event = eventOf(resource, request, record, 'create', null, after);
  const written = await resource.store(request.deps.store, request).create(record, event);
  if (written.outcome !== 'done') return refuse(writeProblem(resource, record, written));
  return ok({
    status: 201,
    body: withWarnings(resource, request, record, after),
    headers: {
      etag: etag(record),
      ...(request.isJudgement ? {} : { location: `${request.url.pathname.replace(/\/$/, '')}/${record.id}` }),
    },
  });
}

async function updateObject<D extends ObjectDefinition>(resource: Resource<D>, request: IamRequest): Answer {
  const body = await readJsonObject(request.raw);
  if (!body.ok) return body;
  return decideAtItsVersion(resource, request, async (current) => {
    // Whoever sends back what was read decided on that version of it.
    if (isOfAnotherVersion(body.value, current)) return refuse(versionMismatch(resource, current));
    const before = answerOf(resource, current, request.now);
    const draft = readMembers(resource.object, body.value, withWarnings(resource, request, current, before));
    const asked = changedObject(resource.object, current, draft.values);
    const changed = resource.settle?.(asked, current, request) ?? asked;
    const faults = faultsOf(resource, request, changed, draft, current);
    if (faults.length > 0) return refuse(invalid(faults));
    const reply = (record: RecordOf<D>, view: JsonObject): Reply => ({
      status: 200,
      body: withWarnings(resource, request, record, view),
      headers: { etag: etag(record) },
    });
    if (sameJson(changed, current)) return ok(reply(current, before));
    const next = nextVersion<D>(changed, request.now);
    const refused = await resource.permit?.(request, current, next);
    if (refused) return refuse(refused);
    const after = answerOf(resource, next, request.now);
    const event = eventOf(resource, request, next, 'update', before, after);
    const written = await resource.store(request.deps.store, request).update(next, current.objectVersion, event);
    return endOf(resource, next, written, reply(next, after));
  });
}

/** Changes an object otherwise than by its members, and audits it as this verb. */
export async function changeObject<D extends ObjectDefinition>(
  resource: Resource<D>,
  request: IamRequest,
  verb: 'revoke_tokens',
  change: (current: RecordOf<D>) => RecordOf<D>,
): Answer {
  return decideAtItsVersion(resource, request, async (current) => {
    const next = change(current);
    const after = answerOf(resource, next, request.now);
    const event = eventOf(resource, request, next, verb, answerOf(resource, current, request.now), after);
    const written = await resource.store(request.deps.store, request).update(next, current.objectVersion, event);
    return endOf(resource, next, written, { status: 200, body: after, headers: { etag: etag(next) } });
  });
}

async function removeObject<D extends ObjectDefinition>(resource: Resource<D>, request: IamRequest): Answer {
  return decideAtItsVersion(resource, request, async (current) => {
    const refused = await resource.permit?.(request, current, null);
    if (refused) return refuse(refused);
    const event = eventOf(resource, request, current, 'delete', answerOf(resource, current, request.now), null);
    const written = await resource.store(request.deps.store, request).remove(current, event);
    return endOf(resource, current, written, { status: 204 });
  });
}

/**
 * Decides about the object as it is now, and again with what is there then when another change came first. A precondition
 * that no longer holds is told by the same round.
 */
async function decideAtItsVersion<D extends ObjectDefinition>(
  resource: Resource<D>,
  request: IamRequest,
  decide: (current: RecordOf<D>) => Promise<Awaited<Answer> | 'stale'>,
): Answer {
  const conditions = readPreconditions(request.raw);
  if (!conditions.ok) return conditions;
  for (let attempt = 0; attempt < MAX_UPDATE_ATTEMPTS; attempt += 1) {
    await stepAside(attempt);
    const found = await findObject(resource, request);
    if (!found.ok) return found;
    const current = found.value;
    if (!mayChange(conditions.value, current.objectVersion)) return refuse(versionMismatch(resource, current));
    const decided = await decide(current);
    if (decided !== 'stale') return decided;
  }
  return refuse(changedMeanwhile(resource));
}

function endOf<D extends ObjectDefinition>(
  resource: Resource<D>,
  record: RecordOf<D>,
  written: WriteOutcome,
  reply: Reply,
): Awaited<Answer> | 'stale' {
  if (written.outcome === 'done') return ok(reply);
  return written.outcome === 'stale' ? 'stale' : refuse(writeProblem(resource, record, written));
}

/** The object that the path names, or a 404. */
export async function findObject<D extends ObjectDefinition>(
  resource: Resource<D>,
  request: IamRequest,
): Promise<Result<RecordOf<D>, Problem>> {
  const missing: Problem = {
    kind: 'not-found',
    detail: `there is no ${resource.object.noun} ${shown(request.objectId)}${resource.object.idPrefix === 'org' ? '' : ' in this organisation'}`,
  };
  if (resource.foundBy !== 'reference' && !isIdentifier(resource.object.idPrefix, request.objectId))
    return refuse(missing);
  const { organisation, hasParent, found } = await resource
    .store(request.deps.store, request)
    .read(request.caller.organisation, request.objectId);
  if (organisation === null) return refuse(noOrganisation(request));
  if (!hasParent) return refuse(noParent(resource, request));
  return found === null ? refuse(missing) : ok(found);
}

function eventOf<D extends ObjectDefinition>(
  resource: Resource<D>,
  request: IamRequest,
  record: RecordOf<D>,
  verb: 'create' | 'update' | 'delete' | 'revoke_tokens',
  before: JsonObject | null,
  after: JsonObject | null,
): ChangeEvent {
  return changeEvent(request, {
    organisationId: record.organisationId,
    action: `${TABLES[resource.object.idPrefix]}.${verb}`,
    ...resource.references?.(record),
    changes: recordChanges(before, after),
  });
}

function withWarnings<D extends ObjectDefinition>(
  resource: Resource<D>,
  { now }: IamRequest,
  record: RecordOf<D>,
  view: JsonObject,
): JsonObject {
  if (resource.warnings === undefined) return view;
  return { ...view, warnings: resource.warnings(record, now).map(({ code, detail }) => ({ code, detail })) };
}

/** Waits longer after each lost race, by chance, so that not all of those who lost meet again. */
async function stepAside(attempt: number): Promise<void> {
  if (attempt === 0) return;
  const most = Math.min(MAX_RETRY_WAIT_MS, 2 ** attempt * FIRST_RETRY_WAIT_MS);
  await new Promise((resolve) => setTimeout(resolve, Math.random() * most));
}

function isOfAnotherVersion({ objectVersion }: JsonObject, current: Kept): boolean {
  return Number.isSafeInteger(objectVersion) && objectVersion !== current.objectVersion;
}

function etag({ objectVersion }: Kept): string {
  return `"${objectVersion}"`;
}
