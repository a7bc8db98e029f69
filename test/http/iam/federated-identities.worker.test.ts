// Federated identities over the API: contract §5 and §5.3, on a real D1.

import { beforeEach, describe, expect, it } from 'vitest';

import { NOW, addOrganisation, iamHarness, pointers, statuses } from './iam-harness.ts';
import type { Answer, Harness } from './iam-harness.ts';

const PATH = '/v1/federated-identities';
const SUBJECT = 'repo:acme/app:ref:refs/heads/main';
let api: Harness;
let account: { identity: string; name: string; slug: string };
let provider: { identity: string; name: string; providerIssuer: string };

beforeEach(async () => {
  api = await iamHarness();
  account = (await api.call('POST', '/v1/service-accounts', { name: 'Deployer' })).body;
  const issuer = { name: 'GitHub', providerIssuer: 'https://token.actions.githubusercontent.com' };
  provider = (await api.call('POST', '/v1/federated-identity-providers', issuer)).body;
});

function input(body: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    name: 'main',
    serviceAccountIdentity: account.identity,
    providerIdentity: provider.identity,
    providerSubject: SUBJECT,
    ...body,
  };
}

async function created(body: Record<string, unknown> = {}): Promise<Answer> {
  const answer = await api.call('POST', PATH, input(body));
  expect(answer.body).not.toHaveProperty('errors');
  expect(answer.status).toBe(201);
  return answer;
}

