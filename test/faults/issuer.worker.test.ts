// Faults of an issuer: it may be down, slow, flapping or lying, and neither its own workloads nor another's pay more than stated (docs/reliability.md).

import { describe, expect, it } from 'vitest';

import { ISSUER_FETCH_TIMEOUT_MS, REFRESH_COOLDOWN_SECONDS } from '../../src/issuers/limits.ts';
import type { Answer } from '../support/deployment.ts';
import { createIssuer } from '../support/issuer.ts';
import type { TestIssuer } from '../support/issuer.ts';
import { fasterBy } from './faster.ts';
import { addIssuer, expectUnavailable, startWorld } from './world.ts';
import type { World } from './world.ts';

/** As many first exchanges at once as a deployment may meet after a release. */
async function crowd({ deployment, token }: World, length: number): Promise<Answer[]> {
  const tokens = await Promise.all(Array.from({ length }, () => token()));
  return Promise.all(tokens.map((one) => deployment.exchange(one)));
}

describe('first exchanges at once', () => {
  it.each<[string, (issuer: TestIssuer) => void]>([
    ['answers 503', (issuer) => issuer.goDown()],
    ['never answers', (issuer) => issuer.hang()],
  ])(
    'of five hundred workloads whose issuer %s cost one request, and each of them has a 503 (contract §6)',
    async (_how, fail) => {
      const world = await startWorld();
      const { deployment, issuer, works } = world;
      fail(issuer);
      const started = performance.now();
      for (const answer of await crowd(world, 500)) expectUnavailable(answer);
      // The wait for the issuer, and a few seconds for what five hundred of them cost a test.
      expect(performance.now() - started).toBeLessThan(ISSUER_FETCH_TIMEOUT_MS + 10_000);
      expect(deployment.counts.fetches).toHaveLength(1);
      expect(deployment.logs.filter(({ reason }) => reason === 'keys_unavailable')).toHaveLength(500);
      issuer.comeBack();
      deployment.clock.now += 10;
      await works();
    },
  );

  it('of two hundred workloads whose issuer is slow but answers in time cost two requests, and each of them has a token (contract §6)', async () => {
    const world = await startWorld();
    const { issuer } = world;
    const late = <T>(answer: () => T): Promise<T> => new Promise((resolve) => setTimeout(() => resolve(answer()), 600));
    issuer.answer(issuer.discoveryPath, () =>
      late(() => Response.json({ issuer: issuer.issuer, jwks_uri: issuer.jwksUri })),
    );
    issuer.answer(issuer.jwksPath, () => late(() => Response.json(issuer.jwks)));
    expect(new Set((await crowd(world, 200)).map(({ status }) => status))).toEqual(new Set([200]));
    expect(world.deployment.counts.fetches).toHaveLength(2);
    expect(await world.granted()).toHaveLength(200);
  });
});

describe('an issuer that hangs', () => {
  it('keeps no other issuer’s workloads waiting (contract §6)', async () => {
    const world = await startWorld();
    const { deployment, issuer, token } = world;
    const other = await addIssuer(world, 'other');
    issuer.hang();
    const stuck = await token();
    let isAnswered = false;
    await fasterBy(5, async () => {
      const waiting = deployment.exchange(stuck).then((answer) => {
        isAnswered = true;
        return answer;
      });
      for (let count = 0; count < 5; count += 1) {
        const one = await token({ iss: other.issuer }, { key: other.key });
        expect((await deployment.exchange(one)).status).toBe(200);
      }
      expect(isAnswered).toBe(false);
      expectUnavailable(await waiting);
    });
  });

  it('keeps one of its workloads waiting each half minute, and none beside it, while its keys are known (contract §6)', async () => {
    const world = await startWorld();
    const { deployment, issuer, works, token } = world;
    await works();
    issuer.hang();
    deployment.clock.now += 601;
    const failed = (): number => deployment.logs.filter(({ event }) => event === 'issuer_keys.fetch_failed').length;
    /** How many of twenty at once were answered only when the issuer had been given up. */
    const waited = async (): Promise<number> => {
      const tokens = await Promise.all(Array.from({ length: 20 }, () => token()));
      const before = failed();
      let late = 0;
      await fasterBy(5, () =>
        Promise.all(
          tokens.map(async (one) => {
            expect((await deployment.exchange(one)).status).toBe(200);
            if (failed() > before) late += 1;
          }),
        ),
      );
      return late;
    };
    // That it fails is not known yet: everybody waits, once.
    expect(await waited()).toBe(20);
    deployment.clock.now += REFRESH_COOLDOWN_SECONDS - 1;
    expect(await waited()).toBe(0);
    deployment.clock.now += 1;
    expect(await waited()).toBe(1);
    deployment.clock.now += REFRESH_COOLDOWN_SECONDS;
    expect(await waited()).toBe(1);
    expect(deployment.counts.fetches).toHaveLength(2 + 3);
    issuer.comeBack();
    deployment.clock.now += REFRESH_COOLDOWN_SECONDS;
    expect(await waited()).toBe(0);
  });
});

