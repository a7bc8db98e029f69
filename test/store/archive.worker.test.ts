// Events that have moved to R2 are found as before: one list over both places, and a chain that names what is before it (contract §5.7).

import { beforeEach, describe, expect, it } from 'vitest';

import type { AuditFilter, ListedAuditEvent } from '../../src/objects/audit-log.ts';
import { archiveEvents } from '../../src/store/archive.ts';
import { deleteOldObjects } from '../../src/store/archive-retention.ts';
import { auditStore } from '../../src/store/audit-store.ts';
import { MAX_ARCHIVED_EVENTS } from '../../src/store/limits.ts';
import {
  bucket,
  DAY,
  eventId,
  inD1,
  insertEvents,
  ORGANISATION,
  requestId,
  storedObjects,
} from '../support/archive.ts';
import type { Row } from '../support/archive.ts';
import { onEachTrip } from '../support/d1-trips.ts';
import { freshDatabase } from '../support/schema.ts';

const NOW = 1_800_000_000;
const OLD = NOW - 40 * DAY;
const BEFORE = NOW - 30 * DAY;
const EVERYTHING: AuditFilter = {
  since: null,
  until: null,
  action: null,
  outcome: null,
  serviceAccount: null,
  federatedIdentity: null,
  issuer: null,
  subject: null,
  requestId: null,
  before: null,
  limit: 1_000,
};

let db: D1Database;
beforeEach(async () => {
  db = await freshDatabase();
});

/** Every event that a filter leaves, page by page. */
async function all(filter: Partial<AuditFilter> = {}, archive: R2Bucket | null = bucket): Promise<ListedAuditEvent[]> {
  const store = auditStore(db, archive);
  const found: ListedAuditEvent[] = [];
  for (let before: AuditFilter['before'] = null; ;) {
    const page = await store.list(ORGANISATION, { ...EVERYTHING, before, ...filter, ...(before && { before }) });
    found.push(...page.events);
    if (page.next === null) return found;
    if (before !== null) expect([page.next.time, page.next.id] < [before.time, before.id]).toBe(true);
    before = page.next;
  }
}

async function archive(before = BEFORE): ReturnType<typeof archiveEvents> {
  return await archiveEvents(db, bucket, before, NOW);
}

