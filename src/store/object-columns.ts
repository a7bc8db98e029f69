// The columns of an object's members, as its definition names them, and the values in them as records have them.

import { columnOf, isStored, isWritable } from '../objects/definition.ts';
import type { Join, Kept, Member, ObjectDefinition, RecordOf } from '../objects/definition.ts';
import { DEFAULT_ORGANISATION_ID } from '../objects/organisation.ts';
import { TABLES } from '../objects/rule.ts';
import type { Rule } from '../objects/rule.ts';
import { readJson } from '../token/json-reader.ts';

export type Row = Readonly<Record<string, unknown>>;
/** Columns by their names, which are ours and never a caller's. */
export type Columns = Readonly<Record<string, string | number | null>>;

/** One member and its column. */
export interface Field {
  readonly name: string;
  readonly column: string;
  readonly member: Member;
}

const known = new WeakMap<ObjectDefinition, readonly Field[]>();

/** The members that have columns. */
export function fieldsOf(object: ObjectDefinition): readonly Field[] {
  const fields =
    known.get(object) ??
    Object.entries(object.members)
      .filter(([, member]) => isStored(member))
      .map(([name, member]) => ({ name, column: columnOf(name, member), member }));
  known.set(object, fields);
  return fields;
}

/** The columns that an exchange reads: all but of what is only shown. */
export function decidingColumns(object: ObjectDefinition): readonly string[] {
  const fields = fieldsOf(object).filter(({ member }) => member.shown !== true);
  return ['id', 'organisation_id', ...fields.map(({ column }) => column), 'object_version'];
}

/** What of another object is read with this one: its column under the name that a row has it by. */
export function joinedFields(name: string, { object, reads }: Join): readonly (Field & { readonly as: string })[] {
  return fieldsOf(object)
    .filter((field) => reads.includes(field.name))
    .map((field) => ({ ...field, as: `${name}_${field.column}` }));
}

/** The record of a row. A column that was not read is left out; a value that this build does not know is refused. */
export function fromRow<D extends ObjectDefinition>(object: D, row: Row): RecordOf<D> {
  const record: Record<string, unknown> = {
    id: row['id'],
    // An organisation's own row has none: the deployment's organisation keeps it.
    organisationId: row['organisation_id'] ?? DEFAULT_ORGANISATION_ID,
    createdAt: row['created_at'],
    updatedAt: row['updated_at'],
    objectVersion: row['object_version'],
  };
  for (const { name, column, member } of fieldsOf(object)) {
    if (row[column] !== undefined) record[name] = decode(object, name, member, row[column]);
  }
  for (const [name, member] of Object.entries(object.members)) {
    if (member.computed === true && typeof row[name] === 'string') record[name] = inOrder(JSON.parse(row[name]));
  }
  for (const [name, join] of Object.entries(object.joins)) {
    const other: Record<string, unknown> = { id: record[join.by] };
    for (const { as, ...field } of joinedFields(name, join)) {
      if (row[as] !== undefined) other[field.name] = decode(join.object, field.name, field.member, row[as]);
    }
    record[name] = other;
  }
  return record as RecordOf<D>;
}

/** An aggregate promises no order of its own. */
function inOrder(objects: { readonly identity: string }[]): object {
  return objects.toSorted((left, right) => (left.identity < right.identity ? -1 : 1));
}

function decode(object: ObjectDefinition, name: string, member: Member, value: unknown): unknown {
  if (value === null) return member.null === undefined || member.null === 'absent' ? member.default : null;
  const { is } = member;
  switch (is.kind) {
    case 'flag':
      return value === 1;
    case 'oneOf':
      if (!is.values.includes(String(value)))
        throw new Error(`${TABLES[object.idPrefix]} row with the unknown ${name} ${JSON.stringify(value)}`);
      return value;
    case 'list':
      return decodeList(is.of, JSON.parse(String(value)) as unknown[]);
    case 'map':
    case 'json':
    case 'shape':
      return readJson(String(value));
    default:
      return value;
  }
}

/** A value of a list that this build does not know is left out: no rule can be met by it. */
function decodeList(of: Rule, values: readonly unknown[]): readonly unknown[] {
  return of.kind === 'oneOf' ? values.filter((value) => of.values.includes(String(value))) : values;
}

/** Every column of a new row. */
export function newColumns(object: ObjectDefinition, record: Kept): Columns {
  const isOrganisation = object.idPrefix === 'org';
  return {
    id: record.id,
    ...(isOrganisation ? {} : { organisation_id: record.organisationId }),
    ...encoded(fieldsOf(object), record),
    created_at: record.createdAt,
    updated_at: record.updatedAt,
    object_version: record.objectVersion,
  };
}

/** The columns that an update writes. */
export function changeableColumns(object: ObjectDefinition, record: Kept): Columns {
  const fields = fieldsOf(object).filter(
    ({ member }) => (isWritable(member) && member.immutable === undefined) || member.follows === true,
  );
  return { ...encoded(fields, record), updated_at: record.updatedAt };
}

function encoded(fields: readonly Field[], record: Kept): Columns {
  const values = record as Row & Kept;
  return Object.fromEntries(fields.map(({ name, column, member }) => [column, encode(member.is, values[name])]));
}

function encode(is: Rule, value: unknown): string | number | null {
  if (value === null || value === undefined) return null;
  switch (is.kind) {
    case 'flag':
      return Number(value);
    case 'list':
    case 'map':
    case 'json':
    case 'shape':
      return JSON.stringify(value);
    default:
      return value as string | number;
  }
}
