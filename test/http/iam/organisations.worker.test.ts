// Organisations: contract §5.9, and who may manage them: §4.

import { beforeEach, describe, expect, it } from 'vitest';

import { deploy, expectCreated } from '../../support/deployment.ts';
import type { Answer, Deployment } from '../../support/deployment.ts';
import { addWorkload, call, DEFAULT_ORGANISATION_ID } from '../../support/workload.ts';
import { iamHarness, pointers, statuses } from './iam-harness.ts';
import type { Harness } from './iam-harness.ts';

const PATH = '/v1/organisations';

describe('as root', () => {
  let api: Harness;
  beforeEach(async () => {
    api = await iamHarness();
  });

  const made = async (body: object): Promise<Answer['body']> => {
    const answer = await api.call('POST', PATH, body);
    expect(answer, JSON.stringify(answer.body)).toMatchObject({ status: 201 });
    return answer.body;
  };

  it('an organisation is created, listed, read by id and slug, changed and deleted (contract §5.9)', async () => {
    const body = await made({ name: 'Acme Corp', labels: { plan: 'free' } });
    expect(body).toEqual({
      identity: expect.stringMatching(/^org_[0-7][0-9a-z]{25}$/),
      name: 'Acme Corp',
      slug: 'acme-corp',
      description: '',
      labels: { plan: 'free' },
      annotations: {},
      reservedAudiences: [],
      createdAt: '2027-01-15T08:00:00Z',
      updatedAt: '2027-01-15T08:00:00Z',
      objectVersion: 1,
    });
    const all = await api.call('GET', PATH);
    expect(all.body.map(({ slug }: { slug: string }) => slug).sort()).toEqual(['acme-corp', 'default']);
    for (const query of ['matchLabels[plan]=free', 'slug=acme-corp', 'name=Acme+Corp', `identity=${body.identity}`]) {
      expect((await api.call('GET', `${PATH}?${query}`)).body).toEqual([body]);
    }
    for (const reference of [body.identity, 'acme-corp']) {
      expect((await api.call('GET', `${PATH}/${reference}`)).body).toEqual(body);
    }
    const changed = await api.call('PATCH', `${PATH}/${body.identity}`, { slug: 'acme' }, { 'if-match': '"1"' });
    expect(changed.body).toMatchObject({ slug: 'acme', objectVersion: 2 });
    expect(
      (await api.call('GET', '/v1/service-accounts', undefined, { 'x-organisation-identity': 'acme' })).status,
    ).toBe(200);
    expect((await api.call('DELETE', `${PATH}/${body.identity}`, undefined, { 'if-match': '"1"' })).status).toBe(412);
    expect((await api.call('DELETE', `${PATH}/${body.identity}`)).status).toBe(204);
    expect((await api.call('GET', `${PATH}/acme`)).body.detail).toBe('there is no organisation acme');
    expect((await api.events()).map(({ action }) => action)).toEqual([
      'organisation.create',
      'organisation.update',
      'organisation.delete',
    ]);
  });

  it('has a name and slug of its own, whatever races (contract §5)', async () => {
    const answers = await Promise.all([1, 2, 3, 4].map(() => api.call('POST', PATH, { name: 'Acme' })));
    expect(statuses(answers)).toEqual([201, 409, 409, 409]);
    expect(pointers(await api.call('POST', PATH, { name: 'ACME' }))).toEqual(['/slug']);
    expect(pointers(await api.call('POST', PATH, { name: 'x', slug: 'org_1' }))).toEqual(['/slug']);
  });

  it('cannot be deleted with contents: 409 (contract §5.9)', async () => {
    const { identity } = await made({ name: 'acme' });
    const header = { 'x-organisation-identity': 'acme' };
    for (const [path, body] of [
      ['/v1/service-accounts', { name: 'a' }],
      ['/v1/iam/roles', { name: 'a' }],
      ['/v1/federated-identity-providers', { name: 'a', providerIssuer: 'https://issuer.example.com' }],
    ] as const) {
      const content = await api.call('POST', path, body, header);
      expect(content.status).toBe(201);
      const refused = await api.call('DELETE', `${PATH}/${identity}`);
      expect(refused.status).toBe(409);
      expect(refused.body.type).toBe('urn:cambist:problem:in-use');
      await api.call('DELETE', `${path}/${content.body.identity}`, undefined, header);
    }
    expect((await api.call('DELETE', `${PATH}/${identity}`)).status).toBe(204);
  });

  it('default stays, under its slug (contract §5.9)', async () => {
    const path = `${PATH}/${DEFAULT_ORGANISATION_ID}`;
    const deleted = await api.call('DELETE', path);
    expect(deleted.status).toBe(409);
    expect(deleted.body.detail).toContain('cannot be deleted');
    expect((await api.call('PATCH', path, { slug: 'other' })).status).toBe(409);
    expect((await api.call('PATCH', path, { name: 'Our own' })).status).toBe(200);
    expect((await api.call('GET', '/v1/service-accounts')).status).toBe(200);
  });

  it('named in the header and unknown is 404 (contract §5.9)', async () => {
    const header = { 'x-organisation-identity': 'nobody' };
    expect((await api.call('GET', PATH, undefined, header)).status).toBe(404);
    expect((await api.call('POST', PATH, { name: 'acme' }, header)).status).toBe(404);
    expect((await api.call('GET', PATH)).body).toHaveLength(1);
  });

  it('are listed in one round trip (contract §7)', async () => {
    const before = api.roundTrips();
    await api.call('GET', PATH);
    expect(api.roundTrips() - before).toBe(1);
  });
});

