// How much an organisation and an account may have, as conditions of the very write that adds to it, so that two at once cannot both be the last.

import type { Kept, ObjectDefinition } from '../objects/definition.ts';
import { MAX_BYTES_OF_A_KIND, MAX_OBJECTS_OF_A_KIND, SMALL_OBJECT_BYTES } from '../objects/limits.ts';
import { TABLES } from '../objects/rule.ts';
import type { LimitReached } from '../objects/storage.ts';
import type { Condition } from './iam-audit.ts';
import { changeableColumns, fieldsOf } from './object-columns.ts';
import type { Columns, Row } from './object-columns.ts';

/** At most so many objects with one value of a member. */
export interface CountLimit {
  readonly by: string;
  readonly most: number;
}

/** At most so many bytes in these columns of all objects with one value of a member: what an exchange reads of them together. */
export interface ByteLimit {
  readonly by: string;
  readonly columns: readonly string[];
  readonly most: number;
}

/** Each limit that a new object may reach, and the condition that it does not. */
export type Room = Readonly<Record<LimitReached, Condition>>;

const ALWAYS: Condition = { sql: 'TRUE', values: [] };
const encoder = new TextEncoder();

/** Room for a new object, and for the rows of other tables that it starts with. */
export function roomFor(
  object: ObjectDefinition,
  record: Kept,
  columns: Columns,
  startsWith: readonly { readonly table: string; readonly columns: Columns }[],
  { limit, bytes }: { readonly limit?: CountLimit | undefined; readonly bytes?: ByteLimit | undefined },
): Room {
  const table = TABLES[object.idPrefix];
  const added = Map.groupBy([{ table }, ...startsWith], (row) => row.table);
  const { organisationId } = record;
  const kinds = [...added].map(([kind, rows]) => belowQuota(kind, organisationId, rows.length));
  const names = Object.keys(changeableColumns(object, record));
  const own = { id: record.id, organisationId };
  const others = Map.groupBy(startsWith, (row) => row.table);
  const sizes = [...others].map(([kind, rows]) =>
    withinSize(
      kind,
      { ...own, id: '' },
      rows.map((row) => row.columns),
    ),
  );
  return {
    // An organisation itself belongs to none.
    organisation: table === 'organisation' ? ALWAYS : allOf(kinds),
    size: allOf([withinSize(table, own, [only(columns, names)]), ...sizes]),
    owner: limit === undefined ? ALWAYS : belowLimit(object, record, limit),
    bytes: bytes === undefined ? ALWAYS : withinBytes(object, record, columns, bytes),
  };
}

/** Holds if the objects with the same value of a member stay within the bytes, or this one takes no more than it did. */
export function withinBytes(
  object: ObjectDefinition,
  record: Kept,
  columns: Columns,
  { by, columns: counted, most }: ByteLimit,
): Condition {
  const table = TABLES[object.idPrefix];
  const size = sizeOf(counted);
  const own = bytesOf(counted.map((name) => columns[name]));
  const others = `(SELECT coalesce(sum(${size}), 0) FROM ${table} WHERE ${columnOf(object, by)} = ? AND id <> ?)`;
  return {
    sql: `(${others} + ? <= ? OR ? <= coalesce((SELECT ${size} FROM ${table} WHERE id = ?), -1))`,
    values: [valueOf(record, by), record.id, own, most, own, record.id],
  };
}

/**
 * Holds if the objects of a kind that an organisation has take no more than they may, or this one takes no more than it did. A
 * small one always fits, since the quota of objects bounds them; so only who writes a large one pays for adding up.
 */
export function withinSize(
  table: string,
  { id, organisationId }: Pick<Kept, 'id' | 'organisationId'>,
  rows: readonly Columns[],
): Condition {
  const own = bytesOf(rows.flatMap((columns) => Object.values(columns)));
  if (table === 'organisation' || own <= SMALL_OBJECT_BYTES) return ALWAYS;
  const size = sizeOf(Object.keys(rows[0] ?? {}));
  return {
    sql: `((SELECT coalesce(sum(${size}), 0) FROM ${table} WHERE organisation_id = ? AND id <> ?) + ? <= ?
      OR ? <= coalesce((SELECT ${size} FROM ${table} WHERE id = ?), -1))`,
    values: [organisationId, id, own, MAX_BYTES_OF_A_KIND, own, id],
  };
}

function sizeOf(columns: readonly string[]): string {
  return columns.map((name) => `coalesce(length(CAST(${name} AS BLOB)), 0)`).join(' + ');
}

function bytesOf(values: readonly (string | number | null | undefined)[]): number {
  return values.reduce<number>((sum, value) => sum + encoder.encode(String(value ?? '')).length, 0);
}

function only(columns: Columns, names: readonly string[]): Columns {
  return Object.fromEntries(names.map((name) => [name, columns[name] ?? null]));
}

/** Counted by the index that starts with the organisation, and no further than the quota. */
function belowQuota(table: string, organisationId: string, more: number): Condition {
  return {
    sql: `(SELECT COUNT(*) FROM (SELECT 1 FROM ${table} WHERE organisation_id = ? LIMIT ?)) + ? <= ?`,
    values: [organisationId, MAX_OBJECTS_OF_A_KIND, more, MAX_OBJECTS_OF_A_KIND],
  };
}

function belowLimit(object: ObjectDefinition, record: Kept, { by, most }: CountLimit): Condition {
  return {
    sql: `(SELECT COUNT(*) FROM ${TABLES[object.idPrefix]} WHERE ${columnOf(object, by)} = ?) < ?`,
    values: [valueOf(record, by), most],
  };
}

function allOf(conditions: readonly Condition[]): Condition {
  return {
    sql: conditions.map(({ sql }) => `(${sql})`).join(' AND '),
    values: conditions.flatMap(({ values }) => values),
  };
}

function columnOf(object: ObjectDefinition, member: string): string {
  return fieldsOf(object).find(({ name }) => name === member)?.column ?? '';
}

function valueOf(record: Kept, member: string): string {
  return String((record as Kept & Row)[member]);
}
