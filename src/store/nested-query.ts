// Lists and reads objects that belong to one other object, in one round trip that also tells whether that one exists.

import type { ListFilter, Lookup, Page } from '../objects/storage.ts';
import type { Organisation } from '../objects/model.ts';
import { rowsOf, runBatch } from './d1.ts';
import type { Condition } from './iam-audit.ts';
import { listStatement, objectStatement } from './list-query.ts';
import type { ListSource } from './list-query.ts';
import { selectOrganisation } from './organisations.ts';

/** The object that others belong to. */
export interface Parent {
  /** The column that refers to it. */
  readonly column: string;
  /** A SELECT of its id, confined to the organisation, that yields one row at most. */
  readonly id: Condition;
}

/** The condition that confines a list to one parent; exported so that a test can ask for the query plan. */
export function ofParent({ alias }: ListSource, { column, id }: Parent): Condition {
  return { sql: `${alias}.${column} = (${id.sql})`, values: id.values };
}

/** Lists what belongs to a parent. Throws StorageUnavailable. */
export async function listNested<R extends object, T>(
  db: D1Database,
  source: ListSource,
  scope: { readonly organisation: string; readonly parent: Parent },
  filter: ListFilter,
  conditions: readonly Condition[],
  fromRow: (row: R) => T,
): Promise<Page<T>> {
  const { organisation, parent } = scope;
  const [owner, parents, rows] = await runBatch(db, [
    selectOrganisation(db, organisation),
    db.prepare(parent.id.sql).bind(...parent.id.values),
    listStatement(db, source, organisation, filter, [ofParent(source, parent), ...conditions]),
  ]);
  const found = rowsOf<R>(rows);
  return {
    organisation: rowsOf<Organisation>(owner)[0] ?? null,
    hasParent: rowsOf(parents).length > 0,
    records: found.slice(0, filter.limit).map(fromRow),
    more: found.length > filter.limit,
  };
}

/** Reads one object that belongs to a parent; not found where it belongs to another one. Throws StorageUnavailable. */
export async function readNested<R extends object, T>(
  db: D1Database,
  source: ListSource,
  scope: { readonly organisation: string; readonly parent: Parent },
  id: string,
  fromRow: (row: R) => T,
): Promise<Lookup<T>> {
  const { organisation, parent } = scope;
  const [owner, parents, rows] = await runBatch(db, [
    selectOrganisation(db, organisation),
    db.prepare(parent.id.sql).bind(...parent.id.values),
    objectStatement(db, source, organisation, id, ofParent(source, parent)),
  ]);
  const row = rowsOf<R>(rows)[0];
  return {
    organisation: rowsOf<Organisation>(owner)[0] ?? null,
    hasParent: rowsOf(parents).length > 0,
    found: row === undefined ? null : fromRow(row),
  };
}
