// Names that others chose are read from rows as they were written, whatever the engine has read before (nodejs/node#63785).

import { expect, it } from 'vitest';

import { auditStore } from '../../src/store/audit-store.ts';
import { federatedIdentity } from '../../src/objects/federated-identity.ts';
import { identityProvider } from '../../src/objects/identity-provider.ts';
import { fromRow } from '../../src/store/object-columns.ts';

/** Columns that hold JSON, each with its mapper. */
const columns: Record<string, (json: string) => unknown> = {
  labels: (labels) => fromRow(federatedIdentity, { labels }).labels,
  annotations: (annotations) => fromRow(federatedIdentity, { annotations }).annotations,
  conditions: (conditions) => fromRow(federatedIdentity, { conditions }).conditions,
  local_jwks: (jwks) => fromRow(identityProvider, { local_jwks: jwks }).localJwks,
  claims: async (claims) => (await eventOf({ claims })).claims,
  asked: async (asked) => (await eventOf({ asked })).asked,
  changes: async (changes) => (await eventOf({ changes })).changes,
};

interface JsonMembers<T> {
  readonly claims: T;
  readonly asked: T;
  readonly changes: T;
}

async function eventOf(columns: Partial<JsonMembers<string>>): Promise<Partial<JsonMembers<unknown>>> {
  const statement = { bind: () => statement };
  const db = {
    prepare: () => statement,
    batch: async () => [
      { success: true, results: [{}] },
      { success: true, results: [{ claims: null, claimsOmitted: null, asked: null, changes: null, ...columns }] },
      { success: true, results: [] },
    ],
  };
  return (await auditStore(db as never).read('default', 'evt_1')).events[0] ?? {};
}

it.each(Object.entries(columns))('the column %s, after one whose names V8 takes for its own', async (_, read) => {
  for (const name of ['x', 'x\\', 'x"']) {
    const written = { b: '1', [name]: [{ b: 1, [name]: 2 }] };
    expect(await read(JSON.stringify(written))).toStrictEqual(written);
  }
});
