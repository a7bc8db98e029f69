// The metadata of a protected resource and the challenges that name them (RFC 9728): from the API's settings alone.

import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';

import { AccessTokenError, cambistAuth, serveResourceMetadata, wwwAuthenticate } from '../../../src/sdk/hono/hono.ts';
import type { CambistAuthOptions, CambistEnv } from '../../../src/sdk/hono/hono.ts';
import { protectedResourceMetadata } from '../../../src/sdk/verify/verify.ts';
import type { ProtectedResourceOptions } from '../../../src/sdk/verify/verify.ts';

const ISSUER = 'https://cambist.test';
const RESOURCE = 'https://mcp.acme.example/mcp';
const WELL_KNOWN = '/.well-known/oauth-protected-resource';
const options = (more: Partial<CambistAuthOptions> = {}): CambistAuthOptions => ({
  issuer: ISSUER,
  audience: RESOURCE,
  resource: RESOURCE,
  organisation: 'any',
  fetch: () => Promise.reject(new TypeError('no network')),
  ...more,
});
const make = (
  resource: string,
  more: Partial<ProtectedResourceOptions> = {},
): ReturnType<typeof protectedResourceMetadata> => protectedResourceMetadata({ issuer: ISSUER, resource, ...more });
const challengeOf = (response: Response): string | null => response.headers.get('www-authenticate');

describe('the document', () => {
  it('names the resource, its authorization server and how tokens are sent (RFC 9728 §2)', () => {
    expect(make(RESOURCE).document).toEqual({
      resource: RESOURCE,
      authorization_servers: [ISSUER],
      bearer_methods_supported: ['header'],
    });
    const resourceMetadata = {
      scopesSupported: ['mcp:tools'],
      resourceName: 'Acme’s "tools"',
      resourceDocumentation: 'https://acme.example/docs',
      resourcePolicyUri: 'https://acme.example/policy',
      resourceTosUri: 'https://acme.example/tos',
    };
    expect(make(RESOURCE, { resourceMetadata }).document).toMatchObject({
      scopes_supported: ['mcp:tools'],
      resource_name: 'Acme’s "tools"',
      resource_documentation: 'https://acme.example/docs',
      resource_policy_uri: 'https://acme.example/policy',
      resource_tos_uri: 'https://acme.example/tos',
    });
    // RFC 9728 §3.2: members without values are left out.
    expect(make(RESOURCE, { resourceMetadata: { scopesSupported: [] } }).document).not.toHaveProperty(
      'scopes_supported',
    );
  });

  it.each([
    ['https://mcp.acme.example', 'https://mcp.acme.example/.well-known/oauth-protected-resource'],
    ['https://mcp.acme.example/', 'https://mcp.acme.example/.well-known/oauth-protected-resource'],
    ['https://acme.example/mcp', 'https://acme.example/.well-known/oauth-protected-resource/mcp'],
    ['https://acme.example/mcp/', 'https://acme.example/.well-known/oauth-protected-resource/mcp/'],
    ['https://acme.example/a/b%20c', 'https://acme.example/.well-known/oauth-protected-resource/a/b%20c'],
    ['https://acme.example/mcp?team=a', 'https://acme.example/.well-known/oauth-protected-resource/mcp?team=a'],
    ['https://acme.example?team=a', 'https://acme.example/.well-known/oauth-protected-resource?team=a'],
    ['https://acme.example:8443/mcp', 'https://acme.example:8443/.well-known/oauth-protected-resource/mcp'],
    ['http://localhost:3000/mcp', 'http://localhost:3000/.well-known/oauth-protected-resource/mcp'],
    ['http://127.0.0.1:3000/mcp', 'http://127.0.0.1:3000/.well-known/oauth-protected-resource/mcp'],
    ['http://[::1]:3000/mcp', 'http://[::1]:3000/.well-known/oauth-protected-resource/mcp'],
  ])('of %s is at %s (RFC 9728 §3.1)', (resource, url) => {
    expect(make(resource).url).toBe(url);
    expect(make(resource).document['resource']).toBe(resource);
    expect(make(resource).answer(new Request(url))?.status).toBe(200);
  });

  it.each([
    ['http://mcp.acme.example/mcp', 'https'],
    ['http://127.0.0.1.acme.example/mcp', 'https'],
    ['http://127.1/mcp', 'written'],
    ['ftp://mcp.acme.example/mcp', 'https'],
    ['urn:acme:mcp', 'https'],
    ['/mcp', 'absolute'],
    ['mcp.acme.example', 'absolute'],
    ['', 'absolute'],
    ['https://mcp.acme.example/mcp#tools', 'fragment'],
    ['https://mcp.acme.example/mcp#', 'fragment'],
    ['https://user@mcp.acme.example/mcp', 'user name'],
    ['https://:secret@mcp.acme.example/mcp', 'user name'],
    ['https://MCP.acme.example/mcp', 'written as clients write it: https://mcp.acme.example/mcp'],
    ['HTTPS://mcp.acme.example/mcp', 'written'],
    ['https://mcp.acme.example:443/mcp', 'written'],
    ['https://mcp.acme.example/a/../mcp', 'written'],
    ['https://mcp.acme.example/%2e%2e/mcp', 'written'],
    ['https:\\\\mcp.acme.example\\mcp', 'written'],
    ['https:mcp.acme.example/mcp', 'written'],
    [' https://mcp.acme.example/mcp', 'written'],
    ['https://mcp.acme.example/mcp\n', 'written'],
    ['https://mcp.acme.example/mcp?a=\\', 'written'],
    ['https://mcp.acme.example/"', 'written'],
    ['https://mcp.acmé.example/mcp', 'written'],
    [undefined as never, 'absolute'],
    [['https://mcp.acme.example/mcp'] as never, 'absolute'],
  ])('cannot be made for %j', (resource, why) => {
    expect(() => make(resource)).toThrow(TypeError);
    expect(() => make(resource)).toThrow(why);
  });

  it('cannot be made with a description that is none', () => {
    for (const resourceMetadata of [
      { scopesSupported: ['mcp:tools mcp:admin'] },
      { scopesSupported: [''] },
      { resourceName: '' },
      { resourceDocumentation: 'http://acme.example/docs' },
      { resourcePolicyUri: 'policy' },
      { resourceTosUri: 'javascript:alert(1)' },
    ]) {
      expect(() => make(RESOURCE, { resourceMetadata }), JSON.stringify(resourceMetadata)).toThrow(TypeError);
    }
    expect(() => make(RESOURCE, { issuer: 'https://cambist.test/' })).toThrow(TypeError);
  });
});

