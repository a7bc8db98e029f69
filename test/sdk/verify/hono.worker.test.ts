// The middleware in front of an API, with tokens and permissions of a real deployment: who calls, what the token may do, what the account may do.

import { Hono } from 'hono';
import { beforeEach, describe, expect, it } from 'vitest';

import { cambistAuth, requirePermission, requireRole, requireScope } from '../../../src/sdk/hono/hono.ts';
import type { CambistAuthOptions, CambistEnv } from '../../../src/sdk/hono/hono.ts';
import { deploy, ISSUER_URL } from '../../support/deployment.ts';
import type { Deployment } from '../../support/deployment.ts';
import {
  addOtherOrganisation,
  addWorkload,
  bindRole,
  call,
  DEFAULT_ORGANISATION_ID,
  revoke,
} from '../../support/workload.ts';
import type { Workload } from '../../support/workload.ts';

const API = 'https://api.acme.example';

let deployment: Deployment;
let pipeline: Workload;
let asked: string[];
let outage: (() => Response) | null;
let api: Hono<CambistEnv>;

const send = (url: string, init: RequestInit): Promise<Response> => {
  const { origin, pathname, search } = new URL(url);
  if (origin !== ISSUER_URL) throw new Error(`the API asked ${origin}`);
  asked.push(pathname + search);
  if (outage !== null && pathname.startsWith('/v1/')) return Promise.resolve(outage());
  return deployment.fetch(pathname + search, init);
};

function createApi(options: Partial<CambistAuthOptions> = {}): Hono<CambistEnv> {
  const app = new Hono<CambistEnv>();
  app.onError((error, c) => c.json({ thrown: error.message }, 500));
  app.use(
    '/things/*',
    cambistAuth({
      issuer: ISSUER_URL,
      audience: API,
      organisation: 'any',
      fetch: send,
      realm: 'things',
      ...options,
    }),
  );
  app.get('/things', (c) => c.json({ project: c.var.cambist.project, as: c.var.cambist.token.serviceAccountSlug }));
  app.get('/things/scope', requireScope('api:read', 'api:write'), (c) => c.text('ok'));
  app.get(
    '/things/role/:role',
    (c, next) => requireRole(c.req.param('role'))(c, next),
    (c) => c.text('ok'),
  );
  app.get('/things/shop', requirePermission({ resource: 'shop-things', action: 'read' }), (c) => c.text('ok'));
  app.get('/things/everywhere', requirePermission({ resource: 'everywhere-things', action: 'read' }), (c) =>
    c.text('ok'),
  );
  app.delete('/things/shop', requirePermission({ resource: 'shop-things', action: 'delete' }), (c) => c.text('ok'));
  app.get(
    '/things/one/:id',
    requirePermission({ resource: 'machines', action: 'read', resourceIdentity: (c) => c.req.param('id') }),
    (c) => c.text('ok'),
  );
  app.get('/things/one', requirePermission({ resource: 'machines', action: 'read' }), (c) => c.text('ok'));
  app.get(
    '/things/in/:project',
    requirePermission({ resource: 'shop-things', action: 'read', project: (c) => c.req.param('project') }),
    (c) => c.text('ok'),
  );
  app.get(
    '/things/nowhere',
    requirePermission({ resource: 'shop-things', action: 'read', project: (c) => c.req.param('project') }),
    (c) => c.text('ok'),
  );
  app.get('/unprotected/scope', requireScope('api:read'), (c) => c.text('ok'));
  return app;
}

beforeEach(async () => {
  deployment = await deploy();
  deployment.clock.now = Math.floor(Date.now() / 1000);
  asked = [];
  outage = null;
  pipeline = await addWorkload(deployment, 'pipeline', ['api:read', 'api:write'], {
    tokenAudiences: [API, ISSUER_URL],
  });
  await bindRole(deployment, pipeline.serviceAccount, 'everywhere');
  await bindRole(deployment, pipeline.serviceAccount, 'shop', ['shop']);
  api = createApi();
});

interface Reply {
  readonly status: number;
  readonly body: string;
  readonly challenge: string | null;
  readonly headers: Headers;
}

