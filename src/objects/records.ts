// Makes the records of new and changed objects of what was written, and the answers of records; the same for every kind of object.

import type { JsonObject, JsonValue } from '../token/json.ts';
import type { InputOf, Join, Kept, Member, ObjectDefinition, RecordOf, StoredMembers } from './definition.ts';
import { isWritable } from './definition.ts';
import { formatTimestamp, parseTimestamp } from './values.ts';

type Values = Readonly<Record<string, unknown>>;

/** The members of a new object: what was written, and defaults. `unused` is a name that nobody else has, for what is made of none. */
export function newMembers<D extends ObjectDefinition>(
  { members }: D,
  input: InputOf<D['members']>,
  unused: string,
): StoredMembers<D['members']> {
  const written = input as Values;
  const record: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(members)) {
    if (member.is.kind === 'nothing') continue;
    const value = isWritable(member) ? storedValue(member, written[name]) : undefined;
    record[name] = value === undefined ? defaultOf(member, written, unused) : value;
  }
  return record as StoredMembers<D['members']>;
}

/** The object with the members that an update names; null clears one, and what is left out stays. */
export function changedObject<D extends ObjectDefinition>(
  { members }: D,
  current: RecordOf<D>,
  input: InputOf<D['members']>,
): RecordOf<D> {
  const written = input as Values;
  const record: Record<string, unknown> = { ...current };
  for (const [name, member] of Object.entries(members)) {
    const value = isWritable(member) && member.is.kind !== 'nothing' ? storedValue(member, written[name]) : undefined;
    if (value !== undefined) record[name] = value;
  }
  return record as RecordOf<D>;
}

/** A changed object as it is written at `now` (epoch seconds). */
export function nextVersion<D extends ObjectDefinition>(record: RecordOf<D>, now: number): RecordOf<D> {
  return Object.assign({}, record, { updatedAt: now, objectVersion: record.objectVersion + 1 });
}

/** What every new object starts with at `now` (epoch seconds). */
export function newObject(id: string, organisationId: string, now: number): Kept {
  return { id, organisationId, createdAt: now, updatedAt: now, objectVersion: 1 };
}

/** What a member is if nothing was written for it; a required text is empty, so that rules about it can be asked. */
export function defaultOf({ is, default: given }: Member, written: Values, unused: string): unknown {
  if (given === undefined) return is.kind === 'text' ? '' : null;
  if (typeof given !== 'function') return given;
  return (given as (written: Values, unused: string) => unknown)(written, unused);
}

/** A written value as it is stored; undefined leaves what is there. */
function storedValue({ is, emptyIsNull }: Member, value: unknown): unknown {
  if (value === undefined || value === null) return value;
  if (value === '' && emptyIsNull === true) return null;
  switch (is.kind) {
    case 'timestamp':
      return parseTimestamp(String(value)) ?? undefined;
    case 'oneOf':
      return is.derived.includes(String(value)) ? undefined : value;
    case 'list':
      return is.unique === true ? [...new Set(value as readonly unknown[])] : value;
    default:
      return value;
  }
}

/** An object as the API answers it; `shown` are members that are answered in another form than they are stored. */
export function viewOf({ members, joins }: ObjectDefinition, record: Kept, shown: JsonObject = {}): JsonObject {
  const values = record as Kept & Values;
  const view: Record<string, JsonValue> = { identity: record.id };
  const answer = (name: string, join: Join): void => {
    const other = values[name] as Values & { readonly id: string };
    const answered = Object.fromEntries(join.answers.map((member) => [member, other[member] as JsonValue]));
    view[name] = { identity: other.id, ...answered };
    for (const also of join.alsoAs ?? []) view[also] = { identity: other.id, ...answered };
  };
  for (const [name, member] of Object.entries(members)) {
    if (member.hidden !== true)
      view[name] = Object.hasOwn(shown, name) ? (shown[name] ?? null) : answeredValue(member, values[name]);
    for (const [joined, join] of Object.entries(joins)) {
      if (join.by === name && join.answers.length > 0) answer(joined, join);
    }
  }
  return {
    ...view,
    createdAt: formatTimestamp(record.createdAt),
    updatedAt: formatTimestamp(record.updatedAt),
    objectVersion: record.objectVersion,
  };
}

function answeredValue({ is }: Member, value: unknown): JsonValue {
  if (is.kind === 'timestamp' && typeof value === 'number') return formatTimestamp(value);
  return (value ?? null) as JsonValue;
}
