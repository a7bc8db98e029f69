// KV that is behind, ahead, or holds what no longer counts: no token is verified with keys that the provider's row does not stand for (docs/reliability.md).

import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';

import { MAX_JWKS_STALE_SECONDS } from '../../src/issuers/limits.ts';
import { CLOCK_SKEW_SECONDS } from '../../src/token/limits.ts';
import type { Answer } from '../support/deployment.ts';
import { addIssuer, expectUnavailable, startWorld } from './world.ts';
import type { World } from './world.ts';

const PROVIDERS = '/v1/federated-identity-providers';

/** What this location of KV knows just now, and will go on knowing. */
async function freeze({ kv }: World): Promise<void> {
  const keys = [...new Set(kv.written.map(({ key }) => key))];
  kv.frozen = new Map(await Promise.all(keys.map(async (key) => [key, await env.CACHE.get(key)] as const)));
}

/** Takes away the issuer's key; answers how to use it all the same. */
async function withdrawKey({ deployment, issuer, token }: World): Promise<() => Promise<Answer>> {
  const { key } = issuer;
  await issuer.rotate();
  issuer.withdraw();
  return async () => deployment.exchange(await token({}, { key }));
}

function expectUnknownKey({ status, body }: Answer): void {
  expect([status, body.error_description]).toEqual([400, expect.stringContaining('not among the keys')]);
}

describe('a key that its issuer withdrew and KV still holds', () => {
  it('stops counting with the freshness of its set in every isolate, however late KV hears of it (contract §6)', async () => {
    const world = await startWorld();
    await world.works();
    await freeze(world);
    const byWithdrawn = await withdrawKey(world);
    const until = world.deployment.clock.now + 600;
    world.deployment.clock.now = until - 1;
    world.deployment.coldStart();
    expect((await byWithdrawn()).status).toBe(200);
    world.deployment.clock.now = until;
    expectUnknownKey(await byWithdrawn());
    world.deployment.coldStart();
    expectUnknownKey(await byWithdrawn());
    await world.works();
  });

  it('stops at once by a refresh, though KV has heard of nothing (contract §6)', async () => {
    const world = await startWorld();
    await world.works();
    await freeze(world);
    const byWithdrawn = await withdrawKey(world);
    expect((await world.deployment.iam('POST', `${PROVIDERS}/${world.joined.provider}/refresh`)).status).toBe(200);
    expectUnknownKey(await byWithdrawn());
    world.deployment.coldStart();
    expectUnknownKey(await byWithdrawn());
    await world.works();
  });

  it('stops in an isolate with the first token by the new key, and does not come back out of KV (contract §6)', async () => {
    const world = await startWorld();
    await world.works();
    await freeze(world);
    const byWithdrawn = await withdrawKey(world);
    await world.works();
    expectUnknownKey(await byWithdrawn());
    // The new set is over, the issuer fails, and KV offers the older set once more.
    world.issuer.goDown();
    world.deployment.clock.now += 700;
    expect((await byWithdrawn()).status).toBe(503);
    await world.works();
  });
});

describe('older keys written over newer ones', () => {
  it('count until their own freshness ends; tokens by the newer keys pass at once (contract §6)', async () => {
    const world = await startWorld();
    await world.works();
    const [older] = world.kv.written;
    const byWithdrawn = await withdrawKey(world);
    world.deployment.clock.now += 31;
    await world.works();
    expect(world.kv.written).toHaveLength(2);
    await env.CACHE.put(older?.key ?? '', older?.value ?? '');
    world.deployment.coldStart();
    expect((await byWithdrawn()).status).toBe(200);
    await world.works();
    expectUnknownKey(await byWithdrawn());
    // The token by the newer key has mended KV, too.
    world.deployment.coldStart();
    world.deployment.resetCounts();
    await world.works();
    expect(world.deployment.counts.fetches).toEqual([]);
  });

  it('never count beyond a day after they were fetched, though the issuer is failing (contract §6)', async () => {
    const world = await startWorld();
    await world.works();
    await freeze(world);
    world.issuer.goDown();
    const fetchedAt = world.deployment.clock.now;
    world.deployment.clock.now = fetchedAt + MAX_JWKS_STALE_SECONDS - 1;
    world.deployment.coldStart();
    expect((await world.exchange()).status).toBe(200);
    world.deployment.clock.now = fetchedAt + MAX_JWKS_STALE_SECONDS;
    world.deployment.coldStart();
    expectUnavailable(await world.exchange());
    world.issuer.comeBack();
    world.deployment.clock.now += 11;
    await world.works();
  });
});

