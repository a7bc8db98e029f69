// Roles, their rules and their bindings: contract §5 and §5.4, as root.

import { beforeEach, describe, expect, it } from 'vitest';

import { MAX_BINDINGS_PER_SERVICE_ACCOUNT, MAX_RULES_PER_ROLE } from '../../../src/objects/limits.ts';
import { NOW, iamHarness, pointers, statuses } from './iam-harness.ts';
import type { Answer, Harness } from './iam-harness.ts';

const PATH = '/v1/iam/roles';
const RULE = { resources: ['servers'], permissions: ['read', 'list'] };
let api: Harness;

beforeEach(async () => {
  api = await iamHarness();
});

async function made(path: string, body: object): Promise<Answer['body']> {
  const answer = await api.call('POST', path, body);
  expect(answer, JSON.stringify(answer.body)).toMatchObject({ status: 201 });
  return answer.body;
}
const role = (body: object = {}): Promise<Answer['body']> => made(PATH, { name: 'Deployer', ...body });
const account = async (name = 'ci'): Promise<string> => (await made('/v1/service-accounts', { name })).identity;
const actions = async (): Promise<string[]> => (await api.events()).map(({ action }) => action);

async function freeze(identity: string, column: 'is_read_only' | 'system'): Promise<void> {
  await api.db.prepare(`UPDATE role SET ${column} = 1 WHERE id = ?`).bind(identity).run();
}

describe('a role', () => {
  it('answers every member (contract §5.4)', async () => {
    const body = await role({ labels: { team: 'a' }, description: null, annotations: null, rules: [RULE] });
    expect(body).toEqual({
      identity: expect.stringMatching(/^role_[0-7][0-9a-z]{25}$/),
      name: 'Deployer',
      slug: 'deployer',
      description: '',
      labels: { team: 'a' },
      annotations: {},
      isReadOnly: false,
      system: false,
      rules: [{ identity: expect.stringMatching(/^rule_/), ...RULE, resourceIdentities: [], note: '' }],
      createdAt: '2027-01-15T08:00:00Z',
      updatedAt: '2027-01-15T08:00:00Z',
      objectVersion: 1,
    });
    expect((await api.call('GET', `${PATH}/${body.identity}`)).body).toEqual(body);
    expect((await api.call('GET', PATH)).body).toEqual([body]);
    expect((await api.call('GET', `${PATH}?matchLabels[team]=a&slug=deployer&name=Deployer`)).body).toEqual([body]);
    expect((await api.call('GET', `${PATH}?slug=other`)).body).toEqual([]);
  });

  it('is found by id, slug and name, in that order (contract §5.4)', async () => {
    const first = await role({ name: 'ops', slug: 'deploy' });
    const second = await role({ name: 'deploy', slug: 'second' });
    for (const reference of [first.identity, 'deploy', 'ops']) {
      expect((await api.call('GET', `${PATH}/${reference}`)).body.identity).toBe(first.identity);
    }
    expect((await api.call('GET', `${PATH}/second`)).body.identity).toBe(second.identity);
    const missing = await api.call('GET', `${PATH}/nobody`);
    expect(missing.status).toBe(404);
    expect(missing.headers.get('content-type')).toBe('application/problem+json');
    expect(missing.body.detail).toBe('there is no role nobody in this organisation');
  });

  it('cannot take over the identifier of another one with its name (contract §1)', async () => {
    const gone = 'role_01h00000000000000000000000';
    await role({ name: gone });
    expect((await api.call('GET', `${PATH}/${gone}`)).status).toBe(404);
  });

  it('keeps its slug when it is renamed, and may get another one (contract §1)', async () => {
    const body = await role();
    const path = `${PATH}/${body.identity}`;
    expect((await api.call('PATCH', path, { name: 'Renamed' })).body).toMatchObject({ slug: 'deployer' });
    expect((await api.call('PATCH', path, { slug: 'other' })).body).toMatchObject({ slug: 'other', objectVersion: 3 });
  });

  it('has a name and a slug of its own: 409 otherwise (contract §5)', async () => {
    await role();
    const again = await Promise.all(Array.from({ length: 5 }, () => api.call('POST', PATH, { name: 'Second' })));
    expect(statuses(again)).toEqual([201, 409, 409, 409, 409]);
    const slug = await api.call('POST', PATH, { name: 'deployer!' });
    expect(slug.status).toBe(409);
    expect(pointers(slug)).toEqual(['/slug']);
  });

  it.each([
    [{}, ['/name']],
    [{ name: 'a', isReadOnly: true }, ['/isReadOnly']],
    [{ name: 'a', system: false }, ['/system']],
    [{ name: 'a', colour: 'red' }, ['/colour']],
    [{ name: 'a', rules: [{ resources: [], permissions: ['fly'] }] }, ['/rules/0/permissions/0', '/rules/0/resources']],
    [{ name: 'a', rules: [{ ...RULE, effect: 'deny' }] }, ['/rules/0']],
  ])('refuses %j, naming every fault (contract §5)', async (body, expected) => {
    const answer = await api.call('POST', PATH, body);
    expect(answer.status).toBe(400);
    expect(pointers(answer).sort()).toEqual(expected);
    expect(await api.events()).toEqual([]);
  });

  it('takes back what it answered, and says where rules are changed (contract §5)', async () => {
    const body = await role({ rules: [RULE] });
    expect((await api.call('PUT', `${PATH}/${body.identity}`, body)).body).toEqual(body);
    const answer = await api.call('PATCH', `${PATH}/${body.identity}`, { rules: [] });
    expect(answer.status).toBe(400);
    expect(answer.body.errors).toEqual([{ pointer: '/rules', detail: expect.stringContaining('/rules') }]);
  });

  it('is deleted with its rules, but not while it is bound: 409 (contract §5.4)', async () => {
    const { identity } = await role({ rules: [RULE], labels: { a: '1' } });
    const binding = await made(`${PATH}/${identity}/bindings`, { serviceAccountIdentity: await account() });
    const refused = await api.call('DELETE', `${PATH}/${identity}`);
    expect(refused.status).toBe(409);
    expect(refused.body.detail).toContain('bindings');
    expect((await api.call('DELETE', `${PATH}/${identity}/bindings/${binding.identity}`)).status).toBe(204);
    expect((await api.call('DELETE', `${PATH}/${identity}`, undefined, { 'if-match': '"1"' })).status).toBe(204);
    for (const table of ['role', 'role_rule', 'object_label']) {
      expect((await api.db.prepare(`SELECT * FROM ${table}`).all()).results).toEqual([]);
    }
    expect(await actions()).toEqual([
      'role.create',
      'service_account.create',
      'role_binding.create',
      'role_binding.delete',
      'role.delete',
    ]);
  });

  it.each(['is_read_only', 'system'] as const)(
    'cannot be changed, nor its rules, where it is %s, but can be bound (contract §5.4)',
    async (column) => {
      const { identity, rules } = await role({ rules: [RULE] });
      const path = `${PATH}/${identity}`;
      await freeze(identity, column);
      const refused = [
        await api.call('PATCH', path, { description: 'x' }),
        await api.call('DELETE', path),
        await api.call('POST', `${path}/rules`, RULE),
        await api.call('PATCH', `${path}/rules/${rules[0].identity}`, { note: 'x' }),
        await api.call('DELETE', `${path}/rules/${rules[0].identity}`),
      ];
      for (const answer of refused) {
        expect(answer.status).toBe(409);
        expect(answer.body.type).toBe('urn:cambist:problem:read-only');
        expect(answer.body.detail).toContain('cannot be changed');
      }
      expect(await actions()).toEqual(['role.create']);
      await made(`${path}/bindings`, { serviceAccountIdentity: await account() });
    },
  );
});

