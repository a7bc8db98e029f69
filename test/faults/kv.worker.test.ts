// Faults of KV: it is a cache, so whatever is wrong with it costs a fetch of keys and never decides who is let in (docs/reliability.md).

import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';

import { ISSUER_FETCH_TIMEOUT_MS, KEY_CACHE_TIMEOUT_MS, MAX_KEY_CACHE_ENTRY_CHARS } from '../../src/issuers/limits.ts';
import { createKey } from '../support/issuer.ts';
import { fasterBy } from './faster.ts';
import { expectUnavailable, startWorld } from './world.ts';
import type { World } from './world.ts';

/** What `work` takes, in milliseconds. */
async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

const eventsOf = ({ deployment }: World): unknown[] => deployment.logs.map(({ event }) => event);

describe('KV that fails', () => {
  it.each([
    ['get', 2, ['key_cache.read_failed']],
    ['put', 2, ['key_cache.write_failed']],
    ['both', 2, ['key_cache.read_failed', 'key_cache.write_failed']],
  ] as const)('at %s costs each isolate a fetch of its own, and nobody a token', async (failing, fetches, logged) => {
    const world = await startWorld();
    const { deployment, kv, works } = world;
    kv.failing = failing;
    for (let isolate = 0; isolate < 3; isolate += 1) {
      deployment.resetCounts();
      deployment.coldStart();
      await works();
      expect(deployment.counts.fetches).toHaveLength(fetches);
      await works();
      expect(deployment.counts.fetches).toHaveLength(fetches);
    }
    expect(new Set(eventsOf(world).filter((event) => String(event).startsWith('key_cache.')))).toEqual(new Set(logged));
    expect(JSON.stringify(deployment.logs)).not.toMatch(/"(?:x|y|n)":/);

    kv.failing = null;
    deployment.coldStart();
    await works();
    deployment.resetCounts();
    deployment.coldStart();
    await works();
    expect(deployment.counts.fetches).toEqual([]);
  });

  it('is named by /readyz, which is well again with it (contract §0)', async () => {
    const { deployment, kv } = await startWorld();
    kv.failing = 'get';
    const ready = await deployment.send('/readyz');
    expect([ready.status, ready.body.faults.map(({ setting }: { setting: string }) => setting)]).toEqual([
      503,
      ['CACHE'],
    ]);
    kv.failing = null;
    expect((await deployment.send('/readyz')).status).toBe(200);
  });

  it('while the issuer is down too is 503 in a cold isolate and nothing in a warm one (contract §6)', async () => {
    const { deployment, kv, issuer, works, exchange } = await startWorld();
    await works();
    kv.failing = 'both';
    issuer.goDown();
    deployment.clock.now += 3_700;
    await works();
    deployment.coldStart();
    expectUnavailable(await exchange());
    // What KV still holds is good for a day.
    kv.failing = null;
    deployment.clock.now += 11;
    expect((await exchange()).status).toBe(200);
  });

  it('empty everywhere while the issuer is down is 503, and one fetch heals every isolate (contract §6)', async () => {
    const { deployment, kv, issuer, works, exchange } = await startWorld();
    await works();
    issuer.goDown();
    kv.frozen = new Map();
    deployment.coldStart();
    expectUnavailable(await exchange());
    issuer.comeBack();
    kv.frozen = null;
    deployment.clock.now += 11;
    await works();
    deployment.coldStart();
    deployment.resetCounts();
    await works();
    expect(deployment.counts.fetches).toEqual([]);
  });
});

describe('KV that never answers', () => {
  it('is a miss after a second, for one exchange and for fifty that wait with it (contract §6)', async () => {
    const { deployment, kv, works, token } = await startWorld();
    kv.hanging = 'get';
    const spent = await timed(async () => {
      const tokens = await Promise.all(Array.from({ length: 50 }, () => token()));
      const answers = await Promise.all(tokens.map((one) => deployment.exchange(one)));
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    });
    expect(spent).toBeGreaterThan(KEY_CACHE_TIMEOUT_MS - 50);
    expect(spent).toBeLessThan(KEY_CACHE_TIMEOUT_MS + 2_000);
    expect(deployment.counts.fetches).toHaveLength(2);
    expect(deployment.logs).toContainEqual(
      expect.objectContaining({ event: 'key_cache.read_failed', detail: expect.stringContaining('no answer within') }),
    );
    // Warm, nobody asks it any more.
    expect(await timed(works)).toBeLessThan(500);
  });

  it('while the issuer hangs too still ends in an answer: 503 (contract §6)', async () => {
    const { deployment, kv, issuer, token } = await startWorld();
    kv.hanging = 'both';
    issuer.hang();
    const one = await token();
    const spent = await fasterBy(10, async () => expectUnavailable(await deployment.exchange(one)));
    expect(spent).toBeGreaterThan(ISSUER_FETCH_TIMEOUT_MS);
    expect(spent).toBeLessThan(2 * ISSUER_FETCH_TIMEOUT_MS);
  });

  it('when it is written holds up no exchange', async () => {
    const { kv, works } = await startWorld();
    kv.hanging = 'put';
    expect(await timed(works)).toBeLessThan(KEY_CACHE_TIMEOUT_MS - 200);
  });

  it('when it is written holds up a refresh by a second, which holds everywhere all the same (contract §6)', async () => {
    const { deployment, kv, issuer, joined, works, token } = await startWorld();
    await works();
    const { key } = issuer;
    await issuer.rotate();
    issuer.withdraw();
    kv.hanging = 'put';
    const spent = await timed(async () => {
      const refreshed = await deployment.iam('POST', `/v1/federated-identity-providers/${joined.provider}/refresh`);
      expect(refreshed.status).toBe(200);
    });
    expect(spent).toBeLessThan(KEY_CACHE_TIMEOUT_MS + 1_000);
    expect((await deployment.exchange(await token({}, { key }))).body.error_description).toContain('kid');
    await works();
  });

  it('makes /readyz say so, in a second (contract §0)', async () => {
    const { deployment, kv } = await startWorld();
    kv.hanging = 'get';
    const spent = await timed(async () => {
      const { status, body } = await deployment.send('/readyz');
      expect([status, body.faults[0]]).toEqual([
        503,
        { setting: 'CACHE', detail: expect.stringContaining('no answer within') },
      ]);
    });
    expect(spent).toBeLessThan(KEY_CACHE_TIMEOUT_MS + 500);
  });

  it('in time but slowly makes the first exchange slow, and no other', async () => {
    const { deployment, kv, works } = await startWorld();
    kv.delay = 300;
    expect(await timed(works)).toBeGreaterThan(290);
    expect(await timed(works)).toBeLessThan(290);
    deployment.coldStart();
    deployment.resetCounts();
    expect(await timed(works)).toBeGreaterThan(290);
    expect(deployment.counts.fetches).toEqual([]);
  });
});

