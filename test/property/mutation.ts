// The property that no mutation of a valid token is granted, for one algorithm; run in Node and in workerd, whose cryptography differs.

import fc from 'fast-check';
import { expect } from 'vitest';

import { ACCEPTED_ALGORITHMS } from '../../src/objects/identity-provider.ts';
import { createExchange, ISSUER_URL } from '../support/exchange.ts';
import { identityOf } from '../support/objects.ts';
import { createIssuer } from '../support/issuer.ts';
import { holds } from '../support/runs.ts';
import type { Runs } from '../support/runs.ts';
import { providerFor } from '../support/verifier.ts';
import { MUTATIONS } from './token-mutations.ts';

const NOW = 1_789_000_000;
export const MUTATED_ALGORITHMS = ['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA'] as const;

/** Once or twice in a row, of any kind, anywhere. */
const mutation = fc.record({
  how: fc.constantFrom(...Object.keys(MUTATIONS)),
  at: fc.nat(100_000),
  to: fc.nat(100_000),
  pick: fc.nat(100_000),
});
const mutations = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(mutation) },
  { weight: 1, arbitrary: fc.tuple(mutation, mutation) },
);

export interface Mutated {
  /** Every reason that was heard. */
  readonly reasons: readonly string[];
  /** What all of it cost the issuer. */
  readonly requests: number;
}

/**
 * Checks that nothing but the very bytes that were signed is granted by the whole decision path, and that the untouched token
 * is, each time. A mutation that changes no byte is none.
 */
export async function mutate(alg: (typeof MUTATED_ALGORITHMS)[number], runs: Runs): Promise<Mutated> {
  const issuer = await createIssuer({ alg });
  const claims = {
    iss: issuer.issuer,
    sub: 'workload',
    aud: ISSUER_URL,
    iat: NOW,
    exp: NOW + 300,
    jti: 'one',
    note: 'é?>~',
  };
  const token = await issuer.sign(claims);
  const other = await issuer.sign({ ...claims, sub: 'other-workload', jti: 'two' });
  const provider = providerFor(issuer, { allowedAlgorithms: ACCEPTED_ALGORITHMS });
  const exchange = createExchange({ provider, identities: [identityOf()], fetch: issuer.fetch });
  const present = async (presented: string): Promise<string> => {
    const result = await exchange.present(presented, { now: NOW });
    return result.ok ? 'granted' : result.error.reason;
  };
  const reasons = new Set<string>();

  await holds(
    fc.asyncProperty(mutations, async (steps) => {
      const mutated = steps.reduce(
        (text, { how, ...choice }) => apply(how, { token: text, other }, choice, issuer.key.publicJwk),
        token,
      );
      // The other token is valid too, and itself not accepted by any rule; only the same bytes are no mutation.
      fc.pre(mutated !== token);
      const reason = await present(mutated);
      reasons.add(reason);
      expect(reason).not.toBe('granted');
      expect(await present(token)).toBe('granted');
    }),
    runs,
  );
  return { reasons: [...reasons], requests: issuer.requests() };
}

function apply(
  how: string,
  tokens: { readonly token: string; readonly other: string },
  choice: { readonly at: number; readonly to: number; readonly pick: number },
  key: object,
): string {
  try {
    return MUTATIONS[how]?.({ ...tokens, key }, choice) ?? tokens.token;
  } catch {
    // A second mutation of what is no token any more.
    return tokens.token;
  }
}
