// Every route of the IAM API with another organisation's identifiers: contract §4. A route that is added is tried too.

import { beforeAll, describe, expect, it } from 'vitest';

import { iamRouteList } from '../../../src/http/iam/app.ts';
import { archiveEvents } from '../../../src/store/archive.ts';
import { bucket, DAY, insertEvents } from '../../support/archive.ts';
import { ADMIN_TOKEN, deploy, expectCreated } from '../../support/deployment.ts';
import type { Answer, Deployment } from '../../support/deployment.ts';
import { addWorkload, call, DEFAULT_ORGANISATION_ID } from '../../support/workload.ts';

/** The identifiers of one organisation's objects, by the path that they are found under. */
type Objects = Readonly<Record<string, string>>;

const ROUTES = iamRouteList.map(({ config: { method, path } }) => ({ method: method.toUpperCase(), path }));
const NAMED = ROUTES.filter(({ path }) => path.includes('{'));
const COLLECTIONS = ROUTES.filter(({ method, path }) => method === 'GET' && !path.includes('{'));

/** What whoever manages the deployment may see of every organisation, and what belongs to none. */
const OF_THE_DEPLOYMENT = /^\/v1\/(?:organisations|signing-keys)(?:\/|$)/;

let deployment: Deployment;
let events = 0;
/** Objects of the organisations `mine`, `default` and `theirs`. */
const objects: Record<string, Objects> = {};
/** The tokens of administrators. */
const tokens: Record<string, string> = {};

beforeAll(async () => {
  deployment = await deploy({ ARCHIVE: bucket });
  for (const organisation of ['default', 'mine', 'theirs']) {
    const id =
      organisation === 'default'
        ? DEFAULT_ORGANISATION_ID
        : await expectCreated(deployment.iam('POST', '/v1/organisations', { name: organisation }));
    // Archived objects are numbered in each organisation: theirs has a number that nobody else's has.
    const archived = organisation === 'theirs' ? 2 : 1;
    for (let number = 1; number <= archived; number += 1) await archiveOneOf(id);
    const workload = await addWorkload(deployment, `admin-${organisation}`, ['iam:admin'], { organisation });
    tokens[organisation] = await workload.token();
    objects[organisation] = {
      ...(await fill(organisation)),
      '/v1/organisations': id,
      '/v1/audit-archive': String(archived),
    };
  }
});

async function archiveOneOf(organisation: string): Promise<void> {
  await insertEvents(deployment.db, [{ n: (events += 1), time: DAY, organisation }]);
  await archiveEvents(deployment.db, bucket, 2 * DAY, 2 * DAY);
}

async function fill(organisation: string): Promise<Objects> {
  const make = (path: string, body: object): Promise<string> =>
    expectCreated(asRoot(organisation, 'POST', path, { name: `the ${organisation} one`, ...body }));
  const provider = await make('/v1/federated-identity-providers', { providerIssuer: 'https://ci.example.com' });
  const account = await make('/v1/service-accounts', { slug: 'account' });
  const role = await make('/v1/iam/roles', { slug: `role-${organisation}` });
  const credentials = `/v1/service-accounts/${account}/access-credentials`;
  return {
    '/v1/federated-identity-providers': provider,
    '/v1/service-accounts': account,
    '/v1/iam/roles': role,
    '/v1/federated-identities': await make('/v1/federated-identities', {
      serviceAccountIdentity: account,
      providerIdentity: provider,
      providerSubject: 'job:1',
    }),
    '/v1/service-accounts/{id}/access-credentials': await make(credentials, { expiresAt: '2026-12-31T00:00:00Z' }),
    '/v1/iam/roles/{id}/rules': await make(`/v1/iam/roles/${role}/rules`, {
      name: undefined,
      resources: ['*'],
      permissions: ['*'],
    }),
    '/v1/iam/roles/{id}/bindings': await make(`/v1/iam/roles/${role}/bindings`, { serviceAccountIdentity: account }),
    '/v1/audit-events': (await asRoot(organisation, 'GET', '/v1/audit-events')).body[0].identity,
  };
}

const asRoot = (organisation: string, method: string, path: string, body?: unknown): Promise<Answer> =>
  call(deployment, ADMIN_TOKEN, method, path, body, { 'x-organisation-identity': organisation });

/** The path with identifiers of these organisations: one for each parameter, the last one's again where there are more. */
function pathWith(path: string, ...owners: readonly string[]): string {
  let at = -1;
  let template = '';
  return path
    .split('/')
    .map((part) => {
      const prefix = template;
      template = template === '' && part === '' ? '' : `${template}/${part}`;
      if (!part.startsWith('{')) return part;
      at += 1;
      const id = objects[owners[Math.min(at, owners.length - 1)] ?? '']?.[prefix];
      if (id === undefined) throw new Error(`add an object of ${prefix} to fill(), so that ${path} is tried`);
      return id;
    })
    .join('/');
}

/** Everything that an organisation is answered, and how often things happened in it. */
async function everythingOf(organisation: string): Promise<string> {
  const rows: unknown[] = [];
  for (const table of [
    'identity_provider',
    'service_account',
    'federated_identity',
    'role',
    'role_rule',
    'role_binding',
  ]) {
    const { results } = await deployment.db
      .prepare(`SELECT * FROM ${table} WHERE organisation_id = ? ORDER BY id`)
      .bind(objects[organisation]?.['/v1/organisations'])
      .all();
    rows.push(results);
  }
  return JSON.stringify(rows);
}