describe('create and read', () => {
  it('answers 201 with the defaults, and both parents as objects (contract §5.3)', async () => {
    const { body } = await created();
    const { warnings, ...identity } = body;
    expect(warnings).toEqual(expect.any(Array));
    expect(identity).toEqual({
      identity: expect.stringMatching(/^fid_[0-9a-z]{26}$/),
      name: 'main',
      description: '',
      labels: {},
      annotations: {},
      serviceAccountIdentity: account.identity,
      serviceAccount: { identity: account.identity, name: 'Deployer', slug: 'deployer' },
      providerIdentity: provider.identity,
      provider: { identity: provider.identity, name: 'GitHub', providerIssuer: provider.providerIssuer },
      providerSubject: SUBJECT,
      providerSubjectMatch: 'exact',
      trustedAudiences: [],
      audienceMatchMode: 'any',
      conditions: null,
      expression: null,
      allowedScopes: [],
      tokenAudiences: [],
      tokenLifetime: 3600,
      maxTokenLifetime: 3600,
      forwardedClaims: [],
      replayProtection: 'off',
      mode: 'enforce',
      status: 'active',
      expiresAt: null,
      lastUsedAt: null,
      tokensNotBefore: null,
      createdAt: '2027-01-15T08:00:00Z',
      updatedAt: '2027-01-15T08:00:00Z',
      objectVersion: 1,
    });
    expect((await api.call('GET', `${PATH}/${body.identity}`)).body).toEqual(identity);
    expect((await api.call('GET', PATH)).body).toEqual([identity]);
  });

  it('keeps everything that a rule can say (contract §5.3)', async () => {
    const rule = {
      description: 'd',
      labels: { a: '1' },
      annotations: { b: '2' },
      providerSubject: 'repo:acme/app:ref:refs/tags/v*',
      providerSubjectMatch: 'glob',
      trustedAudiences: ['https://cambist.test', 'other'],
      audienceMatchMode: 'exact',
      conditions: {
        repository_owner_id: '1',
        ref_protected: true,
        event_name: ['push'],
        environment: { exists: false },
      },
      expression: 'claims.run_attempt == "1"',
      allowedScopes: ['api:read', 'api:write'],
      tokenAudiences: ['https://api.example'],
      tokenLifetime: 600,
      maxTokenLifetime: 7200,
      forwardedClaims: ['repository', '/a/b'],
      replayProtection: 'singleUse',
      mode: 'shadow',
      status: 'inactive',
      expiresAt: '2030-01-01T00:00:00Z',
    };
    const { body } = await created(rule);
    expect(body).toMatchObject(rule);
    expect((await api.call('GET', `${PATH}/${body.identity}`)).body).toMatchObject(rule);
  });

  it('keeps numbers that are exact, and wants longer ones as strings (contract §5.3)', async () => {
    const conditions = { id: { anyOf: [9007199254740991, '9007199254740993'] } };
    expect((await created({ conditions })).body.conditions).toEqual(conditions);
    const rounded = JSON.stringify(input({ name: 'rounded', conditions })).replace(/"(\d+)"\]/, '$1]');
    const answer = await api.call('POST', PATH, rounded);
    expect(answer.status).toBe(400);
    expect(answer.body.errors).toEqual([
      { pointer: '/conditions/id/anyOf/1', detail: expect.stringContaining('written as a string') },
    ]);
  });

  it('warns of what may be a mistake, in the answer to the write only (contract §5.3)', async () => {
    const { body } = await created({
      providerSubject: 'repo:acme/app:ref:refs/heads/main*',
      providerSubjectMatch: 'glob',
    });
    expect(body.warnings.length).toBeGreaterThan(0);
    expect(body.warnings[0]).toEqual({ code: expect.any(String), detail: expect.any(String) });
    const path = `${PATH}/${body.identity}`;
    expect((await api.call('GET', path)).body).not.toHaveProperty('warnings');
    expect((await api.call('PATCH', path, { description: 'x' })).body.warnings).toEqual(body.warnings);
    expect(pointers(await api.call('PATCH', path, { warnings: [] }))).toEqual(['/warnings']);
  });

  it('takes the nulls that Go clients send (contract §5)', async () => {
    const nulls = {
      description: null,
      annotations: null,
      labels: null,
      expiresAt: null,
      conditions: null,
      trustedAudiences: null,
      allowedScopes: null,
    };
    expect((await created(nulls)).body).toMatchObject({ conditions: null, expiresAt: null, trustedAudiences: [] });
  });

  it.each([
    ['an empty subject', { providerSubject: '' }, '/providerSubject'],
    ['a glob of everything', { providerSubject: '*', providerSubjectMatch: 'glob' }, '/providerSubject'],
    ['a glob of an owner', { providerSubject: 'repo:acme*', providerSubjectMatch: 'glob' }, '/providerSubject'],
    [
      'a glob of half a repository',
      { providerSubject: 'repo:acme/app*', providerSubjectMatch: 'glob' },
      '/providerSubject',
    ],
    ['an exact subject of 2,049 characters', { providerSubject: 'repo:'.padEnd(2_049, 'x') }, '/providerSubject'],
    [
      'a glob of 513 characters',
      { providerSubject: 'repo:acme/'.padEnd(513, 'x'), providerSubjectMatch: 'glob' },
      '/providerSubject',
    ],
    ['an unknown way to match', { providerSubjectMatch: 'regex' }, '/providerSubjectMatch'],
    ['a matcher that there is not', { conditions: { ref: { like: 'x' } } }, '/conditions/ref'],
    ['an expression that does not compile', { expression: 'claims.ref ==' }, '/expression'],
    ['a regular expression', { expression: 'claims.ref.matches("a")' }, '/expression'],
    ['a scope with a space', { allowedScopes: ['ok', 'api read'] }, '/allowedScopes/1'],
    ['an audience with a line break', { tokenAudiences: ['a\nb'] }, '/tokenAudiences/0'],
    ['a lifetime below a minute', { tokenLifetime: 59 }, '/tokenLifetime'],
    ['a lifetime above a day', { maxTokenLifetime: 86_401 }, '/maxTokenLifetime'],
    ['a lifetime above its own cap', { tokenLifetime: 7200 }, '/tokenLifetime'],
    ['21 forwarded claims', { forwardedClaims: Array.from({ length: 21 }, (_, n) => `c${n}`) }, '/forwardedClaims'],
    ['a time without zone', { expiresAt: '2030-01-01T00:00:00' }, '/expiresAt'],
    ['30 February', { expiresAt: '2030-02-30T00:00:00Z' }, '/expiresAt'],
    ['the status expired', { status: 'expired' }, '/status'],
    [
      'an identifier of another kind',
      { serviceAccountIdentity: 'idp_00000000000000000000000001' },
      '/serviceAccountIdentity',
    ],
    ['a name as an identifier', { providerIdentity: 'GitHub' }, '/providerIdentity'],
    ['a read-only object', { serviceAccount: {} }, '/serviceAccount'],
  ])('refuses %s (contract §5.3)', async (_what, body, pointer) => {
    const answer = await api.call('POST', PATH, input(body));
    expect(answer.status).toBe(400);
    expect([...new Set(pointers(answer))]).toEqual([pointer]);
    expect((await api.call('GET', PATH)).body).toEqual([]);
  });

  it('names faults of form and of meaning together (contract §5)', async () => {
    const answer = await api.call('POST', PATH, {
      providerSubject: '*',
      providerSubjectMatch: 'glob',
      mode: 'maybe',
      x: 1,
    });
    expect(pointers(answer).sort()).toEqual(
      ['/name', '/serviceAccountIdentity', '/providerIdentity', '/providerSubject', '/mode', '/x'].sort(),
    );
  });

  it('lowers the default lifetime to the cap (contract §5.3)', async () => {
    expect((await created({ maxTokenLifetime: 600 })).body).toMatchObject({
      tokenLifetime: 600,
      maxTokenLifetime: 600,
    });
  });

  it("answers 400 at the member that names a parent which is missing or another organisation's (contract §5)", async () => {
    const missing = 'sa_00000000000000000000000777';
    const answer = await api.call('POST', PATH, input({ serviceAccountIdentity: missing }));
    expect(answer.status).toBe(400);
    expect(pointers(answer)).toEqual(['/serviceAccountIdentity']);
    await addOrganisation(api.db, 'acme');
    const foreign = await api.call('POST', PATH, input(), { 'x-organisation-identity': 'acme' });
    expect(foreign.status).toBe(400);
    expect(pointers(foreign)).toEqual(['/serviceAccountIdentity', '/providerIdentity']);
    expect((await api.call('GET', PATH)).body).toEqual([]);
  });
});

