// Builds the statements that list and read objects: within an organisation, narrowed by filters, in the order of creation, by an index.

import type { Join, ObjectDefinition } from '../objects/definition.ts';
import { DEFAULT_ORGANISATION_ID } from '../objects/organisation.ts';
import { TABLES } from '../objects/rule.ts';
import type { ListFilter } from '../objects/storage.ts';
import type { Condition } from './iam-audit.ts';
import { fieldsOf, joinedFields } from './object-columns.ts';
import { organisationId } from './organisations.ts';

/** What is selected of a kind of object; the prefix of its identifiers is the alias of its table in every condition. */
export interface Source {
  readonly object: ObjectDefinition;
  /** Members that are computed: SQL of a JSON value each. */
  readonly computed?: Readonly<Record<string, string>>;
}

/** What a query is confined to. */
export interface Scope {
  /** Id or slug. */
  readonly organisation: string;
  /** The object that the wanted ones belong to: its column, and a SELECT of its id that yields one row at most. */
  readonly parent?: { readonly column: string; readonly id: Condition };
  /** Of organisations, only the one with this id. */
  readonly only?: string | null;
}

const ALL: Condition = { sql: 'TRUE', values: [] };
const NONE: Condition = { sql: 'FALSE', values: [] };

/** Selects one object by its id, or by what `id` yields. */
export function objectStatement(db: D1Database, source: Source, scope: Scope, id: Condition): D1PreparedStatement {
  const { idPrefix: alias } = source.object;
  const where = [...confining(source, scope), { sql: `${alias}.id = ${id.sql}`, values: id.values }];
  return db
    .prepare(`SELECT ${selected(source)} FROM ${TABLES[alias]} ${alias} ${joins(source)} WHERE ${sqlOf(where)}`)
    .bind(...where.flatMap(({ values }) => values));
}

/** Selects a page and one object more; exported so that a test can ask for its query plan. */
export function listStatement(db: D1Database, source: Source, scope: Scope, filter: ListFilter): D1PreparedStatement {
  const { idPrefix: alias } = source.object;
  const isOrganisation = alias === 'org';
  const owner = isOrganisation ? { sql: '?', values: [DEFAULT_ORGANISATION_ID] } : organisationId(scope.organisation);
  // Organisations are few, so that a label does not have to find them.
  const [label, ...more] = isOrganisation ? [undefined, ...filter.labels] : filter.labels;
  const where = confining(source, scope);
  if (label === undefined) where.push({ sql: `${alias}.id > ?`, values: [filter.after ?? ''] });
  else {
    // Driven by the label's index, which ends in the object's id: already in order, and only the matches are read.
    where.push(
      {
        sql: `l.organisation_id = ${owner.sql} AND l.key = ? AND l.value = ?`,
        values: [...owner.values, label.key, label.value],
      },
      {
        sql: `l.object_id > ? AND l.object_id < ? AND ${alias}.id = l.object_id`,
        values: [filter.after ?? `${alias}_`, `${alias}_~`],
      },
    );
  }
  for (const one of more) {
    if (one === undefined) continue;
    where.push({
      sql: `EXISTS (SELECT 1 FROM object_label m WHERE m.organisation_id = ${owner.sql}
              AND m.key = ? AND m.value = ? AND m.object_id = ${alias}.id)`,
      values: [...owner.values, one.key, one.value],
    });
  }
  where.push(...narrowing(source, filter));
  const table = `${TABLES[alias]} ${alias}`;
  return db
    .prepare(
      `SELECT ${selected(source)} FROM ${label === undefined ? table : `object_label l CROSS JOIN ${table}`} ${joins(source)}
       WHERE ${sqlOf(where)} ORDER BY ${label === undefined ? `${alias}.id` : 'l.object_id'} LIMIT ?`,
    )
    .bind(...where.flatMap(({ values }) => values), filter.limit + 1);
}

