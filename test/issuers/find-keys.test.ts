// Where keys come from and how long they serve: memory, KV, network, freshness, cooldowns, outages (contract §6).

import { denialMessage } from '../../src/http/denial-message.ts';
import { beforeEach, describe, expect, it } from 'vitest';

import { createIssuer } from '../support/issuer.ts';
import type { TestIssuer } from '../support/issuer.ts';
import { githubActions } from '../support/claims.ts';
import { createIsolate, createMemoryCache, outcomeOf, providerFor } from '../support/verifier.ts';
import type { Isolate } from '../support/verifier.ts';

const NOW = 1_789_000_000;
const DAY = 86_400;
let issuer: TestIssuer;
let isolate: Isolate;

beforeEach(async () => {
  issuer = await createIssuer();
  isolate = createIsolate(issuer);
});

const claims = (now: number): Record<string, unknown> => githubActions({ now, issuer: issuer.issuer });

/** A token of the issuer's current key, verified at `now`. */
async function verifyAt(now: number, on: Isolate = isolate, header: Record<string, unknown> = {}): Promise<string> {
  return outcomeOf(await on.verify(await issuer.sign(claims(now), { header }), providerFor(issuer), now));
}

const unknownKidAt = (now: number, on: Isolate = isolate): Promise<string> => verifyAt(now, on, { kid: 'random' });

describe('fresh keys', () => {
  it('cost two fetches, one KV read and one KV write once, and nothing when warm (contract §7)', async () => {
    const cold = await isolate.verify(await issuer.sign(claims(NOW)), providerFor(issuer), NOW);
    expect(cold).toMatchObject({
      ok: true,
      value: { stale: false, fetched: { fetchedAt: NOW, keys: [{ kid: 'key-1', alg: 'ES256' }] } },
    });
    expect([issuer.requests(), isolate.cache.reads, isolate.cache.writes]).toEqual([2, 1, 1]);
    const warm = await isolate.verify(await issuer.sign(claims(NOW + 1)), providerFor(issuer), NOW + 1);
    expect(warm).toMatchObject({ ok: true, value: { stale: false, fetched: null } });
    expect([issuer.requests(), isolate.cache.reads, isolate.cache.writes]).toEqual([2, 1, 1]);
  });

  it('come from KV in another isolate, without a fetch', async () => {
    await verifyAt(NOW);
    const other = createIsolate(issuer, { cache: isolate.cache });
    expect(await verifyAt(NOW + 10, other)).toBe('verified');
    expect([issuer.requests(), isolate.cache.reads]).toEqual([2, 2]);
    expect(isolate.cache.ttl).toBeGreaterThanOrEqual(DAY);
  });

  it.each([
    ['max-age=600', 600],
    ['max-age=10', 300],
    ['public, max-age=86400', 3600],
    ['no-store', 600],
    ['s-maxage=5', 600],
    ['max-age=-1', 600],
  ])('stay fresh with cache-control "%s" for %i s', async (cacheControl, seconds) => {
    issuer = await createIssuer({ cacheControl });
    isolate = createIsolate(issuer);
    await verifyAt(NOW);
    await verifyAt(NOW + seconds - 1);
    expect(issuer.requests()).toBe(2);
    await verifyAt(NOW + seconds);
    expect(issuer.requests()).toBe(4);
  });

  it('are fetched once or twice by 200 concurrent cold exchanges, and all succeed', async () => {
    const tokens = await Promise.all(Array.from({ length: 200 }, () => issuer.sign(claims(NOW))));
    const results = await Promise.all(tokens.map((token) => isolate.verify(token, providerFor(issuer), NOW)));
    expect(results.map(outcomeOf)).toEqual(tokens.map(() => 'verified'));
    expect([issuer.requests(), isolate.cache.reads, isolate.cache.writes]).toEqual([2, 1, 1]);
  });

  it('are not shared between providers, versions, addresses or presets', async () => {
    const token = await issuer.sign(claims(NOW));
    const provider = providerFor(issuer);
    await isolate.verify(token, provider, NOW);
    const others = [
      { ...provider, id: 'idp_other' },
      { ...provider, keysVersion: 2 },
      { ...provider, providerJwksUri: issuer.jwksUri },
      { ...provider, preset: 'spiffe' as const },
    ];
    for (const other of others) {
      const before = issuer.requests();
      await isolate.verify(token, other, NOW);
      expect(issuer.requests()).toBeGreaterThan(before);
    }
  });

  it('are asked for at providerJwksUri without discovery', async () => {
    const provider = providerFor(issuer, { providerJwksUri: issuer.jwksUri });
    expect(outcomeOf(await isolate.verify(await issuer.sign(claims(NOW)), provider, NOW))).toBe('verified');
    expect([issuer.requests(issuer.discoveryPath), issuer.requests(issuer.jwksPath)]).toEqual([0, 1]);
  });

  it('given by hand need neither network nor KV, and an unknown kid fetches nothing', async () => {
    const provider = providerFor(issuer, { localJwks: { keys: JSON.parse(JSON.stringify(issuer.jwks.keys)) } });
    expect(outcomeOf(await isolate.verify(await issuer.sign(claims(NOW)), provider, NOW))).toBe('verified');
    const unknown = await issuer.sign(claims(NOW), { header: { kid: 'random' } });
    expect(outcomeOf(await isolate.verify(unknown, provider, NOW))).toBe('unknown_kid');
    expect([issuer.requests(), isolate.cache.reads]).toEqual([0, 0]);
    const none = providerFor(issuer, { localJwks: { keys: [] } });
    expect(outcomeOf(await isolate.verify(unknown, none, NOW))).toBe('keys_unavailable');
  });
});

