// ?validate=true (contract §5): every write of the API judges and answers as it would, and leaves every byte of storage as it was.

import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it } from 'vitest';

import { iamRouteList } from '../../../src/http/iam/app.ts';
import { ADMIN_TOKEN, deploy, expectCreated, join } from '../../support/deployment.ts';
import type { Answer, Deployment, Joined } from '../../support/deployment.ts';
import { createIssuer } from '../../support/issuer.ts';
import type { TestIssuer } from '../../support/issuer.ts';
import { addWorkload, call, newSigningKey, signingKeys } from '../../support/workload.ts';

let deployment: Deployment;
let issuer: TestIssuer;
let joined: Joined;
let ids: Record<string, string>;

beforeEach(async () => {
  deployment = await deploy();
  issuer = await createIssuer();
  joined = await join(deployment, issuer, { providerSubject: 'job:1', expiresAt: '2027-01-01T00:00:00Z' });
  const create = async (path: string, body: object): Promise<string> =>
    expectCreated(deployment.iam('POST', path, body));
  const role = await create('/v1/iam/roles', { name: 'reader', rules: [{ resources: ['a'], permissions: ['read'] }] });
  const other = await create('/v1/service-accounts', { name: 'other' });
  ids = {
    identity: joined.federatedIdentity,
    provider: joined.provider,
    account: joined.serviceAccount,
    role,
    other,
    rule: await create(`/v1/iam/roles/${role}/rules`, { resources: ['b'], permissions: ['read'] }),
    binding: await create(`/v1/iam/roles/${role}/bindings`, { serviceAccountIdentity: joined.serviceAccount }),
    credential: await create(`/v1/service-accounts/${joined.serviceAccount}/access-credentials`, { scopes: [] }),
    organisation: await create('/v1/organisations', { name: 'tenant' }),
  };
  await deployment.send('/.well-known/jwks.json');
});

/** Everything that the deployment keeps: each row of each table, and the cache. */
async function bytes(): Promise<string> {
  const { results: tables } = await deployment.db
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\' ORDER BY name")
    .all<{ name: string }>();
  const rows = await deployment.db.batch(tables.map(({ name }) => deployment.db.prepare(`SELECT * FROM "${name}"`)));
  const { keys } = await env.CACHE.list();
  const cached = await Promise.all(keys.map(async ({ name }) => [name, await env.CACHE.get(name)]));
  return JSON.stringify([tables, rows.map(({ results }) => results), cached]);
}

interface Write {
  /** Method and path, as the route has them. */
  readonly operation: string;
  readonly at: () => string;
  readonly sent: () => unknown;
  readonly status: number;
  /** Members that each write makes anew. */
  readonly anew: readonly string[];
}

const NEW = ['identity', 'createdAt', 'updatedAt'];
const account = (): string => `/v1/service-accounts/${ids['account']}`;
const identity = (): string => `/v1/federated-identities/${ids['identity']}`;
const provider = (): string => `/v1/federated-identity-providers/${ids['provider']}`;
const role = (): string => `/v1/iam/roles/${ids['role']}`;
const issuerOf = (host: string): object => ({ name: host, providerIssuer: `https://${host}.example.com` });
const rule = (more: object = {}): object => ({
  name: 'second',
  serviceAccountIdentity: ids['other'],
  providerIdentity: ids['provider'],
  providerSubject: 'repo:acme/app:**',
  providerSubjectMatch: 'glob',
  conditions: { ref: 'main' },
  allowedScopes: ['api:read'],
  ...more,
});
const write = (
  operation: string,
  at: () => string,
  sent: () => unknown = () => undefined,
  status = 200,
  anew: readonly string[] = [],
): Write => ({ operation, at, sent, status, anew });
const changes = (path: string, at: () => string, body: () => unknown): Write[] =>
  ['put', 'patch'].map((method) => write(`${method} ${path}`, at, body, 200));

