// Names that others chose are read from rows as they were written, whatever the engine has read before (nodejs/node#63785).

import { expect, it } from 'vitest';

import { auditStore } from '../../src/store/audit-events.ts';
import { toFederatedIdentity } from '../../src/store/federated-identities.ts';
import { toIdentityProvider } from '../../src/store/identity-providers.ts';
import { toObjectMeta } from '../../src/store/object-meta.ts';

/** Columns that hold JSON, each with its mapper. */
const columns: Record<string, (json: string) => unknown> = {
  labels: (labels) => toObjectMeta({ labels, annotations: '{}' } as never).labels,
  annotations: (annotations) => toObjectMeta({ labels: '{}', annotations } as never).annotations,
  conditions: (conditions) =>
    toFederatedIdentity(
      {
        conditions,
        trusted_audiences: '[]',
        allowed_scopes: '[]',
        token_audiences: '[]',
        forwarded_claims: '[]',
      } as never,
      {} as never,
    ).conditions,
  local_jwks: (jwks) =>
    toIdentityProvider({ local_jwks: jwks, preset: 'generic', allowed_algorithms: '[]' } as never).localJwks,
  claims: async (claims) => (await eventOf({ claims, changes: null }))?.claims,
  changes: async (changes) => (await eventOf({ claims: null, changes }))?.changes,
};

async function eventOf(row: object): Promise<{ readonly claims: unknown; readonly changes: unknown } | undefined> {
  const statement = { bind: () => statement };
  const db = {
    prepare: () => statement,
    batch: async () => [
      { success: true, results: [{}] },
      { success: true, results: [row] },
    ],
  };
  return (await auditStore(db as never).read('default', 'evt_1')).events[0];
}

it.each(Object.entries(columns))('the column %s, after one whose names V8 takes for its own', async (_, read) => {
  for (const name of ['x', 'x\\', 'x"']) {
    const written = { b: '1', [name]: [{ b: 1, [name]: 2 }] };
    expect(await read(JSON.stringify(written))).toStrictEqual(written);
  }
});
