// How much an organisation and an account may have (contract §5.7, §7): the last that fits is written, the next is refused, whatever races.

import { beforeEach, describe, expect, it } from 'vitest';

import {
  MAX_BINDING_BYTES_PER_SERVICE_ACCOUNT,
  MAX_BYTES_OF_A_KIND,
  MAX_OBJECTS_OF_A_KIND,
} from '../../src/objects/limits.ts';
import { createIssuer } from '../support/issuer.ts';
import { addIdentity, deploy, expectCreated, join } from '../support/deployment.ts';
import type { Answer, Deployment, Joined } from '../support/deployment.ts';
import { addOtherOrganisation, DEFAULT_ORGANISATION_ID } from '../support/workload.ts';

const ROLES = '/v1/iam/roles';
const RULE = { resources: ['servers'], permissions: ['read'] };

let deployment: Deployment;
let joined: Joined;
let role: string;

beforeEach(async () => {
  deployment = await deploy();
  joined = await join(deployment, await createIssuer(), { providerSubject: 'job:1' });
  role = await expectCreated(deployment.iam('POST', ROLES, { name: 'role' }));
});

/** Fills a table until the organisation has as many rows as it may, but for `free`. */
async function fill(table: string, free: number, organisation = DEFAULT_ORGANISATION_ID): Promise<void> {
  const { db, clock } = deployment;
  const { serviceAccount, provider } = joined;
  const made = `'${organisation}', ${clock.now}, ${clock.now}`;
  const columns = 'organisation_id, created_at, updated_at';
  const values: Record<string, readonly [string, string]> = {
    identity_provider: [
      'name, issuer, status, preset, allowed_algorithms, max_token_lifetime, subject_claim',
      "'n' || i, 'https://i' || i || '.example', 'active', 'generic', '[]', 60, 'sub'",
    ],
    service_account: ['slug, name, status', "'n' || i, 'n' || i, 'active'"],
    federated_identity: [
      'service_account_id, provider_id, name, provider_subject, provider_subject_match, audience_match_mode, token_lifetime, max_token_lifetime, replay_protection, mode, status',
      `'${serviceAccount}', '${provider}', 'n' || i, 'a:b', 'exact', 'any', 60, 60, 'off', 'enforce', 'active'`,
    ],
    role: ['slug, name', "'n' || i, 'n' || i"],
    role_rule: ['role_id, resources, permissions', `'${role}', '[]', '[]'`],
    role_binding: ['role_id, service_account_id, name', `'${role}', '${serviceAccount}', 'n' || i`],
    access_credential: [
      'service_account_id, name, access_key, secret_sha256, expires_at',
      `'${serviceAccount}', 'n' || i, 'k' || i, 'x', 1`,
    ],
  };
  const prefixes: Record<string, string> = {
    identity_provider: 'idp',
    service_account: 'sa',
    federated_identity: 'fid',
    role: 'role',
    role_rule: 'rule',
    role_binding: 'bind',
    access_credential: 'cred',
  };
  const [names, selected] = values[table] ?? ['', ''];
  const there = await db
    .prepare(`SELECT COUNT(*) AS n FROM ${table} WHERE organisation_id = ?`)
    .bind(organisation)
    .first<number>('n');
  await db
    .prepare(
      `WITH RECURSIVE t(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM t WHERE i < ?)
       INSERT INTO ${table} (id, ${columns}, ${names}) SELECT '${prefixes[table]}_0${organisation.at(-1)}' || i, ${made}, ${selected} FROM t`,
    )
    .bind(MAX_OBJECTS_OF_A_KIND - free - (there ?? 0))
    .run();
}