/** One accepted request for every operation that can write, and which members the write makes anew. */
const WRITES: readonly Write[] = [
  write(
    'post /v1/federated-identity-providers',
    () => '/v1/federated-identity-providers',
    () => issuerOf('new'),
    201,
    NEW,
  ),
  ...changes('/v1/federated-identity-providers/{id}', provider, () => ({ maxTokenLifetime: 600 })),
  write(
    'post /v1/service-accounts',
    () => '/v1/service-accounts',
    () => ({ name: 'new', labels: { a: 'b' } }),
    201,
    NEW,
  ),
  ...changes('/v1/service-accounts/{id}', account, () => ({ status: 'inactive', labels: { x: 'y' } })),
  write('post /v1/federated-identities', () => '/v1/federated-identities', rule, 201, NEW),
  ...changes('/v1/federated-identities/{id}', identity, () => ({ expiresAt: null, conditions: { ref: 'x' } })),
  write(
    'post /v1/service-accounts/{id}/access-credentials',
    () => `${account()}/access-credentials`,
    () => ({ name: '', scopes: ['api:read'] }),
    201,
    [...NEW, 'name', 'accessKey', 'accessSecret'],
  ),
  ...changes(
    '/v1/service-accounts/{id}/access-credentials/{credentialId}',
    () => `${account()}/access-credentials/${ids['credential']}`,
    () => ({ description: 'changed' }),
  ),
  write(
    'post /v1/iam/roles',
    () => '/v1/iam/roles',
    () => ({ name: 'new', rules: [{ resources: ['c'], permissions: ['read'] }] }),
    201,
    [...NEW, 'rules'],
  ),
  ...changes('/v1/iam/roles/{id}', role, () => ({ name: 'renamed' })),
  write(
    'post /v1/iam/roles/{id}/rules',
    () => `${role()}/rules`,
    () => ({ resources: ['d'], permissions: ['read'] }),
    201,
    [...NEW, 'name'],
  ),
  ...changes(
    '/v1/iam/roles/{id}/rules/{ruleId}',
    () => `${role()}/rules/${ids['rule']}`,
    () => ({ note: 'changed' }),
  ),
  write(
    'post /v1/iam/roles/{id}/bindings',
    () => `${role()}/bindings`,
    () => ({ serviceAccountIdentity: ids['other'], projects: ['p'] }),
    201,
    [...NEW, 'name'],
  ),
  ...changes(
    '/v1/iam/roles/{id}/bindings/{bindingId}',
    () => `${role()}/bindings/${ids['binding']}`,
    () => ({ projects: ['q'] }),
  ),
  write(
    'post /v1/organisations',
    () => '/v1/organisations',
    () => ({ name: 'another' }),
    201,
    NEW,
  ),
  ...changes(
    '/v1/organisations/{id}',
    () => `/v1/organisations/${ids['organisation']}`,
    () => ({ name: 'renamed' }),
  ),
  write(
    'post /v1/service-accounts/{id}/revoke-tokens',
    () => `${account()}/revoke-tokens`,
    () => undefined,
    200,
  ),
  write(
    'post /v1/federated-identities/{id}/revoke-tokens',
    () => `${identity()}/revoke-tokens`,
    () => undefined,
    200,
  ),
  write(
    'post /v1/signing-keys/rotate',
    () => '/v1/signing-keys/rotate',
    () => ({ mode: 'emergency', alg: 'ES256' }),
    200,
  ),
  write(
    'post /v1/federated-identities/explain',
    () => '/v1/federated-identities/explain',
    () => ({ claims: { iss: issuer.issuer, sub: 'job:1' } }),
    200,
  ),
  write(
    'post /v1/federated-identity-providers/{id}/refresh',
    () => `${provider()}/refresh`,
    () => undefined,
    200,
  ),
  write(
    'post /v1/federated-identity-providers/{id}/check',
    () => `${provider()}/check`,
    () => undefined,
    200,
  ),
];

const judged = (path: string): string => `${path}?validate=true`;
const methodOf = (operation: string): string => operation.split(' ')[0]?.toUpperCase() ?? '';
const without = (body: Record<string, unknown>, names: readonly string[]): Record<string, unknown> =>
  Object.fromEntries(Object.entries(body).filter(([name]) => !names.includes(name)));

