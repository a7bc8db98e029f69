// The audit events of IAM changes in the table audit_event: prepared here, always run in the batch of the change.

import type { ChangeEvent } from '../objects/storage.ts';

/** A condition in SQL with the values of its parameters. */
export interface Condition {
  readonly sql: string;
  readonly values: readonly (string | number | null)[];
}

/**
 * Inserts the event if `guard` holds. It goes first in the batch, because everything after it depends on it.
 * `extra` is SQL that yields a JSON value stored as `changes.deleted`: what a delete takes along.
 */
export function insertEvent(
  db: D1Database,
  event: ChangeEvent,
  guard: Condition,
  extra: Condition | null = null,
): D1PreparedStatement {
  const changes = extra === null ? '?' : `json_set(?, '$.deleted', json(${extra.sql}))`;
  return db
    .prepare(
      `INSERT INTO audit_event (organisation_id, id, time, request_id, actor, action, outcome,
         service_account_id, federated_identity_id, issuer, ip, changes)
       SELECT ?, ?, ?, ?, ?, ?, 'success', ?, ?, ?, ?, ${changes} WHERE ${guard.sql}`,
    )
    .bind(
      event.organisationId,
      event.id,
      event.time,
      event.requestId,
      event.actor,
      event.action,
      event.serviceAccountId,
      event.federatedIdentityId,
      event.issuer,
      event.ip,
      JSON.stringify(event.changes),
      ...(extra?.values ?? []),
      ...guard.values,
    );
}

/** Holds if an earlier statement of this batch inserted the event. */
export function eventExists(event: ChangeEvent): Condition {
  return {
    sql: 'EXISTS (SELECT 1 FROM audit_event WHERE organisation_id = ? AND id = ?)',
    values: [event.organisationId, event.id],
  };
}
