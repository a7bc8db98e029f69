// D1 that is slow, or never answers: every wait is bounded, and what D1 does after we gave up lets nobody in (docs/reliability.md).

import { setTimeout as sleep } from 'node:timers/promises';

import { afterEach, describe, expect, it, vi } from 'vitest';

import { STORAGE_TIMEOUT_MS } from '../../src/store/limits.ts';
import { ADMIN_TOKEN } from '../support/deployment.ts';
import type { Answer } from '../support/deployment.ts';
import { always, healthy, inOrder, onWrites } from './faulty-bindings.ts';
import type { FaultyDatabase } from './faulty-bindings.ts';
import { expectUnavailable, startWorld } from './world.ts';

describe('D1 that is slow', () => {
  it('makes the exchange as slow and no less correct (contract §3)', async () => {
    const { d1, exchange, works } = await startWorld();
    await works();
    d1.fault = always(120);
    const started = performance.now();
    const answer = await exchange();
    expect(performance.now() - started).toBeGreaterThan(100);
    expect([answer.status, answer.body.expires_in]).toEqual([200, 3600]);
  });

  it('for one request holds up no other one (contract §7)', async () => {
    const { deployment, d1, token, works } = await startWorld();
    await works();
    const [slow, quick] = [await token(), await token()];
    d1.fault = inOrder(600);
    let slowIsDone = false;
    const waiting = deployment.exchange(slow).then((answer) => {
      slowIsDone = true;
      return answer;
    });
    expect((await deployment.exchange(quick)).status).toBe(200);
    expect(slowIsDone).toBe(false);
    expect((await waiting).status).toBe(200);
  });

  it('lets nothing through that was disabled before its read (contract §3)', async () => {
    const { deployment, d1, token, joined } = await startWorld();
    const one = await token();
    d1.fault = always(200);
    const waiting = deployment.exchange(one);
    await deployment.db
      .prepare("UPDATE identity_provider SET status = 'inactive' WHERE id = ?1")
      .bind(joined.provider)
      .run();
    expect((await waiting).body.error_description).toContain('disabled');
  });
});

describe('D1 that never answers', () => {
  afterEach(() => void vi.restoreAllMocks());

  /** Holds the timers of storage until the test says that their time is over; all others run as ever. */
  function holdDeadlines(): { readonly passAll: () => void } {
    const held: (() => void)[] = [];
    const { setTimeout: real } = globalThis;
    vi.spyOn(globalThis, 'setTimeout').mockImplementation(((run: () => void, milliseconds?: number) =>
      milliseconds === STORAGE_TIMEOUT_MS ? held.push(run) : real(run, milliseconds)) as typeof setTimeout);
    return { passAll: () => held.splice(0).forEach((run) => run()) };
  }

  /** The answer to a request whose batch `hangs` picks, once the time for storage is over. */
  async function whenTimeIsOver(
    d1: FaultyDatabase,
    ask: () => Promise<Answer>,
    hangs: FaultyDatabase['fault'] = always('hang'),
  ): Promise<Answer> {
    const deadlines = holdDeadlines();
    let asked: Promise<Answer> | undefined;
    await new Promise<void>((reached) => {
      d1.fault = (call) => {
        const fault = hangs(call);
        if (fault !== null) reached();
        return fault;
      };
      asked = ask();
    });
    // Whatever waits beside it, also for a module that is loaded now, begins to wait meanwhile; what waits afterwards waits for ever.
    await sleep(50);
    deadlines.passAll();
    const answer = (await asked) as Answer;
    vi.restoreAllMocks();
    return answer;
  }

  it('is 503 with retry-after at every door after five seconds, and 200 again with it (contract §1, §3)', async () => {
    const { deployment, d1, token, works, exchange } = await startWorld();
    const issued = (await exchange()).body.access_token as string;
    const one = await token();
    const form = { method: 'POST', body: new URLSearchParams({ token: issued }) };
    const headers = { authorization: `Bearer ${ADMIN_TOKEN}` };
    expectUnavailable(await whenTimeIsOver(d1, () => deployment.exchange(one)));
    expectUnavailable(await whenTimeIsOver(d1, () => deployment.send('/.well-known/jwks.json')));
    expectUnavailable(await whenTimeIsOver(d1, () => deployment.send('/oidc/introspect', { ...form, headers })));
    expectUnavailable(await whenTimeIsOver(d1, () => deployment.send('/oidc/revoke', form)));
    const iam = await whenTimeIsOver(d1, () => deployment.iam('GET', '/v1/service-accounts'));
    expect([iam.status, iam.headers.get('retry-after')]).toEqual([503, '5']);
    const ready = await whenTimeIsOver(d1, () => deployment.send('/readyz'));
    expect([ready.status, ready.body.faults.length]).toEqual([503, 1]);
    expect(ready.body.faults[0]).toMatchObject({ setting: 'DB', detail: expect.stringContaining('no answer within') });
    d1.fault = healthy;
    await works();
  });

  it('to a write issues nothing, and what it had read is no reason to (contract §3)', async () => {
    const { deployment, d1, token, works, granted } = await startWorld();
    await works();
    const one = await token();
    expectUnavailable(await whenTimeIsOver(d1, () => deployment.exchange(one), onWrites('hang')));
    expect(await granted()).toHaveLength(1);
    d1.fault = healthy;
    expect((await deployment.exchange(one)).status).toBe(200);
  });

  it('in time but carries the write out after all leaves a single-use token used (contract §5.3)', async () => {
    const { deployment, d1, token, granted } = await startWorld({ replayProtection: 'singleUse' });
    await deployment.exchange(await token());
    const one = await token();
    let carryOut = (): void => undefined;
    const late = new Promise<void>((resolve) => {
      carryOut = resolve;
    });
    expectUnavailable(await whenTimeIsOver(d1, () => deployment.exchange(one), onWrites(late)));
    expect(await granted()).toHaveLength(1);
    d1.fault = healthy;
    carryOut();
    await vi.waitFor(async () => expect(await granted()).toHaveLength(2));
    expect((await deployment.exchange(one)).body.error_description).toContain('already used');
  });

  it('to one exchange is no reason to keep others waiting (contract §7)', async () => {
    const { deployment, d1, token, works } = await startWorld();
    await works();
    const deadlines = holdDeadlines();
    const [stuck, ...others] = await Promise.all([token(), token(), token()]);
    d1.fault = inOrder('hang');
    const answer = deployment.exchange(stuck);
    for (const other of others) expect((await deployment.exchange(other)).status).toBe(200);
    deadlines.passAll();
    expectUnavailable(await answer);
  });
});