/** A standby key that an emergency may turn to, known for long enough. */
async function addStandby(): Promise<void> {
  const key = await newSigningKey('ES256', 'next');
  deployment.coldStart({ SIGNING_KEYS: JSON.stringify({ keys: [...signingKeys(), key] }) });
  await deployment.send('/.well-known/jwks.json');
  deployment.clock.now += 300;
}

describe('a judgement', () => {
  it('is tried on every operation of the API that can write (contract §5)', () => {
    const known = iamRouteList
      .filter(({ config: { method } }) => method !== 'get' && method !== 'delete')
      .map(({ config: { method, path } }) => `${method} ${path}`);
    expect(WRITES.map(({ operation }) => operation).toSorted()).toEqual(known.toSorted());
  });

  it.each(WRITES)(
    'of $operation answers as the write and writes nothing (contract §5)',
    async ({ operation, at, sent: make, status, anew }) => {
      await addStandby();
      const [method, path, sent] = [methodOf(operation), at(), make()];
      const before = await bytes();
      const logged = deployment.logs.length;
      const judgement = await deployment.iam(method, judged(path), sent);
      expect(await bytes()).toBe(before);
      expect(deployment.logs.slice(logged)).toEqual([]);
      expect(judgement.status).toBe(status);
      expect(judgement.headers.get('location')).toBeNull();
      const again = await deployment.iam(method, judged(path), sent);
      const written = await deployment.iam(method, path, sent);
      expect(written.status).toBe(status);
      expect(judgement.headers.get('etag')).toBe(written.headers.get('etag'));
      for (const answer of [judgement, again]) {
        expect(Object.keys(answer.body)).toEqual(Object.keys(written.body));
        expect(without(answer.body, anew)).toEqual(without(written.body, anew));
      }
    },
  );

  it('of a credential has no secret, and its key opens nothing (contract §5.5)', async () => {
    const path = `${account()}/access-credentials`;
    const { status, body } = await deployment.iam('POST', judged(path), { scopes: ['api:read'] });
    expect(status).toBe(201);
    expect(body.accessSecret).toBe('');
    const denied = await deployment.token({
      grant_type: 'client_credentials',
      client_id: body.accessKey,
      client_secret: body.accessSecret,
    });
    expect(denied.status).toBe(401);
    expect((await deployment.iam('GET', `${path}/${body.identity}`)).status).toBe(404);
  });

  it('tells the warnings of a rule (contract §10)', async () => {
    const wide = rule({ providerSubject: 'repo:acme/**', conditions: {} });
    const { body } = await deployment.iam('POST', judged('/v1/federated-identities'), wide);
    const { body: written } = await deployment.iam('POST', '/v1/federated-identities', wide);
    expect(written.warnings.length).toBeGreaterThan(0);
    expect(body.warnings).toEqual(written.warnings);
  });

  it('of keys that the service would make names none, and makes none (contract §5.8)', async () => {
    const SEALING_KEY = btoa('x'.repeat(32)).replace('=', '');
    deployment.coldStart({ SIGNING_KEYS: undefined, SEALING_KEY });
    await deployment.send('/.well-known/jwks.json');
    const before = await bytes();
    const { status, body } = await deployment.iam('POST', judged('/v1/signing-keys/rotate'), { mode: 'emergency' });
    expect(status).toBe(200);
    expect(await bytes()).toBe(before);
    expect(body.rotations).toMatchObject([
      { kid: '', alg: 'ES256', status: 'active', previous: { alg: 'ES256', status: 'revoked' } },
      { kid: '', alg: 'RS256', status: 'active', previous: { alg: 'RS256', status: 'revoked' } },
    ]);
    const { body: written } = await deployment.iam('POST', '/v1/signing-keys/rotate', { mode: 'emergency' });
    const shape = ({ rotations }: Answer['body']): unknown =>
      rotations.map((one: Record<string, unknown>) => without(one, ['kid']));
    expect(shape(body)).toEqual(shape(written));
  });
});

