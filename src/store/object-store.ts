// The rows of any kind of object: listed, read, created, changed and deleted as its definition and its keeping say.

import type { Kept, ObjectDefinition, RecordOf } from '../objects/definition.ts';
import type { Organisation } from '../objects/organisation.ts';
import { TABLES } from '../objects/rule.ts';
import type { ChangeEvent, LimitReached, ObjectName, ObjectStore, WriteOutcome } from '../objects/storage.ts';
import { rowsOf, runBatch } from './d1.ts';
import { insertEvent } from './iam-audit.ts';
import type { Condition } from './iam-audit.ts';
import { writeChange } from './iam-write.ts';
import type { FindHolder } from './iam-write.ts';
import { changeableColumns, fieldsOf, fromRow, newColumns } from './object-columns.ts';
import type { Columns, Row } from './object-columns.ts';
import { removeLabels, writeLabels } from './object-labels.ts';
import { listStatement, objectStatement } from './object-query.ts';
import type { Scope, Source } from './object-query.ts';
import { both, deleteRow, deleteRows, insertRow, rowAtVersion, rowExists, touchRow, updateRow } from './object-rows.ts';
import { selectOrganisation } from './organisations.ts';
import { roomFor, withinBytes, withinSize } from './quotas.ts';
import type { ByteLimit, CountLimit } from './quotas.ts';

/** How a kind of object is kept, beside what its definition says. */
export interface Keeping<D extends ObjectDefinition = ObjectDefinition> extends Source {
  readonly object: D;
  /** Columns that follow from the record and are no members. */
  readonly alsoWrites?: (record: RecordOf<D>) => Columns;
  /** Rows of another table that a new object starts with. */
  readonly startsWith?: (record: RecordOf<D>) => readonly { readonly table: string; readonly columns: Columns }[];
  readonly limit?: CountLimit;
  readonly bytes?: ByteLimit;
  /** Columns of other tables that refer to an object and keep it from being deleted. */
  readonly usedBy?: readonly Reference[];
  /** Rows that are deleted with an object; those with a name are objects, which the audit event lists. */
  readonly takesAlong?: readonly (Reference & { readonly name?: string })[];
  /** A change of an object is a change of the one that this member refers to, which is answered with it. */
  readonly touches?: string;
  /** A column that a change of one of these members raises; it is read inside the statement, since others raise it, too. */
  readonly raises?: { readonly column: string; readonly by: readonly string[] };
  /** What no two objects may have, if a UNIQUE constraint cannot say it. */
  readonly exclusive?: Exclusive<D>;
  /** Rows of another table that say the same as a member, for lookups. */
  readonly mirrors?: Mirror<D>;
}

interface Mirror<D extends ObjectDefinition> extends Reference {
  readonly rows: (record: RecordOf<D>) => readonly Columns[];
}

interface Exclusive<D extends ObjectDefinition> {
  /** The column of the member that is said to collide. */
  readonly of: string;
  /** A SELECT of the ids of other objects that have what this one would take. */
  readonly holders: (record: RecordOf<D>) => Condition;
}

interface Reference {
  readonly table: string;
  readonly column: string;
}

/** The objects of one kind within a scope; what a path names an object by, `identify` turns into its id. */
export function objectStore<D extends ObjectDefinition>(
  db: D1Database,
  keeping: Keeping<D>,
  scopeOf: (organisation: string) => Scope = (organisation) => ({ organisation }),
  identify: (organisation: string, reference: string) => Condition = (_organisation, id) => ({
    sql: '?',
    values: [id],
  }),
): ObjectStore<RecordOf<D>> {
  const answerOf = async (organisation: string, statement: D1PreparedStatement) => {
    const { parent } = scopeOf(organisation);
    const parents = parent === undefined ? [] : [db.prepare(parent.id.sql).bind(...parent.id.values)];
    const [owner, rows, found] = await runBatch(db, [selectOrganisation(db, organisation), statement, ...parents]);
    return {
      organisation: rowsOf<Organisation>(owner)[0] ?? null,
      hasParent: parent === undefined || rowsOf(found).length > 0,
      records: rowsOf<Row>(rows).map((row) => fromRow(keeping.object, row)),
    };
  };
  return {
    list: async (organisation, filter) => {
      const answer = await answerOf(organisation, listStatement(db, keeping, scopeOf(organisation), filter));
      const { records } = answer;
      return { ...answer, records: records.slice(0, filter.limit), more: records.length > filter.limit };
    },
    read: async (organisation, reference) => {
      const statement = objectStatement(db, keeping, scopeOf(organisation), identify(organisation, reference));
      const { records, ...answer } = await answerOf(organisation, statement);
      return { ...answer, found: records[0] ?? null };
    },
    create: (record, event) => createObject(db, keeping, record, event),
    update: (next, version, event) => updateObject(db, keeping, next, version, event),
    remove: (record, event) => removeObject(db, keeping, record, event),
  };
}