/** Writes one object of each kind; those that have a parent get one that is nearly empty. */
async function write(table: string, name: string): Promise<Answer> {
  const { iam } = deployment;
  switch (table) {
    case 'identity_provider':
      return iam('POST', '/v1/federated-identity-providers', { name, providerIssuer: `https://${name}.example.com` });
    case 'service_account':
      return iam('POST', '/v1/service-accounts', { name });
    case 'role':
      return iam('POST', ROLES, { name });
    case 'role_rule': {
      const own = await expectCreated(iam('POST', ROLES, { name }));
      return iam('POST', `${ROLES}/${own}/rules`, RULE);
    }
    default: {
      const account = await expectCreated(iam('POST', '/v1/service-accounts', { name }));
      if (table === 'role_binding')
        return iam('POST', `${ROLES}/${role}/bindings`, { name, serviceAccountIdentity: account });
      if (table === 'access_credential')
        return iam('POST', `/v1/service-accounts/${account}/access-credentials`, { name });
      return iam('POST', '/v1/federated-identities', {
        name,
        serviceAccountIdentity: account,
        providerIdentity: joined.provider,
        providerSubject: 'job:2',
      });
    }
  }
}

describe('an organisation', () => {
  it.each([
    ['identity_provider', 'identity provider'],
    ['service_account', 'service account'],
    ['federated_identity', 'federated identity'],
    ['role', 'role'],
    ['role_rule', 'rule'],
    ['role_binding', 'role binding'],
    ['access_credential', 'access credential'],
  ])('has at most 10,000 rows of %s; the next is 409, which says so (contract §5.7)', async (table, noun) => {
    await fill(table, 1);
    const last = await write(table, 'last');
    expect(last.status, JSON.stringify(last.body)).toBe(201);
    const refused = await write(table, 'next');
    expect(refused.status).toBe(409);
    expect(refused.body.type).toBe('urn:cambist:problem:limit-reached');
    expect(refused.body.detail).toContain(noun);
    expect(refused.body.detail).toContain('an organisation has at most 10000');
  });

  it('is full for itself alone, and has room again when something is deleted (contract §5.7)', async () => {
    const other = await addOtherOrganisation(deployment);
    await fill('service_account', 0, other);
    const first = await expectCreated(write('service_account', 'elsewhere'));
    await fill('service_account', 0);
    expect((await write('service_account', 'next')).status).toBe(409);
    expect((await deployment.iam('PATCH', `/v1/service-accounts/${first}`, { description: 'x' })).status).toBe(200);
    expect((await deployment.iam('DELETE', `/v1/service-accounts/${first}`)).status).toBe(204);
    const answers = await Promise.all(['a', 'b', 'c'].map((name) => write('service_account', name)));
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 409, 409]);
  });

  it('cannot pass the quota of rules by roles that start with some (contract §5.7)', async () => {
    await fill('role_rule', 1);
    const two = await deployment.iam('POST', ROLES, { name: 'two', rules: [RULE, RULE] });
    expect(two.status).toBe(409);
    expect(two.body.detail).toContain('an organisation has at most 10000');
    expect((await deployment.iam('POST', ROLES, { name: 'one', rules: [RULE] })).status).toBe(201);
  });

  it('is counted by an index, and no further than the quota (contract §7)', async () => {
    const other = await addOtherOrganisation(deployment);
    await fill('role_binding', 0, other);
    let rows = 0;
    deployment.d1.carry = async ({ carryOut }) => {
      const results = await carryOut();
      for (const { meta } of results) rows += meta.rows_read;
      return results;
    };
    await write('role_binding', 'small');
    expect(rows).toBeLessThan(100);
  });
});