describe('the archive', () => {
  it('takes what is old out of D1 and leaves what is young, each organisation in a chain of its own (contract §5.7)', async () => {
    await insertEvents(db, [
      { n: 1, time: OLD, claims: { sub: 'a' } },
      { n: 2, time: BEFORE - 1 },
      { n: 3, time: BEFORE },
      { n: 4, time: OLD, organisation: 'org_gone' },
    ]);
    const before = await all();
    expect(await archive()).toEqual({ objects: 3, events: 3, isBehind: false });
    expect(await inD1(db)).toBe(1);
    expect(await all()).toEqual(before);
    const [first, second, other] = await storedObjects();
    expect(first?.header).toMatchObject({ organisation: ORGANISATION, sequence: 1, previous: null, events: 1 });
    expect(second?.header).toMatchObject({ organisation: ORGANISATION, sequence: 2, previous: first?.sha256 });
    expect(other?.header).toMatchObject({ organisation: 'org_gone', sequence: 1, previous: null });
    expect(first?.events).toMatchObject([{ identity: eventId(1), claims: { sub: 'a' } }]);
    expect(await archive()).toEqual({ objects: 0, events: 0, isBehind: false });
  });

  it('puts at most so many events, bytes and hours into an object (contract §5.7)', async () => {
    const many: Row[] = Array.from({ length: MAX_ARCHIVED_EVENTS + 1 }, (_, n) => ({ n, time: OLD + n }));
    const large: Row[] = [1, 2, 3].map((n) => ({
      n: 5_000 + n,
      time: OLD + 2 * DAY,
      claims: { text: 'x'.repeat(900_000) },
    }));
    await insertEvents(db, many);
    for (const one of [...large, { n: 5_004, time: OLD + 2 * DAY, claims: { text: 'x'.repeat(1_900_000) } }])
      await insertEvents(db, [one]);
    const before = await all();
    await archive();
    expect((await storedObjects()).map(({ events }) => events.length)).toEqual([MAX_ARCHIVED_EVENTS, 1, 3, 1]);
    expect(await all()).toEqual(before);
  });

  it('reads no more rows than an object takes, however many wait in the same day (contract §7)', async () => {
    const waiting = 4 * MAX_ARCHIVED_EVENTS;
    await db
      .prepare(
        `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
         INSERT INTO audit_event (organisation_id, id, time, request_id, actor, action, outcome)
         SELECT ?2, printf('evt_%026d', i), ?3 + i, 'r' || i, 'a', 'token.exchange', 'granted' FROM n`,
      )
      .bind(waiting, ORGANISATION, OLD)
      .run();
    const read: number[] = [];
    const counted = onEachTrip(db, async ({ sql, carryOut }) => {
      const results = await carryOut();
      if (sql.some((text) => text.includes('oldest.size')))
        read.push(results.reduce((sum, { meta }) => sum + meta.rows_read, 0));
      return results;
    });
    expect(await archiveEvents(counted, bucket, BEFORE, NOW)).toMatchObject({ objects: 4, events: waiting });
    // Each event is found in the index, measured, numbered, and read.
    for (const rows of read) expect(rows).toBeLessThan(6 * MAX_ARCHIVED_EVENTS + 50);
  });

  it('keeps the requests of a counted refusal, by each of which it is found (contract §5.7)', async () => {
    const requests = [5, 6, 7].map((n) => requestId(n, OLD + n));
    await insertEvents(db, [
      { n: 1, time: OLD, outcome: 'refused', requests },
      { n: 2, time: OLD, outcome: 'refused', requests: [requestId(9, OLD)] },
      { n: 3, time: NOW, outcome: 'refused', requests: [requestId(10, NOW)] },
    ]);
    await archive();
    const left = await db.prepare('SELECT event_id FROM audit_event_request').all();
    expect(left.results).toEqual([{ event_id: eventId(3) }]);
    for (const request of [requestId(1, OLD), ...requests])
      expect((await all({ requestId: request })).map(({ id }) => id)).toEqual([eventId(1)]);
    expect((await all({ requestId: requestId(10, NOW) })).map(({ id }) => id)).toEqual([eventId(3)]);
    expect(await all({ requestId: requestId(11, OLD) })).toEqual([]);
  });

  it('is found by the id of an event (contract §5.7)', async () => {
    await insertEvents(db, [
      { n: 1, time: OLD },
      { n: 2, time: OLD + 3 * DAY },
      { n: 3, time: NOW },
    ]);
    await archive();
    const store = auditStore(db, bucket);
    for (const n of [1, 2, 3])
      expect((await store.read(ORGANISATION, eventId(n))).events).toMatchObject([{ id: eventId(n) }]);
    expect((await store.read(ORGANISATION, eventId(4))).events).toEqual([]);
    expect((await store.read('org_other', eventId(1))).events).toEqual([]);
  });

  it('is not loaded if the object in its place has another size, which no isolate could hold (contract §5.7)', async () => {
    await insertEvents(db, [{ n: 1, time: OLD }]);
    await archive();
    const whole = await all();
    const loaded: number[] = [];
    const swapped = (size: number): R2Bucket =>
      new Proxy(bucket, {
        get: (target, member) =>
          member === 'get'
            ? async (key: string) => {
                const object = await target.get(key);
                return (
                  object &&
                  new Proxy(object, {
                    get: (found, of) => {
                      if (of === 'size') return found.size + size;
                      if (of === 'arrayBuffer') loaded.push(found.size + size);
                      const value: unknown = Reflect.get(found, of, found);
                      return typeof value === 'function' ? value.bind(found) : value;
                    },
                  })
                );
              }
            : Reflect.get(target, member, target),
      });
    await expect(all({}, swapped(5_000_000_000))).rejects.toThrow('was changed');
    expect(loaded).toEqual([]);
    expect(await all({}, swapped(0))).toEqual(whole);
  });

  it('is deleted past its retention, and the hash that the next object names is kept (contract §5.7)', async () => {
    await insertEvents(
      db,
      [1, 2, 3, 4].map((n) => ({ n, time: OLD + n * DAY })),
    );
    await archive();
    const [, second] = await storedObjects();
    expect(await deleteOldObjects(db, bucket, OLD + 3 * DAY)).toBe(2);
    const left = await storedObjects();
    expect(left.map(({ header }) => header.sequence)).toEqual([3, 4]);
    expect(left[0]?.header.previous).toBe(second?.sha256);
    const { results } = await db.prepare('SELECT sequence, state, sha256 FROM audit_archive ORDER BY sequence').all();
    expect(results).toMatchObject([
      { sequence: 2, state: 'removed', sha256: second?.sha256 },
      { sequence: 3, state: 'kept' },
      { sequence: 4, state: 'kept' },
    ]);
    expect((await all()).map(({ id }) => id)).toEqual([eventId(4), eventId(3)]);
    expect(await deleteOldObjects(db, bucket, OLD + 3 * DAY)).toBe(0);
  });
});

