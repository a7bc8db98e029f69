// The archive while D1 or R2 fails, hangs or lies, and killed between any two steps: no event is lost, none is shown twice (docs/reliability.md).

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { runArchive } from '../../src/store/archive-run.ts';
import { ARCHIVE_TIMEOUT_MS } from '../../src/store/limits.ts';
import { bucket, DAY, eventId, inD1, insertEvents, requestId, storedObjects } from '../support/archive.ts';
import type { StoredObject } from '../support/archive.ts';
import { deploy, START } from '../support/deployment.ts';
import type { Deployment } from '../support/deployment.ts';
import { faultyBucket, faultyDatabase, healthy } from './faulty-bindings.ts';
import type { FaultyBucket, FaultyDatabase, R2Fault } from './faulty-bindings.ts';
import { startWorld } from './world.ts';

const OLD = START - 40 * DAY;
const N = 5;

let deployment: Deployment;
let d1: FaultyDatabase;
let r2: FaultyBucket;

beforeEach(async () => {
  r2 = faultyBucket(bucket);
  deployment = await deploy({ ARCHIVE: r2.bucket });
  d1 = faultyDatabase(deployment.db);
  await insertEvents(
    deployment.db,
    Array.from({ length: N }, (_, n) => ({
      n: n + 1,
      time: OLD + Math.floor(n / 2) * DAY,
      ...(n === 2 ? { outcome: 'refused', requests: [requestId(9, OLD + DAY)] } : {}),
    })),
  );
});

async function run(now = START, retentionDays = 400): ReturnType<typeof runArchive> {
  return await runArchive(d1.db, r2.bucket, now, { retentionDays, hotDays: 30 });
}

async function listed(): Promise<string[]> {
  const { status, body } = await deployment.iam('GET', '/v1/audit-events?limit=1000');
  expect(status).toBe(200);
  return body.map(({ identity }: { identity: string }) => identity);
}

const ALL = Array.from({ length: N }, (_, n) => eventId(N - n));

/** The objects that the chain has, each named by the next; what runs that were cut off left behind is not among them. */
async function chain(): Promise<StoredObject[]> {
  const { body } = await deployment.iam('GET', '/v1/audit-archive');
  const stored = await storedObjects();
  const objects = body
    .filter(({ status }: { status: string }) => status === 'kept')
    .map(({ sha256 }: { sha256: string }) => stored.find((object) => object.sha256 === sha256));
  for (const [at, { sequence, previous }] of body.entries()) {
    if (at > 0) expect([sequence, previous]).toEqual([body[at - 1].sequence + 1, body[at - 1].sha256]);
  }
  expect(objects).not.toContain(undefined);
  return objects;
}

/** Every event is in one place, and the list shows each of them once. */
async function expectWhole(): Promise<void> {
  expect(await listed()).toEqual(ALL);
  const archived = (await chain()).flatMap(({ events }) => events);
  expect(archived.length + (await inD1(deployment.db))).toBe(N);
}