/** Creates an object whose row has further columns, as a credential's has the digest of its secret. */
export async function createObject<D extends ObjectDefinition>(
  db: D1Database,
  keeping: Keeping<D>,
  record: RecordOf<D>,
  event: ChangeEvent,
  more: Columns = {},
): Promise<WriteOutcome> {
  const { object, alsoWrites, touches } = keeping;
  const table = TABLES[object.idPrefix];
  const parents = parentsExist(object, record);
  const columns = { ...newColumns(object, record), ...alsoWrites?.(record), ...more };
  const rows = keeping.startsWith?.(record) ?? [];
  const room = roomFor(object, record, columns, rows, keeping);
  const fits = Object.values(room).reduce(both, parents);
  const held = heldByOthers(keeping, record);
  return await writeChange<Record<LimitReached | 'parents' | 'held', number>>(
    db,
    event,
    [
      insertEvent(db, event, both(fits, not(held))),
      insertRow(db, event, table, columns),
      ...mirrored(db, event, keeping, record),
      ...rows.map((row) => insertRow(db, event, row.table, row.columns)),
      ...labelsOf(db, event, object, record),
      ...touched(db, event, object, touches, record),
      selectConditions(db, { parents, held, ...room }),
    ],
    (row) => {
      if (row?.held === 1) return alreadyHeld(db, keeping, record);
      const reached = (['owner', 'bytes', 'organisation', 'size'] as const).find((limit) => row?.[limit] === 0);
      return row?.parents === 1 && reached !== undefined ? { outcome: 'limit', reached } : { outcome: 'dangling' };
    },
    holderFinder(db, object, columns),
  );
}

async function updateObject<D extends ObjectDefinition>(
  db: D1Database,
  keeping: Keeping<D>,
  next: RecordOf<D>,
  version: number,
  event: ChangeEvent,
): Promise<WriteOutcome> {
  const { object, alsoWrites, raises, touches } = keeping;
  const bytes = keeping.bytes;
  const table = TABLES[object.idPrefix];
  const changeable = changeableColumns(object, next);
  const columns = { ...changeable, ...alsoWrites?.(next) };
  const size = withinSize(table, next, [changeable]);
  const held = heldByOthers(keeping, next);
  const fits: Condition = bytes === undefined ? { sql: 'TRUE', values: [] } : withinBytes(object, next, columns, bytes);
  return await writeChange<{ held: number; fits: number; size: number }>(
    db,
    event,
    [
      insertEvent(db, event, [rowAtVersion(table, next, version), fits, size, not(held)].reduce(both)),
      updateRow(db, event, table, { next, version, columns, raised: raised(object, columns, raises) }),
      ...mirrored(db, event, keeping, next),
      ...labelsOf(db, event, object, next),
      ...touched(db, event, object, touches, next),
      selectConditions(db, { held, fits, size }),
    ],
    (row) => {
      if (row?.held === 1) return alreadyHeld(db, keeping, next);
      if (row?.fits === 0) return { outcome: 'limit', reached: 'bytes' };
      return row?.size === 0 ? { outcome: 'limit', reached: 'size' } : { outcome: 'stale' };
    },
    holderFinder(db, object, { ...newColumns(object, next), ...columns }),
  );
}

async function removeObject<D extends ObjectDefinition>(
  db: D1Database,
  keeping: Keeping<D>,
  record: RecordOf<D>,
  event: ChangeEvent,
): Promise<WriteOutcome> {
  const { object, usedBy = [], takesAlong = [], touches, mirrors } = keeping;
  const table = TABLES[object.idPrefix];
  const uses = usedBy.map(({ table: other, column }) => `EXISTS (SELECT 1 FROM ${other} WHERE ${column} = ?)`);
  const isUsed: Condition = { sql: `(${uses.join(' OR ') || 'FALSE'})`, values: usedBy.map(() => record.id) };
  const guard = both(rowAtVersion(table, record, record.objectVersion), { ...isUsed, sql: `NOT ${isUsed.sql}` });
  const objects = takesAlong.filter(({ name }) => name !== undefined);
  return await writeChange<{ used: number }>(
    db,
    event,
    [
      insertEvent(db, event, guard, objects.length === 0 ? null : deletedWith(objects, record)),
      removeLabels(db, event, {
        sql: ['SELECT ?', ...objects.map((other) => `SELECT id FROM ${other.table} WHERE ${other.column} = ?`)].join(
          ' UNION ALL ',
        ),
        values: [record.id, ...objects.map(() => record.id)],
      }),
      ...[...takesAlong, ...(mirrors === undefined ? [] : [mirrors])].map((other) =>
        deleteRows(db, event, other.table, other.column, record.id),
      ),
      deleteRow(db, event, table, record),
      ...touched(db, event, object, touches, record),
      db.prepare(`SELECT ${isUsed.sql} AS used`).bind(...isUsed.values),
    ],
    (row) => ({ outcome: row?.used === 1 ? 'in_use' : 'stale' }),
  );
}