describe('keys that a clock wrote which was ahead', () => {
  const aheadBy = async (seconds: number): Promise<World> => {
    const world = await startWorld();
    world.deployment.clock.now += seconds;
    await world.works();
    world.deployment.clock.now -= seconds;
    world.deployment.coldStart();
    world.deployment.resetCounts();
    return world;
  };

  it('by as much as clocks differ are used, and a new key of the issuer is found at once all the same (contract §6)', async () => {
    const world = await aheadBy(CLOCK_SKEW_SECONDS);
    await world.works();
    expect(world.deployment.counts.fetches).toEqual([]);
    const byWithdrawn = await withdrawKey(world);
    await world.works();
    expectUnknownKey(await byWithdrawn());
    expect(world.deployment.counts.fetches).toHaveLength(2);
  });

  it('by more are as if they were not there (contract §6)', async () => {
    const world = await aheadBy(CLOCK_SKEW_SECONDS + 1);
    await world.works();
    expect(world.deployment.counts.fetches).toHaveLength(2);
  });
});

describe('keys of what the row no longer says', () => {
  it('never count again once the row names another address, nor when it names the old one again (contract §6)', async () => {
    const world = await startWorld();
    const { deployment, issuer, joined, works } = world;
    await works();
    const set = async (providerJwksUri: string | null): Promise<void> =>
      expect((await deployment.iam('PATCH', `${PROVIDERS}/${joined.provider}`, { providerJwksUri })).status).toBe(200);
    const byWithdrawn = await withdrawKey(world);
    const elsewhere = new URL('/other/keys', issuer.jwksUri);
    issuer.answer(elsewhere.pathname, () => Response.json(issuer.jwks));
    for (const address of [elsewhere.href, null, elsewhere.href]) {
      await set(address);
      deployment.resetCounts();
      expectUnknownKey(await byWithdrawn());
      deployment.coldStart();
      expectUnknownKey(await byWithdrawn());
      await works();
      expect(deployment.counts.fetches.at(-1)).toBe(address ?? issuer.jwksUri);
    }
  });

  it('are not even looked for while the provider is disabled (contract §6)', async () => {
    const { deployment, joined, works, exchange } = await startWorld();
    await works();
    const set = (status: string): Promise<Answer> =>
      deployment.iam('PATCH', `${PROVIDERS}/${joined.provider}`, { status });
    await set('inactive');
    deployment.coldStart();
    deployment.resetCounts();
    const { status, body } = await exchange();
    expect([status, body.error_description, deployment.counts.fetches]).toEqual([
      400,
      expect.stringContaining('disabled'),
      [],
    ]);
    await set('active');
    await works();
    expect(deployment.counts.fetches).toEqual([]);
  });

  it('stay with their provider: one that is registered again for the same issuer asks for its own (contract §6)', async () => {
    const world = await startWorld();
    const { deployment, joined, issuer, works } = world;
    await works();
    const byWithdrawn = await withdrawKey(world);
    await deployment.iam('DELETE', `/v1/federated-identities/${joined.federatedIdentity}`);
    expect((await deployment.iam('DELETE', `${PROVIDERS}/${joined.provider}`)).status).toBeLessThan(300);
    expect((await byWithdrawn()).status).toBe(400);
    const again = await deployment.iam('POST', PROVIDERS, { name: 'again', providerIssuer: issuer.issuer });
    await deployment.iam('POST', '/v1/federated-identities', {
      name: 'again',
      serviceAccountIdentity: joined.serviceAccount,
      providerIdentity: again.body.identity,
      providerSubject: 'job:good',
      allowedScopes: ['api:read'],
    });
    deployment.coldStart();
    expectUnknownKey(await byWithdrawn());
    await works();
  });
});

describe('KV entries of two providers changed for each other', () => {
  it('let nobody in: each names its provider, and both issuers are asked (contract §6)', async () => {
    const world = await startWorld();
    const { deployment, kv, works, token } = world;
    await works();
    const other = await addIssuer(world, 'other');
    const ofOther = (): Promise<string> => token({ iss: other.issuer }, { key: other.key });
    expect((await deployment.exchange(await ofOther())).status).toBe(200);
    const [one, two] = kv.written;
    await env.CACHE.put(one?.key ?? '', two?.value ?? '');
    await env.CACHE.put(two?.key ?? '', one?.value ?? '');

    deployment.coldStart();
    deployment.resetCounts();
    // Signed by the other issuer, in the name of the first: both keys are called key-1.
    const { status, body } = await deployment.exchange(await token({}, { key: other.key }));
    expect([status, body.error_description]).toEqual([400, expect.stringContaining('signature')]);
    await works();
    expect((await deployment.exchange(await ofOther())).status).toBe(200);
    expect(deployment.counts.fetches).toHaveLength(4);
  });
});