describe('KV', () => {
  const entry = (): [string, Record<string, unknown>] => {
    const [[key, text] = ['', '{}']] = isolate.cache.entries;
    return [key, JSON.parse(text)];
  };

  it('that fails is a miss, logged and nothing worse', async () => {
    isolate.cache.failing = true;
    expect(await verifyAt(NOW)).toBe('verified');
    expect(isolate.logs.map(({ event }) => event)).toEqual([
      'key_cache.read_failed',
      'issuer_keys.fetched',
      'key_cache.write_failed',
    ]);
  });

  it('keeps public members only, under a short key', async () => {
    await verifyAt(NOW);
    const [key, kept] = entry();
    expect(key.length).toBeLessThan(512);
    expect(kept['keys']).toEqual([
      { kty: 'EC', crv: 'P-256', x: expect.any(String), y: expect.any(String), kid: 'key-1', alg: 'ES256' },
    ]);
  });

  it.each([
    ['of another source', { source: '["idp_evil"]' }],
    ['from the future', { fetchedAt: NOW + 3600, freshUntil: NOW + 4000 }],
    ['that claims to be fresh for long', { freshUntil: NOW + 10 * DAY }],
    ['with a private key', { keys: [{ kty: 'EC', d: 'x' }] }],
    ['without keys', { keys: [] }],
    ['with times that are none', { fetchedAt: 'yesterday' }],
  ])('with an entry %s is as if it were empty', async (_, changes) => {
    await verifyAt(NOW);
    const [key, kept] = entry();
    isolate.cache.entries.set(key, JSON.stringify({ ...kept, ...changes }));
    expect(await verifyAt(NOW, createIsolate(issuer, { cache: isolate.cache }))).toBe('verified');
    expect(issuer.requests()).toBe(4);
  });

  it('with an entry that is no JSON is as if it were empty', async () => {
    await verifyAt(NOW);
    isolate.cache.entries.set(entry()[0], '<html>');
    expect(await verifyAt(NOW, createIsolate(issuer, { cache: isolate.cache }))).toBe('verified');
    expect(issuer.requests()).toBe(4);
  });

  it('never takes the place of a newer set in memory', async () => {
    await verifyAt(NOW);
    const old = new Map(isolate.cache.entries);
    await issuer.rotate();
    issuer.withdraw();
    expect(await verifyAt(NOW + 31)).toBe('verified');
    for (const [key, text] of old) isolate.cache.entries.set(key, text);
    issuer.goDown();
    expect(await verifyAt(NOW + 700)).toBe('verified');
  });
});

