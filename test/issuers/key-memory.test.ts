// How much an isolate remembers of issuers' keys: as many providers, and as many keys of theirs, as fit in its memory.

import { describe, expect, it } from 'vitest';

import { MAX_CACHED_ISSUER_KEYS, MAX_CACHED_ISSUERS, MAX_JWKS_KEYS } from '../../src/issuers/limits.ts';
import type { VerificationKey } from '../../src/issuers/verification-key.ts';
import { createKeyMemory, rememberedKeys } from '../../src/issuers/key-memory.ts';
import type { KeyMemory } from '../../src/issuers/key-memory.ts';

const NOW = 1_789_000_000;
const KEY: VerificationKey = {
  kid: 'key',
  algorithms: ['EdDSA'],
  restricted: false,
  material: { kty: 'OKP', crv: 'Ed25519', x: '' },
};

/** Remembers a set of so many keys for each of the providers, in this order; none stands for an issuer that fails. */
function remember(memory: KeyMemory, providers: readonly string[], keys: number): void {
  for (const provider of providers) {
    const state = rememberedKeys(memory, provider, NOW);
    if (keys === 0) state.failure = 'down';
    else state.set = { keys: Array.from({ length: keys }, () => KEY), fetchedAt: NOW, freshUntil: NOW + 600 };
  }
}

const named = (prefix: string, count: number): string[] => Array.from({ length: count }, (_, at) => `${prefix}${at}`);

describe('the memory of keys', () => {
  it('keeps as many providers as its bound, and forgets the least recently used one for the next', () => {
    const memory = createKeyMemory();
    remember(memory, named('small', MAX_CACHED_ISSUERS), 3);
    expect(memory.providers.size).toBe(MAX_CACHED_ISSUERS);
    rememberedKeys(memory, 'small0', NOW);
    remember(memory, ['another'], 3);
    expect(memory.providers.size).toBe(MAX_CACHED_ISSUERS);
    expect([memory.providers.has('small0'), memory.providers.has('small1')]).toEqual([true, false]);
  });

  it('keeps as many keys as their bound, and forgets the least recently used sets beyond it', () => {
    const memory = createKeyMemory();
    const fitting = Math.floor(MAX_CACHED_ISSUER_KEYS / MAX_JWKS_KEYS);
    remember(memory, ['failing'], 0);
    remember(memory, named('large', fitting), MAX_JWKS_KEYS);
    rememberedKeys(memory, 'last', NOW);
    expect(memory.providers.size).toBe(fitting + 2);

    rememberedKeys(memory, 'large0', NOW);
    remember(memory, ['larger'], MAX_JWKS_KEYS);
    rememberedKeys(memory, 'next', NOW);
    expect([memory.providers.has('large0'), memory.providers.has('large1')]).toEqual([true, false]);
    expect(memory.providers.get('failing')?.failure).toBe('down');
    const keys = [...memory.providers.values()].reduce((sum, { set }) => sum + (set?.keys.length ?? 0), 0);
    expect(keys).toBe(fitting * MAX_JWKS_KEYS);
  });
});
