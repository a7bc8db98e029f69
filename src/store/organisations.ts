// The table organisation: found by id or slug, also inside other queries, so that naming one costs no round trip.

import type { Organisation } from '../objects/organisation.ts';
import { rowsOf, runBatch } from './d1.ts';
import type { Condition } from './iam-audit.ts';

/** SQL that yields the id of the organisation with this id or slug; a slug has no underscore, an id always has. */
export function organisationId(organisation: string): Condition {
  const column = organisation.startsWith('org_') ? 'id' : 'slug';
  return { sql: `(SELECT id FROM organisation WHERE ${column} = ?)`, values: [organisation] };
}

/** Selects the organisation with this id or slug; goes first in a batch. */
export function selectOrganisation(db: D1Database, organisation: string): D1PreparedStatement {
  const column = organisation.startsWith('org_') ? 'id' : 'slug';
  return db.prepare(`SELECT id, slug FROM organisation WHERE ${column} = ?`).bind(organisation);
}

/** Reads the organisation with this id or slug; null if there is none. Throws StorageUnavailable. */
export async function readOrganisation(db: D1Database, organisation: string): Promise<Organisation | null> {
  const [found] = await runBatch(db, [selectOrganisation(db, organisation)]);
  return rowsOf<Organisation>(found)[0] ?? null;
}
