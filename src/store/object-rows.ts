// Inserts, updates and deletes one row of an object's table, only where the audit event of the same batch exists; it decides nothing.

import type { ChangeEvent, ObjectMeta } from '../objects/storage.ts';
import { eventExists } from './iam-audit.ts';
import type { Condition } from './iam-audit.ts';

/** Columns by their names, which are ours and never a caller's. */
export type Columns = Readonly<Record<string, string | number | null>>;

interface Kept extends Pick<ObjectMeta, 'objectVersion'> {
  readonly id: string;
  readonly organisationId: string;
}

/** The columns of what every named object has, as a change writes them. */
export function metaColumns(meta: ObjectMeta): Columns {
  return {
    name: meta.name,
    description: meta.description,
    labels: JSON.stringify(meta.labels),
    annotations: JSON.stringify(meta.annotations),
    updated_at: meta.updatedAt,
  };
}

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

/** Updates the row of `next` where it is at `version`, and raises the version. */
export function updateRow(
  db: D1Database,
  event: ChangeEvent,
  table: string,
  { next, version, columns }: { readonly next: Kept; readonly version: number; readonly columns: Columns },
): D1PreparedStatement {
  const recorded = eventExists(event);
  const assignments = Object.keys(columns).map((name) => `${name} = ?`);
  return db
    .prepare(
      `UPDATE ${table} SET ${assignments.join(', ')}, object_version = object_version + 1
       WHERE id = ? AND organisation_id = ? AND object_version = ? AND ${recorded.sql}`,
    )
    .bind(...Object.values(columns), next.id, next.organisationId, version, ...recorded.values);
}

/** Deletes the row of `record`. */
export function deleteRow(db: D1Database, event: ChangeEvent, table: string, record: Kept): D1PreparedStatement {
  const recorded = eventExists(event);
  return db
    .prepare(`DELETE FROM ${table} WHERE id = ? AND organisation_id = ? AND ${recorded.sql}`)
    .bind(record.id, record.organisationId, ...recorded.values);
}

/** Holds where the row of `record` is at `version`. */
export function rowAtVersion(table: string, record: Kept, version: number): Condition {
  return {
    sql: `EXISTS (SELECT 1 FROM ${table} WHERE id = ? AND organisation_id = ? AND object_version = ?)`,
    values: [record.id, record.organisationId, version],
  };
}

/** Holds where the row is there, in its organisation. */
export function rowExists(table: string, { id, organisationId }: Omit<Kept, 'objectVersion'>): Condition {
  return {
    sql: `EXISTS (SELECT 1 FROM ${table} WHERE id = ? AND organisation_id = ?)`,
    values: [id, organisationId],
  };
}

/** Both conditions together. */
export function both(left: Condition, right: Condition): Condition {
  return { sql: `${left.sql} AND ${right.sql}`, values: [...left.values, ...right.values] };
}