describe('the objects of a kind', () => {
  const notes = (kilobytes: number, letter = 'a'): object => ({
    annotations: Object.fromEntries(Array.from({ length: kilobytes }, (_, n) => [`k${n}`, letter.repeat(1_000)])),
  });
  /** Lets the accounts of an organisation take so many bytes. */
  async function take(bytes: number, organisation = DEFAULT_ORGANISATION_ID): Promise<void> {
    const rows = 40;
    await deployment.db
      .prepare(
        `WITH RECURSIVE t(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM t WHERE i < ?1)
         INSERT INTO service_account (id, organisation_id, slug, name, annotations, status, created_at, updated_at)
         SELECT 'sa_0${organisation.at(-1)}' || i, ?2, 'n' || i, 'n' || i, json_object('k', ?3), 'active', 0, 0 FROM t`,
      )
      .bind(rows, organisation, 'x'.repeat(Math.floor(bytes / rows)))
      .run();
  }
  const ACCOUNTS = '/v1/service-accounts';

  it('take at most 20 MB; a large one beyond it is 409, which says so, and a small one fits (contract §5.7)', async () => {
    const { iam } = deployment;
    const grown = await expectCreated(iam('POST', ACCOUNTS, { name: 'grown', ...notes(30) }));
    const small = await expectCreated(iam('POST', ACCOUNTS, { name: 'small' }));
    await take(MAX_BYTES_OF_A_KIND - 80_000);
    const last = await iam('POST', ACCOUNTS, { name: 'last', ...notes(30) });
    expect(last.status, JSON.stringify(last.body)).toBe(201);
    const refused = await iam('POST', ACCOUNTS, { name: 'next', ...notes(30) });
    expect(refused.status).toBe(409);
    expect(refused.body.type).toBe('urn:cambist:problem:limit-reached');
    expect(refused.body.detail).toContain('at most 20 MB of a kind of objects: make this service account smaller');
    expect((await iam('PATCH', `${ACCOUNTS}/${small}`, notes(30))).status).toBe(409);
    expect((await iam('PATCH', `${ACCOUNTS}/${small}`, { description: 'x' })).status).toBe(200);
    // What takes no more than before is always written.
    expect((await iam('PATCH', `${ACCOUNTS}/${grown}`, notes(30, 'b'))).status).toBe(200);
    expect((await iam('PATCH', `${ACCOUNTS}/${grown}`, notes(50, 'b'))).status).toBe(409);
    expect((await iam('POST', ACCOUNTS, { name: 'tiny', description: 'x'.repeat(1_000) })).status).toBe(201);
    // Another kind has room of its own.
    expect((await iam('POST', ROLES, { name: 'large', ...notes(30) })).status).toBe(201);
  });

  it('are counted for each organisation alone, and leave room when they are deleted (contract §5.7)', async () => {
    const { iam } = deployment;
    await take(2 * MAX_BYTES_OF_A_KIND, await addOtherOrganisation(deployment));
    const first = await iam('POST', ACCOUNTS, { name: 'first', ...notes(30) });
    expect(first.status).toBe(201);
    await take(MAX_BYTES_OF_A_KIND - 40_000);
    expect((await iam('POST', ACCOUNTS, { name: 'second', ...notes(30) })).status).toBe(409);
    expect((await iam('DELETE', `${ACCOUNTS}/${first.body.identity}`)).status).toBe(204);
    expect((await iam('POST', ACCOUNTS, { name: 'second', ...notes(30) })).status).toBe(201);
  });

  it('are counted with the rules that a role starts with (contract §5.7)', async () => {
    const { iam, db } = deployment;
    const wide = { resources: Array.from({ length: 100 }, (_, n) => `${n}-`.padEnd(250, 'r')), permissions: ['read'] };
    expect((await iam('POST', ROLES, { name: 'wide', rules: [wide, wide] })).status).toBe(201);
    await db
      .prepare('UPDATE role_rule SET note = ?')
      .bind('x'.repeat(MAX_BYTES_OF_A_KIND / 20))
      .run();
    await db
      .prepare(
        `INSERT INTO role_rule (id, organisation_id, role_id, resources, permissions, note, created_at, updated_at)
         SELECT r.id || n.value, organisation_id, role_id, resources, permissions, note, 0, 0
         FROM role_rule r, json_each('[1,2,3,4,5,6,7,8,9]') n`,
      )
      .run();
    expect((await iam('POST', ROLES, { name: 'wider', rules: [wide, wide] })).status).toBe(409);
    expect((await iam('POST', ROLES, { name: 'narrow', rules: [RULE] })).status).toBe(201);
  });

  it('cost an ordinary write no row more, however many there are (contract §7)', async () => {
    await take(MAX_BYTES_OF_A_KIND);
    let rows = 0;
    deployment.d1.carry = async ({ carryOut }) => {
      const results = await carryOut();
      for (const { meta } of results) rows += meta.rows_read;
      return results;
    };
    expect((await deployment.iam('POST', ROLES, { name: 'small' })).status).toBe(201);
    expect((await deployment.iam('PATCH', `${ROLES}/${role}`, { description: 'x' })).status).toBe(200);
    expect(rows).toBeLessThan(100);
  });
});

