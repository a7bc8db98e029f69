// What a hand may write into a list or a map of a row: the kind of JSON that the column is for, since an exchange trusts it (contract §7).

import { beforeEach, describe, expect, it } from 'vitest';
import type { DatabaseSync } from 'node:sqlite';

import { sqliteD1 } from '../support/sqlite-d1.ts';

const ROWS: Readonly<Record<string, string>> = {
  identity_provider: `(id, organisation_id, name, issuer, status, preset, allowed_algorithms, max_token_lifetime, subject_claim, created_at, updated_at)
    VALUES ('idp_1', 'org_1', 'a', 'https://a', 'active', 'generic', '["ES256"]', 1, 'sub', 0, 0)`,
  federated_identity: `(id, organisation_id, service_account_id, provider_id, name, provider_subject, provider_subject_match,
    audience_match_mode, token_lifetime, max_token_lifetime, replay_protection, mode, status, created_at, updated_at)
    VALUES ('fid_1', 'org_1', 'sa_1', 'idp_1', 'a', 's', 'exact', 'any', 1, 1, 'off', 'enforce', 'active', 0, 0)`,
  role_rule: `(id, organisation_id, role_id, resources, permissions, created_at, updated_at) VALUES ('rule_1', 'org_1', 'role_1', '[]', '[]', 0, 0)`,
  role_binding: `(id, organisation_id, role_id, service_account_id, name, created_at, updated_at) VALUES ('bind_1', 'org_1', 'role_1', 'sa_1', 'a', 0, 0)`,
  access_credential: `(id, organisation_id, service_account_id, name, access_key, secret_sha256, expires_at, created_at, updated_at)
    VALUES ('cred_1', 'org_1', 'sa_1', 'a', 'k', 'h', 1, 0, 0)`,
};
const LISTS: readonly (readonly [string, string])[] = [
  ['identity_provider', 'allowed_algorithms'],
  ['identity_provider', 'local_key_ids'],
  ['federated_identity', 'trusted_audiences'],
  ['federated_identity', 'allowed_scopes'],
  ['federated_identity', 'token_audiences'],
  ['federated_identity', 'forwarded_claims'],
  ['role_rule', 'resources'],
  ['role_rule', 'permissions'],
  ['role_binding', 'scopes'],
  ['role_binding', 'projects'],
  ['access_credential', 'scopes'],
];
const MAPS: readonly (readonly [string, string])[] = [
  ['identity_provider', 'local_jwks'],
  ['federated_identity', 'conditions'],
  ['federated_identity', 'labels'],
];

let sqlite: DatabaseSync;

beforeEach(() => {
  ({ sqlite } = sqliteD1());
  sqlite.exec('PRAGMA foreign_keys = OFF');
  for (const [table, row] of Object.entries(ROWS)) sqlite.exec(`INSERT INTO ${table} ${row}`);
});

/** Which of these texts the column takes. */
function taken(table: string, column: string): string[] {
  // A text would be searched for a substring where a list is searched for an element.
  return ['[]', '["a"]', '{}', '{"a":"b"}', '"https://a"', '7', 'null', 'true', '', '[', '["a"'].filter((text) => {
    try {
      sqlite.prepare(`UPDATE ${table} SET ${column} = ?`).run(text);
      return true;
    } catch {
      return false;
    }
  });
}

describe('a row that is written by hand', () => {
  it.each(LISTS)('takes a list, and nothing else, as %s.%s (contract §7)', (table, column) => {
    expect(taken(table, column)).toEqual(['[]', '["a"]']);
  });

  it.each(MAPS)('takes a map, and nothing else, as %s.%s (contract §7)', (table, column) => {
    expect(taken(table, column)).toEqual(['{}', '{"a":"b"}']);
  });

  it.each(['token_lifetime', 'max_token_lifetime'])('takes a %s above 0 (contract §7)', (column) => {
    const set = (value: number): void => sqlite.exec(`UPDATE federated_identity SET ${column} = ${value}`);
    for (const value of [0, -5]) expect(() => set(value)).toThrow('CHECK');
    expect(() => set(1)).not.toThrow();
  });
});
