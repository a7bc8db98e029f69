// The headers of every kind of answer of every door, in one table: contract §1, §2 and §3.

import { beforeAll, describe, expect, it } from 'vitest';

import { always, healthy } from '../faults/faulty-bindings.ts';
import { startWorld } from '../faults/world.ts';
import type { World } from '../faults/world.ts';
import { ADMIN_TOKEN, ID_TOKEN, ISSUER_URL, TOKEN_EXCHANGE } from '../support/deployment.ts';

const JSON_TYPE = 'application/json';
const PROBLEM = 'application/problem+json';
const FORM = 'application/x-www-form-urlencoded';
const DISCOVERY = '/.well-known/openid-configuration';
const JWKS = '/.well-known/jwks.json';
const ACCOUNTS = '/v1/service-accounts';

type State = 'working' | 'unconfigured' | 'limited' | 'storage fails' | 'issuer fails' | 'broken';

interface Row {
  readonly what: string;
  readonly path: string;
  readonly method?: string;
  readonly status: number;
  /** JSON by default; null where there is no body. */
  readonly type?: string | null;
  /** What may be kept and read from any origin; nothing by default. */
  readonly isPublic?: true;
  /** Further headers that must be there. */
  readonly has?: Readonly<Record<string, RegExp>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** `{good}` is a token that is exchanged, `{issued}` one of ours, `{account}` and `{provider}` those it is of. */
  readonly form?: Readonly<Record<string, string>>;
  readonly json?: object;
  readonly body?: string;
  readonly asRoot?: true;
  readonly state?: State;
}

const exchange = { grant_type: TOKEN_EXCHANGE, subject_token_type: ID_TOKEN };
const retryAfter = { 'retry-after': /^[1-9]\d*$/ };
const challenge = { 'www-authenticate': /^(?:Bearer|Basic) realm="cambist"/ };
const large = 'a'.repeat(65_537);
const token = { path: '/oidc/token', method: 'POST' } as const;
const iam = { path: ACCOUNTS, asRoot: true, type: PROBLEM } as const;

