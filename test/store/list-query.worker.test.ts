// The plans of the API's lists: every one searches by an index, in the order of creation (contract §7).

import { beforeAll, describe, expect, it } from 'vitest';

import type { ListFilter } from '../../src/objects/storage.ts';
import { federatedIdentityConditions, federatedIdentitySource } from '../../src/store/federated-identities.ts';
import { identityProviderConditions, identityProviderSource } from '../../src/store/identity-providers.ts';
import { accessCredentialSource, parentAccount } from '../../src/store/access-credential-objects.ts';
import { listStatement, objectStatement } from '../../src/store/list-query.ts';
import { ofParent } from '../../src/store/nested-query.ts';
import { roleBindingConditions, roleBindingSource } from '../../src/store/role-bindings.ts';
import { parentRole, roleRuleSource } from '../../src/store/role-rules.ts';
import { roleConditions, roleSource } from '../../src/store/roles.ts';
import { serviceAccountConditions, serviceAccountSource } from '../../src/store/service-accounts.ts';
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
const kinds = [
  { source: federatedIdentitySource, conditions: federatedIdentityConditions },
  { source: serviceAccountSource, conditions: serviceAccountConditions },
  { source: identityProviderSource, conditions: identityProviderConditions },
  { source: roleSource, conditions: roleConditions },
  { source: roleRuleSource, conditions: () => [ofParent(roleRuleSource, parentRole('default', 'x'))], hasNoName: true },
  {
    source: roleBindingSource,
    conditions: (filter: ListFilter) => [
      ofParent(roleBindingSource, parentRole('default', 'x')),
      ...roleBindingConditions(filter),
    ],
  },
  {
    source: accessCredentialSource,
    conditions: () => [ofParent(accessCredentialSource, parentAccount('default', 'sa_1'))],
  },
];

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

describe.each(kinds)('a list of $source.table', ({ source, conditions, hasNoName }) => {
  it.each(filters)('searches by an index with %s (contract §7)', async (_what, narrowed) => {
    const filter = { ...everything, ...narrowed, ...(hasNoName === true ? { name: null } : {}) };
    const plan = await planOf(listStatement(explaining, source, 'default', filter, conditions(filter)));
    expect(plan.filter((step) => step.startsWith('SCAN') && step !== 'SCAN CONSTANT ROW')).toEqual([]);
    // Never by the identifier alone: that would walk through other organisations' rows.
    expect(plan.filter((step) => /autoindex_\w+_1 \(id>/.test(step))).toEqual([]);
  });

  it('reads one object by its identifier (contract §7)', async () => {
    const plan = await planOf(objectStatement(explaining, source, 'default', `${source.idPrefix}1`));
    expect(plan.filter((step) => step.startsWith('SCAN'))).toEqual([]);
  });
});

describe('a page of 1,000 identities', () => {
  it('is read in order, without sorting what other pages hold (issue 3)', async () => {
    const plan = await planOf(listStatement(explaining, federatedIdentitySource, 'default', everything, []));
    expect(plan.join()).toContain('federated_identity_by_organisation');
    expect(plan.join()).not.toContain('TEMP B-TREE');
    const labelled = { ...everything, labels: [label] };
    const byLabel = await planOf(listStatement(explaining, federatedIdentitySource, 'default', labelled, []));
    expect(byLabel.join()).not.toContain('TEMP B-TREE');
  });
});
