// Floods of tokens that no key of their issuer verifies: they cost the issuer a refresh each half minute, and its workloads nothing (docs/reliability.md).

import { describe, expect, it } from 'vitest';

import { createKey } from '../support/issuer.ts';
import type { IssuerKey, TestIssuer } from '../support/issuer.ts';
import { addIssuer, expectUnavailable, startWorld } from './world.ts';
import type { World } from './world.ts';

/** Tokens of a stranger: under random kids, and every other one under the right kid with a wrong signature. */
async function forged({ token, issuer }: World, count: number, stranger: IssuerKey): Promise<string[]> {
  return Promise.all(
    Array.from({ length: count }, (_, index) =>
      token({}, { key: stranger, header: { kid: index % 2 === 0 ? crypto.randomUUID() : issuer.key.kid } }),
    ),
  );
}

/** Sends forged tokens with good ones among them, all at once; the statuses of each. */
async function flood(
  world: World,
  count: number,
  stranger: IssuerKey,
): Promise<{ readonly forged: ReadonlySet<number>; readonly good: ReadonlySet<number> }> {
  const bad = await forged(world, count, stranger);
  const good = await Promise.all(Array.from({ length: Math.ceil(count / 5) }, () => world.token()));
  const [refused, granted] = [new Set<number>(), new Set<number>()];
  await Promise.all(
    bad.map(async (one, index) => {
      refused.add((await world.deployment.exchange(one)).status);
      const between = index % 5 === 0 ? good[index / 5] : undefined;
      if (between !== undefined) granted.add((await world.deployment.exchange(between)).status);
    }),
  );
  return { forged: refused, good: granted };
}

const REFUSED = { forged: new Set([400]), good: new Set([200]) };
const keyFetches = ({ deployment }: World, issuer: TestIssuer): number =>
  deployment.counts.fetches.filter((url) => url === issuer.jwksUri).length;

describe('a flood of tokens that no key verifies', () => {
  it('fetches the keys once per 30 s, writes nothing to KV or D1 for it, and every good token among it passes (contract §6)', async () => {
    const world = await startWorld();
    const { deployment, kv, issuer, works, granted } = world;
    await works();
    const stranger = await createKey('ES256', 'stranger');
    deployment.resetCounts();
    const writes = kv.written.length;
    for (let halfMinute = 1; halfMinute <= 4; halfMinute += 1) {
      expect(await flood(world, 30, stranger)).toEqual(REFUSED);
      deployment.clock.now += 29;
      expect(await flood(world, 30, stranger)).toEqual(REFUSED);
      expect(keyFetches(world, issuer)).toBe(halfMinute);
      deployment.clock.now += 1;
    }
    expect(kv.written).toHaveLength(writes);
    // Of those who failed there is a line in the log; in the audit log there are the grants alone.
    expect(await deployment.events()).toHaveLength((await granted()).length + (await setUpEvents(world)));
  });

  it('counts for each provider by itself, and uses up no other’s refresh (contract §6)', async () => {
    const world = await startWorld();
    const { deployment, issuer, works, token } = world;
    await works();
    const other = await addIssuer(world, 'other');
    const ofOther = async (): Promise<number> =>
      (await deployment.exchange(await token({ iss: other.issuer }, { key: other.key }))).status;
    expect(await ofOther()).toBe(200);
    deployment.resetCounts();
    expect(await flood(world, 50, await createKey('ES256', 'stranger'))).toEqual(REFUSED);
    expect([keyFetches(world, issuer), keyFetches(world, other)]).toEqual([1, 0]);
    await other.rotate();
    expect(await ofOther()).toBe(200);
    expect([keyFetches(world, issuer), keyFetches(world, other)]).toEqual([1, 1]);
  });

  it('delays a new key of the issuer by half a minute at most, and no known one (contract §6)', async () => {
    const world = await startWorld();
    const { deployment, issuer, exchange, token } = world;
    const { key } = issuer;
    expect((await exchange()).status).toBe(200);
    const stranger = await createKey('ES256', 'stranger');
    await Promise.all((await forged(world, 20, stranger)).map((one) => deployment.exchange(one)));
    await issuer.rotate();
    let waited = 0;
    while ((await exchange()).status !== 200) {
      expect((await deployment.exchange(await token({}, { key }))).status).toBe(200);
      // The flood is there first in every second, and takes the refresh of the next half minute: for all.
      deployment.clock.now += 1;
      waited += 1;
      await Promise.all((await forged(world, 4, stranger)).map((one) => deployment.exchange(one)));
    }
    expect(waited).toBe(30);
  });

  it('over many isolates fetches the keys once in each, and KV is written once in all (contract §6)', async () => {
    const world = await startWorld();
    const { deployment, kv, issuer, works } = world;
    await works();
    const stranger = await createKey('ES256', 'stranger');
    deployment.resetCounts();
    for (let isolate = 1; isolate <= 10; isolate += 1) {
      deployment.coldStart();
      expect(await flood(world, 20, stranger)).toEqual(REFUSED);
      expect(keyFetches(world, issuer)).toBe(isolate);
    }
    expect(kv.written).toHaveLength(1);
  });

  it('that finds an isolate cold and KV empty fetches twice: what was due, and one refresh (contract §6)', async () => {
    const world = await startWorld();
    expect(await flood(world, 200, await createKey('ES256', 'stranger'))).toEqual(REFUSED);
    expect(keyFetches(world, world.issuer)).toBeLessThanOrEqual(2);
    expect(world.kv.written).toHaveLength(1);
  });

  it('while the issuer is down is 503 for unknown kids, asks once per 30 s, and good tokens pass (contract §6)', async () => {
    const world = await startWorld();
    const { deployment, issuer, works, token } = world;
    await works();
    const stranger = await createKey('ES256', 'stranger');
    issuer.goDown();
    deployment.clock.now += 601;
    deployment.resetCounts();
    expect(await flood(world, 100, stranger)).toEqual({ forged: new Set([400, 503]), good: new Set([200]) });
    expectUnavailable(await deployment.exchange(await token({}, { key: stranger })));
    deployment.clock.now += 29;
    await flood(world, 20, stranger);
    expect(deployment.counts.fetches).toHaveLength(1);
    deployment.clock.now += 1;
    await flood(world, 20, stranger);
    expect(deployment.counts.fetches).toHaveLength(2);
    expect(deployment.counts.fetches.every((url) => url.startsWith(issuer.issuer))).toBe(true);
  });
});

/** How many events are of the objects that the world was made of. */
async function setUpEvents({ deployment }: World): Promise<number> {
  return (await deployment.events()).filter(({ action }) => action !== 'token.exchange').length;
}