describe('the bindings of an account', () => {
  const projects = (count: number, chars = 250): string[] =>
    Array.from({ length: count }, (_, index) => `${index}-`.padEnd(chars, 'x'));
  const bind = (name: string, of: object): Promise<Answer> =>
    deployment.iam('POST', `${ROLES}/${role}/bindings`, { name, serviceAccountIdentity: joined.serviceAccount, ...of });

  it('take at most 64 KB of projects and scopes together; more is 409, which says so (contract §7)', async () => {
    const [first] = [
      await bind('first', { projects: projects(100) }),
      await bind('second', { projects: projects(100) }),
    ];
    expect(first.status).toBe(201);
    const refused = await bind('third', { projects: projects(100) });
    expect(refused.status).toBe(409);
    expect(refused.body.type).toBe('urn:cambist:problem:limit-reached');
    expect(refused.body.detail).toContain(`${MAX_BINDING_BYTES_PER_SERVICE_ACCOUNT} bytes`);
    const small = await bind('small', { projects: ['one'] });
    expect(small.status).toBe(201);

    // A change is judged as a creation is.
    const path = `${ROLES}/${role}/bindings/${small.body.identity}`;
    expect((await deployment.iam('PATCH', path, { projects: projects(100) })).status).toBe(409);
    expect((await deployment.iam('PATCH', path, { projects: projects(50) })).status).toBe(200);
    expect((await deployment.iam('PATCH', path, { description: 'said', projects: projects(50) })).status).toBe(200);

    // Another account has room of its own.
    const other = await expectCreated(deployment.iam('POST', '/v1/service-accounts', { name: 'other' }));
    expect((await bind('other', { serviceAccountIdentity: other, projects: projects(100) })).status).toBe(201);
  });

  it('can be narrowed and described where an older release let them grow larger', async () => {
    const { body } = await bind('first', { projects: projects(100) });
    await deployment.db
      .prepare('UPDATE role_binding SET projects = ? WHERE id = ?')
      .bind(JSON.stringify(projects(100, 1_000)), body.identity)
      .run();
    const path = `${ROLES}/${role}/bindings/${body.identity}`;
    expect((await deployment.iam('PATCH', path, { description: 'said' })).status).toBe(200);
    expect((await deployment.iam('PATCH', path, { projects: projects(90) })).status).toBe(200);
  });
});

describe('the rules of an account', () => {
  it('take at most a megabyte together (contract §7)', async () => {
    const conditions = Object.fromEntries(
      Array.from({ length: 50 }, (_, claim) => [`c${claim}`, [`${claim}`.padEnd(1_000, 'x')]]),
    );
    const rule = { providerSubject: 'job:1', conditions };
    for (let count = 0; count < 20; count += 1) await addIdentity(deployment, joined, rule);
    const refused = await deployment.iam('POST', '/v1/federated-identities', {
      name: 'next',
      serviceAccountIdentity: joined.serviceAccount,
      providerIdentity: joined.provider,
      ...rule,
    });
    expect(refused.status).toBe(409);
    expect(refused.body.detail).toContain('1048576 bytes');
    await addIdentity(deployment, joined, { providerSubject: 'job:2' });
  });
});
