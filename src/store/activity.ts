// Counts what happened in an organisation lately, by index and up to a number: what a page of the console costs does not grow with the log.

import type { Activity, ActivityRange, ActivityStep, FailingProvider } from '../objects/activity.ts';
import { rowsOf, runBatch } from './d1.ts';
import { MAX_COUNTED_PER_STEP, MAX_FAILING_SEARCHED, MAX_FAILING_SHOWN, MAX_REFUSALS_BY_REASON } from './limits.ts';

const STEP = 'e.organisation_id = ?1 AND e.time >= s.value AND e.time < s.value + ?2';
const counted = (index: string, and: string): string =>
  `(SELECT count(*) FROM (SELECT 1 FROM audit_event e INDEXED BY audit_event_by_${index} WHERE ${STEP}${and} LIMIT ${MAX_COUNTED_PER_STEP}))`;
const ofOutcome = (outcome: string): string =>
  counted('outcome', ` AND e.outcome = '${outcome}' AND e.outcome <> 'granted'`);

/** From the indexes alone: no event is read. */
const STEPS = `SELECT *, "all" >= ${MAX_COUNTED_PER_STEP} AS isMore FROM
    (SELECT s.value AS since, ${counted('time', '')} AS "all", ${ofOutcome('refused')} AS refused,
      ${ofOutcome('shadow')} AS shadow, ${ofOutcome('success')} AS success FROM json_each(?3) s)
  ORDER BY since`;
const REASONS = `SELECT coalesce(reason, '') AS reason, sum(count) AS total FROM
    (SELECT e.reason, e.count FROM audit_event e INDEXED BY audit_event_by_outcome
      WHERE e.organisation_id = ?1 AND e.outcome = 'refused' AND e.outcome <> 'granted' AND e.time >= ?2
      ORDER BY e.time DESC, e.id DESC LIMIT ${MAX_REFUSALS_BY_REASON})
  GROUP BY 1 ORDER BY total DESC, reason`;
const FAILING = `SELECT id, name, error FROM
    (SELECT p.id, p.name, p.last_fetch_error AS error, p.organisation_id FROM identity_provider p INDEXED BY identity_provider_failing
      WHERE p.last_fetch_error IS NOT NULL AND p.status = 'active' LIMIT ${MAX_FAILING_SEARCHED})
  WHERE organisation_id = ?1 LIMIT ${MAX_FAILING_SHOWN}`;

/** Reads it for the organisation with this id, in one round trip. Throws StorageUnavailable. */
export async function readActivity(
  db: D1Database,
  organisationId: string,
  { since, stepSeconds, steps }: ActivityRange,
): Promise<Activity> {
  const begins = Array.from({ length: steps }, (_, at) => since + at * stepSeconds);
  const results = await runBatch(db, [
    db.prepare(STEPS).bind(organisationId, stepSeconds, JSON.stringify(begins)),
    db.prepare(REASONS).bind(organisationId, since),
    db.prepare(FAILING).bind(organisationId),
  ]);
  return {
    steps: rowsOf<ActivityStep>(results[0]),
    reasons: rowsOf<Activity['reasons'][number]>(results[1]),
    failing: rowsOf<FailingProvider>(results[2]),
  };
}
