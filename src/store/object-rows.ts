// Inserts, updates and deletes one row of an object's table, only if the audit event of the same batch exists; it decides nothing.

import type { Kept } from '../objects/definition.ts';
import type { ChangeEvent } from '../objects/storage.ts';
import { eventExists } from './iam-audit.ts';
import type { Condition } from './iam-audit.ts';
import type { Columns } from './object-columns.ts';

type Identified = Pick<Kept, 'id' | 'organisationId'>;

/** Inserts a row. */
export function insertRow(db: D1Database, event: ChangeEvent, table: string, columns: Columns): D1PreparedStatement {
  const recorded = eventExists(event);
  const names = Object.keys(columns);
  return db
    .prepare(
      `INSERT INTO ${table} (${names.join(', ')}) SELECT ${names.map(() => '?').join(', ')} WHERE ${recorded.sql}`,
    )
    .bind(...Object.values(columns), ...recorded.values);
}

/** Updates the row of `next` if it is at `version`, and raises the version; `raised` assigns a column from what it was. */
export function updateRow(
  db: D1Database,
  event: ChangeEvent,
  table: string,
  of: {
    readonly next: Identified;
    readonly version: number;
    readonly columns: Columns;
    readonly raised: Condition | null;
  },
): D1PreparedStatement {
  const recorded = eventExists(event);
  const at = rowOf(table, of.next);
  const assignments = Object.keys(of.columns).map((name) => `${name} = ?`);
  if (of.raised !== null) assignments.push(of.raised.sql);
  return db
    .prepare(
      `UPDATE ${table} SET ${assignments.join(', ')}, object_version = object_version + 1
       WHERE ${at.sql} AND object_version = ? AND ${recorded.sql}`,
    )
    .bind(...Object.values(of.columns), ...(of.raised?.values ?? []), ...at.values, of.version, ...recorded.values);
}

/** Raises the version of an object that another one changed. */
export function touchRow(db: D1Database, event: ChangeEvent, table: string, row: Identified): D1PreparedStatement {
  const recorded = eventExists(event);
  const at = rowOf(table, row);
  return db
    .prepare(
      `UPDATE ${table} SET updated_at = ?, object_version = object_version + 1 WHERE ${at.sql} AND ${recorded.sql}`,
    )
    .bind(event.time, ...at.values, ...recorded.values);
}

/** Deletes the row of an object. */
export function deleteRow(db: D1Database, event: ChangeEvent, table: string, row: Identified): D1PreparedStatement {
  const recorded = eventExists(event);
  const at = rowOf(table, row);
  return db.prepare(`DELETE FROM ${table} WHERE ${at.sql} AND ${recorded.sql}`).bind(...at.values, ...recorded.values);
}

/** Deletes the rows that refer to an object. */
export function deleteRows(
  db: D1Database,
  event: ChangeEvent,
  table: string,
  column: string,
  id: string,
): D1PreparedStatement {
  const recorded = eventExists(event);
  return db.prepare(`DELETE FROM ${table} WHERE ${column} = ? AND ${recorded.sql}`).bind(id, ...recorded.values);
}

/** Holds if the row is at `version`. */
export function rowAtVersion(table: string, row: Identified, version: number): Condition {
  const at = rowOf(table, row);
  return {
    sql: `EXISTS (SELECT 1 FROM ${table} WHERE ${at.sql} AND object_version = ?)`,
    values: [...at.values, version],
  };
}

/** Holds if the row is there, in its organisation. */
export function rowExists(table: string, row: Identified): Condition {
  const at = rowOf(table, row);
  return { sql: `EXISTS (SELECT 1 FROM ${table} WHERE ${at.sql})`, values: at.values };
}

/** Both conditions together. */
export function both(left: Condition, right: Condition): Condition {
  return { sql: `${left.sql} AND ${right.sql}`, values: [...left.values, ...right.values] };
}

/** An organisation's own row belongs to none. */
function rowOf(table: string, { id, organisationId }: Identified): Condition {
  if (table === 'organisation') return { sql: 'id = ?', values: [id] };
  return { sql: 'id = ? AND organisation_id = ?', values: [id, organisationId] };
}