describe('limits', () => {
  it('answers 409 for the 101st identity of an account, also when two ask at once (contract §7)', async () => {
    for (let count = 0; count < 98; count += 1) await created({ name: `n${count}` });
    const answers = await Promise.all([1, 2, 3, 4].map((n) => api.call('POST', PATH, input({ name: `last ${n}` }))));
    expect(statuses(answers)).toEqual([201, 201, 409, 409]);
    expect(answers.find(({ status }) => status === 409)?.body.detail).toContain('at most 100');
    const { body: other } = await api.call('POST', '/v1/service-accounts', { name: 'other' });
    await created({ name: 'n1', serviceAccountIdentity: other.identity });
  });

  it('answers 409 for a second identity of that name on the account (contract §5)', async () => {
    await created();
    expect((await api.call('POST', PATH, input())).status).toBe(409);
    await created({ name: 'other' });
  });
});

describe('update', () => {
  it.each(['PUT', 'PATCH'])('changes with %s what is named, and keeps the rest (contract §5)', async (method) => {
    const { body } = await created({
      conditions: { ref: 'x' },
      expression: 'claims.a == "b"',
      expiresAt: '2030-01-01T00:00:00+01:00',
    });
    const path = `${PATH}/${body.identity}`;
    const { body: kept } = await api.call(method, path, {
      allowedScopes: ['a'],
      providerSubject: 'repo:acme/app:environment:prod',
    });
    expect(kept).toMatchObject({
      conditions: { ref: 'x' },
      expression: 'claims.a == "b"',
      expiresAt: '2029-12-31T23:00:00Z',
      allowedScopes: ['a'],
      objectVersion: 2,
    });
    const { body: cleared } = await api.call(method, path, { conditions: null, expression: null, expiresAt: null });
    expect(cleared).toMatchObject({ conditions: null, expression: null, expiresAt: null, allowedScopes: ['a'] });
    const row = await api.db.prepare('SELECT subject_key, object_version FROM federated_identity').first();
    expect(row).toMatchObject({ subject_key: expect.any(String), object_version: 3 });
  });

  it('keeps its parents, but takes them back unchanged (contract §5.3)', async () => {
    const { body } = await created();
    const path = `${PATH}/${body.identity}`;
    const refused = await api.call('PATCH', path, {
      serviceAccountIdentity: 'sa_00000000000000000000000777',
      providerIdentity: 'idp_00000000000000000000000777',
    });
    expect(refused.status).toBe(400);
    expect(pointers(refused)).toEqual(['/serviceAccountIdentity', '/providerIdentity']);
    const same = await api.call('PUT', path, body);
    expect(same.status).toBe(200);
    expect(same.body).toEqual(body);
  });

  it('judges the rule that results (contract §5.3)', async () => {
    const { body } = await created({ providerSubject: 'repo:acme/app:ref:refs/heads/*' });
    const path = `${PATH}/${body.identity}`;
    expect(pointers(await api.call('PATCH', path, { maxTokenLifetime: 600 }))).toEqual(['/tokenLifetime']);
    expect((await api.call('PATCH', path, { maxTokenLifetime: 600, tokenLifetime: 600 })).status).toBe(200);
    expect((await api.call('PATCH', path, { providerSubject: '*', providerSubjectMatch: 'glob' })).status).toBe(400);
    expect((await api.call('PATCH', path, { providerSubjectMatch: 'glob' })).status).toBe(200);
    const row = await api.db.prepare('SELECT subject_key FROM federated_identity').first('subject_key');
    expect(row).toBeNull();
  });

  it('wants a tenant to be named on an issuer that many share (contract §5.3)', async () => {
    const anybodys = { providerSubject: 'environment:production' };
    const tenant = { conditions: { repository_owner_id: '9919' } };
    const refused = await api.call('POST', PATH, input(anybodys));
    expect(refused.status).toBe(400);
    expect(pointers(refused)).toEqual(['/providerSubject']);
    expect(refused.body.errors[0].detail).toMatch(
      /^names no tenant: .* \(GitHub Actions\).*write repo:\{tenant\}\/….*repository_owner_id/,
    );
    const { body } = await created({ ...anybodys, ...tenant });
    const path = `${PATH}/${body.identity}`;
    for (const change of [{ conditions: null }, { conditions: { repository_owner_id: { exists: true } } }]) {
      expect(pointers(await api.call('PATCH', path, change))).toEqual(['/providerSubject']);
    }
    expect((await api.call('PATCH', path, { conditions: { repository: ['acme/app'] } })).status).toBe(200);
    expect((await api.call('PATCH', path, { conditions: null, providerSubject: SUBJECT })).status).toBe(200);
  });

  it('lets a rule from before be switched off, but not on, while it names no tenant (contract §5.3)', async () => {
    const { body } = await created();
    const path = `${PATH}/${body.identity}`;
    await api.db.prepare("UPDATE federated_identity SET provider_subject = 'environment:production'").run();
    expect((await api.call('PATCH', path, { description: 'from before' })).status).toBe(200);
    expect((await api.call('PATCH', path, { status: 'inactive' })).status).toBe(200);
    expect(pointers(await api.call('PATCH', path, { status: 'active' }))).toEqual(['/providerSubject']);
  });

  it('wants no tenant on an issuer of its own (contract §5.3)', async () => {
    const issuer = { name: 'enterprise', providerIssuer: 'https://token.actions.githubusercontent.com/acme' };
    const own = (await api.call('POST', '/v1/federated-identity-providers', issuer)).body;
    const { status } = await created({ providerIdentity: own.identity, providerSubject: 'environment:production' });
    expect(status).toBe(201);
  });

  it('reads a past expiresAt as expired, and takes that back (contract §5.3)', async () => {
    const { body } = await created({ expiresAt: '2027-01-15T08:01:00Z' });
    const path = `${PATH}/${body.identity}`;
    expect(body.status).toBe('active');
    api.setNow(NOW + 60);
    const { body: expired } = await api.call('GET', path);
    expect(expired.status).toBe('expired');
    expect((await api.call('PUT', path, { ...expired, expiresAt: '2030-01-01T00:00:00Z' })).body.status).toBe('active');
    expect(pointers(await api.call('PATCH', path, { status: 'expired' }))).toEqual(['/status']);
    expect((await api.call('PATCH', path, { status: 'revoked' })).body.status).toBe('revoked');
  });
});

