// APIs that receive our tokens and keep our JWKS for as long as its max-age allows, never asking earlier: the least forgiving there are.

import { importJWK, jwtVerify } from 'jose';
import type { JWK } from 'jose';

/** Seconds a verifier keeps a set: `max-age` of the JWKS (contract §2). */
export const JWKS_CACHE_SECONDS = 300;

export interface PublishedSet {
  readonly keys: readonly (JWK & { readonly kid: string })[];
}

export interface Verifiers {
  /** Lets the verifiers whose set is too old fetch a new one. */
  readonly pass: (now: number) => Promise<void>;
  /** How many verifiers know this key. */
  readonly knowing: (kid: string) => number;
  /** Verifies the token as one of them, each in turn; says what is wrong, or null. */
  readonly verify: (token: string, audience: string, now: number) => Promise<string | null>;
  readonly count: number;
  /** Sets fetched so far. */
  readonly fetches: () => number;
}

interface Verifier {
  fetchedAt: number;
  keys: ReadonlyMap<string, Awaited<ReturnType<typeof importJWK>>>;
}

/** Makes so many verifiers, whose sets are of all ages from the second pass on. */
export function createVerifiers(issuer: string, count: number, fetchSet: () => Promise<PublishedSet>): Verifiers {
  const verifiers: Verifier[] = [];
  let fetches = 0;
  let turn = 0;
  const fetchKeys = async (): Promise<Verifier['keys']> => {
    fetches += 1;
    const { keys } = await fetchSet();
    return new Map(await Promise.all(keys.map(async (jwk) => [jwk.kid, await importJWK(jwk)] as const)));
  };
  return {
    count,
    fetches: () => fetches,
    pass: async (now) => {
      for (const verifier of verifiers) {
        if (now - verifier.fetchedAt < JWKS_CACHE_SECONDS) continue;
        verifier.keys = await fetchKeys();
        verifier.fetchedAt = now;
      }
      for (let index = verifiers.length; index < count; index += 1) {
        const age = Math.floor((index * JWKS_CACHE_SECONDS) / count);
        verifiers.push({ fetchedAt: now - age, keys: await fetchKeys() });
      }
    },
    knowing: (kid) => verifiers.filter(({ keys }) => keys.has(kid)).length,
    verify: async (token, audience, now) => {
      const verifier = verifiers[turn % count];
      turn += 1;
      const find = ({ kid }: { kid?: string }): Awaited<ReturnType<typeof importJWK>> => {
        const key = verifier?.keys.get(kid ?? '');
        if (key === undefined) throw new Error(`unknown key ${kid}`);
        return key;
      };
      const currentDate = new Date(now * 1000);
      try {
        await jwtVerify(token, find, { issuer, audience, currentDate, algorithms: ['ES256', 'RS256'] });
        return null;
      } catch (error) {
        return String(error);
      }
    },
  };
}