async function request(token: string | null, path: string, init: RequestInit = {}, app = api): Promise<Reply> {
  const headers = new Headers(init.headers);
  if (token !== null) headers.set('authorization', `Bearer ${token}`);
  const response = await app.request(path, { ...init, headers });
  const body = await response.text();
  return {
    status: response.status,
    body,
    challenge: response.headers.get('www-authenticate'),
    headers: response.headers,
  };
}

/** A token for the API and for the deployment, as permissions need it. */
const both = (more: Record<string, string> = {}): Promise<string> => tokenFor([API, ISSUER_URL], more);

async function tokenFor(audiences: readonly string[], more: Record<string, string> = {}): Promise<string> {
  const issued = await pipeline.exchange({ ...more, audience: audiences as never });
  if (issued.status !== 200) throw new Error(JSON.stringify(issued.body));
  return issued.body.access_token as string;
}

const permissionsAsked = (): string[] => asked.filter((path) => path.startsWith('/v1/'));

describe('cambistAuth', () => {
  it('lets a token of the deployment through and says who calls', async () => {
    const reply = await request(await pipeline.token(), '/things');
    expect(reply).toMatchObject({ status: 200, body: JSON.stringify({ project: null, as: 'pipeline' }) });
    expect(permissionsAsked()).toEqual([]);
  });

  it('answers 401 without an error code where there is no token (RFC 6750 §3.1)', async () => {
    const reply = await request(null, '/things');
    expect(reply).toMatchObject({ status: 401, challenge: 'Bearer realm="things"' });
    expect(reply.headers.get('cache-control')).toBe('no-store');
    expect((await request(null, '/things', { headers: { authorization: 'Basic Og==' } })).status).toBe(401);
  });

  it('answers 401 invalid_token for a token of another audience, and for an ID token (RFC 8725 §3.9, §3.11)', async () => {
    const foreign = await request(await tokenFor([ISSUER_URL]), '/things');
    expect(foreign.status).toBe(401);
    expect(foreign.challenge).toContain('error="invalid_token"');
    const idToken = await tokenFor([API], { requested_token_type: 'urn:ietf:params:oauth:token-type:id_token' });
    expect((await request(idToken, '/things')).body).toContain('not an access token');
  });

  it('answers 400 for credentials that are malformed', async () => {
    const headers = { authorization: 'Bearer one, Bearer two' };
    expect(await request(null, '/things', { headers })).toMatchObject({ status: 400 });
  });

  it('answers 503 with retry-after and without a challenge where the deployment has no keys to show', async () => {
    const token = await pipeline.token();
    const cut = createApi({ fetch: () => Promise.reject(new TypeError('no network')) });
    const reply = await request(token, '/things', {}, cut);
    expect(reply).toMatchObject({ status: 503, challenge: null });
    expect(reply.headers.get('retry-after')).toBe('5');
  });

  it('refuses another organisation’s token for the same audience if an organisation is named (contract §9)', async () => {
    const organisation = await addOtherOrganisation(deployment);
    const stranger = await addWorkload(deployment, 'stranger', ['api:read'], { organisation, tokenAudiences: [API] });
    const strict = createApi({ organisation: DEFAULT_ORGANISATION_ID });
    expect((await request(await stranger.token(), '/things', {}, strict)).status).toBe(401);
    expect((await request(await pipeline.token(), '/things', {}, strict)).status).toBe(200);
    expect((await request(await stranger.token(), '/things')).status).toBe(200);
  });

  it('tells of each refusal, never with the token', async () => {
    const told: string[] = [];
    const noting = createApi({
      onRefused: (error, c) => void told.push(`${error.fault} ${c.req.path} ${error.stack}`),
    });
    const token = await tokenFor([ISSUER_URL]);
    await request(token, '/things', {}, noting);
    expect(told).toHaveLength(1);
    expect(told[0]).toMatch(/^audience \/things /);
    expect(told[0]).not.toContain(token);
  });

  it('cannot be made with options that could not refuse anything', () => {
    expect(() => createApi({ issuer: 'https://cambist.test/' })).toThrow(TypeError);
    expect(() => createApi({ permissionsFreshSeconds: 86_400 })).toThrow(TypeError);
    expect(() => createApi({ audience: [] })).toThrow(TypeError);
    expect(() => createApi({ organisation: [] })).toThrow(TypeError);
    expect(() => cambistAuth({ issuer: ISSUER_URL, audience: API } as unknown as CambistAuthOptions)).toThrow(
      TypeError,
    );
  });
});