describe('as a workload', () => {
  let deployment: Deployment;
  let other: string;
  beforeEach(async () => {
    deployment = await deploy();
    other = await expectCreated(deployment.iam('POST', PATH, { name: 'other' }));
  });

  it('an administrator of default manages all of them (contract §4)', async () => {
    const token = await (await addWorkload(deployment, 'boss', ['iam:admin'])).token();
    expect((await call(deployment, token, 'GET', PATH)).body).toHaveLength(2);
    const third = await call(deployment, token, 'POST', PATH, { name: 'third' });
    expect(third.status).toBe(201);
    expect((await call(deployment, token, 'DELETE', `${PATH}/${third.body.identity}`)).status).toBe(204);
    const [event] = (await deployment.events()).filter(({ action }) => action === 'organisation.delete');
    expect(event).toMatchObject({ organisation_id: DEFAULT_ORGANISATION_ID, actor: expect.stringMatching(/^sa_/) });
  });

  it.each([
    ['an administrator of another one', 'other', ['iam:admin'], 403],
    ['a writer of another one', 'other', ['iam:write'], 403],
    ['a writer of default', 'default', ['iam:write'], 403],
  ])('%s sees its own and changes none (contract §5.9)', async (_what, organisation, scopes, status) => {
    const token = await (await addWorkload(deployment, 'w', scopes, { organisation })).token();
    const [own, foreign] =
      organisation === 'other' ? [other, DEFAULT_ORGANISATION_ID] : [DEFAULT_ORGANISATION_ID, other];
    const list = await call(deployment, token, 'GET', PATH);
    expect(list.body.map(({ identity }: { identity: string }) => identity)).toEqual([own]);
    expect((await call(deployment, token, 'GET', `${PATH}/${own}`)).status).toBe(200);
    for (const reference of [foreign, organisation === 'other' ? 'default' : 'other']) {
      const read = await call(deployment, token, 'GET', `${PATH}/${reference}`);
      expect(read.status).toBe(404);
      expect((await call(deployment, token, 'GET', `${PATH}?slug=${reference.replace(/_.*/, '')}`)).body).toEqual([]);
    }
    for (const [method, path, body] of [
      ['POST', PATH, { name: 'new' }],
      ['PATCH', `${PATH}/${own}`, { description: 'x' }],
      ['PUT', `${PATH}/${own}`, { description: 'x' }],
      ['DELETE', `${PATH}/${own}`],
    ] as const) {
      const answer = await call(deployment, token, method, path, body);
      expect(answer.status, method).toBe(status);
    }
    expect((await deployment.iam('GET', PATH)).body).toHaveLength(2);
  });
});