const rows: readonly Row[] = [
  {
    ...token,
    what: 'a token',
    status: 200,
    form: { ...exchange, subject_token: '{good}' },
    has: { pragma: /^no-cache$/ },
  },
  { ...token, what: 'a refused token', status: 400, form: { ...exchange, subject_token: 'a.b.c' } },
  { ...token, what: 'broken JSON', status: 400, headers: { 'content-type': JSON_TYPE }, body: '{' },
  {
    ...token,
    what: 'a wrong access credential',
    status: 401,
    form: { grant_type: 'client_credentials', client_id: 'cbk_x', client_secret: 'x' },
    has: challenge,
  },
  { ...token, what: 'a large body', status: 413, headers: { 'content-type': FORM }, body: large },
  { ...token, what: 'another content type', status: 415, headers: { 'content-type': 'text/plain' }, body: 'a' },
  { ...token, what: 'GET at the token endpoint', method: 'GET', status: 405, has: { allow: /^POST$/ } },
  { ...token, what: 'a preflight of the token endpoint', method: 'OPTIONS', status: 405, has: { allow: /^POST$/ } },
  { ...token, what: 'load that is shed', status: 429, form: exchange, state: 'limited', has: retryAfter },
  { ...token, what: 'a fault of ours', status: 500, form: exchange, state: 'broken' },
  { ...token, what: 'missing settings', status: 503, form: exchange, state: 'unconfigured' },
  {
    ...token,
    what: 'storage that fails',
    status: 503,
    form: { ...exchange, subject_token: '{good}' },
    state: 'storage fails',
    has: retryAfter,
  },
  {
    what: "a token in Tailscale's form",
    path: '/api/v2/oauth/token-exchange',
    method: 'POST',
    status: 400,
    form: { client_id: 'sa_1', jwt: 'a.b.c' },
  },
  {
    what: 'introspection',
    path: '/oidc/introspect',
    method: 'POST',
    status: 200,
    form: { token: 'a.b.c' },
    asRoot: true,
  },
  {
    what: 'introspection by nobody',
    path: '/oidc/introspect',
    method: 'POST',
    status: 401,
    form: { token: 'a.b.c' },
    has: challenge,
  },
  { what: 'a revocation', path: '/oidc/revoke', method: 'POST', status: 200, type: null, form: { token: 'a.b.c' } },
  { what: 'a revocation of nothing', path: '/oidc/revoke', method: 'POST', status: 400, form: {} },

  { what: 'the discovery document', path: DISCOVERY, status: 200, isPublic: true, has: { etag: /^".+"$/ } },
  { what: 'its other name', path: '/.well-known/oauth-authorization-server', status: 200, isPublic: true },
  { what: 'HEAD of it', path: DISCOVERY, method: 'HEAD', status: 200, isPublic: true },
  { what: 'it unchanged', path: DISCOVERY, status: 304, type: null, isPublic: true, headers: { 'if-none-match': '*' } },
  {
    what: 'a preflight of it',
    path: DISCOVERY,
    method: 'OPTIONS',
    status: 204,
    type: null,
    isPublic: true,
    has: { 'access-control-allow-methods': /^GET, HEAD, OPTIONS$/ },
  },
  { what: 'POST of it', path: DISCOVERY, method: 'POST', status: 405, has: { allow: /GET.*HEAD.*OPTIONS/ } },
  { what: 'it without settings', path: DISCOVERY, status: 503, state: 'unconfigured' },
  { what: 'the JWK Set', path: JWKS, status: 200, isPublic: true, has: { etag: /^".+"$/ } },
  { what: 'the JWK Set without storage', path: JWKS, status: 503, state: 'storage fails', has: retryAfter },
  { what: 'nothing well-known', path: '/.well-known/nothing', status: 404 },

  { what: 'health', path: '/healthz', status: 200 },
  { what: 'readiness', path: '/readyz', status: 200 },
  { what: 'unreadiness', path: '/readyz', status: 503, state: 'unconfigured', has: retryAfter },
  { what: 'readiness that is shed', path: '/readyz', status: 429, state: 'limited', has: retryAfter },
  { what: 'the API reference', path: '/openapi.json', status: 200, isPublic: true, has: { etag: /^".+"$/ } },
  { what: 'HEAD of it', path: '/openapi.json', method: 'HEAD', status: 200, isPublic: true },
  {
    what: 'the API reference unchanged',
    path: '/openapi.json',
    status: 304,
    type: null,
    isPublic: true,
    headers: { 'if-none-match': '*' },
  },
  {
    what: 'a preflight of the API reference',
    path: '/openapi.json',
    method: 'OPTIONS',
    status: 204,
    type: null,
    isPublic: true,
    has: { 'access-control-allow-methods': /^GET, HEAD, OPTIONS$/ },
  },
  { what: 'nothing', path: '/nothing', status: 404 },
  { what: 'what this is', path: '/', status: 200, has: { vary: /^accept$/i } },
  { what: 'HEAD of what this is', path: '/', method: 'HEAD', status: 200 },
  {
    what: 'the page for a browser',
    path: '/',
    status: 200,
    type: 'text/html',
    headers: { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' },
    has: {
      'content-security-policy': /^default-src 'none'; style-src 'sha256-[\w+/]+=*'; /,
      'referrer-policy': /^no-referrer$/,
    },
  },
  { what: 'what this is without settings', path: '/', status: 200, state: 'unconfigured' },
  { what: 'what this is, shed', path: '/', status: 429, state: 'limited', has: retryAfter },
  { what: 'POST of what this is', path: '/', method: 'POST', status: 405, has: { allow: /^GET, HEAD$/ } },

  { ...iam, what: 'a list', status: 200, type: JSON_TYPE },
  { ...iam, what: 'an object that is made', method: 'POST', status: 201, type: JSON_TYPE, json: { name: 'made' } },
  { ...iam, what: 'a duplicate', method: 'POST', status: 409, json: { name: 'made' } },
  { ...iam, what: 'an unknown member', method: 'POST', status: 400, json: { name: 'b', nothing: 1 } },
  { ...iam, what: 'a large object', method: 'POST', status: 413, json: { name: large } },
  {
    ...iam,
    what: 'an object of another type',
    method: 'POST',
    status: 415,
    headers: { 'content-type': 'text/plain' },
    body: 'a',
  },
  {
    ...iam,
    what: 'a change',
    path: `${ACCOUNTS}/{account}`,
    method: 'PATCH',
    status: 200,
    type: JSON_TYPE,
    json: { description: 'changed' },
  },
  {
    ...iam,
    what: 'a change of another version',
    path: `${ACCOUNTS}/{account}`,
    method: 'PATCH',
    status: 412,
    headers: { 'if-match': '"99"' },
    json: { description: 'again' },
  },
  {
    what: 'a token without the scope',
    path: ACCOUNTS,
    status: 403,
    type: PROBLEM,
    headers: { authorization: 'Bearer {issued}' },
    has: { 'www-authenticate': /error="insufficient_scope"/ },
  },
  { ...iam, what: 'no object', path: `${ACCOUNTS}/sa_1`, status: 404 },
  { ...iam, what: 'no resource', path: '/v1/nothing', status: 404 },
  { ...iam, what: 'a preflight of the IAM API', method: 'OPTIONS', status: 405, has: { allow: /GET/ } },
  { what: 'nobody at the IAM API', path: ACCOUNTS, status: 401, type: PROBLEM, has: challenge },
  { ...iam, what: 'the IAM API without storage', status: 503, state: 'storage fails', has: retryAfter },
  {
    ...iam,
    what: 'the IAM API without settings',
    status: 503,
    type: JSON_TYPE,
    state: 'unconfigured',
    has: retryAfter,
  },
  {
    ...iam,
    what: 'an issuer that fails',
    path: '/v1/federated-identity-providers/{provider}/refresh',
    method: 'POST',
    status: 502,
    state: 'issuer fails',
  },
  { ...iam, what: 'a fault of the IAM API', status: 500, state: 'broken' },
  { ...iam, what: 'a deletion', path: `${ACCOUNTS}/{account}`, method: 'DELETE', status: 204, type: null },
];

let world: World;
let issued: string;

beforeAll(async () => {
  world = await startWorld();
  issued = String((await world.exchange()).body.access_token);
});

/** Brings the deployment into a state; answers what ends it. */
function enter(state: State): () => void {
  const { deployment, d1, issuer } = world;
  const { clock } = deployment;
  const { now } = clock;
  switch (state) {
    case 'working':
      return () => undefined;
    case 'unconfigured':
      deployment.coldStart({ ISSUER_URL: '' });
      return () => deployment.coldStart({ ISSUER_URL });
    case 'limited':
      deployment.coldStart({ RATE_LIMITER: { limit: async () => ({ success: false }) } });
      return () => deployment.coldStart({ RATE_LIMITER: undefined as never });
    case 'storage fails':
      // What a warm isolate publishes without asking storage is another matter.
      deployment.coldStart();
      d1.fault = always('fail');
      return () => (d1.fault = healthy);
    case 'issuer fails':
      issuer.goDown();
      return issuer.comeBack;
    case 'broken':
      Object.defineProperty(clock, 'now', { configurable: true, get: () => expect.fail('a clock that is broken') });
      return () => Object.defineProperty(clock, 'now', { configurable: true, writable: true, value: now });
  }
}

async function ask(row: Row): Promise<Response> {
  const good = await world.token();
  const filled = (text: string): string =>
    text
      .replace('{good}', good)
      .replace('{issued}', issued)
      .replace('{account}', world.joined.serviceAccount)
      .replace('{provider}', world.joined.provider);
  const { path, method = 'GET', form, json, asRoot, state = 'working' } = row;
  const headers = new Headers(row.headers);
  if (headers.has('authorization')) headers.set('authorization', filled(headers.get('authorization') ?? ''));
  if (asRoot === true) headers.set('authorization', `Bearer ${ADMIN_TOKEN}`);
  if (form !== undefined) headers.set('content-type', FORM);
  if (json !== undefined) headers.set('content-type', JSON_TYPE);
  const parameters = Object.entries(form ?? {}).map(([name, value]): [string, string] => [name, filled(value)]);
  const encoded = form === undefined ? row.body : new URLSearchParams(parameters).toString();
  const body = json === undefined ? encoded : JSON.stringify(json);
  const leave = enter(state);
  const sent = { method, headers, ...(body === undefined ? {} : { body }) };
  const answer = await world.deployment.fetch(filled(path), sent);
  leave();
  return answer;
}

describe('the headers and the form of', () => {
  it.each(rows)('$what: $status (contract §1, §2, §3)', async (row) => {
    const answer = await ask(row);
    const { headers } = answer;
    const text = await answer.text();
    expect(answer.status, text).toBe(row.status);
    expect(headers.get('x-request-id')).toMatch(/^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('strict-transport-security')).toBe('max-age=31536000');
    expect(headers.get('cache-control')).toBe(row.isPublic === true ? 'public, max-age=300' : 'no-store');
    expect(headers.get('access-control-allow-origin')).toBe(row.isPublic === true ? '*' : null);
    for (const [name, value] of Object.entries(row.has ?? {})) expect(headers.get(name), name).toMatch(value);
    // Nothing that tells what runs here, and no state in a browser.
    for (const name of ['server', 'x-powered-by', 'set-cookie']) expect(headers.get(name), name).toBeNull();

    const { type = JSON_TYPE } = row;
    expect(headers.get('content-type')?.split(';')[0] ?? null).toBe(type);
    if (type === null || row.method === 'HEAD') return expect(text).toBe('');
    if (row.status < 400 && !type.endsWith('json')) return;
    const body: unknown = JSON.parse(text);
    if (row.status < 400) return;
    expect(body).toMatchObject({ request_id: headers.get('x-request-id') });
    if (row.path !== '/readyz') expect(body).toMatchObject({ message: expect.stringMatching(/\w/) });
    expect(text).not.toMatch(/\.[jt]s:\d|\bat \w+ \(|<html|a clock that is broken/);
  });

  it('an answer over plain http, as on a developer’s machine, promise no https (RFC 6797 §7.2)', async () => {
    for (const path of ['/healthz', '/nothing', ACCOUNTS]) {
      const answer = await world.deployment.fetch(path, {}, 'http://localhost:8787');
      expect(answer.headers.get('strict-transport-security')).toBeNull();
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    }
  });

  it('every status that this service gives are in the table', () => {
    const statuses = [200, 201, 204, 304, 400, 401, 403, 404, 405, 409, 412, 413, 415, 429, 500, 502, 503];
    const listed = new Set(rows.map(({ status }) => status));
    expect(statuses.filter((status) => !listed.has(status))).toEqual([]);
  });
});