describe('a rule', () => {
  it('is created, read, changed and deleted under its role, whose version it raises (contract §5.4)', async () => {
    const { identity } = await role();
    const path = `${PATH}/${identity}/rules`;
    const rule = await made(path, { ...RULE, resourceIdentities: null, note: 'why' });
    expect(rule).toMatchObject({ ...RULE, resourceIdentities: [], note: 'why', objectVersion: 1 });
    expect((await api.call('GET', path)).body).toEqual([rule]);
    expect((await api.call('GET', `${path}/${rule.identity}`)).body).toEqual(rule);
    api.setNow(NOW + 1);
    const changed = await api.call('PATCH', `${path}/${rule.identity}`, { permissions: ['*'] }, { 'if-match': '"1"' });
    expect(changed.body).toMatchObject({ permissions: ['*'], objectVersion: 2, updatedAt: '2027-01-15T08:00:01Z' });
    const whole = (await api.call('GET', `${PATH}/${identity}`)).body;
    expect(whole).toMatchObject({ objectVersion: 3, rules: [{ identity: rule.identity, permissions: ['*'] }] });
    expect((await api.call('PATCH', `${PATH}/${identity}`, { name: 'x' }, { 'if-match': '"1"' })).status).toBe(412);
    expect((await api.call('DELETE', `${path}/${rule.identity}`)).status).toBe(204);
    expect((await api.call('GET', path)).body).toEqual([]);
    expect(await actions()).toEqual(['role.create', 'role_rule.create', 'role_rule.update', 'role_rule.delete']);
  });

  it('is created with the empty identity that Go clients send with a new rule, and with no other (contract §5)', async () => {
    const { identity } = await role();
    const path = `${PATH}/${identity}/rules`;
    const sent = { identity: '', ...RULE, resourceIdentities: null };
    expect(await made(path, sent)).toMatchObject({ ...RULE, identity: expect.stringMatching(/^rule_/) });
    const refused = await api.call('POST', path, { ...sent, identity: 'rule_00000000000000000000000001' });
    expect(refused.status).toBe(400);
    expect(pointers(refused)).toEqual(['/identity']);
  });

  it.each([
    [{}, ['/permissions', '/resources']],
    [{ resources: ['a'], permissions: ['write'] }, ['/permissions/0']],
    [{ resources: ['a'], permissions: [] }, ['/permissions']],
    [{ resources: [''], permissions: ['read'] }, ['/resources/0']],
    [{ ...RULE, name: 'x' }, ['/name']],
  ])('refuses %j (contract §5.4)', async (body, expected) => {
    const { identity } = await role();
    const answer = await api.call('POST', `${PATH}/${identity}/rules`, body);
    expect(answer.status).toBe(400);
    expect(pointers(answer).sort()).toEqual(expected);
  });

  it('belongs to its role: under another one it is 404, and so is everything under none (contract §5)', async () => {
    const one = await role({ rules: [RULE] });
    const two = await role({ name: 'Other' });
    const id = one.rules[0].identity;
    expect((await api.call('GET', `${PATH}/${one.identity}/rules/${id}`)).status).toBe(200);
    for (const parent of [two.identity, 'nobody', 'role_7zzzzzzzzzzzzzzzzzzzzzzzzz']) {
      for (const [method, body] of [['GET'], ['PATCH', { note: 'x' }], ['DELETE']] as const) {
        expect((await api.call(method, `${PATH}/${parent}/rules/${id}`, body)).status).toBe(404);
      }
    }
    expect((await api.call('GET', `${PATH}/nobody/rules`)).status).toBe(404);
    const created = await api.call('POST', `${PATH}/nobody/rules`, RULE);
    expect(created.status).toBe(404);
    expect(created.body.detail).toBe('there is no role nobody in this organisation');
  });

  it('is the last one a role can have, whatever races (contract §7)', async () => {
    const { identity } = await role({ rules: Array.from({ length: MAX_RULES_PER_ROLE - 1 }, () => RULE) });
    const answers = await Promise.all([1, 2, 3].map(() => api.call('POST', `${PATH}/${identity}/rules`, RULE)));
    expect(statuses(answers)).toEqual([201, 409, 409]);
  });
});

