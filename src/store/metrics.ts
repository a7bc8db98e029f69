// The numbers of the whole deployment for GET /metrics, in one transaction: counts by index, never by reading events that are long past.

import type { KeyMetric, StoredMetrics } from '../objects/metrics.ts';
import {
  MAX_DATABASE_BYTES,
  METRICS_CATCH_UP_SECONDS,
  METRICS_MAX_COUNTED,
  METRICS_SETTLED_SECONDS,
  METRICS_SLICE_SECONDS,
} from './limits.ts';
import { rowsOf, runBatch } from './d1.ts';
import { bytesSaid } from './database-size.ts';
import { EVENT_ORGANISATIONS } from './sweep.ts';

interface Count {
  readonly outcome: string;
  readonly reason: string;
  readonly n: number;
}

const OUTCOMES = "('refused', 'shadow', 'success')";
const WITHIN =
  'e.organisation_id = o.id AND e.time >= w.counted_until AND e.time < w.counted_until + ?2 AND e.time < ?3';
const OTHERS = `FROM decision_watermark w CROSS JOIN organisation_seen o CROSS JOIN audit_event e INDEXED BY audit_event_by_outcome
  ON ${WITHIN} AND e.outcome IN ${OUTCOMES} AND e.outcome <> 'granted'`;

/** Decisions of ?2 seconds from the watermark on, but before ?3. Grants are what is there beyond the others, so no event of one is read. */
const COUNTS = `SELECT outcome, reason, sum(n) AS n FROM (
    SELECT 'granted' AS outcome, '' AS reason, count(*) AS n
    FROM decision_watermark w CROSS JOIN organisation_seen o CROSS JOIN audit_event e INDEXED BY audit_event_by_time ON ${WITHIN}
    UNION ALL SELECT 'granted', '', -count(*) ${OTHERS}
    UNION ALL SELECT e.outcome, iif(e.outcome = 'refused', coalesce(e.reason, ''), ''), sum(e.count) ${OTHERS} GROUP BY 1, 2
  ) WHERE n <> 0 GROUP BY outcome, reason`;

const BEGIN = `INSERT INTO decision_watermark (one, counted_until) VALUES (1, ?1)
  ON CONFLICT (one) DO UPDATE SET counted_until = max(counted_until, ?2)`;
// SQLite needs `WHERE true` to tell this ON CONFLICT from a join's.
const SETTLE = `INSERT INTO decision_total (outcome, reason, total) ${EVENT_ORGANISATIONS}
  SELECT outcome, reason, n FROM (${COUNTS}) WHERE true
  ON CONFLICT (outcome, reason) DO UPDATE SET total = total + excluded.total`;
const ADVANCE = `UPDATE decision_watermark SET counted_until = max(counted_until, min(counted_until + ?2, ?3))`;
const TOTALS = 'SELECT outcome, reason, total AS n FROM decision_total';
const RECENT = `${EVENT_ORGANISATIONS} ${COUNTS}`;
const FAILING = `SELECT id FROM identity_provider INDEXED BY identity_provider_failing
  WHERE last_fetch_error IS NOT NULL AND status = 'active' LIMIT ${METRICS_MAX_COUNTED}`;
const KEYS = `SELECT k.alg, k.status, count(*) AS number, min(coalesce(k.activated_at, k.published_at)) AS since
  FROM signing_key k GROUP BY k.alg, k.status ORDER BY k.alg, k.status`;
const OLDEST = `${EVENT_ORGANISATIONS}
  SELECT min((SELECT min(e.time) FROM audit_event e WHERE e.organisation_id = o.id)) AS time FROM organisation_seen o`;

/**
 * Every statement of this file, for the test that each of them uses an index.
 * @internal
 */
export const METRICS_STATEMENTS: readonly string[] = [BEGIN, SETTLE, ADVANCE, TOTALS, RECENT, FAILING, KEYS, OLDEST];

/**
 * Reads the numbers at `now` (epoch seconds). Events that cannot change any more are added up once, in slices, and a scrape
 * adds to them what is newer, so that a counter never falls. `alsoFailing` are providers that this isolate cannot reach: a refused
 * exchange writes nothing. Throws StorageUnavailable.
 */
export async function readMetrics(db: D1Database, now: number, alsoFailing: readonly string[]): Promise<StoredMetrics> {
  const settled = now - METRICS_SETTLED_SECONDS;
  const results = await runBatch(db, [
    db.prepare(BEGIN).bind(now - METRICS_SLICE_SECONDS, now - METRICS_CATCH_UP_SECONDS),
    db.prepare(SETTLE).bind(null, METRICS_SLICE_SECONDS, settled),
    db.prepare(ADVANCE).bind(null, METRICS_SLICE_SECONDS, settled),
    db.prepare(TOTALS),
    // What is behind the slice of a deployment that is catching up comes with the next scrapes.
    db.prepare(RECENT).bind(null, METRICS_SLICE_SECONDS, now + METRICS_SLICE_SECONDS),
    db.prepare(FAILING),
    db.prepare(KEYS),
    db.prepare(OLDEST),
  ]);
  const counts = new Map<string, Count>();
  for (const count of [...rowsOf<Count>(results[3]), ...rowsOf<Count>(results[4])]) {
    const key = `${count.outcome} ${count.reason}`;
    counts.set(key, { ...count, n: count.n + (counts.get(key)?.n ?? 0) });
  }
  const total = (outcome: string): number => counts.get(`${outcome} `)?.n ?? 0;
  return {
    grants: total('granted'),
    shadowDecisions: total('shadow'),
    changes: total('success'),
    refusals: [...counts.values()]
      .filter(({ outcome }) => outcome === 'refused')
      .map(({ reason, n }) => ({ reason, total: n }))
      .toSorted((one, other) => (one.reason < other.reason ? -1 : 1)),
    failingIssuers: new Set([...rowsOf<{ readonly id: string }>(results[5]).map(({ id }) => id), ...alsoFailing]).size,
    keys: rowsOf<KeyMetric>(results[6]),
    oldestEventAt: rowsOf<{ readonly time: number | null }>(results[7])[0]?.time ?? null,
    databaseBytes: bytesSaid(results) ?? 0,
    databaseLimitBytes: MAX_DATABASE_BYTES,
  };
}