const bodyFor = (method: string): object | undefined =>
  ['POST', 'PUT', 'PATCH'].includes(method) ? { name: 'taken over' } : undefined;

describe.each([
  ['root with the header', 'mine', () => ADMIN_TOKEN],
  ['an administrator of default', 'default', () => tokens['default'] ?? ''],
  ['an administrator of another organisation', 'mine', () => tokens['mine'] ?? ''],
])('%s', (who, own, credential) => {
  const as = (method: string, path: string, body?: unknown): Promise<Answer> =>
    call(deployment, credential(), method, path, body, { 'x-organisation-identity': own });
  const managesDeployment = own === 'default' || who.startsWith('root');
  const named = NAMED.filter(({ path }) => !managesDeployment || !OF_THE_DEPLOYMENT.test(path));

  it.each(named)('gets 404 from $method $path for what is theirs (contract §4)', async ({ method, path }) => {
    const before = await everythingOf('theirs');
    const tries = [pathWith(path, 'theirs')];
    // What is theirs, under what is ours.
    if (path.split('{').length > 2) tries.push(pathWith(path, own, 'theirs'), pathWith(path, 'theirs', own));
    for (const one of tries) {
      const answer = await as(method, one, bodyFor(method));
      expect(answer.status, one).toBe(404);
      expect(JSON.stringify(answer.body)).not.toContain('the theirs one');
    }
    expect(await everythingOf('theirs')).toBe(before);
  });

  it.each(named.filter(({ method }) => method === 'GET'))(
    'gets 200 from GET $path for what is its own (contract §4)',
    async ({ path }) => {
      expect((await as('GET', pathWith(path, own))).status).toBe(200);
    },
  );

  it.each(COLLECTIONS)('sees nothing of theirs in GET $path (contract §4)', async ({ path }) => {
    if (managesDeployment && OF_THE_DEPLOYMENT.test(path)) return;
    const answer = await as('GET', path);
    expect([200, 403]).toContain(answer.status);
    for (const [kind, id] of Object.entries(objects['theirs'] ?? {})) {
      // That an organisation was made is an event of the deployment's own.
      if (managesDeployment && kind === '/v1/organisations') continue;
      // A number, which says nothing in a text: each organisation but theirs has one archived object.
      if (kind === '/v1/audit-archive') continue;
      expect(JSON.stringify(answer.body)).not.toContain(id);
    }
  });

  it('sees its own archived objects alone (contract §4)', async () => {
    expect((await as('GET', '/v1/audit-archive')).body).toMatchObject([{ sequence: 1 }]);
  });

  it('finds nothing of theirs by slug, name, label or cursor (contract §4)', async () => {
    const theirs = objects['theirs'] ?? {};
    for (const path of [
      '/v1/iam/roles/role-theirs',
      '/v1/iam/roles/the%20theirs%20one',
      '/v1/iam/roles/role-theirs/rules',
      '/v1/iam/roles/role-theirs/bindings',
    ]) {
      expect((await as('GET', path)).status).toBe(404);
    }
    for (const list of ['/v1/service-accounts', '/v1/iam/roles', '/v1/federated-identities']) {
      for (const query of ['name=the+theirs+one', `identity=${theirs[list]}`]) {
        expect((await as('GET', `${list}?${query}`)).body).toEqual([]);
      }
    }
    const filtered = `/v1/federated-identities?serviceAccount=${theirs['/v1/service-accounts']}`;
    expect((await as('GET', filtered)).body).toEqual([]);
  });

  it('joins nothing of theirs to what is its own (contract §4)', async () => {
    const mine = objects[own] ?? {};
    const theirs = objects['theirs'] ?? {};
    const identity = {
      name: 'joined',
      serviceAccountIdentity: mine['/v1/service-accounts'],
      providerIdentity: mine['/v1/federated-identity-providers'],
      providerSubject: 'job:2',
    };
    const bindings = `/v1/iam/roles/${mine['/v1/iam/roles']}/bindings`;
    for (const [path, body] of [
      ['/v1/federated-identities', { ...identity, serviceAccountIdentity: theirs['/v1/service-accounts'] }],
      ['/v1/federated-identities', { ...identity, providerIdentity: theirs['/v1/federated-identity-providers'] }],
      [bindings, { serviceAccountIdentity: theirs['/v1/service-accounts'] }],
    ] as const) {
      expect((await as('POST', path, body)).status).toBe(400);
    }
    expect((await as('POST', '/v1/federated-identities', identity)).status).toBe(201);
    expect((await as('POST', bindings, { serviceAccountIdentity: mine['/v1/service-accounts'] })).status).toBe(201);
    await as(
      'DELETE',
      `/v1/federated-identities/${(await as('GET', '/v1/federated-identities?name=joined')).body[0].identity}`,
    );
  });
});

describe('a federated caller that names another organisation', () => {
  it.each(ROUTES)('gets 404 from $method $path (contract §4)', async ({ method, path }) => {
    for (const named of ['theirs', objects['theirs']?.['/v1/organisations'] ?? '', 'nobody']) {
      const headers = { 'x-organisation-identity': named };
      for (const credential of [tokens['mine'] ?? '', tokens['default'] ?? '']) {
        const answer = await call(deployment, credential, method, pathWith(path, 'theirs'), bodyFor(method), headers);
        expect(answer.status).toBe(404);
        expect(answer.body.detail).toBe(`there is no organisation ${named}`);
      }
    }
  });
});
