// The table reserved_audience: which organisation alone may use a token audience, looked up by one row for each audience.

import type { OrganisationRecord } from '../objects/organisation.ts';
import { distinctReservations } from '../rules/reserved-audience.ts';
import { rowsOf, runBatch } from './d1.ts';
import type { Condition } from './iam-audit.ts';
import type { Columns } from './object-columns.ts';

/** Holds if the entry `r` covers the text `audience`, both SQL expressions. */
const covering = (audience: string): string =>
  `(r.audience = ${audience} OR (r.is_prefix = 1 AND substr(${audience}, 1, length(r.audience)) = r.audience))`;

/**
 * A SELECT of the audiences of a JSON list that are reserved by another organisation. No entry covers another, so of all
 * entries only the last one that does not come after an audience can cover it: one row for each audience.
 */
function reservedByOthers(list: string, organisationId: string): string {
  return `SELECT t.value FROM json_each(${list}) t CROSS JOIN reserved_audience r
    ON r.audience = (SELECT max(audience) FROM reserved_audience WHERE audience <= t.value)
    WHERE r.organisation_id <> ${organisationId} AND ${covering('t.value')}`;
}

/** A JSON list of what tokens of the rule `fi` cannot be issued for; `defaultAudience` is the parameter that stands for an empty list. */
export function withheldOf(defaultAudience: string): string {
  const list = `CASE fi.token_audiences WHEN '[]' THEN json_array(${defaultAudience}) ELSE fi.token_audiences END`;
  // As text, like the columns beside it: inside json_array() a list would become a part of it.
  return `'' || (SELECT json_group_array(value) FROM (${reservedByOthers(list, 'fi.organisation_id')}))`;
}

/** A JSON list of the parameter's audience if the organisation cannot use it; `organisationId` is an SQL expression. */
export function withheldDefault(defaultAudience: string, organisationId: string): string {
  return `(SELECT json_group_array(value) FROM (${reservedByOthers(`json_array(${defaultAudience})`, organisationId)}))`;
}

const RESERVED_BY_OTHERS = reservedByOthers('?1', '?2');

// Of `?` in turn: the entries as JSON pairs, the organisation, the organisation again, and both once more for prefixes.
const ENTRY = "json_extract(e.value, '$[0]')";
const OVERLAPPED = `SELECT r.organisation_id FROM json_each(?) e CROSS JOIN reserved_audience r
    ON r.audience = (SELECT max(audience) FROM reserved_audience WHERE audience <= ${ENTRY} AND organisation_id <> ?)
    WHERE ${covering(ENTRY)}
  UNION ALL SELECT r.organisation_id FROM json_each(?) e CROSS JOIN reserved_audience r
    ON r.audience = (SELECT min(audience) FROM reserved_audience WHERE audience >= ${ENTRY} AND organisation_id <> ?)
    WHERE json_extract(e.value, '$[1]') = 1 AND substr(r.audience, 1, length(${ENTRY})) = ${ENTRY}`;

/**
 * Every statement of this file, for the test that each of them uses an index.
 * @internal
 */
export const RESERVATION_STATEMENTS: readonly string[] = [RESERVED_BY_OTHERS];

/** Those of the audiences that another organisation has reserved. Throws StorageUnavailable. */
export async function readReservedByOthers(
  db: D1Database,
  organisationId: string,
  audiences: readonly string[],
): Promise<readonly string[]> {
  const [reserved] = await runBatch(db, [
    db.prepare(RESERVED_BY_OTHERS).bind(JSON.stringify(audiences), organisationId),
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
