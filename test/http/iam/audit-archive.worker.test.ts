// Archived audit events over the API: contract §5.7, on a real D1 and R2.

import { beforeEach, describe, expect, it } from 'vitest';

import { runArchive } from '../../../src/store/archive-run.ts';
import { bucket, DAY, eventId, insertEvents, requestId, storedObjects } from '../../support/archive.ts';
import { ADMIN_TOKEN, START, deploy } from '../../support/deployment.ts';
import type { Deployment } from '../../support/deployment.ts';
import { addOrganisation } from './iam-harness.ts';

const OLD = START - 40 * DAY;
const EVENTS = '/v1/audit-events';
const ARCHIVE = '/v1/audit-archive';

let deployment: Deployment;
beforeEach(async () => {
  deployment = await deploy({ ARCHIVE: bucket });
  await insertEvents(deployment.db, [
    { n: 1, time: OLD, outcome: 'refused', subject: 'job:1', requests: [requestId(9, OLD)] },
    { n: 2, time: OLD + 2 * DAY, outcome: 'refused', claims: { sub: 'job:2' }, subject: 'job:2' },
    { n: 3, time: START },
  ]);
});

async function archive(now = START, retentionDays = 400): Promise<void> {
  await runArchive(deployment.db, bucket, now, { retentionDays, hotDays: 30 });
}

async function shown(query = ''): Promise<unknown[]> {
  const { status, body } = await deployment.iam('GET', EVENTS + query);
  expect(status).toBe(200);
  return body;
}

describe('archived audit events', () => {
  it('are answered as before they were archived, one by one, listed and as lines (contract §5.7)', async () => {
    const lines = async (): Promise<string> => {
      const headers = { authorization: `Bearer ${ADMIN_TOKEN}`, accept: 'application/x-ndjson' };
      return (await deployment.fetch(EVENTS, { headers })).text();
    };
    const queries = [
      '',
      '?subject=job:1',
      `?requestId=${requestId(9, OLD)}`,
      `?requestId=${requestId(2, OLD + 2 * DAY)}`,
    ];
    const before = await Promise.all(queries.map(shown));
    const linesBefore = await lines();
    await archive();
    expect(await Promise.all(queries.map(shown))).toEqual(before);
    expect(before.map((events) => events.length)).toEqual([3, 1, 1, 1]);
    expect(await lines()).toBe(linesBefore);
    const one = await deployment.iam('GET', `${EVENTS}/${eventId(1)}`);
    expect([one.status, one.body]).toEqual([200, (await shown('?subject=job:1'))[0]]);
    const { body } = await deployment.iam('POST', '/v1/federated-identities/explain', {
      requestId: requestId(2, OLD + 2 * DAY),
    });
    expect(body.reason).not.toBe('not_found');
  });

  it('cost one round trip to D1, and a look into an object only if the page reaches it (contract §7)', async () => {
    await archive();
    const reads: string[] = [];
    const counting = new Proxy(bucket, {
      get: (target, name) => {
        if (name === 'get') return async (key: string) => (reads.push(key), target.get(key));
        return Reflect.get(target, name, target) as unknown;
      },
    });
    deployment.coldStart({ ARCHIVE: counting });
    deployment.resetCounts();
    expect(await shown('?limit=1')).toHaveLength(1);
    expect([deployment.counts.d1Trips, reads.length]).toEqual([1, 0]);
    await shown('?subject=job:2');
    expect([deployment.counts.d1Trips, reads.length]).toEqual([2, 1]);
    await shown('?subject=nobody');
    expect([deployment.counts.d1Trips, reads.length]).toEqual([3, 1]);
  });

  it('are never left out silently: without their bucket, or if they are missing or changed, the list says so (contract §5.7)', async () => {
    await archive();
    const [first] = await storedObjects();
    const key = first?.key ?? '';
    const original = await (await bucket.get(key))?.arrayBuffer();
    deployment.coldStart({ ARCHIVE: undefined as never });
    const unbound = await deployment.iam('GET', EVENTS);
    expect([unbound.status, unbound.body.detail]).toEqual([500, expect.stringContaining('ARCHIVE is not bound')]);
    expect(await shown('?limit=1')).toHaveLength(1);
    deployment.coldStart({ ARCHIVE: bucket });
    await bucket.delete(key);
    const missing = await deployment.iam('GET', EVENTS);
    expect([missing.status, missing.body.detail]).toEqual([500, expect.stringContaining('is missing')]);
    expect((await deployment.iam('GET', `${EVENTS}/${eventId(1)}`)).status).toBe(500);
    await bucket.put(key, 'something else');
    const changed = await deployment.iam('GET', EVENTS);
    expect([changed.status, changed.body.detail]).toEqual([500, expect.stringContaining('was changed')]);
    await bucket.put(key, original ?? '');
    expect(await shown()).toHaveLength(3);
  });
});