describe('a binding', () => {
  it('answers every member, and null for what is never bound (contract §5.4)', async () => {
    const { identity } = await role();
    const serviceAccountIdentity = await account();
    const body = await made(`${PATH}/deployer/bindings`, {
      name: 'b',
      annotations: null,
      userIdentity: null,
      teamIdentity: null,
      serviceAccountIdentity,
      scopes: null,
      projects: ['shop', 'shop'],
    });
    expect(body).toEqual({
      identity: expect.stringMatching(/^bind_/),
      name: 'b',
      description: '',
      labels: {},
      annotations: {},
      role: { identity, name: 'Deployer', slug: 'deployer' },
      organisationRole: { identity, name: 'Deployer', slug: 'deployer' },
      serviceAccountIdentity,
      serviceAccount: { identity: serviceAccountIdentity, name: 'ci', slug: 'ci' },
      userIdentity: null,
      teamIdentity: null,
      scopes: [],
      projects: ['shop'],
      createdAt: '2027-01-15T08:00:00Z',
      updatedAt: '2027-01-15T08:00:00Z',
      objectVersion: 1,
    });
    const path = `${PATH}/${identity}/bindings`;
    expect((await api.call('GET', path)).body).toEqual([body]);
    expect((await api.call('GET', `${path}/${body.identity}`)).body).toEqual(body);
    expect((await api.call('PUT', `${path}/${body.identity}`, body)).body).toEqual(body);
    for (const found of [serviceAccountIdentity, 'ci']) {
      expect((await api.call('GET', `${path}?serviceAccount=${found}`)).body).toEqual([body]);
    }
    expect((await api.call('GET', `${path}?serviceAccount=nobody`)).body).toEqual([]);
    const changed = await api.call('PATCH', `${path}/${body.identity}`, { projects: [], scopes: ['api:write'] });
    expect(changed.body).toMatchObject({ projects: [], scopes: ['api:write'], objectVersion: 2 });
    const [event] = (await api.events()).filter(({ action }) => action === 'role_binding.update');
    expect(event).toMatchObject({ service_account_id: serviceAccountIdentity });
  });

  it.each([
    [{ userIdentity: 'u-1' }, '/userIdentity'],
    [{ teamIdentity: 't-1' }, '/teamIdentity'],
    [{ scopes: ['a b'] }, '/scopes/0'],
    [{ projects: ['with space'] }, '/projects/0'],
    [{ serviceAccountIdentity: null }, '/serviceAccountIdentity'],
    [{ serviceAccountIdentity: 'ci' }, '/serviceAccountIdentity'],
  ])('refuses %j (contract §5.4)', async (more, pointer) => {
    const { identity } = await role();
    const serviceAccountIdentity = await account();
    const answer = await api.call('POST', `${PATH}/${identity}/bindings`, { serviceAccountIdentity, ...more });
    expect(answer.status).toBe(400);
    expect(pointers(answer)).toEqual([pointer]);
    await made(`${PATH}/${identity}/bindings`, { serviceAccountIdentity });
  });

  it('is refused for an account that is not there (contract §4)', async () => {
    const { identity } = await role();
    const answer = await api.call('POST', `${PATH}/${identity}/bindings`, {
      serviceAccountIdentity: 'sa_7zzzzzzzzzzzzzzzzzzzzzzzzz',
    });
    expect(answer.status).toBe(400);
    expect(pointers(answer)).toEqual(['/serviceAccountIdentity']);
  });

  it('stays with its account (contract §5.4)', async () => {
    const { identity } = await role();
    const binding = await made(`${PATH}/${identity}/bindings`, { serviceAccountIdentity: await account() });
    const answer = await api.call('PATCH', `${PATH}/${identity}/bindings/${binding.identity}`, {
      serviceAccountIdentity: await account('other'),
    });
    expect(pointers(answer)).toEqual(['/serviceAccountIdentity']);
  });

  it('is the last one an account can have, whatever races (contract §7)', async () => {
    const { identity } = await role();
    const serviceAccountIdentity = await account();
    const bind = (): Promise<Answer> => api.call('POST', `${PATH}/${identity}/bindings`, { serviceAccountIdentity });
    for (let count = 1; count < MAX_BINDINGS_PER_SERVICE_ACCOUNT; count += 1) expect((await bind()).status).toBe(201);
    const answers = await Promise.all([bind(), bind(), bind()]);
    expect(statuses(answers)).toEqual([201, 409, 409]);
    const refused = answers.find(({ status }) => status === 409);
    expect(refused?.body.detail).toContain('at most 100 role bindings');
    await made(`${PATH}/${identity}/bindings`, { serviceAccountIdentity: await account('other') });
  });

  it('goes with its account (contract §5.2)', async () => {
    const { identity } = await role();
    const id = await account();
    await made(`${PATH}/${identity}/bindings`, { serviceAccountIdentity: id, labels: { a: '1' } });
    expect((await api.call('DELETE', `/v1/service-accounts/${id}`)).status).toBe(204);
    expect((await api.call('GET', `${PATH}/${identity}/bindings`)).body).toEqual([]);
    expect((await api.call('DELETE', `${PATH}/${identity}`)).status).toBe(204);
  });

  it('cannot be made to a role that is deleted at the same time (contract §5.4)', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { identity } = await role({ name: `r${round}` });
      const serviceAccountIdentity = await account(`a${round}`);
      const [bound, deleted] = await Promise.all([
        api.call('POST', `${PATH}/${identity}/bindings`, { serviceAccountIdentity }),
        api.call('DELETE', `${PATH}/${identity}`),
      ]);
      expect([
        [201, 409],
        [404, 204],
        [409, 204],
      ]).toContainEqual([bound?.status, deleted?.status]);
    }
  });
});

describe('lists', () => {
  it('of roles, rules and bindings each need one round trip (contract §5, §7)', async () => {
    const { identity } = await role({ rules: [RULE] });
    await made(`${PATH}/${identity}/bindings`, { serviceAccountIdentity: await account() });
    for (const path of [PATH, `${PATH}/deployer/rules`, `${PATH}/${identity}/bindings`]) {
      const before = api.roundTrips();
      expect((await api.call('GET', path)).body).toHaveLength(1);
      expect(api.roundTrips() - before).toBe(1);
    }
  });

  it('page with a cursor and a next link (contract §5)', async () => {
    const { identity } = await role();
    const path = `${PATH}/${identity}/rules`;
    for (const resource of ['a', 'b', 'c']) await made(path, { resources: [resource], permissions: ['*'] });
    const first = await api.call('GET', `${path}?limit=2`);
    const next = /^<([^>]+)>; rel="next"$/.exec(first.headers.get('link') ?? '')?.[1] ?? '';
    const second = await api.call('GET', next);
    expect([...first.body, ...second.body].map(({ resources }) => resources[0])).toEqual(['a', 'b', 'c']);
    expect(second.headers.get('link')).toBeNull();
  });
});
