// policy_version (contract §7): every change of a column that decides raises it in its own transaction, whoever makes it, and nothing else does.

import { beforeEach, describe, expect, it } from 'vitest';
import type { DatabaseSync, SQLInputValue } from 'node:sqlite';

import { EXCHANGE_STATEMENTS } from '../../src/store/exchange-statements.ts';
import { sqliteD1 } from '../support/sqlite-d1.ts';

const OURS = 'org_00000000000000000000000000';
const OTHER = 'org_2';

/** Read by nothing that decides an exchange. */
const SHOWN: Readonly<Record<string, readonly string[]>> = {
  every: ['name', 'description', 'labels', 'annotations', 'created_at', 'updated_at', 'object_version'],
  organisation: ['reserved_audiences'],
  identity_provider: ['local_key_ids', 'fetched_keys', 'last_fetched_at', 'last_fetch_error'],
  service_account: ['created_by'],
  federated_identity: ['last_used_at'],
  role: ['is_read_only', 'system'],
  access_credential: ['last_used_at', 'tokens_not_before'],
};
const DECIDING = [
  'organisation',
  'identity_provider',
  'service_account',
  'federated_identity',
  'role',
  'role_binding',
  'access_credential',
  'reserved_audience',
  'signing_key',
];
/** Tables of the whole deployment, and not of one organisation. */
const OF_THE_DEPLOYMENT = ['reserved_audience', 'signing_key'];

let sqlite: DatabaseSync;

beforeEach(() => {
  ({ sqlite } = sqliteD1());
  sqlite.exec('PRAGMA foreign_keys = OFF');
  sqlite.exec(
    `INSERT INTO organisation (id, slug, name, created_at, updated_at) VALUES ('${OTHER}', 'other', 'other', 0, 0)`,
  );
});

interface Column {
  readonly name: string;
  readonly type: string;
}

function columnsOf(table: string): Column[] {
  return sqlite.prepare('SELECT name, type FROM pragma_table_info(?)').all(table) as unknown as Column[];
}

/** A value that the column takes and that differs for each `seed`. */
function valueFor(table: string, { name, type }: Column, seed: number): SQLInputValue {
  const prefixes: Record<string, string> = { organisation: 'org', identity_provider: 'idp', service_account: 'sa' };
  if (name === 'organisation_id') return seed === 0 ? OURS : OTHER;
  if (name === 'id')
    return `${prefixes[table] ?? { federated_identity: 'fid', role: 'role', role_binding: 'bind', access_credential: 'cred' }[table]}_${seed}`;
  const words: Record<string, readonly string[]> = {
    status: table === 'signing_key' ? ['active', 'retiring'] : ['active', 'inactive'],
    mode: ['enforce', 'shadow'],
    replay_protection: ['off', 'singleUse'],
    audience_match_mode: ['any', 'all'],
    provider_subject_match: ['exact', 'glob'],
    created_by: ['root', 'sa_x'],
    // A sealed key may become nothing else.
    source: ['sealed', 'sealed'],
  };
  const word = words[name]?.[seed];
  if (word !== undefined) return word;
  if (type === 'INTEGER') return /^is_|^system$/.test(name) ? seed : seed + 1;
  return /^(?:labels|annotations|conditions|local_jwks)$/.test(name) ? `{"n":"${seed}"}` : `["${seed}"]`;
}

function insert(table: string, verb = 'INSERT', changes: Readonly<Record<string, SQLInputValue>> = {}): void {
  const columns = columnsOf(table);
  const names = columns.map(({ name }) => name).join(', ');
  const values = columns.map((column) => changes[column.name] ?? valueFor(table, column, 0));
  sqlite.prepare(`${verb} INTO ${table} (${names}) VALUES (${columns.map(() => '?').join(', ')})`).run(...values);
}