describe('an issuer that changes its keys', () => {
  it('is asked again at once for an unknown kid, though the keys are fresh', async () => {
    await verifyAt(NOW);
    await issuer.rotate();
    expect(await verifyAt(NOW + 1)).toBe('verified');
    expect(issuer.requests()).toBe(4);
  });

  it('is asked again for a bad signature under a known kid, as on Jenkins', async () => {
    await verifyAt(NOW);
    await issuer.rotate({ kid: 'key-1' });
    expect(await verifyAt(NOW + 1)).toBe('verified');
    expect(issuer.requests()).toBe(4);
  });

  it.each([
    ['an unknown kid', 'key-2'],
    ['a bad signature under a known kid', 'key-1'],
  ])('is asked again at once for %s in another isolate, though KV has a fresh set', async (_name, kid) => {
    await verifyAt(NOW);
    await issuer.rotate({ kid });
    const other = createIsolate(issuer, { cache: isolate.cache });
    expect(await verifyAt(NOW + 1, other)).toBe('verified');
    expect(issuer.requests(issuer.jwksPath)).toBe(2);
    const third = createIsolate(issuer, { cache: isolate.cache });
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => unknownKidAt(NOW + 2, third)));
    expect(new Set(outcomes)).toEqual(new Set(['unknown_kid']));
    expect(issuer.requests(issuer.jwksPath)).toBe(3);
  });

  it('is asked once per 30 s by random kids and bad signatures together', async () => {
    await verifyAt(NOW);
    const badSignature = (await issuer.sign(claims(NOW))).replace(/.{86}$/, 'A'.repeat(86));
    const outcomes = new Set<string>();
    for (let second = 1; second < 31; second += 1) {
      outcomes.add(await unknownKidAt(NOW + second));
      outcomes.add(outcomeOf(await isolate.verify(badSignature, providerFor(issuer), NOW + second)));
    }
    expect([...outcomes].sort()).toEqual(['signature_invalid', 'unknown_kid']);
    expect(issuer.requests(issuer.jwksPath)).toBe(2);
    await unknownKidAt(NOW + 31);
    expect(issuer.requests(issuer.jwksPath)).toBe(3);
    expect(await verifyAt(NOW + 31)).toBe('verified');
  });

  it('is not asked twice by the one request that has just fetched', async () => {
    expect(await unknownKidAt(NOW)).toBe('unknown_kid');
    expect(issuer.requests(issuer.jwksPath)).toBe(1);
    // That load was no refresh that a token provoked, so the next unknown kid may still be a new key.
    await issuer.rotate();
    expect(await verifyAt(NOW + 1)).toBe('verified');
    expect(issuer.requests(issuer.jwksPath)).toBe(2);
  });

  it('is asked at most twice by 200 concurrent unknown kids on a cold start', async () => {
    const tokens = await Promise.all(
      Array.from({ length: 200 }, (_, n) => issuer.sign(claims(NOW), { header: { kid: `k${n}` } })),
    );
    const results = await Promise.all(tokens.map((token) => isolate.verify(token, providerFor(issuer), NOW)));
    expect(new Set(results.map(outcomeOf))).toEqual(new Set(['unknown_kid']));
    expect(issuer.requests(issuer.jwksPath)).toBeLessThanOrEqual(2);
  });

  it('by withdrawing one is obeyed once its set is refreshed', async () => {
    const stolen = issuer.key;
    await verifyAt(NOW);
    await issuer.rotate();
    issuer.withdraw();
    const forged = await issuer.sign(claims(NOW + 1), { key: stolen });
    expect(outcomeOf(await isolate.verify(forged, providerFor(issuer), NOW + 1))).toBe('verified');
    expect(await verifyAt(NOW + 2)).toBe('verified');
    expect(outcomeOf(await isolate.verify(forged, providerFor(issuer), NOW + 3))).toBe('unknown_kid');
  });
});

