// The changes of the rules that a model test makes: through the store, as the API writes, and by hand.

import type { DatabaseSync } from 'node:sqlite';

import type { Kept } from '../../../src/objects/definition.ts';
import type { ObjectStore } from '../../../src/objects/storage.ts';
import type { ChangeEvent } from '../../../src/objects/storage.ts';
import { createIamStore } from '../../../src/store/iam-store.ts';
import { newId } from '../../../src/new-id.ts';
import { AUDIENCE, ISSUER, ORGANISATION } from './rulebook.ts';

export const SUBJECTS = ['one', 'two'];
export const ACCOUNTS = ['sa_1', 'sa_2'];
const IDENTITIES = ['fid_1', 'fid_2', 'fid_3'];

const IDENTITY_COLUMNS = `organisation_id, provider_id, audience_match_mode, max_token_lifetime, created_at, updated_at, trusted_audiences`;
const identity = (id: string, account: string, subject: string, more = "'off', 'enforce'"): string =>
  `INSERT OR REPLACE INTO federated_identity (id, service_account_id, name, provider_subject, provider_subject_match, subject_key,
     allowed_scopes, token_lifetime, replay_protection, mode, status, ${IDENTITY_COLUMNS})
   VALUES ('${id}', '${account}', '${id}', '${subject}', 'exact', '${subject}', '["read","write"]', 600, ${more}, 'active',
     '${ORGANISATION}', 'idp_1', 'any', 3600, 0, 0, '[]');`;

const EMPTY = [
  'audit_event_request',
  'audit_event',
  'used_token',
  'signing_key',
  'reserved_audience',
  'role_binding',
  'role',
]
  .concat(['federated_identity', 'service_account', 'identity_provider'])
  .map((table) => `DELETE FROM ${table};`)
  .join(' ');

/** Empties the tables and fills them: everything is on. */
export const WORLD = `${EMPTY} DELETE FROM organisation WHERE id = 'org_2';
  INSERT INTO organisation (id, slug, name, created_at, updated_at) VALUES ('org_2', 'other', 'other', 0, 0);
  INSERT INTO identity_provider (id, organisation_id, name, issuer, status, preset, allowed_algorithms, max_token_lifetime,
    subject_claim, created_at, updated_at)
  VALUES ('idp_1', '${ORGANISATION}', 'p', '${ISSUER}', 'active', 'generic', '["ES256"]', 86400, 'sub', 0, 0);
  INSERT INTO service_account (id, organisation_id, slug, name, status, created_at, updated_at)
  VALUES ('sa_1', '${ORGANISATION}', 'a1', 'a1', 'active', 0, 0), ('sa_2', '${ORGANISATION}', 'a2', 'a2', 'active', 0, 0);
  INSERT INTO role (id, organisation_id, slug, name, created_at, updated_at) VALUES ('role_1', '${ORGANISATION}', 'r1', 'r1', 0, 0);
  INSERT INTO role_binding (id, organisation_id, role_id, service_account_id, name, created_at, updated_at)
  VALUES ('bind_1', '${ORGANISATION}', 'role_1', 'sa_1', 'b', 0, 0);
  INSERT INTO signing_key (kid, alg, status, published_at) VALUES ('k1', 'ES256', 'active', 0), ('k2', 'ES256', 'standby', 0);
  ${identity('fid_1', 'sa_1', 'one')} ${identity('fid_2', 'sa_2', 'two', "'singleUse', 'enforce'")}`;

type Pick = <T>(of: readonly T[]) => T;