/** Which scopes have another version after the work. */
function raisedBy(work: () => void): string[] {
  const read = (): Map<string, string> => {
    const rows = sqlite.prepare('SELECT scope, version FROM policy_version').all();
    return new Map(rows.map(({ scope, version }) => [String(scope), String(version)]));
  };
  const before = read();
  work();
  const after = read();
  const scopes = [...new Set([...before.keys(), ...after.keys()])];
  return scopes.filter((scope) => before.get(scope) !== after.get(scope)).toSorted();
}

describe('a change by hand of a row that decides', () => {
  it.each(DECIDING)('of %s raises the version of its organisation or of the deployment (contract §7)', (table) => {
    const own = OF_THE_DEPLOYMENT.includes(table) ? 'deployment' : table === 'organisation' ? 'org_0' : OURS;
    expect(
      raisedBy(() => insert(table)),
      'inserted',
    ).toContain(own);
    const wrong: string[] = [];
    for (const column of columnsOf(table)) {
      const isShown = [...(SHOWN['every'] ?? []), ...(SHOWN[table] ?? [])].includes(column.name);
      const set = `UPDATE ${table} SET ${column.name} = ?`;
      const scope = table === 'organisation' ? " WHERE id = 'org_0'" : '';
      sqlite.exec('BEGIN');
      const raised = raisedBy(() => sqlite.prepare(set + scope).run(valueFor(table, column, 1)));
      if (raised.length > 0 === isShown) wrong.push(`${column.name}: ${raised.join()}`);
      // Written with the value that it has, as the API writes every member, it is no change.
      const again = raisedBy(() => sqlite.exec(`UPDATE ${table} SET ${column.name} = ${column.name}`));
      if (again.length > 0 && !OF_THE_DEPLOYMENT.includes(table)) wrong.push(`${column.name} again`);
      sqlite.exec('ROLLBACK');
    }
    expect(wrong).toEqual([]);
    expect(
      raisedBy(() => sqlite.exec(`DELETE FROM ${table}`)),
      'deleted',
    ).toContain(own);
  });

  it('that moves it to another organisation raises both (contract §7)', () => {
    insert('service_account');
    const move = `UPDATE service_account SET organisation_id = '${OTHER}'`;
    expect(raisedBy(() => sqlite.exec(move))).toEqual([OURS, OTHER].toSorted());
  });

  it('by INSERT OR REPLACE raises the organisation of the row that it removes (contract §7)', () => {
    for (const table of ['identity_provider', 'service_account', 'federated_identity', 'role', 'role_binding']) {
      insert(table);
      const replace = (): void => insert(table, 'INSERT OR REPLACE', { organisation_id: OTHER });
      expect(raisedBy(replace), table).toEqual([OURS, OTHER].toSorted());
    }
  });

  it.each<[string, string, Readonly<Record<string, SQLInputValue>>]>([
    ['an identity', 'federated_identity', { id: 'fid_1' }],
    ['a binding', 'role_binding', { id: 'bind_1' }],
    ['an account', 'service_account', { id: 'sa_1', slug: 'b', name: 'b' }],
    ['a provider', 'identity_provider', { id: 'idp_1', name: 'b', issuer: 'b', local_jwks: '{}' }],
    ['a role', 'role', { id: 'role_1', slug: 'b', name: 'b' }],
    ['a credential', 'access_credential', { id: 'cred_1', access_key: 'b' }],
  ])('by UPDATE OR REPLACE raises the organisation of %s that it removes (contract §7)', (_what, table, changes) => {
    // The row of another organisation takes the id of ours; nothing else says that ours is gone.
    const apart: Record<string, Readonly<Record<string, SQLInputValue>>> = {
      federated_identity: { service_account_id: 'sa_9' },
      role_binding: { service_account_id: 'sa_9', role_id: 'role_9' },
      access_credential: { service_account_id: 'sa_9' },
    };
    insert(table);
    insert(table, 'INSERT', { organisation_id: OTHER, ...apart[table], ...changes });
    const { id = '' } = changes;
    const take = `UPDATE OR REPLACE ${table} SET id = (SELECT id FROM ${table} WHERE organisation_id = '${OURS}') WHERE id = '${String(id)}'`;
    expect(raisedBy(() => sqlite.exec(take))).toEqual([OURS, OTHER].toSorted());
    expect(sqlite.prepare(`SELECT organisation_id FROM ${table}`).all()).toEqual([{ organisation_id: OTHER }]);
  });

  it('that replaces what is unique in another way raises the organisation of the row that it removes (contract §7)', () => {
    insert('service_account');
    insert('role');
    const taking: readonly (readonly [string, string, Readonly<Record<string, SQLInputValue>>])[] = [
      // The name of an account's identity, or of its credential.
      ['federated_identity', 'fid', { service_account_id: 'sa_0' }],
      ['access_credential', 'cred', { service_account_id: 'sa_0', access_key: 'mine' }],
      // The key of a credential: no two have one.
      ['access_credential', 'cred', { service_account_id: 'sa_9', name: 'mine' }],
      // The name of a role's binding.
      ['role_binding', 'bind', { role_id: 'role_0', service_account_id: 'sa_9' }],
    ];
    for (const [table, prefix, same] of taking) {
      const ours = { service_account_id: 'sa_0', role_id: 'role_0' };
      const theirs = { id: `${prefix}_1`, organisation_id: OTHER, ...same };
      for (const way of ['insert', 'update'] as const) {
        sqlite.exec(`DELETE FROM ${table}`);
        insert(table, 'INSERT', ours);
        if (way === 'insert')
          expect(
            raisedBy(() => insert(table, 'INSERT OR REPLACE', theirs)),
            table,
          ).toEqual([OURS, OTHER].toSorted());
        else {
          insert(table, 'INSERT', {
            ...theirs,
            service_account_id: 'sa_9',
            role_id: 'role_9',
            access_key: 'x',
            name: 'x',
          });
          const values = { name: '["0"]', access_key: '["0"]', ...same };
          const columns = columnsOf(table).map(({ name }) => name);
          const set = Object.entries(values).filter(([name]) => columns.includes(name));
          const update = sqlite.prepare(
            `UPDATE OR REPLACE ${table} SET ${set.map(([name]) => `${name} = ?`).join(', ')} WHERE id = '${prefix}_1'`,
          );
          expect(
            raisedBy(() => update.run(...set.map(([, value]) => value))),
            table,
          ).toEqual([OURS, OTHER].toSorted());
        }
        expect(sqlite.prepare(`SELECT count(*) AS n FROM ${table}`).get(), `${table} ${way}`).toEqual({ n: 1 });
      }
    }
  });

  it('within a statement that ignores conflicts raises it all the same (contract §7)', () => {
    expect(raisedBy(() => insert('role', 'INSERT OR IGNORE'))).toEqual([OURS]);
    expect(raisedBy(() => sqlite.exec("UPDATE OR IGNORE role SET slug = 'x'"))).toEqual([OURS]);
  });

  it('that is rolled back raises nothing (contract §7)', () => {
    const rolledBack = (): void => {
      sqlite.exec('BEGIN');
      insert('role');
      sqlite.exec('ROLLBACK');
    };
    expect(raisedBy(rolledBack)).toEqual([]);
  });
});

describe('the columns that an exchange reads', () => {
  it('all raise a version (contract §7)', () => {
    const tables: Record<string, string> = {
      o: 'organisation',
      p: 'identity_provider',
      a: 'service_account',
      sa: 'service_account',
      fi: 'federated_identity',
      r: 'role',
      b: 'role_binding',
    };
    const isShown = (alias: string, column: string): boolean =>
      [...(SHOWN['every'] ?? []), ...(SHOWN[tables[alias] ?? ''] ?? [])].includes(column);
    const read = EXCHANGE_STATEMENTS.flatMap((sql) => [...sql.matchAll(/\b(o|p|a|sa|fi|r|b)\.(\w+)/g)]);
    const shown = read.filter(([, alias = '', column = '']) => isShown(alias, column)).map(([text]) => text);
    // The name and the version of an object are read and decide nothing.
    expect(new Set(shown)).toEqual(new Set(['fi.object_version', 'p.object_version', 'fi.name', 'p.name']));
  });
});