describe('the list over both places', () => {
  const accounts = ['sa_00000000000000000000000001', 'sa_00000000000000000000000002', null];
  const rows: Row[] = Array.from({ length: 150 }, (_, n) => ({
    n,
    // Some were written late, some by a clock that was behind, so the order of ids is not that of times.
    time: OLD + Math.floor(n / 3) * 3_600 + (n % 7 === 0 ? -90_000 : 0),
    account: accounts[n % 3] ?? null,
    subject: `job:${n % 11}`,
    issuer: `https://${n % 2}.example`,
    outcome: n % 5 === 0 ? 'refused' : 'granted',
    identity: n % 4 === 0 ? 'fid_00000000000000000000000001' : null,
  }));
  const filters: Partial<AuditFilter>[] = [
    {},
    { serviceAccount: accounts[0] ?? null },
    { subject: 'job:3' },
    { issuer: 'https://1.example' },
    { outcome: 'refused' },
    { outcome: 'granted', federatedIdentity: 'fid_00000000000000000000000001' },
    { subject: 'job:3', issuer: 'https://1.example', serviceAccount: accounts[0] ?? null },
    { action: 'role.create' },
    { since: OLD + 15 * 3_600 },
    { until: OLD + 30 * 3_600, since: OLD + 10 * 3_600 },
    { subject: 'nobody' },
  ];

  it('is the list of D1 alone, whatever was archived when, by every filter and limit (contract §5.7)', async () => {
    await insertEvents(db, rows);
    const expected = await Promise.all(filters.map(async (filter) => all(filter, null)));
    for (const until of [OLD + 20 * 3_600, OLD + 21 * 3_600, NOW]) {
      await archive(until);
      for (const [at, filter] of filters.entries())
        for (const limit of at === 1 ? [13, 1] : [13])
          expect(await all({ ...filter, limit }), JSON.stringify([until, filter, limit])).toEqual(expected[at]);
    }
    expect(await inD1(db)).toBe(0);
  });

  it('finds what was written late into a time that is archived (contract §5.7)', async () => {
    await insertEvents(
      db,
      rows.filter(({ n }) => n % 10 !== 0),
    );
    await archive(NOW);
    await insertEvents(
      db,
      rows.filter(({ n }) => n % 10 === 0),
    );
    const ids = async (limit: number): Promise<string[]> => (await all({ limit })).map(({ id }) => id);
    const expected = rows.toSorted((one, other) => other.time - one.time || other.n - one.n).map(({ n }) => eventId(n));
    for (const limit of [1_000, 7]) expect(await ids(limit)).toEqual(expected);
    await archive(NOW);
    expect(await inD1(db)).toBe(0);
    for (const limit of [1_000, 7]) expect(await ids(limit)).toEqual(expected);
  });
});
