// Builds the one statement of a list: within an organisation, narrowed by filters, in the order of creation, by an index.

import type { ListFilter, Lookup, Page } from '../objects/storage.ts';
import type { Organisation } from '../objects/model.ts';
import { rowsOf, runBatch } from './d1.ts';
import type { Condition } from './iam-audit.ts';
import { organisationId, selectOrganisation } from './organisations.ts';

/** A table that lists are made of; `alias` names it in every condition. */
export interface ListSource {
  readonly table: string;
  readonly alias: string;
  readonly columns: string;
  /** CROSS JOINs to parents, so that the planner keeps the filtered table outermost. */
  readonly joins: string;
  readonly idPrefix: string;
}

/** Lists in one round trip: the organisation and its objects. Throws StorageUnavailable. */
export async function listObjects<R extends object, T>(
  db: D1Database,
  source: ListSource,
  organisation: string,
  filter: ListFilter,
  conditions: readonly Condition[],
  fromRow: (row: R) => T,
): Promise<Page<T>> {
  const statement = listStatement(db, source, organisation, filter, conditions);
  const [owner, rows] = await runBatch(db, [selectOrganisation(db, organisation), statement]);
  const found = rowsOf<R>(rows);
  return {
    organisation: rowsOf<Organisation>(owner)[0] ?? null,
    hasParent: true,
    records: found.slice(0, filter.limit).map(fromRow),
    more: found.length > filter.limit,
  };
}

/** Reads one object in one round trip. Throws StorageUnavailable. */
export async function readObject<R extends object, T>(
  db: D1Database,
  source: ListSource,
  organisation: string,
  id: string,
  fromRow: (row: R) => T,
): Promise<Lookup<T>> {
  const [owner, rows] = await runBatch(db, [
    selectOrganisation(db, organisation),
    objectStatement(db, source, organisation, id),
  ]);
  const row = rowsOf<R>(rows)[0];
  return {
    organisation: rowsOf<Organisation>(owner)[0] ?? null,
    hasParent: true,
    found: row === undefined ? null : fromRow(row),
  };
}

/** Selects one object of an organisation by its id, where `condition` holds. */
export function objectStatement(
  db: D1Database,
  source: ListSource,
  organisation: string,
  id: string,
  condition: Condition = { sql: 'TRUE', values: [] },
): D1PreparedStatement {
  const owner = organisationId(organisation);
  return db
    .prepare(
      `SELECT ${source.columns} FROM ${source.table} ${source.alias} ${source.joins}
       WHERE ${source.alias}.organisation_id = ${owner.sql} AND ${source.alias}.id = ? AND ${condition.sql}`,
    )
    .bind(...owner.values, id, ...condition.values);
}

/** The statement of a list; exported so that a test can ask for its query plan. */
export function listStatement(
  db: D1Database,
  source: ListSource,
  organisation: string,
  filter: ListFilter,
  conditions: readonly Condition[],
): D1PreparedStatement {
  const owner = organisationId(organisation);
  const { alias } = source;
  const [label, ...moreLabels] = filter.labels;
  const from = label === undefined ? `${source.table} ${alias}` : `object_label l CROSS JOIN ${source.table} ${alias}`;
  const where: Condition[] = [{ sql: `${alias}.organisation_id = ${owner.sql}`, values: owner.values }];
  if (label === undefined) {
    where.push({ sql: `${alias}.id > ?`, values: [filter.after ?? ''] });
  } else {
    // Driven by the label's index, which ends in the object's id: already in order, and only the matches are read.
    where.push(
      {
        sql: `l.organisation_id = ${owner.sql} AND l.key = ? AND l.value = ?`,
        values: [...owner.values, label.key, label.value],
      },
      {
        sql: `l.object_id > ? AND l.object_id < ? AND ${alias}.id = l.object_id`,
        values: [filter.after ?? source.idPrefix, `${source.idPrefix}~`],
      },
    );
  }
  for (const { key, value } of moreLabels) {
    where.push({
      sql: `EXISTS (SELECT 1 FROM object_label m WHERE m.organisation_id = ${alias}.organisation_id
              AND m.key = ? AND m.value = ? AND m.object_id = ${alias}.id)`,
      values: [key, value],
    });
  }
  if (filter.identity !== null) where.push({ sql: `${alias}.id = ?`, values: [filter.identity] });
  if (filter.name !== null) where.push({ sql: `${alias}.name = ?`, values: [filter.name] });
  where.push(...conditions);
  return db
    .prepare(
      `SELECT ${source.columns} FROM ${from} ${source.joins}
       WHERE ${where.map((condition) => condition.sql).join(' AND ')}
       ORDER BY ${label === undefined ? `${alias}.id` : 'l.object_id'} LIMIT ?`,
    )
    .bind(...where.flatMap((condition) => condition.values), filter.limit + 1);
}
