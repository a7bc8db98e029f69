// A clock that jumps forward or back, by seconds to days: nobody is let in, nothing stays stuck when it is right again (docs/reliability.md).

import { decodeJwt, decodeProtectedHeader } from 'jose';
import { describe, expect, it } from 'vitest';

import { sweep } from '../../src/store/sweep.ts';
import { ADMIN_TOKEN, START } from '../support/deployment.ts';
import { createKey } from '../support/issuer.ts';
import { bundleOf, newKey } from './secrets.ts';
import { expectUnavailable, startWorld } from './world.ts';
import type { World } from './world.ts';

const MINUTE = 60;
const HOUR = 3_600;

async function isActive({ deployment }: World, issued: string): Promise<boolean> {
  const { body } = await deployment.send('/oidc/introspect', {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
    body: new URLSearchParams({ token: issued }),
  });
  return body.active;
}

describe('with a clock that is wrong', () => {
  it.each([
    ['ahead by five minutes', 5 * MINUTE, 'expired'],
    ['ahead by three hours', 3 * HOUR, 'expired'],
    ['behind by ten minutes', -10 * MINUTE, 'says that it is issued in'],
    ['behind by three hours', -3 * HOUR, 'says that it is issued in'],
    ['at the epoch', -START, 'says that it is issued in'],
  ])(
    '%s a token of this moment is refused, with both clocks named, and taken when it is right again (contract §3)',
    async (_name, jump, said) => {
      const { deployment, token, granted } = await startWorld();
      const one = await token({ exp: START + 2 * MINUTE });
      deployment.clock.now = START + jump;
      const { status, body } = await deployment.exchange(one);
      expect([status, body.error_description]).toEqual([400, expect.stringContaining(said)]);
      expect(body.error_description).toContain(`this service's clock is ${START + jump}`);
      expect(await granted()).toEqual([]);
      deployment.clock.now = START;
      expect((await deployment.exchange(one)).status).toBe(200);
    },
  );

  it('by less than a minute either way tokens are taken, and issued ones say the time that it shows (contract §3)', async () => {
    const { deployment, token } = await startWorld();
    for (const jump of [-59, 59]) {
      const one = await token({ exp: START + 5 * MINUTE, iat: START });
      deployment.clock.now = START + jump;
      const { status, body } = await deployment.exchange(one);
      expect(status).toBe(200);
      const { iat, exp, nbf } = decodeJwt(body.access_token);
      expect([iat, exp, nbf]).toEqual([START + jump, START + jump + HOUR, START + jump - MINUTE]);
    }
  });

  it('an issued token counts within its times and no longer, and again when the clock is right (contract §3)', async () => {
    const world = await startWorld();
    const issued = (await world.exchange()).body.access_token as string;
    const at = async (jump: number): Promise<boolean> => {
      world.deployment.clock.now = START + jump;
      return isActive(world, issued);
    };
    expect([await at(0), await at(2 * HOUR), await at(-2 * HOUR), await at(30 * MINUTE)]).toEqual([
      true,
      false,
      false,
      true,
    ]);
  });

  it('a rule that has an end matches within it and no longer, whichever way the clock comes (contract §5.3)', async () => {
    const { deployment, exchange } = await startWorld({ expiresAt: new Date((START + HOUR) * 1000).toISOString() });
    const at = async (jump: number): Promise<number> => {
      deployment.clock.now = START + jump;
      return (await exchange()).status;
    };
    expect([await at(0), await at(HOUR), await at(59 * MINUTE), await at(2 * HOUR), await at(-HOUR)]).toEqual([
      200, 400, 200, 400, 200,
    ]);
  });
});

