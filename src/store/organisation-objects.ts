// The table organisation as those who manage the deployment keep it; their labels and audit events are those of `default`.

import type { ChangeEvent, ListFilter, ObjectStore, OrganisationRecord, WriteOutcome } from '../objects/storage.ts';
import { DEFAULT_ORGANISATION_ID } from '../objects/model.ts';
import type { Organisation } from '../objects/model.ts';
import { rowsOf, runBatch } from './d1.ts';
import { eventExists, insertEvent } from './iam-audit.ts';
import type { Condition } from './iam-audit.ts';
import { writeChange } from './iam-write.ts';
import { removeLabels, writeLabels } from './object-labels.ts';
import { toObjectMeta } from './object-meta.ts';
import type { ObjectMetaRow } from './object-meta.ts';
import { insertRow, metaColumns } from './object-rows.ts';
import { selectOrganisation } from './organisations.ts';

interface OrganisationRow extends ObjectMetaRow {
  readonly id: string;
  readonly slug: string;
}

/** What keeps an organisation from being deleted; everything else in it goes with one of these. */
const CONTENTS = ['identity_provider', 'service_account', 'role'] as const;

/** The organisations of D1; only the one with the id `visible` where that is not null. */
export function organisationStore(db: D1Database, visible: string | null): ObjectStore<OrganisationRecord> {
  return {
    list: async (caller, filter) => {
      const [owner, rows] = await runBatch(db, [
        selectOrganisation(db, caller),
        organisationListStatement(db, visible, filter),
      ]);
      const found = rowsOf<OrganisationRow>(rows);
      return {
        organisation: rowsOf<Organisation>(owner)[0] ?? null,
        hasParent: true,
        records: found.slice(0, filter.limit).map(toOrganisationRecord),
        more: found.length > filter.limit,
      };
    },
    read: async (caller, reference) => {
      const column = reference.startsWith('org_') ? 'id' : 'slug';
      const [owner, rows] = await runBatch(db, [
        selectOrganisation(db, caller),
        db.prepare(`SELECT * FROM organisation WHERE ${column} = ?`).bind(reference),
      ]);
      const row = rowsOf<OrganisationRow>(rows).find(({ id }) => visible === null || id === visible);
      return {
        organisation: rowsOf<Organisation>(owner)[0] ?? null,
        hasParent: true,
        found: row === undefined ? null : toOrganisationRecord(row),
      };
    },
    create: (organisation, event) => createOrganisation(db, organisation, event),
    update: (next, version, event) => updateOrganisation(db, next, version, event),
    remove: (organisation, event) => removeOrganisation(db, organisation, event),
  };
}

/** The statement of a list; exported so that a test can ask for its query plan. */
export function organisationListStatement(
  db: D1Database,
  visible: string | null,
  filter: ListFilter,
): D1PreparedStatement {
  const where: Condition[] = [{ sql: 'o.id > ?', values: [filter.after ?? ''] }];
  const only = (column: string, value: string | null): void => {
    if (value !== null) where.push({ sql: `o.${column} = ?`, values: [value] });
  };
  only('id', visible);
  only('id', filter.identity);
  only('name', filter.name);
  only('slug', filter.slug);
  for (const { key, value } of filter.labels) {
    where.push({
      sql: 'EXISTS (SELECT 1 FROM object_label m WHERE m.organisation_id = ? AND m.key = ? AND m.value = ? AND m.object_id = o.id)',
      values: [DEFAULT_ORGANISATION_ID, key, value],
    });
  }
  return db
    .prepare(`SELECT o.* FROM organisation o WHERE ${where.map(({ sql }) => sql).join(' AND ')} ORDER BY o.id LIMIT ?`)
    .bind(...where.flatMap(({ values }) => values), filter.limit + 1);
}

function toOrganisationRecord(row: OrganisationRow): OrganisationRecord {
  return { ...toObjectMeta(row), id: row.id, slug: row.slug, organisationId: DEFAULT_ORGANISATION_ID };
}

async function createOrganisation(
  db: D1Database,
  organisation: OrganisationRecord,
  event: ChangeEvent,
): Promise<WriteOutcome> {
  const columns = {
    id: organisation.id,
    slug: organisation.slug,
    ...metaColumns(organisation),
    created_at: organisation.createdAt,
    object_version: organisation.objectVersion,
  };
  return await writeChange(
    db,
    [
      insertEvent(db, event, { sql: 'TRUE', values: [] }),
      insertRow(db, event, 'organisation', columns),
      ...writeLabels(db, event, organisation.id, organisation.labels),
    ],
    () => ({ outcome: 'stale' }),
  );
}

async function updateOrganisation(
  db: D1Database,
  next: OrganisationRecord,
  version: number,
  event: ChangeEvent,
): Promise<WriteOutcome> {
  const recorded = eventExists(event);
  const columns = { slug: next.slug, ...metaColumns(next) };
  const assignments = Object.keys(columns).map((name) => `${name} = ?`);
  const update = db
    .prepare(
      `UPDATE organisation SET ${assignments.join(', ')}, object_version = object_version + 1
       WHERE id = ? AND object_version = ? AND ${recorded.sql}`,
    )
    .bind(...Object.values(columns), next.id, version, ...recorded.values);
  return await writeChange(
    db,
    [insertEvent(db, event, atVersion(next, version)), update, ...writeLabels(db, event, next.id, next.labels)],
    () => ({ outcome: 'stale' }),
  );
}

async function removeOrganisation(
  db: D1Database,
  organisation: OrganisationRecord,
  event: ChangeEvent,
): Promise<WriteOutcome> {
  const recorded = eventExists(event);
  const version = atVersion(organisation, organisation.objectVersion);
  const contents: Condition = {
    sql: `(${CONTENTS.map((table) => `EXISTS (SELECT 1 FROM ${table} WHERE organisation_id = ?)`).join(' OR ')})`,
    values: CONTENTS.map(() => organisation.id),
  };
  const guard: Condition = {
    sql: `${version.sql} AND NOT ${contents.sql}`,
    values: [...version.values, ...contents.values],
  };
  return await writeChange<{ contents: number }>(
    db,
    [
      insertEvent(db, event, guard),
      removeLabels(db, event, { sql: '?', values: [organisation.id] }),
      db.prepare(`DELETE FROM organisation WHERE id = ? AND ${recorded.sql}`).bind(organisation.id, ...recorded.values),
      db.prepare(`SELECT ${contents.sql} AS contents`).bind(...contents.values),
    ],
    (row) => ({ outcome: row?.contents === 1 ? 'in_use' : 'stale' }),
  );
}

function atVersion({ id }: OrganisationRecord, version: number): Condition {
  return { sql: 'EXISTS (SELECT 1 FROM organisation WHERE id = ? AND object_version = ?)', values: [id, version] };
}