describe('a run of the archive that is killed', () => {
  class Killed extends Error {}

  /** Lets so many calls to D1 and R2 through and then ends the run, before the next is carried out or right after it. */
  async function killedAfter(calls: number, when: 'before' | 'after', work: () => Promise<unknown>): Promise<boolean> {
    let left = calls;
    let isDead = false;
    const pass = async <T>(carryOut: () => Promise<T>): Promise<T> => {
      if (isDead || (left === 0 && when === 'before')) {
        isDead = true;
        throw new Killed();
      }
      const answer = await carryOut();
      if (left === 0) {
        isDead = true;
        throw new Killed();
      }
      left -= 1;
      return answer;
    };
    const plain = { d1, r2 };
    const database = faultyDatabase(deployment.db);
    const wrapped = faultyBucket(bucket);
    d1 = {
      ...database,
      db: new Proxy(database.db, {
        get: (target, name) => {
          const value: unknown = Reflect.get(target, name);
          if (name === 'batch')
            return async (all: D1PreparedStatement[]) => await pass(async () => await target.batch(all));
          if (name !== 'prepare') return value;
          return (sql: string) => killableStatement(target.prepare(sql), pass);
        },
      }),
    };
    r2 = {
      ...wrapped,
      bucket: new Proxy(bucket, {
        get: (target, name) => {
          const value: unknown = Reflect.get(target, name);
          return typeof value === 'function'
            ? async (...values: unknown[]) =>
                await pass(async () => (await Reflect.apply(value, target, values)) as unknown)
            : value;
        },
      }),
    };
    try {
      await work();
    } catch {
      // The run is dead, whatever it made of it.
    } finally {
      ({ d1, r2 } = plain);
    }
    return isDead;
  }

  function killableStatement(
    statement: D1PreparedStatement,
    pass: <T>(carryOut: () => Promise<T>) => Promise<T>,
  ): D1PreparedStatement {
    return new Proxy(statement, {
      get: (target, name) => {
        if (name === 'bind') return (...values: unknown[]) => killableStatement(target.bind(...values), pass);
        if (name === 'all') return async () => await pass(async () => await target.all());
        const value: unknown = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  }

  it.each(['before', 'after'] as const)(
    '%s any of its steps loses no event and shows none twice, and the next run goes on (contract §5.7)',
    async (when) => {
      let steps = 0;
      while (await killedAfter(steps, when, run)) {
        await expectWhole();
        steps += 1;
      }
      // Three objects, each read, written, read back and entered, and more.
      expect(steps).toBeGreaterThan(3);
      await run();
      expect(await inD1(deployment.db)).toBe(0);
      await expectWhole();
      expect((await deployment.iam('GET', `/v1/audit-events?requestId=${requestId(9, OLD + DAY)}`)).body).toHaveLength(
        1,
      );
    },
  );

  it.each(['before', 'after'] as const)(
    '%s any step of the retention leaves no object that should be gone, and no gap (contract §5.7)',
    async (when) => {
      await run();
      const later = async (): ReturnType<typeof run> => await run(START, 38);
      for (let steps = 0; await killedAfter(steps, when, later); steps += 1) {
        await chain();
        expect(ALL.slice(0, 1)).toEqual((await listed()).slice(0, 1));
      }
      await later();
      expect(await listed()).toEqual(ALL.slice(0, 1));
      const left = await storedObjects();
      expect(left.map(({ header }) => header.sequence)).toEqual((await chain()).map(({ header }) => header.sequence));
    },
  );
});

describe('two runs at once', () => {
  it('archive each event once (contract §5.7)', async () => {
    await Promise.allSettled([run(), run(), run()]);
    await run();
    expect(await inD1(deployment.db)).toBe(0);
    await expectWhole();
  });
});

describe('R2', () => {
  afterEach(() => void vi.restoreAllMocks());

  it.each<[string, (method: string) => R2Fault]>([
    ['fails', () => 'fail'],
    ['fails when it is read', (method) => (method === 'get' ? 'fail' : null)],
    ['loses the answer of a write', (method) => (method === 'put' ? 'lost' : null)],
    ['gives back other bytes than were written', () => 'lie'],
  ])('that %s has nothing deleted from D1, and the next run archives it (contract §5.7)', async (_, fault) => {
    r2.fault = fault;
    await expect(run()).rejects.toThrow(/R2/);
    expect(await inD1(deployment.db)).toBe(N);
    r2.fault = () => null;
    await run();
    expect(await inD1(deployment.db)).toBe(0);
    await expectWhole();
  });

  it('that never answers ends the run after a bounded time, and nothing is deleted (contract §5.7)', async () => {
    const { setTimeout: real } = globalThis;
    vi.spyOn(globalThis, 'setTimeout').mockImplementation((work: () => void, milliseconds?: number) =>
      real(work, milliseconds === ARCHIVE_TIMEOUT_MS ? 1 : milliseconds),
    );
    r2.fault = () => 'hang';
    await expect(run()).rejects.toThrow('R2 did not write an object');
    expect(await inD1(deployment.db)).toBe(N);
    vi.restoreAllMocks();
    r2.fault = () => null;
    await run();
    await expectWhole();
  });

  it('that fails makes a list that needs it 503, and no other; nothing of an exchange needs it (contract §5.7)', async () => {
    await run();
    await insertEvents(deployment.db, [{ n: 9, time: START }]);
    r2.fault = () => 'fail';
    const answer = await deployment.iam('GET', '/v1/audit-events');
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5']);
    expect((await deployment.iam('GET', '/v1/audit-events?limit=1')).status).toBe(200);
    expect((await deployment.iam('GET', `/v1/audit-archive/1`)).status).toBe(503);
    const world = await startWorld({}, { ARCHIVE: r2.bucket });
    await world.works();
    expect((await world.deployment.send('/readyz')).status).toBe(200);
  });

  it('that lies about an archived object has the list refuse to show it (contract §5.7)', async () => {
    await run();
    r2.fault = () => 'lie';
    const { status, body } = await deployment.iam('GET', '/v1/audit-events');
    expect([status, body.detail]).toEqual([500, expect.stringMatching(/^the object 3 of the archive.* was changed/)]);
    expect(deployment.logs).toContainEqual(expect.objectContaining({ event: 'archive_broken', level: 'error' }));
    r2.fault = () => null;
    await expectWhole();
  });
});

describe('D1', () => {
  it('that loses the answer of the step that deletes has the events in the archive, once (contract §5.7)', async () => {
    d1.fault = ({ sql }) => (sql.some((text) => text.includes('INSERT INTO audit_archive')) ? 'lost' : null);
    await expect(run()).rejects.toThrow('D1');
    await expectWhole();
    d1.fault = healthy;
    await run();
    await expectWhole();
  });

  it('that is full is emptied by the archive: the events go before their entry comes (contract §5.7)', async () => {
    const order: string[] = [];
    d1.fault = ({ sql }) => {
      if (sql.length > 2) order.push(...sql.map((text) => text.trim().slice(0, 6)));
      return null;
    };
    await run();
    expect(order.slice(0, 3)).toEqual(['DELETE', 'DELETE', 'INSERT']);
  });

  it('that was restored to a time before some events were archived archives them again, and shows each once (contract §5.7)', async () => {
    const before = {
      events: (await deployment.db.prepare('SELECT * FROM audit_event').all()).results,
      requests: (await deployment.db.prepare('SELECT * FROM audit_event_request').all()).results,
    };
    await run();
    await deployment.db.batch([deployment.db.prepare('DELETE FROM audit_archive')]);
    for (const [table, rows] of [
      ['audit_event', before.events],
      ['audit_event_request', before.requests],
    ] as const)
      for (const row of rows) {
        const names = Object.keys(row);
        await deployment.db
          .prepare(`INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`)
          .bind(...Object.values(row))
          .run();
      }
    expect(await listed()).toEqual(ALL);
    await run();
    await expectWhole();
  });

  it('that is 80 % full is a warning at /readyz and in the log, and no fault (contract §5.7)', async () => {
    const said = async (bytes: number): Promise<Record<string, unknown>> => {
      const sized = faultyDatabase(deployment.db);
      sized.fault = () => (results) =>
        results.map((result) => ({ ...result, meta: { ...result.meta, size_after: bytes } }));
      deployment.coldStart({ DB: sized.db });
      const { status, body } = await deployment.send('/readyz');
      expect([status, body.status]).toEqual([200, 'ready']);
      return body;
    };
    expect(await said(7_900_000_000)).not.toHaveProperty('warnings');
    expect(await said(8_123_000_000)).toMatchObject({
      warnings: [{ setting: 'DB', detail: expect.stringMatching(/^DB is 81 % full \(8\.1 of 10 GB\)/) }],
    });
  });
});