describe('what was used or revoked while the clock jumped', () => {
  it('stays used though the sweep ran with a clock ahead by 23 hours (contract §5.3)', async () => {
    const { deployment, token, granted } = await startWorld({ replayProtection: 'singleUse' });
    const one = await token();
    expect((await deployment.exchange(one)).status).toBe(200);
    await sweep(deployment.db, START + 23 * HOUR, 400);
    expect((await deployment.exchange(one)).body.error_description).toContain('already used');
    expect(await granted()).toHaveLength(1);
  });

  it('stays revoked though the sweep ran with a clock ahead by 23 hours (RFC 7009 §2)', async () => {
    const world = await startWorld();
    const issued = (await world.exchange()).body.access_token as string;
    const form = { method: 'POST', body: new URLSearchParams({ token: issued }) };
    expect(await isActive(world, issued)).toBe(true);
    await world.deployment.send('/oidc/revoke', form);
    await sweep(world.deployment.db, START + 23 * HOUR, 400);
    expect(await isActive(world, issued)).toBe(false);
  });
});

describe('the keys of an issuer', () => {
  it('are fetched once after a jump ahead and once after the jump back, and never stay stuck (contract §6)', async () => {
    const { deployment, issuer, works } = await startWorld();
    await works();
    expect(issuer.requests()).toBe(2);
    deployment.clock.now = START + 2 * HOUR;
    await works();
    await works();
    expect(issuer.requests()).toBe(4);
    await issuer.rotate();
    issuer.withdraw();
    deployment.clock.now = START;
    await works();
    await works();
    expect(issuer.requests()).toBe(6);
  });

  it('that an isolate with a clock ahead wrote to KV are not read by one whose clock is right (contract §6)', async () => {
    const { deployment, issuer, works } = await startWorld();
    deployment.clock.now = START + 2 * HOUR;
    await works();
    expect(issuer.requests()).toBe(2);
    deployment.coldStart();
    deployment.clock.now = START;
    await works();
    expect(issuer.requests()).toBe(4);
    // Its own are, so what it wrote took their place.
    deployment.coldStart();
    await works();
    expect(issuer.requests()).toBe(4);
  });

  it('of one that failed while the clock was ahead are asked for at once when it is right (contract §6)', async () => {
    const { deployment, issuer, exchange } = await startWorld();
    deployment.clock.now = START + HOUR;
    issuer.goDown();
    expectUnavailable(await exchange());
    issuer.comeBack();
    deployment.clock.now = START;
    expect((await exchange()).status).toBe(200);
  });

  it('are asked for no more often than before where random kids meet a clock that trembles (contract §6)', async () => {
    const { deployment, issuer, token, works } = await startWorld();
    await works();
    const before = issuer.requests();
    const stranger = await createKey('ES256', 'stranger');
    for (let tick = 0; tick < 40; tick += 1) {
      deployment.clock.now = START + (tick % 2 === 0 ? 0 : -29);
      const one = await token({}, { key: stranger, header: { kid: crypto.randomUUID() } });
      expect((await deployment.exchange(one)).status).toBe(400);
    }
    expect(issuer.requests() - before).toBe(2);
  });

  it('may be served for a day of outage and no longer, by the clock as it is now (contract §6)', async () => {
    const { deployment, issuer, works, exchange } = await startWorld();
    await works();
    issuer.goDown();
    deployment.clock.now = START + 23 * HOUR;
    await works();
    deployment.clock.now = START + 25 * HOUR;
    expectUnavailable(await exchange());
    issuer.comeBack();
    deployment.clock.now = START + 25 * HOUR + MINUTE;
    expect((await exchange()).status).toBe(200);
  });
});