/** The one entry of a warm world, and how to put another in its place. */
async function warmEntry(world: World): Promise<{
  readonly entry: Record<string, unknown>;
  readonly replace: (value: unknown) => Promise<void>;
}> {
  await world.works();
  const written = world.kv.written.at(-1);
  if (written === undefined) throw new Error('nothing was written');
  return {
    entry: JSON.parse(written.value),
    replace: (value) => env.CACHE.put(written.key, typeof value === 'string' ? value : JSON.stringify(value)),
  };
}

describe('KV that answers with garbage', () => {
  type Entry = Record<string, unknown> & { keys: Record<string, unknown>[] };
  const deep = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);

  it.each<[string, (good: Entry) => unknown]>([
    ['nothing', () => ''],
    ['a page', () => '<!doctype html>'],
    ['NUL bytes', () => '\0'.repeat(100)],
    ['null', () => null],
    ['a number', () => 42],
    ['a cut entry', (good) => JSON.stringify(good).slice(0, -1)],
    ['two entries', (good) => JSON.stringify(good).repeat(2)],
    ['deep nesting', (good) => `{"deep":${deep(100_000)},${JSON.stringify(good).slice(1)}`],
    ['no list of keys', (good) => ({ ...good, keys: { 0: good.keys[0] } })],
    [
      '201 keys',
      (good) => ({ ...good, keys: Array.from({ length: 201 }, (_, n) => ({ ...good.keys[0], kid: `${n}` })) }),
    ],
    ['no times', ({ source, keys }) => ({ source, keys })],
    [
      'times in milliseconds',
      (good) => ({
        ...good,
        fetchedAt: Number(good['fetchedAt']) * 1_000,
        freshUntil: Number(good['freshUntil']) * 1_000,
      }),
    ],
    ['a time beyond all numbers', (good) => JSON.stringify(good).replace(/"freshUntil":\d+/, '"freshUntil":1e999')],
    ['an end before its beginning', (good) => ({ ...good, freshUntil: Number(good['fetchedAt']) - 1 })],
    ['a good entry that is too large', (good) => `${JSON.stringify(good)}${' '.repeat(MAX_KEY_CACHE_ENTRY_CHARS)}`],
    ['ten megabytes', () => `[${'0,'.repeat(5_000_000)}0]`],
  ])(
    '(%s) has been answered with nothing: the issuer is asked, and its keys take that place',
    async (_what, garble) => {
      const world = await startWorld();
      const { entry, replace } = await warmEntry(world);
      await replace(garble(entry as Entry));
      world.deployment.coldStart();
      world.deployment.resetCounts();
      await world.works();
      expect(world.deployment.counts.fetches).toHaveLength(2);
      world.deployment.coldStart();
      world.deployment.resetCounts();
      await world.works();
      expect(world.deployment.counts.fetches).toEqual([]);
    },
  );

  it('(a point off its curve under the right kid) is found out by the first token, and mended (contract §6)', async () => {
    const world = await startWorld();
    const { entry, replace } = await warmEntry(world);
    const [key] = (entry as Entry).keys;
    await replace({ ...entry, keys: [{ ...key, x: key?.['y'] }] });
    world.deployment.coldStart();
    world.deployment.resetCounts();
    await world.works();
    expect(world.deployment.counts.fetches).toHaveLength(2);
    // Also for the isolates that come after.
    world.deployment.coldStart();
    world.deployment.resetCounts();
    await world.works();
    expect(world.deployment.counts.fetches).toEqual([]);
  });

  it('(another key under the right kid) is found out by the first token, and mended (contract §6)', async () => {
    const world = await startWorld();
    const { entry, replace } = await warmEntry(world);
    const { kty, crv, x, y } = (await createKey('ES256', 'key-1')).publicJwk;
    await replace({ ...entry, keys: [{ ...(entry as Entry).keys[0], kty, crv, x, y }] });
    world.deployment.coldStart();
    world.deployment.resetCounts();
    await world.works();
    expect(world.deployment.counts.fetches).toHaveLength(2);
  });
});