describe('list', () => {
  it('filters by account, provider and status (contract §5)', async () => {
    const { body: other } = await api.call('POST', '/v1/service-accounts', { name: 'Other' });
    await created({ name: 'one' });
    await created({ name: 'two', serviceAccountIdentity: other.identity, expiresAt: '2020-01-01T00:00:00Z' });
    await created({ name: 'three', status: 'revoked', labels: { a: '1' } });
    const names = async (query: string): Promise<string[]> =>
      (await api.call('GET', `${PATH}?${query}`)).body.map((identity: { name: string }) => identity.name);
    expect(await names(`serviceAccount=${other.identity}`)).toEqual(['two']);
    expect(await names('serviceAccount=other')).toEqual(['two']);
    expect(await names(`provider=${provider.identity}`)).toEqual(['one', 'two', 'three']);
    expect(await names('provider=GitHub&status=active')).toEqual(['one']);
    expect(await names('status=expired')).toEqual(['two']);
    expect(await names('status=revoked&matchLabels[a]=1')).toEqual(['three']);
    expect(await names('status=inactive')).toEqual([]);
    expect(await names('slug=one')).toEqual([]);
    expect(await names('provider=nobody')).toEqual([]);
  });
});

describe('deleting an account', () => {
  it('takes its identities, bindings, credentials and their labels along, and says so (contract §5.2)', async () => {
    const { body: kept } = await api.call('POST', '/v1/service-accounts', { name: 'kept', labels: { a: '1' } });
    const { body: keptIdentity } = await created({ serviceAccountIdentity: kept.identity, labels: { a: '1' } });
    const { body: gone } = await created({ labels: { a: '1' } });
    const org = 'org_00000000000000000000000000';
    await api.db.batch([
      api.db.prepare(
        `INSERT INTO role (id, organisation_id, slug, name, created_at, updated_at) VALUES ('role_1', '${org}', 'r', 'r', 0, 0)`,
      ),
      api.db
        .prepare(
          `INSERT INTO role_binding (id, organisation_id, role_id, service_account_id, name, created_at, updated_at)
           VALUES ('bind_1', '${org}', 'role_1', ?, 'b', 0, 0)`,
        )
        .bind(account.identity),
      api.db
        .prepare(
          `INSERT INTO access_credential (id, organisation_id, service_account_id, name, access_key, secret_sha256, expires_at, created_at, updated_at)
           VALUES ('cred_1', '${org}', ?, 'c', 'k', 's', 0, 0, 0)`,
        )
        .bind(account.identity),
      api.db.prepare(`INSERT INTO object_label VALUES ('${org}', 'a', '1', 'bind_1')`),
    ]);
    expect((await api.call('GET', `/v1/service-accounts/${account.identity}`)).body.roleBindings).toMatchObject([
      { identity: 'bind_1', name: 'b', scopes: [], projects: [], role: { identity: 'role_1', name: 'r', slug: 'r' } },
    ]);
    expect((await api.call('DELETE', `/v1/service-accounts/${account.identity}`)).status).toBe(204);
    expect((await api.call('GET', `${PATH}/${gone.identity}`)).status).toBe(404);
    expect((await api.call('GET', PATH)).body).toHaveLength(1);
    const count = async (table: string): Promise<number | null> =>
      await api.db.prepare(`SELECT COUNT(*) AS n FROM ${table}`).first<number>('n');
    expect(await Promise.all(['role_binding', 'access_credential', 'object_label'].map(count))).toEqual([0, 0, 2]);
    expect((await api.call('GET', `${PATH}?matchLabels[a]=1`)).body).toMatchObject([
      { identity: keptIdentity.identity },
    ]);
    expect(JSON.parse((await api.events()).at(-1)?.changes ?? '')).toMatchObject({
      after: null,
      deleted: { federatedIdentities: [gone.identity], roleBindings: ['bind_1'], accessCredentials: ['cred_1'] },
    });
  });
});

describe('audit', () => {
  it('records the identity, its account and its issuer with each change (contract §5.7)', async () => {
    const { body } = await created();
    await api.call('PATCH', `${PATH}/${body.identity}`, { mode: 'shadow' });
    await api.call('DELETE', `${PATH}/${body.identity}`);
    const events = (await api.events()).filter(({ action }) => action.startsWith('federated_identity.'));
    expect(events.map(({ action }) => action)).toEqual(
      ['create', 'update', 'delete'].map((verb) => `federated_identity.${verb}`),
    );
    for (const event of events) {
      expect(event).toMatchObject({
        outcome: 'success',
        actor: 'root',
        service_account_id: account.identity,
        federated_identity_id: body.identity,
        issuer: provider.providerIssuer,
      });
    }
    expect(JSON.parse(events[1]?.changes ?? '')).toMatchObject({
      before: { mode: 'enforce' },
      after: { mode: 'shadow' },
    });
  });
});
