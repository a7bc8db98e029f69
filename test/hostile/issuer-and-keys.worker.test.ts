// Hostile class 4, end to end: issuers and their keys; the table is in issuer-and-keys.cases.ts, what needs many requests is here.

import { describe, expect, it } from 'vitest';

import { createKey } from '../support/issuer.ts';
import { kit, runHostileClass } from './battery.ts';
import { usual } from './case.ts';
import { issuerAndKeys } from './issuer-and-keys.cases.ts';

runHostileClass(issuerAndKeys);

describe('what an issuer is asked', () => {
  it('is once per 30 s for a hundred random kids, and no more after it failed (contract §6)', async () => {
    const { deployment, issuer, token } = await usual(kit);
    const stranger = await createKey('ES256', 'stranger');
    const floods = async (): Promise<number> => {
      deployment.resetCounts();
      const tokens = await Promise.all(
        Array.from({ length: 50 }, (_, index) => token({}, { key: { ...stranger, kid: `random-${index}` } })),
      );
      await Promise.all(tokens.map((one) => deployment.exchange(one)));
      for (const one of tokens) await deployment.exchange(one);
      return deployment.counts.fetches.length;
    };
    expect(await floods()).toBe(2);
    deployment.clock.now += 31;
    issuer.goDown();
    expect(await floods()).toBe(1);
    expect(await floods()).toBe(0);
    expect((await deployment.exchange(await token())).status).toBe(200);
  });

  it('is once per 10 s while it fails and nothing is cached (contract §6)', async () => {
    const { deployment, issuer, token } = await usual(kit, { warm: false });
    issuer.goDown();
    for (let attempt = 0; attempt < 20; attempt += 1) {
      const { status, headers } = await deployment.exchange(await token());
      expect([status, headers.get('retry-after')]).toEqual([503, '10']);
    }
    expect(deployment.counts.fetches).toHaveLength(1);
  });

  it('is nothing for a hundred unregistered issuers (contract §3)', async () => {
    const { deployment, token } = await usual(kit);
    deployment.resetCounts();
    const tokens = await Promise.all(
      Array.from({ length: 100 }, (_, index) => token({ iss: `https://i${index}.example.com` })),
    );
    const answers = await Promise.all(tokens.map((one) => deployment.exchange(one)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([400]));
    expect(deployment.counts).toMatchObject({ fetches: [], kvReads: 0, kvWrites: 0, d1Writes: 0 });
  });
});

describe('a failing issuer with a warm cache', () => {
  it.each(['goDown', 'serveGarbage'] as const)(
    'is served stale, and the audit event says so: %s (contract §6)',
    async (how) => {
      const { deployment, issuer, token } = await usual(kit);
      issuer[how]();
      deployment.clock.now += 3_700;
      expect((await deployment.exchange(await token())).status).toBe(200);
      expect((await deployment.events()).at(-1)).toMatchObject({
        outcome: 'granted',
        detail: expect.stringContaining('past their freshness'),
      });
    },
  );

  it('is served stale by a cold isolate from KV (contract §6)', async () => {
    const { deployment, issuer, token } = await usual(kit);
    issuer.goDown();
    deployment.coldStart();
    deployment.clock.now += 3_700;
    expect((await deployment.exchange(await token())).status).toBe(200);
  });
});