/** A change by hand: any SQL that whoever has the database could run, and that the tables take. */
export function byHand(sqlite: DatabaseSync, pick: Pick): void {
  const id = pick(IDENTITIES);
  const account = pick(ACCOUNTS);
  const sql = pick([
    `UPDATE federated_identity SET status = '${pick(['active', 'inactive', 'revoked'])}' WHERE id = '${id}'`,
    `UPDATE federated_identity SET provider_subject = '${pick(SUBJECTS)}' WHERE id = '${id}';
     UPDATE federated_identity SET subject_key = provider_subject`,
    `UPDATE federated_identity SET allowed_scopes = '${pick(['["read"]', '["read","write"]'])}' WHERE id = '${id}'`,
    `UPDATE federated_identity SET expires_at = ${pick(['NULL', '1000', '1010'])}, token_lifetime = ${pick([600, 300])}`,
    `UPDATE federated_identity SET mode = '${pick(['enforce', 'shadow'])}' WHERE id = '${id}'`,
    `UPDATE federated_identity SET organisation_id = '${pick([ORGANISATION, ORGANISATION, 'org_2'])}' WHERE id = '${id}'`,
    `DELETE FROM federated_identity WHERE id = '${id}'`,
    identity(id, account, pick(SUBJECTS), pick(["'off', 'enforce'", "'singleUse', 'enforce'", "'off', 'shadow'"])),
    `UPDATE service_account SET status = '${pick(['active', 'active', 'inactive'])}' WHERE id = '${account}'`,
    `UPDATE identity_provider SET status = '${pick(['active', 'active', 'inactive'])}'`,
    `UPDATE identity_provider SET keys_version = ${pick([1, 2])}`,
    `INSERT OR REPLACE INTO role_binding (id, organisation_id, role_id, service_account_id, name, created_at, updated_at)
     VALUES ('bind_1', '${ORGANISATION}', 'role_1', '${account}', 'b', 0, 0)`,
    'DELETE FROM role_binding',
    `UPDATE role SET slug = '${pick(['r1', 'r2'])}'`,
    `INSERT OR REPLACE INTO reserved_audience (audience, is_prefix, organisation_id) VALUES ('${AUDIENCE}', 0, 'org_2')`,
    'DELETE FROM reserved_audience',
    "UPDATE signing_key SET status = iif(status = 'active', 'retiring', status); UPDATE signing_key SET status = 'active' WHERE kid = 'k2'",
    "UPDATE signing_key SET status = 'standby' WHERE kid = 'k2'; UPDATE signing_key SET status = 'active' WHERE kid = 'k1'",
    // What is only shown, and so changes nothing.
    "UPDATE federated_identity SET description = 'new', last_used_at = 1",
  ]);
  sqlite.exec(`BEGIN; ${sql}; COMMIT`);
}

/** A change as the IAM API makes it: read, then written if the object is still at its version. */
export async function byApi(db: D1Database, pick: Pick): Promise<void> {
  const store = createIamStore(db);
  const status = pick(['active', 'inactive'] as const);
  await pick([
    () => change(store.federatedIdentities, pick(IDENTITIES), (now) => ({ ...now, status })),
    () => change(store.federatedIdentities, pick(IDENTITIES), (now) => ({ ...now, description: 'shown' })),
    () => change(store.serviceAccounts, pick(ACCOUNTS), (now) => ({ ...now, status })),
    () => change(store.identityProviders, 'idp_1', (now) => ({ ...now, status })),
    () => change(store.roles, 'role_1', (now) => ({ ...now, slug: pick(['r1', 'r2']) })),
  ])();
}

async function change<T extends Kept>(store: ObjectStore<T>, id: string, make: (now: T) => T): Promise<void> {
  const { found } = await store.read(ORGANISATION, id);
  if (found === null) return;
  const next = make(found);
  await store.update({ ...next, objectVersion: found.objectVersion + 1 }, found.objectVersion, EVENT());
}

function EVENT(): ChangeEvent {
  return {
    id: newId('evt'),
    organisationId: ORGANISATION,
    time: 0,
    requestId: 'change',
    actor: 'root',
    action: 'update',
    serviceAccountId: null,
    federatedIdentityId: null,
    issuer: null,
    ip: null,
    changes: { before: null, after: null },
    isJudgement: false,
  };
}
