// An issuer that changes its keys: every way it may do so, how soon the new ones count and how long the old ones do (docs/reliability.md).

import { describe, expect, it } from 'vitest';

import { createKey } from '../support/issuer.ts';
import type { IssuerKey } from '../support/issuer.ts';
import { startWorld } from './world.ts';
import type { World } from './world.ts';

const REFUSALS = {
  unknown: 'is not among the keys of its issuer',
  forged: 'the signature of the token is not valid',
  unfit: 'is not a key for',
} as const;

/** What a token by a key is worth just now; a refusal that is none of these is said in full. */
async function worth({ deployment, token }: World, key: IssuerKey): Promise<string> {
  const { status, body } = await deployment.exchange(await token({}, { key }));
  if (status === 200) return 'good';
  const said = `${status} ${body.error_description}`;
  const known = Object.entries(REFUSALS).find(([, text]) => said.startsWith('400 ') && said.includes(text));
  return known?.[0] ?? said;
}

describe('an issuer that changes its keys', () => {
  it('in order, publishing before it signs, costs nobody a token and one refresh (contract §6)', async () => {
    const world = await startWorld();
    const { deployment, issuer } = world;
    const first = issuer.key;
    expect(await worth(world, first)).toBe('good');
    await issuer.rotate();
    deployment.resetCounts();
    for (const key of [issuer.key, first, issuer.key, first]) expect(await worth(world, key)).toBe('good');
    expect(deployment.counts.fetches).toHaveLength(2);
    issuer.withdraw();
    deployment.clock.now += 601;
    expect([await worth(world, first), await worth(world, issuer.key)]).toEqual(['unknown', 'good']);
  });

  it('and goes back to an old one is followed there and back, within half a minute each (contract §6)', async () => {
    const world = await startWorld();
    const { deployment, issuer } = world;
    const [first, second] = [issuer.key, await createKey('ES256', 'key-2')];
    expect(await worth(world, first)).toBe('good');
    for (const [published, gone] of [
      [second, first],
      [first, second],
      [second, first],
      [first, second],
    ] as const) {
      issuer.publish(published.publicJwk);
      // The one refresh of this half minute.
      expect(await worth(world, published)).toBe('good');
      expect(await worth(world, gone)).toBe('unknown');
      deployment.clock.now += 30;
    }
  });

  it('twice in half a minute makes the second new key wait for the rest of it, and nobody else (contract §6)', async () => {
    const world = await startWorld();
    const { deployment, issuer } = world;
    const first = issuer.key;
    expect(await worth(world, first)).toBe('good');
    await issuer.rotate();
    const second = issuer.key;
    expect(await worth(world, second)).toBe('good');
    await issuer.rotate();
    deployment.clock.now += 29;
    expect(await worth(world, issuer.key)).toBe('unknown');
    expect([await worth(world, first), await worth(world, second)]).toEqual(['good', 'good']);
    deployment.clock.now += 1;
    expect(await worth(world, issuer.key)).toBe('good');
  });

  it('under one kid is found out by the first signature, and the second change in half a minute waits for the rest of it (contract §6)', async () => {
    const world = await startWorld();
    const { deployment, issuer } = world;
    const first = issuer.key;
    expect(await worth(world, first)).toBe('good');
    await issuer.rotate({ kid: first.kid });
    const second = issuer.key;
    deployment.resetCounts();
    expect([await worth(world, second), await worth(world, first)]).toEqual(['good', 'forged']);
    await issuer.rotate({ kid: first.kid });
    deployment.clock.now += 29;
    expect([await worth(world, issuer.key), await worth(world, second)]).toEqual(['forged', 'good']);
    expect(deployment.counts.fetches).toHaveLength(2);
    deployment.clock.now += 1;
    expect([await worth(world, issuer.key), await worth(world, second)]).toEqual(['good', 'forged']);
  });

  it('for one of another type under the same kid is followed when its set is no longer fresh (contract §6)', async () => {
    const world = await startWorld();
    const { deployment, issuer } = world;
    expect(await worth(world, issuer.key)).toBe('good');
    await issuer.rotate({ kid: issuer.key.kid, alg: 'RS256' });
    // No signature was checked that could be wrong: the key that is known cannot make one of this kind.
    expect(await worth(world, issuer.key)).toBe('unfit');
    deployment.clock.now += 600;
    expect(await worth(world, issuer.key)).toBe('good');
  });

  it('by publishing two under one kid loses both of them, and keeps every other (contract §6)', async () => {
    const world = await startWorld();
    const { deployment, issuer } = world;
    const [first, other] = [issuer.key, await createKey('ES256', 'other')];
    const twin = await createKey('ES256', first.kid);
    expect(await worth(world, first)).toBe('good');
    issuer.publish(first.publicJwk, twin.publicJwk, other.publicJwk);
    deployment.clock.now += 601;
    expect([await worth(world, first), await worth(world, twin), await worth(world, other)]).toEqual([
      'unknown',
      'unknown',
      'good',
    ]);
    issuer.publish(first.publicJwk, other.publicJwk);
    deployment.clock.now += 30;
    expect([await worth(world, first), await worth(world, twin)]).toEqual(['good', 'forged']);
  });

  it('by withdrawing one of them makes it count no longer than a set stays fresh: an hour at most (contract §6)', async () => {
    const world = await startWorld();
    const { deployment, issuer } = world;
    issuer.answer(issuer.jwksPath, () =>
      Response.json(issuer.jwks, { headers: { 'cache-control': 'max-age=999999' } }),
    );
    const first = issuer.key;
    expect(await worth(world, first)).toBe('good');
    await issuer.rotate();
    issuer.withdraw();
    deployment.clock.now += 3_599;
    expect(await worth(world, first)).toBe('good');
    deployment.clock.now += 1;
    expect(await worth(world, first)).toBe('unknown');
    deployment.coldStart();
    expect(await worth(world, first)).toBe('unknown');
  });

  it('by withdrawing one while it cannot be reached makes it count until it can, a day at most (contract §6)', async () => {
    const world = await startWorld();
    const { deployment, issuer } = world;
    const first = issuer.key;
    expect(await worth(world, first)).toBe('good');
    await issuer.rotate();
    issuer.withdraw();
    issuer.goDown();
    deployment.clock.now += 40_000;
    expect(await worth(world, first)).toBe('good');
    issuer.comeBack();
    deployment.clock.now += 29;
    expect(await worth(world, first)).toBe('good');
    deployment.clock.now += 1;
    expect(await worth(world, first)).toBe('unknown');
    expect(await worth(world, issuer.key)).toBe('good');
  });
});