describe('a judgement of a rotation before any key is known', () => {
  it.each<[string, Parameters<typeof deploy>[0]]>([
    ['of the secret', {}],
    ['that the service makes', { SIGNING_KEYS: undefined, SEALING_KEY: btoa('x'.repeat(32)).replace('=', '') }],
  ])('%s writes nothing either (contract §5.8)', async (_which, settings) => {
    deployment = await deploy(settings);
    const before = await bytes();
    const { status } = await deployment.iam('POST', judged('/v1/signing-keys/rotate'));
    expect(status).toBe(409);
    expect(await bytes()).toBe(before);
    expect((await deployment.iam('POST', '/v1/signing-keys/rotate')).status).toBe(409);
  });
});

describe('a judgement refuses as the write does, and writes nothing', () => {
  /** The status and the words of a refusal, which are those of the write, too. */
  const refusal = async (send: (query: string) => Promise<Answer>): Promise<[number, string]> => {
    const before = await bytes();
    const judgement = await send('?validate=true');
    expect(await bytes()).toBe(before);
    const written = await send('');
    const words = ({ body }: Answer): unknown => without(body, ['request_id']);
    expect(words(judgement)).toEqual(words(written));
    return [judgement.status, judgement.body.detail];
  };
  const saying = (status: number, detail: RegExp): unknown[] => [status, expect.stringMatching(detail)];
  const post = (path: string, body?: unknown) => (query: string) => deployment.iam('POST', path + query, body);

  it('a fault of a member: 400 with its pointer (contract §5)', async () => {
    expect(await refusal(post('/v1/federated-identities', rule({ providerSubject: '**' })))).toEqual(
      saying(400, /providerSubject/),
    );
    expect(await refusal(post('/v1/federated-identities', rule({ nonsense: 1 })))).toEqual(saying(400, /nonsense/));
    expect(await refusal(post('/v1/service-accounts', '{'))).toEqual(saying(400, /JSON/));
  });

  it('a reference to what is not there: 400; a path to it: 404 (contract §5)', async () => {
    const gone = { serviceAccountIdentity: 'sa_00000000000000000000000001' };
    expect(await refusal(post('/v1/federated-identities', rule(gone)))).toEqual(saying(400, /serviceAccountIdentity/));
    expect(await refusal(post('/v1/iam/roles/nobody/rules', { resources: ['a'], permissions: ['b'] }))).toEqual(
      saying(404, /nobody/),
    );
    expect(await refusal(post('/v1/service-accounts/sa_00000000000000000000000001/revoke-tokens'))).toEqual(
      saying(404, /no service account/),
    );
  });

  it('a name that is taken: 409 that names who has it, on creation and change (contract §5)', async () => {
    const before = await bytes();
    const { status, body } = await deployment.iam('POST', judged('/v1/service-accounts'), { name: 'deployer' });
    expect([status, body.conflictsWith]).toEqual([409, { identity: joined.serviceAccount, name: 'deployer' }]);
    expect(await refusal((query) => deployment.iam('PATCH', account() + query, { name: 'other' }))).toEqual(
      saying(409, /another service account/),
    );
    expect(await bytes()).toBe(before);
  });

  it('audiences that another organisation reserved, which no constraint can say: 409 (contract §5)', async () => {
    const reservedAudiences = ['https://reserved.example.com'];
    await deployment.iam('PATCH', `/v1/organisations/${ids['organisation']}`, { reservedAudiences });
    expect(await refusal(post('/v1/organisations', { name: 'third', reservedAudiences }))).toEqual(
      saying(409, /reserved/),
    );
  });

  it('a quota: 409 at the hundredth identity of an account (contract §7)', async () => {
    const { results } = await deployment.db
      .prepare("SELECT name FROM pragma_table_info('federated_identity')")
      .all<{ name: string }>();
    const columns = results.map(({ name }) => name);
    const copied = columns.map((name) => (name === 'id' || name === 'name' ? `substr(id, 1, 20) || ?1` : name));
    const copy = `INSERT INTO federated_identity (${columns.join(', ')}) SELECT ${copied.join(', ')} FROM federated_identity WHERE id = ?2`;
    const made = Array.from({ length: 99 }, (_, index) => String(index).padStart(10, '0'));
    await deployment.db.batch(made.map((tail) => deployment.db.prepare(copy).bind(tail, joined.federatedIdentity)));
    const one = rule({ serviceAccountIdentity: joined.serviceAccount });
    expect(await refusal(post('/v1/federated-identities', one))).toEqual(saying(409, /at most 100/));
  });

  it('another version: 412 by header and by body (contract §5)', async () => {
    const headers = { 'if-match': '"7"' };
    const patch = (query: string): Promise<Answer> =>
      call(deployment, ADMIN_TOKEN, 'PATCH', account() + query, { name: 'x' }, headers);
    expect(await refusal(patch)).toEqual(saying(412, /objectVersion 1/));
    expect(await refusal((query) => deployment.iam('PUT', account() + query, { objectVersion: 9 }))).toEqual(
      saying(412, /objectVersion 1/),
    );
  });

  it('a system role: 409, and keys by hand: nothing to fetch (contract §5)', async () => {
    await deployment.db.prepare('UPDATE role SET is_read_only = 1 WHERE id = ?').bind(ids['role']).run();
    expect(await refusal((query) => deployment.iam('PATCH', role() + query, { name: 'x' }))).toEqual(
      saying(409, /read-only/),
    );
    await deployment.iam('PATCH', provider(), { localJwks: issuer.jwks });
    expect(await refusal(post(`${provider()}/refresh`))).toEqual(saying(409, /nothing to fetch/));
  });

  it('an issuer that fails: 502, and the failure is not even noted (contract §5.1)', async () => {
    issuer.goDown();
    const before = await bytes();
    const { status } = await deployment.iam('POST', judged(`${provider()}/refresh`));
    expect(status).toBe(502);
    expect(await bytes()).toBe(before);
  });

  it('what the caller may not give: 403; without the scope: 403; without a credential: 401 (contract §4)', async () => {
    const [writer, reader] = [
      await addWorkload(deployment, 'writer', ['iam:write']),
      await addWorkload(deployment, 'reader', ['iam:read']),
    ];
    const as = (token: string, path: string, body: unknown) => (query: string) =>
      call(deployment, token, 'POST', path + query, body);
    const given = as(await writer.token(), '/v1/federated-identities', rule());
    expect(await refusal(given)).toEqual(saying(403, /neither is nor created/));
    expect(await refusal(as(await reader.token(), '/v1/service-accounts', { name: 'x' }))).toEqual(
      saying(403, /iam:write/),
    );
    expect(await refusal(as('nothing', '/v1/service-accounts', { name: 'x' }))).toEqual(saying(401, /not accepted/));
  });
});