describe('an issuer that comes and goes', () => {
  it('costs a workload whose key is known nothing, and is asked at most each half minute (contract §6)', async () => {
    const { deployment, issuer, exchange, works } = await startWorld();
    await works();
    const statuses = new Set<number>();
    const fetched = deployment.counts.fetches.length;
    const start = deployment.clock.now;
    for (let change = 0; change < 120; change += 1) {
      if (change % 2 === 0) issuer.goDown();
      else issuer.comeBack();
      deployment.clock.now += 30;
      statuses.add((await exchange()).status);
    }
    expect(statuses).toEqual(new Set([200]));
    const asked = deployment.counts.fetches.slice(fetched).filter((url) => url.includes('.well-known'));
    expect(asked.length).toBeLessThanOrEqual((deployment.clock.now - start) / REFRESH_COOLDOWN_SECONDS);
    // Asked some six times: when its keys are no longer fresh, and again where it was just away.
    expect(asked.length).toBeLessThan(20);
  });

  it('with its discovery alone, or its key set alone, is one that fails: older keys serve (contract §6)', async () => {
    const { deployment, issuer, exchange, works } = await startWorld();
    await works();
    for (const path of [issuer.discoveryPath, issuer.jwksPath]) {
      issuer.answer(path, () => new Response('out of order', { status: 500 }));
      deployment.clock.now += 700;
      expect((await exchange()).status).toBe(200);
      expect((await deployment.events()).at(-1)).toMatchObject({ detail: expect.stringContaining('past their fresh') });
      issuer.comeBack();
    }
    deployment.clock.now += 31;
    expect((await exchange()).status).toBe(200);
    expect((await deployment.events()).at(-1)).toMatchObject({ outcome: 'granted', detail: null });
  });
});

describe('an issuer whose discovery begins to lie', () => {
  it.each<[string, (issuer: TestIssuer, liar: TestIssuer) => Response]>([
    ['about its name', (_issuer, liar) => Response.json({ issuer: liar.issuer, jwks_uri: liar.jwksUri })],
    [
      'about where its keys are: here',
      (issuer) => Response.json({ issuer: issuer.issuer, jwks_uri: 'https://cambist.test/.well-known/jwks.json' }),
    ],
    [
      'about where its keys are: http',
      (issuer, liar) => Response.json({ issuer: issuer.issuer, jwks_uri: liar.jwksUri.replace('https', 'http') }),
    ],
    [
      'by a redirect',
      (_issuer, liar) =>
        new Response(null, { status: 302, headers: { location: new URL(liar.discoveryPath, liar.jwksUri).href } }),
    ],
  ])('%s wins nobody over: its known keys serve, the liar’s keys do not (contract §6)', async (_how, lie) => {
    const { deployment, issuer, works, token } = await startWorld();
    await works();
    const liar = await createIssuer({ issuer: 'https://liar.example.com', kid: 'key-9' });
    deployment.connect(liar);
    issuer.answer(issuer.discoveryPath, () => lie(issuer, liar));
    for (const seconds of [1, 700, 700]) {
      deployment.clock.now += seconds;
      expectUnavailable(await deployment.exchange(await token({}, { key: liar.key })));
      await works();
    }
    expect(deployment.counts.fetches.filter((url) => !url.startsWith(issuer.issuer))).toEqual([]);
    issuer.comeBack();
    deployment.clock.now += 31;
    const { status, body } = await deployment.exchange(await token({}, { key: liar.key }));
    expect([status, body.error_description]).toEqual([400, expect.stringContaining('not among the keys')]);
    await works();
  });
});