describe('answering', () => {
  it('is for anybody, from any origin, with GET, HEAD and OPTIONS', async () => {
    const { answer, url } = make(RESOURCE);
    const get = answer(new Request(url))!;
    expect(get.headers.get('content-type')).toBe('application/json');
    expect(get.headers.get('access-control-allow-origin')).toBe('*');
    expect(get.headers.get('cache-control')).toBe('public, max-age=300');
    expect(await get.json()).toEqual(make(RESOURCE).document);
    const head = answer(new Request(url, { method: 'HEAD' }))!;
    expect([head.status, await head.text()]).toEqual([200, '']);
    const preflight = answer(new Request(url, { method: 'OPTIONS' }))!;
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-methods')).toBe('GET, HEAD, OPTIONS');
    expect(preflight.headers.get('access-control-allow-headers')).toBe('*');
    const post = answer(new Request(url, { method: 'POST' }))!;
    expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS']);
  });

  it('knows its own addresses only', () => {
    const asked = (resource: string, path: string): boolean =>
      make(resource).answer(new Request(`https://proxy.internal${path}`)) !== null;
    expect(asked(RESOURCE, `${WELL_KNOWN}/mcp`)).toBe(true);
    expect(asked(RESOURCE, `${WELL_KNOWN}/mcp?x=1`)).toBe(true);
    // Where MCP clients look when they know no path.
    expect(asked(RESOURCE, WELL_KNOWN)).toBe(true);
    for (const path of [
      '/mcp',
      `${WELL_KNOWN}/`,
      `${WELL_KNOWN}/mcp/`,
      `${WELL_KNOWN}/MCP`,
      `${WELL_KNOWN}/mcp/x`,
      `${WELL_KNOWN}s`,
    ]) {
      expect(asked(RESOURCE, path), path).toBe(false);
    }
    expect(asked(`${RESOURCE}/`, `${WELL_KNOWN}/mcp`)).toBe(true);
    expect(asked(`${RESOURCE}?team=a`, `${WELL_KNOWN}/mcp?team=a`)).toBe(true);
    expect(asked(`${RESOURCE}?team=a`, `${WELL_KNOWN}/mcp?team=b`)).toBe(false);
    expect(asked(`${RESOURCE}?team=a`, `${WELL_KNOWN}/mcp`)).toBe(false);
  });
});

