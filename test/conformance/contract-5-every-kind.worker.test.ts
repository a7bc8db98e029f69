// What contract §5 says of every object, in one table of all kinds: members, null, versions, preconditions, filters, pages, conflicts.

import { beforeAll, describe, expect, it } from 'vitest';

import { ADMIN_TOKEN, deploy, expectCreated } from '../support/deployment.ts';
import type { Answer, Deployment } from '../support/deployment.ts';

const NOBODY = '01h455vb4pex5vsknk084sn02q';

let deployment: Deployment;
let account = '';
let provider = '';
let role = '';
let count = 0;
beforeAll(async () => {
  deployment = await deploy();
  const make = (path: string, body: object): Promise<string> => expectCreated(deployment.iam('POST', path, body));
  account = await make('/v1/service-accounts', { name: 'holder' });
  provider = await make('/v1/federated-identity-providers', { name: 'ci', providerIssuer: 'https://ci.example.com' });
  role = await make('/v1/iam/roles', { name: 'viewer' });
});

interface Kind {
  readonly prefix: string;
  readonly path: () => string;
  /** What a new one needs besides its name. */
  readonly needs: () => Promise<object>;
}

const next = (): string => `n${(count += 1)}`;
const nothing = async (): Promise<object> => ({});
const kinds: readonly Kind[] = [
  { prefix: 'org', path: () => '/v1/organisations', needs: nothing },
  {
    prefix: 'idp',
    path: () => '/v1/federated-identity-providers',
    needs: async () => ({ providerIssuer: `https://ci.example.com/${next()}` }),
  },
  { prefix: 'sa', path: () => '/v1/service-accounts', needs: nothing },
  {
    prefix: 'fid',
    path: () => '/v1/federated-identities',
    needs: async () => ({
      serviceAccountIdentity: account,
      providerIdentity: provider,
      providerSubject: `job:app:${next()}`,
    }),
  },
  { prefix: 'role', path: () => '/v1/iam/roles', needs: nothing },
  {
    prefix: 'bind',
    path: () => `/v1/iam/roles/${role}/bindings`,
    needs: async () => ({
      serviceAccountIdentity: await expectCreated(deployment.iam('POST', '/v1/service-accounts', { name: next() })),
    }),
  },
  {
    prefix: 'cred',
    path: () => `/v1/service-accounts/${account}/access-credentials`,
    needs: async () => ({ scopes: [] }),
  },
];

const call = (method: string, path: string, body?: object, headers: Record<string, string> = {}): Promise<Answer> =>
  deployment.send(path, {
    method,
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });

describe.each(kinds)('an object with the prefix $prefix', ({ prefix, path, needs }) => {
  const make = async (more: object = {}): Promise<Answer> =>
    call('POST', path(), { name: next(), ...(await needs()), ...more });

  it('has what every object has, and takes null as absent (contract §5)', async () => {
    const { status, body } = await make({ labels: null, annotations: null, description: null });
    expect(status).toBe(201);
    expect(body.identity).toMatch(new RegExp(`^${prefix}_[0-9a-z]{26}$`));
    const common = { description: '', labels: {}, annotations: {}, objectVersion: 1 };
    expect(body).toMatchObject({ ...common, createdAt: expect.stringMatching(/Z$/), updatedAt: body.createdAt });
    const kept = await call('PATCH', `${path()}/${body.identity}`, { description: 'd', labels: { a: 'b' } });
    const again = await call('PUT', `${path()}/${body.identity}`, { description: null, labels: null });
    expect(again.body).toEqual(kept.body);
  });

  it('names an unknown member, and changes nothing (contract §5)', async () => {
    const { body } = await make();
    for (const answer of [
      await make({ colour: 'red' }),
      await call('PATCH', `${path()}/${body.identity}`, { colour: 'red' }),
    ])
      expect(answer).toMatchObject({ status: 400, body: { errors: [{ pointer: '/colour' }] } });
    expect((await call('GET', `${path()}/${body.identity}`)).body.objectVersion).toBe(1);
  });

  it('counts its versions and honours both preconditions (contract §5)', async () => {
    const one = `${path()}/${(await make()).body.identity}`;
    const { headers } = await call('GET', one);
    const etag = headers.get('etag') ?? '';
    expect(etag).toBe('"1"');
    expect((await call('GET', one, undefined, { 'if-none-match': `"9", ${etag}` })).status).toBe(304);
    const change = (precondition: Record<string, string>): Promise<Answer> =>
      call('PATCH', one, { description: next() }, precondition);
    expect(await change({ 'if-match': '"1"' })).toMatchObject({ status: 200, body: { objectVersion: 2 } });
    for (const failed of [{ 'if-match': '"1"' }, { 'if-none-match': '*' }, { 'if-none-match': '"2"' }])
      expect((await change(failed)).status).toBe(412);
    for (const held of [{ 'if-match': '"7", "2"' }, { 'if-match': '*' }, { 'if-none-match': '"2"' }])
      expect((await change(held)).status).toBe(200);
    expect((await call('DELETE', one, undefined, { 'if-match': '"1"' })).status).toBe(412);
    expect((await call('DELETE', one, undefined, { 'if-match': '"5"' })).status).toBe(204);
    for (const method of ['GET', 'DELETE']) expect((await call(method, one)).status).toBe(404);
  });

  it('names the one that has the name already (contract §5)', async () => {
    const [{ body: first }, { body: second }] = [await make(), await make()];
    const conflictsWith = { identity: first.identity, name: first.name };
    const renamed = await call('PATCH', `${path()}/${second.identity}`, { name: first.name });
    for (const answer of [await make({ name: first.name }), renamed])
      expect(answer).toMatchObject({ status: 409, body: { conflictsWith } });
  });

  it('is found by filters, page by page (contract §5)', async () => {
    const labels = { team: next(), 'app.io/tier': '1' };
    const { body } = await make({ labels });
    await make({ labels: { team: labels.team } });
    const list = async (query: string): Promise<Answer> => call('GET', `${path()}?${query}`);
    for (const query of [
      `identity=${body.identity}`,
      `name=${body.name}`,
      `matchLabels[team]=${labels.team}&matchLabels[app.io/tier]=1`,
    ])
      expect((await list(query)).body).toMatchObject([{ identity: body.identity }]);
    expect((await list(`identity=${prefix}_${NOBODY}`)).body).toEqual([]);
    const first = await list(`matchLabels[team]=${labels.team}&limit=1`);
    const link = /<([^>]+)>; rel="next"/.exec(first.headers.get('link') ?? '')?.[1] ?? '';
    const second = await call('GET', link);
    expect([first.body.length, second.body.length]).toEqual([1, 1]);
    expect(second.body[0].identity).not.toBe(first.body[0].identity);
    expect(second.headers.get('link')).toBeNull();
    for (const query of ['limit=0', 'limit=1001', 'cursor=!!', 'colour=red', 'name=a&name=b'])
      expect([query, (await list(query)).status]).toEqual([query, 400]);
  });
});