describe('the chain', () => {
  it('lists the objects of the organisation, and gives each as it is stored (contract §5.7)', async () => {
    await insertEvents(deployment.db, [
      { n: 4, time: OLD, organisation: await addOrganisation(deployment.db, 'other') },
    ]);
    expect((await deployment.iam('GET', ARCHIVE)).body).toEqual([]);
    await archive();
    const { body } = await deployment.iam('GET', ARCHIVE);
    const stored = await storedObjects();
    expect(body).toEqual([
      {
        sequence: 1,
        status: 'kept',
        sha256: stored[0]?.sha256,
        previous: null,
        bytes: expect.any(Number),
        events: 1,
        firstEventAt: '2026-08-01T00:26:40Z',
        lastEventAt: '2026-08-01T00:26:40Z',
        archivedAt: '2026-09-10T00:26:40Z',
      },
      expect.objectContaining({ sequence: 2, previous: stored[0]?.sha256, events: 1 }),
    ]);
    const { body: page, headers } = await deployment.iam('GET', `${ARCHIVE}?limit=1`);
    expect(page).toEqual([body[0]]);
    expect(headers.get('link')).toBe('</v1/audit-archive?limit=1&cursor=1>; rel="next"');
    expect((await deployment.iam('GET', `${ARCHIVE}?limit=1&cursor=1`)).body).toEqual([body[1]]);
    const object = await deployment.fetch(`${ARCHIVE}/1`, { headers: { authorization: `Bearer ${ADMIN_TOKEN}` } });
    expect(object.headers.get('content-type')).toBe('application/gzip');
    expect(await object.bytes()).toHaveLength(body[0].bytes);
    for (const sequence of ['0', '3', '01', 'x'])
      expect((await deployment.iam('GET', `${ARCHIVE}/${sequence}`)).status).toBe(404);
  });

  it('says which objects were deleted past their retention, and what the oldest that is left names (contract §5.7)', async () => {
    await archive();
    const [first] = await storedObjects();
    await archive(START, 39);
    const { body } = await deployment.iam('GET', ARCHIVE);
    expect(body).toMatchObject([
      { sequence: 1, status: 'removed', sha256: first?.sha256 },
      { sequence: 2, status: 'kept', previous: first?.sha256 },
    ]);
    const gone = await deployment.iam('GET', `${ARCHIVE}/1`);
    expect([gone.status, gone.body.detail]).toEqual([404, expect.stringContaining('past its retention')]);
  });

  it('is read with iam:read, and by nobody else (contract §4)', async () => {
    for (const path of [ARCHIVE, `${ARCHIVE}/1`]) {
      expect((await deployment.send(path)).status).toBe(401);
      expect((await deployment.iam('DELETE', path)).status).toBe(405);
    }
  });

  it.each(['limit=0', 'limit=1001', 'cursor=x', 'cursor=1&cursor=2', 'status=kept'])(
    'refuses %s (contract §5)',
    async (query) => {
      expect((await deployment.iam('GET', `${ARCHIVE}?${query}`)).status).toBe(400);
    },
  );
});