describe('the parameter', () => {
  it.each([
    'validate',
    'validate=',
    'validate=1',
    'validate=TRUE',
    'validate=yes',
    'validate=true&validate=true',
    'validate=false&validate=true',
  ])('%s is refused, and nothing is written (contract §5)', async (query) => {
    const before = await bytes();
    for (const [method, path] of [
      ['POST', '/v1/service-accounts'],
      ['PUT', account()],
      ['PATCH', account()],
      ['DELETE', account()],
    ] as const) {
      const { status, body } = await deployment.iam(method, `${path}?${query}`, { name: 'judged' });
      expect([method, status, body.errors]).toMatchObject([method, 400, [{ parameter: 'validate' }]]);
    }
    expect(await bytes()).toBe(before);
  });

  it('judges no deletion; false means the write itself (contract §5)', async () => {
    const path = `/v1/service-accounts/${ids['other']}`;
    expect((await deployment.iam('DELETE', judged(path))).status).toBe(400);
    expect((await deployment.iam('GET', path)).status).toBe(200);
    expect((await deployment.iam('POST', '/v1/service-accounts?validate=false', { name: 'kept' })).status).toBe(201);
    expect((await deployment.iam('DELETE', `${path}?validate=false`)).status).toBe(204);
  });

  it('of a list is no filter (contract §5)', async () => {
    const { status } = await deployment.iam('GET', judged('/v1/service-accounts'));
    expect(status).toBe(400);
  });
});
