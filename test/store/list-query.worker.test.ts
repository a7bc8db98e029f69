// The plans of the API's lists: every one searches by an index, in the order of creation (contract §7).

import { beforeAll, describe, expect, it } from 'vitest';

import type { ListFilter } from '../../src/objects/storage.ts';
import { ofAccount, ofRole } from '../../src/store/iam-store.ts';
import { accounts, bindings, credentials, identities, providers, roles, rules } from '../../src/store/keepings.ts';
import { listStatement, objectStatement } from '../../src/store/object-query.ts';
import type { Scope, Source } from '../../src/store/object-query.ts';
import { freshDatabase } from '../support/schema.ts';

const everything: ListFilter = {
  identity: null,
  name: null,
  slug: null,
  status: null,
  serviceAccount: null,
  provider: null,
  labels: [],
  after: null,
  limit: 1000,
  now: 1_800_000_000,
};
const label = { key: 'a', value: '1' };
const filters: [string, Partial<ListFilter>][] = [
  ['no filter', {}],
  ['a cursor', { after: 'fid_00000000000000000000000001' }],
  ['name', { name: 'x' }],
  ['identity', { identity: 'fid_00000000000000000000000001' }],
  ['slug', { slug: 'x' }],
  ['status', { status: 'active' }],
  ['status expired', { status: 'expired' }],
  ['one label', { labels: [label] }],
  ['three labels', { labels: [label, label, label] }],
  ['the id of an account', { serviceAccount: 'sa_00000000000000000000000001' }],
  ['the slug of an account', { serviceAccount: 'x' }],
  ['the id of a provider', { provider: 'idp_00000000000000000000000001' }],
  ['the name of a provider', { provider: 'x' }],
];
const anywhere: Scope = { organisation: 'default' };
const kinds: { readonly source: Source; readonly scope: Scope; readonly noun: string }[] = [
  { source: identities, scope: anywhere },
  { source: accounts, scope: anywhere },
  { source: providers, scope: anywhere },
  { source: roles, scope: anywhere },
  { source: rules, scope: ofRole('default', 'x') },
  { source: bindings, scope: ofRole('default', 'x') },
  { source: credentials, scope: ofAccount('default', 'sa_1') },
].map((kind) => ({ ...kind, noun: kind.source.object.noun }));

let db: D1Database;
/** The SQL of a prepared statement is not readable, so a stand-in prepares the plan instead. */
let explaining: D1Database;

beforeAll(async () => {
  db = await freshDatabase();
  explaining = new Proxy(db, {
    get: (target, name) =>
      name === 'prepare' ? (sql: string) => target.prepare(`EXPLAIN QUERY PLAN ${sql}`) : Reflect.get(target, name),
  });
});

async function planOf(statement: D1PreparedStatement): Promise<string[]> {
  return (await statement.all<{ detail: string }>()).results.map(({ detail }) => detail);
}

describe.each(kinds)('a list of each $noun', ({ source, scope }) => {
  const hasStatus = Object.hasOwn(source.object.members, 'status');
  const usable = filters.filter(([what]) => hasStatus || !what.startsWith('status'));

  it.each(usable)('searches by an index with %s (contract §7)', async (_what, narrowed) => {
    const plan = await planOf(listStatement(explaining, source, scope, { ...everything, ...narrowed }));
    expect(plan.filter((step) => step.startsWith('SCAN') && step !== 'SCAN CONSTANT ROW')).toEqual([]);
    // Never by the identifier alone: that would walk through other organisations' rows.
    expect(plan.filter((step) => /autoindex_\w+_1 \(id>/.test(step))).toEqual([]);
  });

  it('reads one object by its identifier (contract §7)', async () => {
    const id = { sql: '?', values: [`${source.object.idPrefix}_1`] };
    const plan = await planOf(objectStatement(explaining, source, scope, id));
    expect(plan.filter((step) => step.startsWith('SCAN'))).toEqual([]);
  });
});

describe('a page of 1,000 identities', () => {
  it('is read in order, without sorting what other pages hold (contract §7)', async () => {
    const plan = await planOf(listStatement(explaining, identities, anywhere, everything));
    expect(plan.join()).toContain('federated_identity_by_organisation');
    expect(plan.join()).not.toContain('TEMP B-TREE');
    const labelled = { ...everything, labels: [label] };
    const byLabel = await planOf(listStatement(explaining, identities, anywhere, labelled));
    expect(byLabel.join()).not.toContain('TEMP B-TREE');
  });
});