/** Whose value collided with one of these columns: a second read, since a failed batch tells no more than which columns. */
function holderFinder(db: D1Database, object: ObjectDefinition, columns: Columns): FindHolder {
  return async (names) => {
    if (!Object.hasOwn(object.members, 'name') || !names.every((name) => Object.hasOwn(columns, name))) return null;
    const same = names.map((name) => `${name} = ?`).join(' AND ');
    const [found] = await runBatch(db, [
      db
        .prepare(`SELECT id AS identity, name FROM ${TABLES[object.idPrefix]} WHERE ${same}`)
        .bind(...names.map((name) => columns[name] ?? null)),
    ]);
    return rowsOf<ObjectName>(found)[0] ?? null;
  };
}

/** Holds if another object has what the mirror of this one would take. */
function heldByOthers<D extends ObjectDefinition>({ exclusive }: Keeping<D>, record: RecordOf<D>): Condition {
  if (exclusive === undefined) return { sql: 'FALSE', values: [] };
  const { sql, values } = exclusive.holders(record);
  return { sql: `EXISTS (${sql})`, values };
}

async function alreadyHeld<D extends ObjectDefinition>(
  db: D1Database,
  { object, exclusive }: Keeping<D>,
  record: RecordOf<D>,
): Promise<WriteOutcome> {
  if (exclusive === undefined) return { outcome: 'stale' };
  const { sql, values } = exclusive.holders(record);
  const [found] = await runBatch(db, [
    db.prepare(`SELECT id AS identity, name FROM ${TABLES[object.idPrefix]} WHERE id IN (${sql})`).bind(...values),
  ]);
  return { outcome: 'duplicate', column: exclusive.of, conflictsWith: rowsOf<ObjectName>(found)[0] ?? null };
}

function mirrored<D extends ObjectDefinition>(
  db: D1Database,
  event: ChangeEvent,
  { mirrors }: Keeping<D>,
  record: RecordOf<D>,
): D1PreparedStatement[] {
  if (mirrors === undefined) return [];
  const { table, column } = mirrors;
  return [
    deleteRows(db, event, table, column, record.id),
    ...mirrors.rows(record).map((row) => insertRow(db, event, table, row)),
  ];
}

/** Which of these conditions hold, for the words of a refusal. */
function selectConditions(db: D1Database, conditions: Readonly<Record<string, Condition>>): D1PreparedStatement {
  const named = Object.entries(conditions);
  return db
    .prepare(`SELECT ${named.map(([name, { sql }]) => `(${sql}) AS ${name}`).join(', ')}`)
    .bind(...named.flatMap(([, { values }]) => values));
}

function not({ sql, values }: Condition): Condition {
  return { sql: `NOT ${sql}`, values };
}

/** Holds if everything is there that the object refers to, in its organisation; for one that refers to nothing, the organisation. */
function parentsExist(object: ObjectDefinition, record: Kept): Condition {
  const values = record as Kept & Row;
  const { organisationId } = record;
  const references = fieldsOf(object).flatMap(({ name, member: { is } }) =>
    is.kind === 'identifier' ? [rowExists(TABLES[is.prefix], { id: String(values[name]), organisationId })] : [],
  );
  const owner: Condition = { sql: 'EXISTS (SELECT 1 FROM organisation WHERE id = ?)', values: [organisationId] };
  return references.length === 0 ? owner : references.reduce(both);
}

function raised(object: ObjectDefinition, columns: Columns, raises: Keeping['raises']): Condition | null {
  if (raises === undefined) return null;
  const sources = fieldsOf(object).filter(({ name }) => raises.by.includes(name));
  return {
    sql: `${raises.column} = ${raises.column} + (${sources.map(({ column }) => `${column} IS NOT ?`).join(' OR ')})`,
    values: sources.map(({ column }) => columns[column] ?? null),
  };
}

function deletedWith(objects: NonNullable<Keeping['takesAlong']>, { id }: Kept): Condition {
  const lists = objects.map(
    ({ name, table, column }) => `'${name}', (SELECT json_group_array(id) FROM ${table} WHERE ${column} = ?)`,
  );
  return { sql: `json_object(${lists.join(', ')})`, values: objects.map(() => id) };
}

function labelsOf(db: D1Database, event: ChangeEvent, object: ObjectDefinition, record: Kept): D1PreparedStatement[] {
  if (!Object.hasOwn(object.members, 'labels')) return [];
  const { labels } = record as Kept & { readonly labels: Readonly<Record<string, string>> };
  return writeLabels(db, event, record.id, labels);
}

function touched(
  db: D1Database,
  event: ChangeEvent,
  object: ObjectDefinition,
  touches: string | undefined,
  record: Kept,
): D1PreparedStatement[] {
  const is = touches === undefined ? undefined : object.members[touches]?.is;
  if (touches === undefined || is?.kind !== 'identifier') return [];
  const id = String((record as Kept & Row)[touches]);
  return [touchRow(db, event, TABLES[is.prefix], { id, organisationId: record.organisationId })];
}