describe('requireScope: what the token may do', () => {
  it('needs all of them and names them (RFC 6750 §3.1)', async () => {
    expect((await request(await pipeline.token(), '/things/scope')).status).toBe(200);
    const reply = await request(await pipeline.token({ scope: 'api:read' }), '/things/scope');
    expect(reply.status).toBe(403);
    expect(reply.challenge).toBe(
      'Bearer realm="things", error="insufficient_scope", error_description="the token lacks the scope api:write", scope="api:read api:write"',
    );
  });

  it('is an error of the API, not an open door, where nobody verified the token', async () => {
    const reply = await request(await pipeline.token(), '/unprotected/scope');
    expect(reply).toMatchObject({ status: 500, body: '{"thrown":"put cambistAuth() before this middleware"}' });
  });
});

describe('requireRole', () => {
  it('counts organisation-wide roles, and those of a project only with a token of that project', async () => {
    const [unbound, bound] = [await pipeline.token(), await pipeline.token({ project_id: 'shop' })];
    const statusOf = async (token: string, role: string, init: RequestInit = {}): Promise<number> =>
      (await request(token, `/things/role/${role}`, init)).status;
    expect(await statusOf(unbound, 'everywhere')).toBe(200);
    expect(await statusOf(unbound, 'shop')).toBe(403);
    expect(await statusOf(unbound, 'shop', { headers: { 'x-project-identity': 'shop' } })).toBe(403);
    expect(await statusOf(bound, 'shop')).toBe(200);
    expect(await statusOf(bound, 'everywhere')).toBe(200);
    expect(await statusOf(bound, 'owner')).toBe(403);
  });
});

describe('the project of a request', () => {
  const ofShop = (): Promise<string> => both({ project_id: 'shop' });

  it('comes from the token, the header or the query', async () => {
    const projectOf = async (token: string, path: string, header?: string): Promise<string> =>
      (await request(token, path, header === undefined ? {} : { headers: { 'x-project-identity': header } })).body;
    expect(await projectOf(await ofShop(), '/things')).toContain('"project":"shop"');
    expect(await projectOf(await ofShop(), '/things?project=shop', 'shop')).toContain('"project":"shop"');
    expect(await projectOf(await both(), '/things', 'shop')).toContain('"project":"shop"');
    expect(await projectOf(await both(), '/things?project=shop')).toContain('"project":"shop"');
    expect(await projectOf(await both(), '/things?project=')).toContain('"project":null');
  });

  it('is refused where the token is bound to another one', async () => {
    const token = await ofShop();
    for (const [path, headers] of [
      ['/things?project=billing', {}],
      ['/things', { 'x-project-identity': 'billing' }],
      ['/things/in/billing', {}],
    ] as const) {
      const reply = await request(token, path, { headers });
      expect(reply.status).toBe(403);
      expect(reply.body).toContain('bound to another project');
    }
    expect((await request(token, '/things/in/shop')).status).toBe(200);
  });

  it('is refused where the request names two', async () => {
    const token = await both();
    for (const [path, headers] of [
      ['/things?project=a&project=b', {}],
      ['/things?project=a', { 'x-project-identity': 'b' }],
      ['/things/in/shop', { 'x-project-identity': 'billing' }],
      [`/things?project=${'a'.repeat(257)}`, {}],
    ] as const) {
      expect((await request(token, path, { headers })).status).toBe(400);
    }
  });

  it('of a route that names none is the API’s mistake, not a way around', async () => {
    expect((await request(await both(), '/things/nowhere')).status).toBe(500);
  });
});

