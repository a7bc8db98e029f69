// Any history of an issuer, of KV and of isolates keeps the promises about keys: none counts beyond its bound, and all is well soon after (contract §6).

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { githubActions } from '../support/claims.ts';
import { createIssuer, createKey } from '../support/issuer.ts';
import type { IssuerKey } from '../support/issuer.ts';
import { holds } from '../support/runs.ts';
import { createIsolate, createMemoryCache, outcomeOf, providerFor } from '../support/verifier.ts';
import type { Isolate } from '../support/verifier.ts';

const START = 1_789_000_000;
const [FRESH, COOLDOWN, DAY] = [600, 30, 86_400];
const ISOLATES = 2;
/** The last has the `kid` of the first, as on Jenkins; no set holds both. */
const KIDS = ['a', 'b', 'c', 'a'];

const SETS = [[0], [1], [2], [3], [0, 1], [1, 3], [0, 1, 2]] as const;
const isolate = fc.nat(ISOLATES - 1);
/** Around every bound, and anything between. */
const seconds = fc.oneof(fc.constantFrom(1, 10, 30, 31, 599, 600, 601, 3_600, DAY), fc.nat(1_500));
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('pass'), seconds } as const) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('publish'), keys: fc.constantFrom(...SETS) } as const) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('down', 'garbage', 'up') } as const) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('start'), isolate } as const) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('keep KV', 'older KV', 'empty KV') } as const) },
  { weight: 10, arbitrary: fc.record({ do: fc.constant('exchange'), isolate, key: fc.nat(KIDS.length - 1) } as const) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('flood'), isolate } as const) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** Whether a state held at any moment from `since` to now; states are kept as when they changed. */
function everIn<T>(history: readonly (readonly [number, T])[], since: number, is: (state: T) => boolean): boolean {
  return history.some(([, state], index) => is(state) && (history[index + 1]?.[0] ?? Infinity) >= since);
}

/** Lives through a history; answers how often a token was accepted by a key that was published no more. */
async function live(steps: readonly Step[], keys: readonly IssuerKey[]): Promise<number> {
  const issuer = await createIssuer();
  const provider = providerFor(issuer);
  const cache = createMemoryCache();
  const isolates: Isolate[] = Array.from({ length: ISOLATES }, () => createIsolate(issuer, { cache }));
  let now = START;
  let kept = new Map<string, string>();
  const published: [number, readonly number[]][] = [];
  const reachable: [number, boolean][] = [[now, true]];
  /** By isolate and key: until when it is surely known there, while it stays published. */
  const known: Map<number, number>[] = isolates.map(() => new Map());
  let bygone = 0;

  const publish = (set: readonly number[]): void => {
    for (const one of known) for (const index of one.keys()) if (!set.includes(index)) one.delete(index);
    issuer.publish(...set.map((index) => keys[index]?.publicJwk ?? {}));
    published.push([now, set]);
  };
  const verify = async (on: number, key: IssuerKey, header: Record<string, unknown> = {}): Promise<string> => {
    const token = await issuer.sign(githubActions({ now, issuer: issuer.issuer }), { key, header });
    return outcomeOf(await (isolates[on] as Isolate).verify(token, provider, now));
  };
  const exchange = async (on: number, index: number): Promise<void> => {
    const outcome = await verify(on, keys[index] as IssuerKey);
    const wasPublishedSince = (since: number): boolean => everIn(published, since, (set) => set.includes(index));
    if (now < (known[on]?.get(index) ?? 0)) expect(outcome).toBe('verified');
    const wasDown = everIn(reachable, now - COOLDOWN, (up) => !up);
    if (outcome === 'verified') {
      // Known for as long as sets stay fresh, and for a day while the issuer fails.
      expect(wasPublishedSince(now - (wasDown ? DAY : FRESH))).toBe(true);
      if (published.at(-1)?.[1].includes(index) !== true) bygone += 1;
      else if (!wasDown && !everIn(published, now - FRESH, (set) => !set.includes(index)))
        known[on]?.set(index, now - FRESH + DAY);
    } else if (outcome === 'keys_unavailable') expect(wasDown).toBe(true);
    else expect(['unknown_kid', 'signature_invalid']).toContain(outcome);
  };

  publish([0]);
  for (const one of steps) {
    if (one.do === 'pass') now += one.seconds;
    else if (one.do === 'publish') publish(one.keys);
    else if (one.do === 'start') {
      isolates[one.isolate] = createIsolate(issuer, { cache });
      known[one.isolate]?.clear();
    } else if (one.do === 'exchange') await exchange(one.isolate, one.key);
    else if (one.do === 'keep KV') kept = new Map(cache.entries);
    else if (one.do === 'older KV') for (const [key, text] of kept) cache.entries.set(key, text);
    else if (one.do === 'empty KV') cache.entries.clear();
    else if (one.do === 'flood') {
      const asked = (): number => issuer.requests(issuer.discoveryPath);
      const flood = async (): Promise<void> => {
        const outcomes = await Promise.all(
          Array.from({ length: 3 }, (_, n) => verify(one.isolate, keys[0] as IssuerKey, { kid: `random-${n}` })),
        );
        expect(outcomes.filter((outcome) => outcome !== 'unknown_kid' && outcome !== 'keys_unavailable')).toEqual([]);
      };
      const before = asked();
      await flood();
      await flood();
      // A load, where one was due, and one refresh; what comes in the half minute after costs nothing.
      expect(asked() - before).toBeLessThanOrEqual(2);
      const after = [asked(), cache.writes];
      await flood();
      expect([asked(), cache.writes]).toEqual(after);
    } else {
      issuer.comeBack();
      if (one.do === 'down') issuer.goDown();
      if (one.do === 'garbage') issuer.serveGarbage();
      reachable.push([now, one.do === 'up']);
    }
  }

  issuer.comeBack();
  now += COOLDOWN + 1;
  for (const on of isolates.keys())
    for (const index of published.at(-1)?.[1] ?? [])
      expect(await verify(on, keys[index] as IssuerKey)).toBe('verified');
  return bygone;
}

describe('the keys of an issuer', () => {
  it('count within their bounds and no longer, and are known again 31 s after the issuer is back, whatever happened (contract §6)', async () => {
    const keys = await Promise.all(KIDS.map((kid) => createKey('ES256', kid)));
    let bygone = 0;
    await holds(
      fc.asyncProperty(fc.array(step, { minLength: 25, maxLength: 40 }), async (steps) => {
        bygone += await live(steps, keys);
      }),
      // A history takes twenty milliseconds, most of it waiting for an issuer.
      { usually: 100, atMost: 1_000 },
    );
    // Histories without a withdrawn key that still counts would show little.
    expect(bygone).toBeGreaterThan(10);
  });
});