describe('our own keys', () => {
  const twoKeys = async (): Promise<string> => bundleOf(await newKey('ES256', 'own-1'), await newKey('ES256', 'own-2'));

  it('that a clock ahead recorded are published and sign all the same (contract §5.8)', async () => {
    const { deployment, exchange } = await startWorld({}, { SIGNING_KEYS: await twoKeys() });
    await deployment.db
      .prepare('UPDATE signing_key SET published_at = ?1, activated_at = iif(activated_at IS NULL, NULL, ?1)')
      .bind(START + 3 * HOUR)
      .run();
    const { body } = await deployment.send('/.well-known/jwks.json');
    expect(body.keys).toHaveLength(2);
    expect(decodeProtectedHeader((await exchange()).body.access_token).kid).toBe('own-1');
  });

  it('that a clock ahead recorded are not rotated to before verifiers surely know them, but in an emergency (contract §5.8)', async () => {
    const { deployment, exchange } = await startWorld({}, { SIGNING_KEYS: await twoKeys() });
    await deployment.db
      .prepare('UPDATE signing_key SET published_at = ?1')
      .bind(START + 3 * HOUR)
      .run();
    const graceful = await deployment.iam('POST', '/v1/signing-keys/rotate', { mode: 'graceful' });
    expect([graceful.status, graceful.body.detail]).toEqual([409, expect.stringContaining('in 11100 seconds')]);
    expect((await deployment.iam('POST', '/v1/signing-keys/rotate', { mode: 'emergency' })).status).toBe(200);
    expect(decodeProtectedHeader((await exchange()).body.access_token).kid).toBe('own-2');
  });

  it('that retired under a clock ahead stay published for at least as long as their tokens live (contract §5.8)', async () => {
    const world = await startWorld({}, { SIGNING_KEYS: await twoKeys() });
    const { deployment, exchange } = world;
    const issued = (await exchange()).body.access_token as string;
    deployment.clock.now = START + 3 * HOUR;
    expect((await deployment.iam('POST', '/v1/signing-keys/rotate')).status).toBe(200);
    deployment.clock.now = START + 10 * MINUTE;
    expect((await deployment.send('/.well-known/jwks.json')).body.keys).toHaveLength(2);
    expect(await isActive(world, issued)).toBe(true);
    expect(decodeProtectedHeader((await exchange()).body.access_token).kid).toBe('own-2');
  });
});

describe('the audit log', () => {
  it('loses nothing of a clock that jumped: every grant is an event at the time that it showed, listed by it (contract §5.7)', async () => {
    const { deployment, works } = await startWorld();
    const times = [0, 3 * HOUR, MINUTE, -2 * HOUR, 2 * MINUTE].map((jump) => START + jump);
    for (const now of times) {
      deployment.clock.now = now;
      await works();
    }
    const seen: number[] = [];
    let path: string | null = '/v1/audit-events?outcome=granted&limit=2';
    while (path !== null) {
      const { body, headers } = await deployment.iam('GET', path);
      seen.push(...body.map(({ time }: { time: string }) => Date.parse(time) / 1000));
      path = /<([^>]+)>; *rel="next"/.exec(headers.get('link') ?? '')?.[1]?.replace('https://cambist.test', '') ?? null;
    }
    expect(seen).toEqual(times.toSorted((one, other) => other - one));
  });

  it('counts a refusal anew where an equal one is of a clock that ran ahead (contract §5.7)', async () => {
    const { deployment, token } = await startWorld();
    const refuse = async (jump: number): Promise<void> => {
      deployment.clock.now = START + jump;
      expect((await deployment.exchange(await token({ sub: 'job:evil' }))).status).toBe(400);
    };
    for (const jump of [HOUR, 0, 10, -HOUR]) await refuse(jump);
    const refused = (await deployment.events()).filter(({ outcome }) => outcome === 'refused');
    expect(refused.map(({ time, count }) => [Number(time) - START, count])).toEqual([
      [HOUR, 1],
      [0, 2],
      [-HOUR, 1],
    ]);
  });

  it('shows the last use by the clock that is right again, not by the one that ran ahead (contract §5.3)', async () => {
    const { deployment, works, joined } = await startWorld();
    for (const jump of [3 * HOUR, 0]) {
      deployment.clock.now = START + jump;
      await works();
    }
    const { body } = await deployment.iam('GET', `/v1/federated-identities/${joined.federatedIdentity}`);
    expect(Date.parse(body.lastUsedAt) / 1000).toBe(START);
  });
});
