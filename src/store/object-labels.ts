// The table object_label, by which lists are filtered; the truth is each object's own labels, and both change in one batch.

import type { ChangeEvent } from '../objects/storage.ts';
import type { StringMap } from '../objects/rule.ts';
import { eventExists } from './iam-audit.ts';
import type { Condition } from './iam-audit.ts';

/** Statements that make the label rows of an object equal to `labels`. */
export function writeLabels(db: D1Database, event: ChangeEvent, id: string, labels: StringMap): D1PreparedStatement[] {
  const recorded = eventExists(event);
  return [
    removeLabels(db, event, { sql: '?', values: [id] }),
    db
      .prepare(
        `INSERT INTO object_label (organisation_id, key, value, object_id)
         SELECT ?, key, value, ? FROM json_each(?) WHERE ${recorded.sql}`,
      )
      .bind(event.organisationId, id, JSON.stringify(labels), ...recorded.values),
  ];
}

/** Removes the label rows of the objects that `ids` (a list or a SELECT) names. */
export function removeLabels(db: D1Database, event: ChangeEvent, ids: Condition): D1PreparedStatement {
  const recorded = eventExists(event);
  return db
    .prepare(`DELETE FROM object_label WHERE object_id IN (${ids.sql}) AND ${recorded.sql}`)
    .bind(...ids.values, ...recorded.values);
}
