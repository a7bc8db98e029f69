// The table reserved_audience: which organisation alone may use a token audience, as the objects' administration reads and writes it.

import type { OrganisationRecord } from '../objects/organisation.ts';
import { distinctReservations } from '../rules/reserved-audience.ts';
import { rowsOf, runBatch } from './d1.ts';
import type { Condition } from './iam-audit.ts';
import type { Columns } from './object-columns.ts';
import { covering, reservedByOthers } from './withheld-audiences.ts';

// Of `?` in turn: the entries as JSON pairs, the organisation, the organisation again, and both once more for prefixes.
const ENTRY = "json_extract(e.value, '$[0]')";
const OVERLAPPED = `SELECT r.organisation_id FROM json_each(?) e CROSS JOIN reserved_audience r
    ON r.audience = (SELECT max(audience) FROM reserved_audience WHERE audience <= ${ENTRY} AND organisation_id <> ?)
    WHERE ${covering(ENTRY)}
  UNION ALL SELECT r.organisation_id FROM json_each(?) e CROSS JOIN reserved_audience r
    ON r.audience = (SELECT min(audience) FROM reserved_audience WHERE audience >= ${ENTRY} AND organisation_id <> ?)
    WHERE json_extract(e.value, '$[1]') = 1 AND substr(r.audience, 1, length(${ENTRY})) = ${ENTRY}`;

/** Those of the audiences that another organisation has reserved. Throws StorageUnavailable. */
export async function readReservedByOthers(
  db: D1Database,
  organisationId: string,
  audiences: readonly string[],
): Promise<readonly string[]> {
  const [reserved] = await runBatch(db, [
    db.prepare(reservedByOthers('?1', '?2')).bind(JSON.stringify(audiences), organisationId),
  ]);
  return rowsOf<{ value: string }>(reserved).map(({ value }) => value);
}

/** The rows that an organisation's entries are looked up by. */
export function reservationRows({ id, reservedAudiences }: OrganisationRecord): readonly Columns[] {
  return distinctReservations(reservedAudiences).map(({ audience, isPrefix }) => ({
    audience,
    is_prefix: Number(isPrefix),
    organisation_id: id,
  }));
}

/** A SELECT of the organisations whose entries cover one of this organisation's, or are covered by one. */
export function overlappedBy({ id, reservedAudiences }: OrganisationRecord): Condition {
  const entries = JSON.stringify(
    distinctReservations(reservedAudiences).map(({ audience, isPrefix }) => [audience, Number(isPrefix)]),
  );
  return { sql: OVERLAPPED, values: [entries, id, entries, id] };
}