describe('cambistAuth with a resource', () => {
  const protect = (more: Partial<CambistAuthOptions> = {}): Hono<CambistEnv> =>
    new Hono<CambistEnv>().use(cambistAuth(options(more))).all('*', (c) => c.text('behind the token'));

  it('answers for the metadata, whatever Host and forwarding headers say', async () => {
    for (const headers of [
      { host: 'evil.example' },
      { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'http', forwarded: 'host=evil.example' },
    ]) {
      const answer = await protect().request(`http://evil.example${WELL_KNOWN}/mcp`, { headers });
      expect(answer.status).toBe(200);
      expect(JSON.stringify(await answer.json())).not.toContain('evil');
      const refused = await protect().request('http://evil.example/mcp', { headers });
      expect(challengeOf(refused)).toBe(
        'Bearer resource_metadata="https://mcp.acme.example/.well-known/oauth-protected-resource/mcp"',
      );
    }
  });

  it('answers HEAD and a browser’s preflight without a token', async () => {
    expect((await protect().request(`${WELL_KNOWN}/mcp`, { method: 'HEAD' })).status).toBe(200);
    expect((await protect().request(`${WELL_KNOWN}/mcp`, { method: 'OPTIONS' })).status).toBe(204);
    expect((await protect().request('/mcp', { method: 'OPTIONS' })).status).toBe(401);
  });

  it('says 404 of metadata that are not here, and lets nothing through to a handler', async () => {
    for (const path of [`${WELL_KNOWN}/other`, `${WELL_KNOWN}/mcp/`, `${WELL_KNOWN}/`, `${WELL_KNOWN}//mcp`]) {
      const answer = await protect().request(path);
      expect([path, answer.status]).toEqual([path, 404]);
      expect(await answer.text()).not.toContain('behind');
    }
    for (const path of [`${WELL_KNOWN}s`, `/x${WELL_KNOWN}/mcp`, '/.well-known/other']) {
      expect([path, (await protect().request(path)).status]).toEqual([path, 401]);
    }
  });

  it('names realm, scopes and metadata in a challenge without a token (RFC 6750 §3, RFC 9728 §5.1)', async () => {
    const answer = await protect({ realm: 'tools', scope: ['mcp:tools', 'mcp:admin'] }).request('/mcp');
    expect(challengeOf(answer)).toBe(
      `Bearer realm="tools", scope="mcp:tools mcp:admin", resource_metadata="https://mcp.acme.example${WELL_KNOWN}/mcp"`,
    );
  });

  it('names them in a challenge about a bad token too, and none where the keys cannot be reached', async () => {
    const bad = await protect().request('/mcp', { headers: { authorization: 'Bearer nonsense' } });
    expect([bad.status, challengeOf(bad)]).toEqual([
      401,
      expect.stringMatching(/error="invalid_token".*, resource_metadata="/),
    ]);
    const header = btoa('{"alg":"ES256","typ":"at+jwt","kid":"a"}').replaceAll('=', '');
    const token = `${header}.${btoa(`{"iss":"${ISSUER}"}`).replaceAll('=', '')}.AAAA`;
    const cut = await protect().request('/mcp', { headers: { authorization: `Bearer ${token}` } });
    expect([cut.status, challengeOf(cut)]).toEqual([503, null]);
  });

  it('cannot be made for an address that its tokens are not for', () => {
    expect(() => cambistAuth(options({ audience: 'https://mcp.acme.example' }))).toThrow('one of the audiences');
    expect(() => cambistAuth(options({ audience: [] }))).toThrow(TypeError);
    expect(() => cambistAuth(options({ audience: `${RESOURCE}/` }))).toThrow(TypeError);
    expect(() => cambistAuth(options({ audience: ['https://api.acme.example', RESOURCE] }))).not.toThrow();
    expect(() => cambistAuth(options({ resource: '' }))).toThrow(TypeError);
    expect(() => cambistAuth(options({ resource: undefined, resourceMetadata: { resourceName: 'x' } }))).toThrow(
      TypeError,
    );
  });

  it('without one serves and names nothing', async () => {
    const plain = protect({ resource: undefined });
    expect((await plain.request(`${WELL_KNOWN}/mcp`)).status).toBe(401);
    expect(challengeOf(await plain.request('/mcp'))).toBe('Bearer');
  });
});

describe('two resources in one app', () => {
  const [a, b] = ['https://mcp.acme.example/a', 'https://mcp.acme.example/b'];
  const optionsOf = (resource: string): CambistAuthOptions & ProtectedResourceOptions => ({
    ...options(),
    resource,
    audience: resource,
  });
  const app = new Hono()
    .use(serveResourceMetadata(optionsOf(a)), serveResourceMetadata(optionsOf(b)))
    .use('/a/*', cambistAuth(optionsOf(a)))
    .use('/b/*', cambistAuth(optionsOf(b)))
    .get('*', (c) => c.text('open'));
  const resourceAt = async (path: string): Promise<unknown> =>
    (await (await app.request(path)).json<{ resource: unknown }>()).resource;

  it('have metadata of their own, and the first the bare address', async () => {
    expect(await resourceAt(`${WELL_KNOWN}/a`)).toBe(a);
    expect(await resourceAt(`${WELL_KNOWN}/b`)).toBe(b);
    expect(await resourceAt(WELL_KNOWN)).toBe(a);
    expect(await (await app.request(`${WELL_KNOWN}/c`)).text()).toBe('open');
  });

  it('have challenges of their own', async () => {
    expect(challengeOf(await app.request('/a'))).toContain(`${WELL_KNOWN}/a"`);
    expect(challengeOf(await app.request('/b/tools'))).toContain(`${WELL_KNOWN}/b"`);
  });

  it('work for an app that is mounted below a path', async () => {
    const inner = new Hono().use(cambistAuth(optionsOf('https://mcp.acme.example/v1/mcp')));
    const outer = new Hono().use(serveResourceMetadata(optionsOf('https://mcp.acme.example/v1/mcp'))).route(
      '/v1',
      inner.get('/mcp', (c) => c.text('ok')),
    );
    expect((await outer.request(`${WELL_KNOWN}/v1/mcp`)).status).toBe(200);
    expect(challengeOf(await outer.request('/v1/mcp'))).toContain(`${WELL_KNOWN}/v1/mcp"`);
    // The well-known address belongs to the host, not to the app below the path.
    expect((await outer.request(`/v1${WELL_KNOWN}/mcp`)).status).toBe(401);
  });
});

describe('wwwAuthenticate', () => {
  const lacking = new AccessTokenError('insufficient_scope', 'scope', 'the token lacks the scope b', ['a', 'b']);
  const missing = new AccessTokenError('invalid_token', 'token_missing', 'the request has no token');

  it('lets no value end itself or the header', () => {
    const challenge = wwwAuthenticate(missing, {
      realm: 'a", error="x\r\nset-cookie: a=b\\',
      scope: ['s"', 't\n'],
      resourceMetadata: 'https://a.example/"\r\n, Basic realm="x"',
    });
    expect(challenge).toBe(
      'Bearer realm="a\', error=\'x??set-cookie: a=b?", scope="s\' t?", resource_metadata="https://a.example/\'??, Basic realm=\'x\'"',
    );
    expect(() => new Headers({ 'www-authenticate': challenge ?? '' })).not.toThrow();
  });

  it('names the scopes of the error, not others, when they are what is missing', () => {
    expect(wwwAuthenticate(lacking, { scope: ['c'] })).toContain('scope="a b"');
    const role = new AccessTokenError('insufficient_scope', 'role', 'no such role');
    expect(wwwAuthenticate(role, { scope: ['c'] })).not.toContain('scope="c"');
    expect(wwwAuthenticate(missing, { scope: ['c'] })).toBe('Bearer scope="c"');
    expect(wwwAuthenticate(missing, { scope: [] })).toBe('Bearer');
  });

  it('names metadata with 400, 401 and 403, and nothing with 503', () => {
    const resourceMetadata = make(RESOURCE).url;
    expect(wwwAuthenticate(missing, { resourceMetadata })).toBe(`Bearer resource_metadata="${resourceMetadata}"`);
    expect(wwwAuthenticate(lacking, { resourceMetadata })).toContain(`resource_metadata="${resourceMetadata}"`);
    const malformed = new AccessTokenError('invalid_request', 'credentials_malformed', 'two tokens');
    expect(wwwAuthenticate(malformed, { resourceMetadata })).toContain(`resource_metadata="${resourceMetadata}"`);
    const cut = new AccessTokenError('temporarily_unavailable', 'issuer_unavailable', 'no keys');
    expect(wwwAuthenticate(cut, { resourceMetadata })).toBeNull();
  });
});
