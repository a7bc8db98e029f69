// What an isolate keeps of the facts of its exchanges: what may grant again, bounded, and nothing that only refuses (contract §7).

import { describe, expect, it } from 'vitest';

import { createFactsMemory } from '../../src/exchange/facts-memory.ts';
import { MAX_KEPT_FACTS } from '../../src/exchange/limits.ts';
import type { ExchangeFacts, ExchangeQuery } from '../../src/exchange/ports.ts';
import type { StoredIdentity } from '../../src/rules/compiled-rules.ts';

const RULE: StoredIdentity = {
  text: '[]',
  providerId: 'idp_1',
  hasExpression: false,
  read: () => {
    throw new Error('nothing here is compiled');
  },
};

function factsWith(identities: readonly StoredIdentity[]): ExchangeFacts {
  return {
    policy: { organisation: 'a', deployment: 'b' },
    chars: 100,
    organisation: { id: 'org_1', slug: 'one' },
    provider: null,
    otherProviders: [],
    serviceAccount: null,
    identities,
    truncated: false,
    heldRoles: [],
    signingKeys: [],
  };
}

const of = (sub: string): ExchangeQuery => ({
  issuer: 'https://issuer.example',
  claims: { sub },
  serviceAccount: null,
  organisation: null,
  federatedIdentity: null,
});

function memoryOver(rulesOf: (sub: string) => readonly StoredIdentity[]): ReturnType<typeof createFactsMemory> {
  return createFactsMemory({
    facts: async (query) => factsWith(rulesOf(String(query.claims?.['sub']))),
    heldRoles: async () => [],
  });
}

describe('the facts that an isolate keeps', () => {
  it.each([
    ['no rule can accept: it is still known', [], true],
    ['a rule may accept: it was used longest ago', [RULE], false],
  ])(
    'after as many others as it keeps, which %s (contract §7)',
    async (_what, rules: readonly StoredIdentity[], isKnown) => {
      const memory = memoryOver((sub) => (sub === 'used' ? [RULE] : rules));
      await memory.read(of('used'));
      for (let n = 0; n <= MAX_KEPT_FACTS; n += 1) await memory.read(of(`made-up-${n}`));
      expect(memory.known(of('used')) !== null).toBe(isKnown);
    },
  );

  it('are not those of before, once no rule is left (contract §7)', async () => {
    let rules: readonly StoredIdentity[] = [RULE];
    const memory = memoryOver(() => rules);
    await memory.read(of('used'));
    expect(memory.known(of('used'))).not.toBeNull();
    rules = [];
    await memory.read(of('used'));
    expect(memory.known(of('used'))).toBeNull();
  });
});
