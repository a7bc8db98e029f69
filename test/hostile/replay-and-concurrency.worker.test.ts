// Hostile class 8, end to end: replay and concurrency; the table is in replay-and-concurrency.cases.ts, what happens at once is here.

import { env } from 'cloudflare:workers';
import { decodeJwt } from 'jose';
import { describe, expect, it } from 'vitest';

import { sweep } from '../../src/store/sweep.ts';
import { kit, runHostileClass } from './battery.ts';
import { usual } from './case.ts';
import { replayAndConcurrency } from './replay-and-concurrency.cases.ts';

runHostileClass(replayAndConcurrency);

describe('at once', () => {
  it.each([{ jti: undefined }, {}])(
    'fifty uses of one token have exactly one success: %o (contract §5.3)',
    async (claims) => {
      const { deployment, token } = await usual(kit, { rule: { replayProtection: 'singleUse' } });
      const one = await token(claims);
      const answers = await Promise.all(Array.from({ length: 50 }, () => deployment.exchange(one)));
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      expect(answers.filter(({ status }) => status === 400)).toHaveLength(49);
      const granted = (await deployment.events()).filter((event) => event['outcome'] === 'granted');
      expect(granted).toHaveLength(2);
      const ids = granted.map((event) => event['token_id']);
      expect(ids).toContain(decodeJwt(answers.find(({ status }) => status === 200)?.body.access_token).jti);
    },
  );

  it('two hundred exchanges on a cold start fetch the keys once, and all succeed (contract §6)', async () => {
    const { deployment, token } = await usual(kit, { warm: false });
    const tokens = await Promise.all(Array.from({ length: 200 }, () => token()));
    deployment.resetCounts();
    const answers = await Promise.all(tokens.map((one) => deployment.exchange(one)));
    expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
    expect(deployment.counts.fetches).toHaveLength(2);
    expect(deployment.counts.kvWrites).toBe(1);
    expect((await deployment.events()).filter((event) => event['outcome'] === 'granted')).toHaveLength(200);
  });

  it('a hundred equal refusals are one audit event with a count (contract §5.7)', async () => {
    const { deployment, token } = await usual(kit);
    const evil = await Promise.all(Array.from({ length: 100 }, () => token({ sub: 'project:evil:x' })));
    const answers = await Promise.all(evil.map((one) => deployment.exchange(one)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([400]));
    const refused = (await deployment.events()).filter((event) => event['outcome'] === 'refused');
    expect(refused.map((event) => event['count'])).toEqual([100]);
  });
});

describe('the sweep', () => {
  it('never removes the row of a token that could still be accepted (contract §5.3)', async () => {
    const { deployment, token } = await usual(kit, { rule: { replayProtection: 'singleUse' } });
    const one = await token({ exp: deployment.clock.now + 100.5 });
    expect((await deployment.exchange(one)).status).toBe(200);
    for (const seconds of [1, 99, 30, 29]) {
      deployment.clock.now += seconds;
      await sweep(env.DB, deployment.clock.now, 400);
      expect((await deployment.exchange(one)).body.error_description).toContain('already used');
    }
    deployment.clock.now += 3;
    await sweep(env.DB, deployment.clock.now, 400);
    expect((await deployment.exchange(one)).body.error_description).toContain('expired');
  });
});

describe('a failing KV', () => {
  it.each(['get', 'put'] as const)('is no reason to refuse: %s (contract §6)', async (operation) => {
    const { deployment, token } = await usual(kit, { warm: false });
    const cache = env.CACHE;
    Object.defineProperty(cache, operation, {
      configurable: true,
      value: () => Promise.reject(new Error('KV is down')),
    });
    try {
      expect((await deployment.exchange(await token())).status).toBe(200);
    } finally {
      Reflect.deleteProperty(cache, operation);
    }
    expect(deployment.logs.some((line) => String(line['event']).startsWith('key_cache.'))).toBe(true);
  });
});