describe('an issuer that fails', () => {
  const failures: [string, () => void][] = [
    ['answers 503', () => issuer.goDown()],
    ['answers 404', () => issuer.goDown(404)],
    ['answers HTML with 200', () => issuer.serveGarbage()],
    ['publishes no keys', () => issuer.publish()],
    ['publishes symmetric keys only', () => issuer.publish({ kty: 'oct', k: 'c2VjcmV0', kid: 'key-1' })],
    ['publishes a private key', () => issuer.publish({ ...issuer.key.publicJwk, d: 'c2VjcmV0' })],
  ];

  it.each(failures)('and %s is 503 when cold, and asked at most once per 10 s', async (_, fail) => {
    fail();
    const token = await issuer.sign(claims(NOW));
    const first = await isolate.verify(token, providerFor(issuer), NOW);
    expect(first).toMatchObject({ ok: false, error: { reason: 'keys_unavailable', retryAfterSeconds: 10 } });
    // What the caller hears is no port scanner (contract §6): neither host, nor status, nor body.
    expect(first.ok ? '' : denialMessage(first.error, null)).not.toMatch(/example|503|404|doctype|https/i);
    const asked = issuer.requests();
    expect(await verifyAt(NOW + 9)).toBe('keys_unavailable');
    expect(issuer.requests()).toBe(asked);
    expect(await verifyAt(NOW + 10)).toBe('keys_unavailable');
    expect(issuer.requests()).toBeGreaterThan(asked);
  });

  it.each(failures)(
    'and %s when its keys are no longer fresh is served from the old set, marked stale, for 24 h',
    async (_, fail) => {
      await verifyAt(NOW);
      fail();
      const at = async (now: number) => isolate.verify(await issuer.sign(claims(now)), providerFor(issuer), now);
      expect(await at(NOW + 599)).toMatchObject({ ok: true, value: { stale: false } });
      expect(await at(NOW + 600)).toMatchObject({ ok: true, value: { stale: true } });
      expect(await at(NOW + DAY - 1)).toMatchObject({ ok: true, value: { stale: true } });
      expect(outcomeOf(await at(NOW + DAY + 60))).toBe('keys_unavailable');
      issuer.comeBack();
      issuer.withdraw();
      expect(await at(NOW + DAY + 120)).toMatchObject({ ok: true, value: { stale: false } });
    },
  );

  it('is asked at most once per 30 s while a stale set serves', async () => {
    await verifyAt(NOW);
    issuer.goDown();
    for (let second = 600; second < 630; second += 1) expect(await verifyAt(NOW + second)).toBe('verified');
    expect(issuer.requests(issuer.discoveryPath)).toBe(2);
    await verifyAt(NOW + 630);
    expect(issuer.requests(issuer.discoveryPath)).toBe(3);
  });

  it('makes an unknown kid 503 until it answers again, and asks nothing more for 30 s', async () => {
    await verifyAt(NOW);
    issuer.goDown();
    expect(await unknownKidAt(NOW + 1)).toBe('keys_unavailable');
    expect(issuer.requests(issuer.discoveryPath)).toBe(2);
    expect(await unknownKidAt(NOW + 30)).toBe('keys_unavailable');
    expect(issuer.requests(issuer.discoveryPath)).toBe(2);
    expect(await verifyAt(NOW + 30)).toBe('verified');
    issuer.comeBack();
    expect(await unknownKidAt(NOW + 31)).toBe('unknown_kid');
    expect(issuer.requests(issuer.discoveryPath)).toBe(3);
  });

  it('leaves a bad signature under a known kid a bad signature', async () => {
    await verifyAt(NOW);
    issuer.goDown();
    const forged = (await issuer.sign(claims(NOW))).replace(/.{86}$/, 'A'.repeat(86));
    expect(outcomeOf(await isolate.verify(forged, providerFor(issuer), NOW + 1))).toBe('signature_invalid');
  });

  it('never loses a good set to a refresh without usable keys', async () => {
    await verifyAt(NOW);
    const key = issuer.key;
    issuer.publish({ kty: 'oct', k: 'c2VjcmV0', kid: 'key-2' });
    await unknownKidAt(NOW + 1);
    const token = await issuer.sign(claims(NOW + 2), { key });
    expect(outcomeOf(await isolate.verify(token, providerFor(issuer), NOW + 2))).toBe('verified');
  });

  it('fails all concurrent cold exchanges after one attempt', async () => {
    issuer.goDown();
    const token = await issuer.sign(claims(NOW));
    const results = await Promise.all(
      Array.from({ length: 50 }, () => isolate.verify(token, providerFor(issuer), NOW)),
    );
    expect(new Set(results.map(outcomeOf))).toEqual(new Set(['keys_unavailable']));
    expect(issuer.requests()).toBe(1);
  });

  it('is logged with what an operator needs', async () => {
    issuer.goDown();
    await verifyAt(NOW);
    expect(isolate.logs).toContainEqual(
      expect.objectContaining({ event: 'issuer_keys.fetch_failed', detail: expect.stringContaining('answered 503') }),
    );
  });
});

describe('a request that vanishes while it loads keys', () => {
  it('is succeeded by one that waits, after its lease', async () => {
    let calls = 0;
    const hangingOnce = createIsolate(issuer, {
      cache: {
        ...createMemoryCache(),
        get: () => (++calls === 1 ? new Promise(() => undefined) : Promise.resolve(null)),
      },
    });
    const token = await issuer.sign(claims(NOW));
    void hangingOnce.verify(token, providerFor(issuer), NOW);
    expect(outcomeOf(await hangingOnce.verify(token, providerFor(issuer), NOW))).toBe('verified');
  }, 15_000);
});