describe('requirePermission: what the account may do (contract §5.4)', () => {
  it('counts rules of organisation-wide roles everywhere, and those of a project there only', async () => {
    const token = await both();
    const statusOf = async (path: string): Promise<number> => (await request(token, path)).status;
    expect(await statusOf('/things/everywhere')).toBe(200);
    expect(await statusOf('/things/everywhere?project=billing')).toBe(200);
    expect(await statusOf('/things/shop?project=shop')).toBe(200);
    expect(await statusOf('/things/shop?project=billing')).toBe(403);
    expect(await statusOf('/things/in/shop')).toBe(200);
    const without = await request(token, '/things/shop');
    expect(without.status).toBe(403);
    expect(without.body).toContain('without a project, only organisation-wide roles count');
    expect((await request(token, '/things/shop?project=shop', { method: 'DELETE' })).status).toBe(403);
  });

  it('counts a rule about some objects for those only', async () => {
    await deployment.db
      .prepare(
        `UPDATE role_rule SET resources = '["machines"]', permissions = '["*"]', resource_identities = '["vm-1"]'
         WHERE id = 'rule_everywhere'`,
      )
      .run();
    const token = await both();
    expect((await request(token, '/things/one/vm-1')).status).toBe(200);
    expect((await request(token, '/things/one/vm-2')).status).toBe(403);
    expect((await request(token, '/things/one')).status).toBe(403);
  });

  it('is refused, with what to do, for a token that the deployment would not accept; it is not even sent', async () => {
    const reply = await request(await pipeline.token(), '/things/everywhere');
    expect(reply.status).toBe(403);
    expect(reply.body).toContain(`get the token for the audience ${ISSUER_URL} as well`);
    expect(permissionsAsked()).toEqual([]);
  });

  it('asks once per token and project, and forgets after its time', async () => {
    const token = await both();
    for (let index = 0; index < 3; index += 1) await request(token, '/things/everywhere');
    await request(token, '/things/shop?project=shop');
    expect(permissionsAsked()).toEqual(['/v1/me/permissions', '/v1/me/permissions?project=shop']);
    await request(await both(), '/things/everywhere');
    expect(permissionsAsked()).toHaveLength(3);

    const impatient = createApi({ permissionsFreshSeconds: 0 });
    expect((await request(token, '/things/everywhere', {}, impatient)).status).toBe(200);
    await deployment.db.prepare("DELETE FROM role_binding WHERE id = 'bind_everywhere'").run();
    expect((await request(token, '/things/everywhere', {}, impatient)).status).toBe(403);
    expect((await request(token, '/things/everywhere')).status).toBe(200);
  });

  it('answers 401 for a token that was revoked (RFC 7009)', async () => {
    const token = await both();
    await revoke(deployment, token);
    const reply = await request(token, '/things/everywhere');
    expect(reply.status).toBe(401);
    expect(reply.body).toContain('no longer accepts it');
  });

  it('names the scope where the deployment asks for one', async () => {
    outage = () =>
      new Response('{}', {
        status: 403,
        headers: { 'www-authenticate': 'Bearer error="insufficient_scope", scope="iam:read"' },
      });
    const reply = await request(await both(), '/things/everywhere');
    expect(reply.status).toBe(403);
    expect(reply.challenge).toContain('scope="iam:read"');
  });

  it.each<[string, () => Response]>([
    ['is down', () => new Response('', { status: 503 })],
    ['is busy', () => new Response('', { status: 429 })],
    ['answers HTML', () => new Response('<!doctype html>', { headers: { 'content-type': 'text/html' } })],
    ['redirects', () => new Response(null, { status: 302, headers: { location: 'https://evil.test' } })],
    ['answers no list', () => Response.json({ resources: ['*'] })],
    ['answers rules of another form', () => Response.json([{ resources: '*', permissions: ['*'] }])],
    ['answers rules without identities', () => Response.json([{ resources: ['*'], permissions: ['*'] }])],
  ])('fails closed where the deployment %s: 503, and the answer is not remembered', async (_, broken) => {
    const token = await both();
    outage = broken;
    expect(await request(token, '/things/everywhere')).toMatchObject({ status: 503, challenge: null });
    outage = null;
    expect((await request(token, '/things/everywhere')).status).toBe(200);
  });

  it('lets a handler read the rules itself', async () => {
    const app = createApi();
    app.get('/things/mine', async (c) => c.json(await c.var.cambist.permissions()));
    const reply = await request(await both({ project_id: 'shop' }), '/things/mine', {}, app);
    expect(JSON.parse(reply.body)).toEqual([
      { resources: ['everywhere-things'], resourceIdentities: [], permissions: ['read'] },
      { resources: ['shop-things'], resourceIdentities: [], permissions: ['read'] },
    ]);
    const answer = await call(deployment, await both(), 'GET', '/v1/me/permissions?project=shop');
    expect(answer.body).toHaveLength(2);
  });
});