function selected({ object, computed = {} }: Source): string {
  const { idPrefix: alias } = object;
  const joined = Object.entries(object.joins).flatMap(([name, join]) =>
    joinedFields(name, join).map(({ column, as }) => `${name}.${column} AS ${as}`),
  );
  const more = Object.entries(computed).map(([name, sql]) => `(${sql}) AS ${name}`);
  return [`${alias}.*`, ...joined, ...more].join(', ');
}

/** CROSS JOINs, so that the planner keeps the filtered table outermost. */
function joins({ object }: Source): string {
  return Object.entries(object.joins)
    .map(([name, { by, object: other }]) => {
      const column = fieldsOf(object).find((field) => field.name === by)?.column ?? '';
      return `CROSS JOIN ${TABLES[other.idPrefix]} ${name} ON ${name}.id = ${object.idPrefix}.${column}`;
    })
    .join(' ');
}

function confining({ object }: Source, { organisation, parent, only = null }: Scope): Condition[] {
  const { idPrefix: alias } = object;
  if (alias === 'org') return only === null ? [ALL] : [{ sql: `${alias}.id = ?`, values: [only] }];
  const owner = organisationId(organisation);
  return [
    { sql: `${alias}.organisation_id = ${owner.sql}`, values: owner.values },
    ...(parent === undefined
      ? []
      : [{ sql: `${alias}.${parent.column} = (${parent.id.sql})`, values: parent.id.values }]),
  ];
}

/** What narrows a list; a member that no object of the kind has finds none. */
function narrowing({ object }: Source, filter: ListFilter): Condition[] {
  const { idPrefix: alias, joins: joined } = object;
  const conditions: Condition[] = [];
  if (filter.identity !== null) conditions.push({ sql: `${alias}.id = ?`, values: [filter.identity] });
  for (const name of ['name', 'slug'] as const) {
    const value = filter[name];
    if (value === null) continue;
    conditions.push(Object.hasOwn(object.members, name) ? { sql: `${alias}.${name} = ?`, values: [value] } : NONE);
  }
  if (filter.status !== null) conditions.push(statusCondition(object, filter.status, filter.now));
  for (const name of ['serviceAccount', 'provider'] as const) {
    const value = filter[name];
    const join = joined[name];
    if (value !== null && join?.filter !== undefined)
      conditions.push(joinCondition(object, join, join.filter.member, value));
  }
  return conditions;
}

/** `expired` is read from expires_at, as in the answer; what was revoked stays so for good. */
function statusCondition({ idPrefix: alias, members }: ObjectDefinition, status: string, now: number): Condition {
  const is = members['status']?.is;
  if (is?.kind !== 'oneOf' || !is.derived.includes('expired')) return { sql: `${alias}.status = ?`, values: [status] };
  if (status === 'expired') return { sql: `${alias}.status <> 'revoked' AND ${alias}.expires_at <= ?`, values: [now] };
  if (status === 'revoked') return { sql: `${alias}.status = ?`, values: [status] };
  return {
    sql: `${alias}.status = ? AND (${alias}.expires_at IS NULL OR ${alias}.expires_at > ?)`,
    values: [status, now],
  };
}

/** Objects of another one, which is named by its id or by a member. */
function joinCondition(
  object: ObjectDefinition,
  { by, object: other }: Join,
  member: string,
  value: string,
): Condition {
  const column = `${object.idPrefix}.${fieldsOf(object).find(({ name }) => name === by)?.column ?? ''}`;
  if (value.startsWith(`${other.idPrefix}_`)) return { sql: `${column} = ?`, values: [value] };
  return {
    sql: `${column} = (SELECT x.id FROM ${TABLES[other.idPrefix]} x WHERE x.organisation_id = ${object.idPrefix}.organisation_id AND x.${member} = ?)`,
    values: [value],
  };
}

function sqlOf(conditions: readonly Condition[]): string {
  return conditions.map(({ sql }) => sql).join(' AND ');
}
