// Class 9: requests that are wrong around the token: methods, encodings, parameters, sizes and credentials in the wrong place.

import type { Answer } from '../support/deployment.ts';
import { createKey } from '../support/issuer.ts';
import { AUDIENCE, group, SUBJECT, usual } from './case.ts';
import type { HostileCase, HostileClass, Kit, World } from './case.ts';
import type { Refusal } from './refusal.ts';

const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const TYPE = 'urn:ietf:params:oauth:token-type:';
const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const MALFORMED: Refusal = { reason: 'malformed_request' };
const UNSUPPORTED: Refusal = { status: 415, reason: null };
const FORM = 'application/x-www-form-urlencoded';

type Parameters = Readonly<Record<string, string>>;

/** The usual parameters, others laid over; an undefined one is left out. */
async function usualParameters(
  { token }: World,
  more: Readonly<Record<string, string | undefined>> = {},
): Promise<Parameters> {
  const all = { grant_type: EXCHANGE, subject_token_type: `${TYPE}id_token`, subject_token: await token(), ...more };
  return Object.fromEntries(Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

/** An exchange with other parameters, and the same with the good ones. */
function asks(
  name: string,
  taught: string,
  more: Readonly<Record<string, string | undefined>>,
  refused: Refusal,
  twin: Readonly<Record<string, string | undefined>> = {},
): HostileCase {
  return {
    name,
    taught,
    refused,
    attack: async (world) => world.deployment.token(await usualParameters(world, more)),
    twin: async (world) => world.deployment.token(await usualParameters(world, twin)),
  };
}

/** A request as it goes over the wire. */
function posts(
  name: string,
  taught: string,
  refused: Refusal,
  init: (parameters: Parameters) => RequestInit,
  twin?: (parameters: Parameters) => RequestInit,
  path = '/oidc/token',
): HostileCase {
  const send = async (world: World, of: (parameters: Parameters) => RequestInit, to: string): Promise<Answer> =>
    world.deployment.send(to, { method: 'POST', ...of(await usualParameters(world)) });
  return {
    name,
    taught,
    refused,
    attack: (world) => send(world, init, path),
    ...(twin === undefined ? {} : { twin: (world: World) => send(world, twin, '/oidc/token') }),
  };
}

const form = (parameters: Parameters): string => new URLSearchParams(parameters).toString();
const json = (body: string): RequestInit => ({ headers: { 'content-type': 'application/json' }, body });
const asJson = (parameters: Parameters): RequestInit => json(JSON.stringify(parameters));

const methods: readonly HostileCase[] = [
  ...['GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD'].map((method): HostileCase => ({
    name: `${method} at the token endpoint`,
    taught: 'RFC 6749 §3.2 (POST only)',
    refused: { status: 405, error: method === 'HEAD' ? null : 'method_not_allowed', reason: null },
    attack: ({ deployment }) => deployment.send('/oidc/token', { method }),
  })),
  ...[
    '/oidc/token/',
    '//oidc/token',
    '/OIDC/TOKEN',
    '/oidc/token;x=1',
    '/oidc/token%00',
    '/oidc',
    '/oidc/tokens',
    '/oidc/token/../token/',
    '/.well-known/../oidc/tokenx',
  ].map((path) =>
    posts(
      `a good request at ${path}`,
      'routes that are looser than they look',
      { status: 404, error: 'not_found', reason: null },
      (parameters) => ({ headers: { 'content-type': FORM }, body: form(parameters) }),
      undefined,
      path,
    ),
  ),
  {
    name: 'a token in the query of a GET',
    taught: 'RFC 6750 §2.3',
    refused: { status: 405, error: 'method_not_allowed', reason: null },
    attack: async (world) => world.deployment.send(`/oidc/token?${form(await usualParameters(world))}`),
  },
];

const encodings: readonly HostileCase[] = [
  ...[
    'text/plain',
    'multipart/form-data; boundary=x',
    'application/xml',
    'application/jwt',
    'application/octet-stream',
    'text/json',
    'application/jsonp',
    'application/json-patch+json',
    'application/x-www-form-urlencoded2',
    `${FORM}; charset=iso-8859-1`,
    'application/json; charset=utf-16',
    ', application/json',
    'application/*',
    '*/*',
    'application',
  ].map((type) =>
    posts(
      `content type ${type}`,
      'RFC 6749 §4.1.3',
      UNSUPPORTED,
      (parameters) => ({ headers: { 'content-type': type }, body: form(parameters) }),
      (parameters) => ({
        headers: { 'content-type': `${FORM.toUpperCase()}; charset="UTF-8"` },
        body: form(parameters),
      }),
    ),
  ),
  posts('no content type', 'RFC 6749 §4.1.3', UNSUPPORTED, (parameters) => ({
    body: new TextEncoder().encode(form(parameters)),
  })),
  ...['gzip', 'deflate', 'br', 'zstd', 'x-gzip', 'identity, gzip', 'GZIP'].map((encoding) =>
    posts(
      `a body in content-encoding ${encoding}`,
      'decompression bombs',
      UNSUPPORTED,
      (parameters) => ({ headers: { 'content-type': FORM, 'content-encoding': encoding }, body: form(parameters) }),
      (parameters) => ({ headers: { 'content-type': FORM, 'content-encoding': 'identity' }, body: form(parameters) }),
    ),
  ),
  posts('a form with a byte that is no UTF-8', 'RFC 6749 appendix B', MALFORMED, (parameters) => ({
    headers: { 'content-type': FORM },
    body: new Uint8Array([...new TextEncoder().encode(`${form(parameters)}&x=`), 0xff]),
  })),
  posts(
    'a form with a percent-encoded byte that is no UTF-8 in its token',
    'RFC 6749 appendix B',
    MALFORMED,
    (parameters) => ({
      headers: { 'content-type': FORM },
      body: form(parameters).replace('subject_token=', 'subject_token=%FF'),
    }),
  ),
  posts(
    'a form with a percent sign that encodes nothing, which parsers read differently',
    'nodejs URLSearchParams against the URL Standard',
    MALFORMED,
    (parameters) => ({ headers: { 'content-type': FORM }, body: `${form(parameters)}&note=100%` }),
  ),
  posts(
    'a form with semicolons for ampersands',
    'URL Standard',
    { error: 'unsupported_grant_type', reason: 'unsupported_grant_type' },
    (parameters) => ({
      headers: { 'content-type': FORM },
      body: form(parameters).replaceAll('&', ';'),
    }),
  ),
  posts(
    'JSON sent as a form',
    'a wrong content type',
    MALFORMED,
    (parameters) => ({ headers: { 'content-type': FORM }, body: JSON.stringify(parameters) }),
    asJson,
  ),
  posts('a form sent as JSON', 'a wrong content type', MALFORMED, (parameters) => json(form(parameters)), asJson),
  ...Object.entries({
    'a list': (text: string) => `[${text}]`,
    null: () => 'null',
    'a text': (text: string) => JSON.stringify(text),
    'two objects': (text: string) => text + text,
    'a trailing comma': (text: string) => `${text.slice(0, -1)},}`,
    'a comment': (text: string) => `${text}//x`,
    'a byte-order mark': (text: string) => `\uFEFF${text}`,
    'half a surrogate pair': (text: string) => `${text.slice(0, -1)},"x":"\\ud800"}`,
    'five hundred levels': (text: string) => `${text.slice(0, -1)},"x":${'['.repeat(500)}${']'.repeat(500)}}`,
    'a repeated token': (text: string) => `${text.slice(0, -1)},"subject_token":"a.b.c"}`,
    'a token repeated in escapes': (text: string) => `${text.slice(0, -1)},"subject\\u005ftoken":"a.b.c"}`,
    'a repeated grant type': (text: string) => `{"grant_type":"password",${text.slice(1)}`,
    'a token that is a list': () => '{"grant_type":"x","subject_token":["a.b.c"]}',
    'a token that is an object': () => '{"grant_type":"x","subject_token":{"a":1}}',
    'a token that is a number': () => '{"grant_type":"x","subject_token":1}',
    'a token that is null': () => '{"grant_type":"x","subject_token":null}',
    'a scope that is a list': (text: string) => `${text.slice(0, -1)},"scope":["api:read"]}`,
    'an audience that is an object': (text: string) => `${text.slice(0, -1)},"audience":{"a":1}}`,
    'an audience with a number': (text: string) => `${text.slice(0, -1)},"audience":["${AUDIENCE}",1]}`,
    'a lifetime that is a fraction': (text: string) => `${text.slice(0, -1)},"access_token_lifetime":3600.5}`,
    'an unknown member that is true': (text: string) => `${text.slice(0, -1)},"admin":true}`,
    'a polluted prototype': (text: string) => `${text.slice(0, -1)},"__proto__":{"scope":"admin"}}`,
    nothing: () => '',
  }).map(([name, edit]) =>
    posts(
      `JSON with ${name}`,
      'contract §3 (JSON)',
      MALFORMED,
      (parameters) => json(edit(JSON.stringify(parameters))),
      asJson,
    ),
  ),
];

const KIB = 1_024;

const sizes: readonly HostileCase[] = [
  posts(
    'a form of 64 KiB and a byte',
    'contract §1',
    { status: 413, reason: null },
    (parameters) => ({ headers: { 'content-type': FORM }, body: padded(form(parameters), 64 * KIB + 1) }),
    (parameters) => ({ headers: { 'content-type': FORM }, body: padded(form(parameters), 64 * KIB) }),
  ),
  posts(
    '64 KiB and a byte in chunks, without a length',
    'contract §1',
    { status: 413, reason: null },
    (parameters) => ({ headers: { 'content-type': FORM }, body: chunked(padded(form(parameters), 64 * KIB + 1)) }),
    (parameters) => ({ headers: { 'content-type': FORM }, body: chunked(padded(form(parameters), 64 * KIB)) }),
  ),
  posts(
    '64 KiB and a byte of JSON',
    'contract §1',
    { status: 413, reason: null },
    (parameters) => json(`${JSON.stringify(parameters)}${' '.repeat(64 * KIB)}`),
    asJson,
  ),
  posts('a body without end', 'slow and endless bodies', { status: 413, reason: null }, () => ({
    headers: { 'content-type': FORM },
    body: endless(),
  })),
  posts('ten thousand parameters', 'hash flooding (CVE-2011-4885 class)', MALFORMED, () => ({
    headers: { 'content-type': FORM },
    body: Array.from({ length: 10_000 }, (_, index) => `p${index}`).join('&'),
  })),
];

function padded(body: string, length: number): string {
  return `${body}&pad=${'x'.repeat(length - body.length - '&pad='.length)}`;
}

function chunked(body: string): ReadableStream<Uint8Array> {
  const bytes = new TextEncoder().encode(body);
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      controller.enqueue(bytes.slice(at, at + 4_096));
      at += 4_096;
      if (at >= bytes.length) controller.close();
    },
  });
}

function endless(): ReadableStream<Uint8Array> {
  return new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(8_192).fill(0x61)) });
}

const repeated: readonly HostileCase[] = [
  ...[
    'grant_type',
    'subject_token',
    'subject_token_type',
    'requested_token_type',
    'service_account_id',
    'client_id',
    'organisation_id',
    'scope',
    'access_token_lifetime',
    'project_id',
    'actor_token',
    'unknown',
  ].map((name) =>
    posts(`${name} twice`, 'RFC 6749 §3.2 (a repeated parameter)', MALFORMED, (parameters) => ({
      headers: { 'content-type': FORM },
      body: `${form(parameters)}&${name}=${encodeURIComponent(parameters[name] ?? 'x')}&${name}=${encodeURIComponent(parameters[name] ?? 'x')}`,
    })),
  ),
  posts(
    'scope twice, the first time empty',
    'RFC 6749 §3.2',
    MALFORMED,
    (parameters) => ({ headers: { 'content-type': FORM }, body: `${form(parameters)}&scope=&scope=admin` }),
    (parameters) => ({
      headers: { 'content-type': FORM },
      body: `${form(parameters)}&scope=&audience=${encodeURIComponent(AUDIENCE)}&audience=${encodeURIComponent(AUDIENCE)}`,
    }),
  ),
  posts('subject_token twice, once percent-encoded', 'RFC 6749 §3.2', MALFORMED, (parameters) => ({
    headers: { 'content-type': FORM },
    body: `${form(parameters)}&subject%5Ftoken=a.b.c`,
  })),
];

const CREDENTIALS = [
  'subject_token',
  'actor_token',
  'assertion',
  'client_assertion',
  'client_secret',
  'jwt',
  'token',
  'access_token',
  'refresh_token',
  'password',
];

const parameters: readonly HostileCase[] = [
  ...CREDENTIALS.map((name) =>
    posts(
      `${name} in the query`,
      'RFC 6749 §2.3.1 (queries are kept in logs)',
      { ...MALFORMED, says: 'exposed' },
      (all) => ({ headers: { 'content-type': FORM }, body: form(all) }),
      undefined,
      `/oidc/token?${name}=x`,
    ),
  ),
  posts(
    'everything in the query and an empty body',
    'RFC 6749 §3.2',
    MALFORMED,
    () => ({ headers: { 'content-type': FORM }, body: '' }),
    undefined,
    `/oidc/token?grant_type=${EXCHANGE}`,
  ),
  asks(
    'an actor token',
    'RFC 8693 §2.1 (refused, never ignored)',
    { actor_token: 'a.b.c', actor_token_type: `${TYPE}jwt` },
    { ...MALFORMED, says: 'actor_token' },
  ),
  asks('an actor token without its type', 'RFC 8693 §2.1', { actor_token: 'a.b.c' }, MALFORMED, { actor_token: '' }),
  asks('the type of an actor token that is not there', 'RFC 8693 §2.1', { actor_token_type: `${TYPE}jwt` }, MALFORMED),
  ...[undefined, ''].map((grant) =>
    asks(`grant_type ${JSON.stringify(grant) ?? 'missing'}`, 'RFC 6749 §4', { grant_type: grant }, MALFORMED),
  ),
  ...[
    'password',
    'authorization_code',
    'refresh_token',
    'implicit',
    'urn:ietf:params:oauth:grant-type:saml2-bearer',
    'urn:ietf:params:oauth:grant-type:device_code',
    EXCHANGE.toUpperCase(),
    `${EXCHANGE} `,
    ` ${EXCHANGE}`,
    `${EXCHANGE}\0`,
    'token-exchange',
    '__proto__',
    'constructor',
    '\u001B[31m',
    '</script>',
    'x'.repeat(10_000),
  ].map((grant) =>
    asks(
      `grant_type ${JSON.stringify(grant).slice(0, 60)}`,
      'RFC 6749 §5.2',
      { grant_type: grant },
      { error: 'unsupported_grant_type', reason: 'unsupported_grant_type' },
    ),
  ),
  ...[
    undefined,
    '',
    `${TYPE}access_token`,
    `${TYPE}refresh_token`,
    `${TYPE}saml2`,
    `${TYPE}ID_TOKEN`,
    `${TYPE}id_token `,
    'id_token',
    'jwt',
    '__proto__',
  ].map((type) =>
    asks(
      `subject_token_type ${JSON.stringify(type) ?? 'missing'}`,
      'RFC 8693 §3',
      { subject_token_type: type },
      MALFORMED,
      { subject_token_type: `${TYPE}jwt` },
    ),
  ),
  ...[
    `${TYPE}refresh_token`,
    `${TYPE}saml1`,
    `${TYPE}saml2`,
    `${TYPE}JWT`,
    `${TYPE}jwt `,
    'access_token',
    'constructor',
  ].map((type) =>
    asks(`requested_token_type ${JSON.stringify(type)}`, 'RFC 8693 §2.1', { requested_token_type: type }, MALFORMED, {
      requested_token_type: `${TYPE}jwt`,
    }),
  ),
  ...['admin', 'api:read admin', 'api:*', '*', 'API:READ', 'api:read:more', 'api', 'iam:admin'].map((scope) =>
    asks(
      `scope ${JSON.stringify(scope)}`,
      'RFC 6749 §3.3 (never more than allowed)',
      { scope },
      { error: 'invalid_scope', reason: 'scope_not_allowed' },
      { scope: 'api:write api:read' },
    ),
  ),
  ...[
    'api:read\tapi:write',
    'api:read  api:write',
    ' api:read',
    'api:read ',
    ' ',
    'api:read\napi:write',
    'api:read\0',
    'api:read,api:write',
    'api:reаd',
    'api:"read"',
    'api:\\read',
    'é',
    '\u2003',
  ].map((scope) =>
    asks(
      `scope ${JSON.stringify(scope)}`,
      'RFC 6749 §3.3 (syntax)',
      { scope },
      { error: 'invalid_scope', reason: 'scope_not_allowed' },
      { scope: 'api:read' },
    ),
  ),
  ...[
    '0',
    '-1',
    '1',
    '59',
    '59s',
    '0h',
    '-1h',
    '+3600',
    '3600.5',
    '1e9',
    '0x10',
    '1h30',
    'banana',
    'h',
    '1 h',
    ' 3600',
    '3600 ',
    '1d',
    '1H',
    'Infinity',
    'NaN',
    '٣٦٠٠',
    '３６００',
    '1h\0',
    '9'.repeat(65),
    '8'.repeat(50) + 'h',
  ].map((lifetime) =>
    asks(
      `access_token_lifetime ${JSON.stringify(lifetime).slice(0, 40)}`,
      'contract §3 (lifetimes)',
      { access_token_lifetime: lifetime },
      { reason: 'lifetime_invalid' },
      { access_token_lifetime: '39600s' },
    ),
  ),
  asks('two different accounts', 'contract §3', { service_account_id: 'sa_1', client_id: 'sa_2' }, MALFORMED, {
    service_account_id: 'deployer',
    client_id: 'deployer',
    organisation_id: 'default',
  }),
  ...[
    'nobody',
    'deployer',
    'sa_00000000000000000000000000',
    'sa_',
    '%',
    "' OR '1'='1",
    '*',
    '\0',
    '__proto__',
    'x'.repeat(10_000),
    '\u001B[31m\r\n</script>',
  ].map((account) =>
    asks(
      `the account ${JSON.stringify(account).slice(0, 50)}`,
      'contract §3 (unknown reads like unmatched)',
      { service_account_id: account },
      {
        reason: 'service_account_unknown',
        says: SUBJECT,
        hides: [account.slice(0, 8)].filter((text) => text.length > 7),
      },
    ),
  ),
  ...['nowhere', 'org_00000000000000000000000009', '*', '%', '\0', 'DEFAULT', "default' --", 'x'.repeat(10_000)].map(
    (organisation) =>
      asks(
        `the organisation ${JSON.stringify(organisation).slice(0, 40)}`,
        'contract §3',
        { organisation_id: organisation },
        { reason: 'issuer_not_registered' },
        { organisation_id: 'default' },
      ),
  ),
  asks(
    'a project that the account is not bound to',
    'contract §3',
    { project_id: 'p1' },
    { reason: 'project_not_allowed' },
  ),
  ...['a b', 'a\tb', '\n', 'é', 'x'.repeat(257), '\u202E'].map((project) =>
    asks(`the project ${JSON.stringify(project).slice(0, 30)}`, 'contract §3', { project_id: project }, MALFORMED),
  ),
  ...['__proto__', 'constructor', 'hasOwnProperty'].map((name) =>
    asks(`a token only in ${name}`, 'prototype pollution', { subject_token: undefined, [name]: 'a.b.c' }, MALFORMED, {
      [name]: 'x',
    }),
  ),
];

/** A request with an Authorization header. */
function authorized(
  name: string,
  taught: string,
  authorization: string,
  more: Parameters,
  refused: Refusal,
): HostileCase {
  return {
    name,
    taught,
    refused,
    attack: async (world) => {
      const usualOnes = 'client_credentials' === more['grant_type'] ? {} : await usualParameters(world);
      return world.deployment.send('/oidc/token', {
        method: 'POST',
        headers: { authorization },
        body: new URLSearchParams({ ...usualOnes, ...more }),
      });
    },
  };
}

const CREDENTIAL: Refusal = { status: 401, error: 'invalid_client', reason: 'credential_invalid' };
const CREDENTIALS_GRANT = { grant_type: 'client_credentials' };

const credentials: readonly HostileCase[] = [
  authorized('Basic credentials beside a subject token', 'RFC 6749 §2.3 (one method)', 'Basic Og==', {}, MALFORMED),
  authorized('a Bearer credential beside a subject token', 'RFC 6749 §2.3', 'Bearer x', {}, MALFORMED),
  authorized(
    'the root token beside a subject token',
    'RFC 6749 §2.3',
    'Bearer test-root-token-of-at-least-32-characterx',
    {},
    MALFORMED,
  ),
  ...[
    'Basic',
    'Basic Og==',
    'Basic !!!!',
    'Basic YTpi',
    'Basic YTo=',
    'Basic OmI=',
    'Basic YQ==',
    'Bearer x',
    'Digest username="a"',
    `Basic ${'A'.repeat(8_000)}`,
    'Basic JTAwOiUwMA==',
    'Basic JTpi',
    'basic YTpi extra',
  ].map((header) =>
    authorized(`the credential ${header.slice(0, 30)}`, 'RFC 6749 §2.3.1', header, CREDENTIALS_GRANT, CREDENTIAL),
  ),
  ...(
    [
      { client_id: 'a' },
      { client_secret: 'b' },
      { client_id: 'a', client_secret: 'b' },
      { client_id: "' OR 1=1 --", client_secret: 'x' },
      { client_id: '\0', client_secret: '\0' },
      { client_id: 'x'.repeat(9_000), client_secret: 'y'.repeat(9_000) },
    ] as const
  ).map((body): HostileCase => ({
    name: `a credential in the form with ${Object.keys(body).join(' and ')}: ${JSON.stringify(Object.values(body)[0]).slice(0, 20)}`,
    taught: 'RFC 6749 §2.3.1',
    refused: CREDENTIAL,
    attack: ({ deployment }) => deployment.token({ ...CREDENTIALS_GRANT, ...body }),
  })),
  {
    name: 'a credential in the header and in the form',
    taught: 'RFC 6749 §2.3 (one method)',
    refused: MALFORMED,
    attack: ({ deployment }) =>
      deployment.send('/oidc/token', {
        method: 'POST',
        headers: { authorization: 'Basic YTpi' },
        body: new URLSearchParams({ ...CREDENTIALS_GRANT, client_id: 'a', client_secret: 'b' }),
      }),
  },
  {
    name: 'an ID token for an access credential',
    taught: 'contract §3',
    refused: MALFORMED,
    attack: ({ deployment }) =>
      deployment.token({
        ...CREDENTIALS_GRANT,
        client_id: 'a',
        client_secret: 'b',
        requested_token_type: `${TYPE}id_token`,
        audience: AUDIENCE,
      }),
  },
  ...[undefined, '', 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer', ASSERTION_TYPE.toUpperCase()].map(
    (type): HostileCase => ({
      name: `a client assertion of type ${JSON.stringify(type) ?? 'missing'}`,
      taught: 'RFC 7521 §4.2',
      refused: MALFORMED,
      attack: async ({ deployment, token }) =>
        deployment.token({
          ...CREDENTIALS_GRANT,
          client_assertion: await token(),
          ...(type === undefined ? {} : { client_assertion_type: type }),
        }),
      twin: async ({ deployment, token }) =>
        deployment.token({
          ...CREDENTIALS_GRANT,
          client_assertion: await token(),
          client_assertion_type: ASSERTION_TYPE,
        }),
    }),
  ),
  {
    name: 'a client assertion type without an assertion',
    taught: 'RFC 7521 §4.2',
    refused: MALFORMED,
    attack: ({ deployment }) => deployment.token({ ...CREDENTIALS_GRANT, client_assertion_type: ASSERTION_TYPE }),
  },
];

/** The same bad token through every door. */
interface Door {
  readonly name: string;
  readonly unverifiable: Refusal;
  readonly unmatched: Refusal;
  readonly send: (world: World, token: string) => Promise<Answer>;
}

const DOORS: readonly Door[] = [
  {
    name: 'as an assertion',
    unverifiable: { error: 'invalid_grant', reason: 'signature_invalid', fetches: 'issuer' },
    unmatched: { error: 'invalid_grant', reason: 'no_federated_identity' },
    send: ({ deployment }, assertion) => deployment.token({ grant_type: BEARER, assertion }),
  },
  {
    name: 'as a client assertion',
    unverifiable: { status: 401, error: 'invalid_client', reason: 'signature_invalid', fetches: 'issuer' },
    unmatched: { status: 401, error: 'invalid_client', reason: 'no_federated_identity' },
    send: ({ deployment }, token) =>
      deployment.token({ ...CREDENTIALS_GRANT, client_assertion: token, client_assertion_type: ASSERTION_TYPE }),
  },
  {
    name: 'in the form of Tailscale’s clients',
    unverifiable: { reason: 'signature_invalid', fetches: 'issuer' },
    unmatched: { status: 403, reason: 'subject_mismatch' },
    send: ({ deployment, joined }, jwt) => tailscale(deployment, { client_id: joined.federatedIdentity, jwt }),
  },
];

function tailscale(deployment: World['deployment'], body: Parameters): Promise<Answer> {
  return deployment.send('/api/v2/oauth/token-exchange', {
    method: 'POST',
    headers: { authorization: 'Basic Og==' },
    body: new URLSearchParams({ grant_type: 'authorization_code', code: '', ...body }),
  });
}

const doors: readonly HostileCase[] = [
  ...DOORS.flatMap(({ name, unverifiable, unmatched, send }): HostileCase[] => [
    {
      name: `a forged token ${name}`,
      taught: 'contract §3 (one use case, several doors)',
      refused: unverifiable,
      attack: async (world) => send(world, await world.token({}, { key: await createKey('ES256', 'key-1') })),
      twin: async (world) => send(world, await world.token()),
    },
    {
      name: `a token of another subject ${name}`,
      taught: 'contract §3',
      refused: unmatched,
      attack: async (world) => send(world, await world.token({ sub: 'project:evil:x' })),
      twin: async (world) => send(world, await world.token()),
    },
  ]),
  ...Object.entries({
    'without a client_id': { jwt: 'a.b.c' },
    'without a jwt': { client_id: 'fid_x' },
    'with a client_id of options only': { client_id: '?ephemeral=true', jwt: 'a.b.c' },
  }).map(([name, body]): HostileCase => ({
    name: `a request in the form of Tailscale’s clients ${name}`,
    taught: 'tailscale-client-go',
    refused: MALFORMED,
    attack: ({ deployment }) => tailscale(deployment, body),
    twin: async ({ deployment, joined, token }) =>
      tailscale(deployment, { client_id: `${joined.federatedIdentity}?ephemeral=true`, jwt: await token() }),
  })),
  ...['fid_00000000000000000000000000', 'fid_', 'fid_%', 'sa_unknown'].map((clientId): HostileCase => ({
    name: `the client_id ${clientId} in the form of Tailscale’s clients`,
    taught: 'contract §3 (unknown reads like unmatched)',
    refused: {
      status: 403,
      reason: clientId.startsWith('sa_') ? 'service_account_unknown' : 'no_federated_identity',
      says: SUBJECT,
    },
    attack: async ({ deployment, token }) => tailscale(deployment, { client_id: clientId, jwt: await token() }),
  })),
];

const usualWorld = (kit: Kit): Promise<World> => usual(kit);

export const protocol: HostileClass = {
  title: 'Protocol',
  about:
    'Requests that are wrong around the token: methods, encodings, parameters, sizes and credentials in the wrong place.',
  groups: [
    group({ title: 'methods and paths', world: usualWorld, cases: methods }),
    group({ title: 'encodings', world: usualWorld, cases: encodings }),
    group({ title: 'sizes', world: usualWorld, cases: sizes }),
    group({ title: 'repeated parameters', world: usualWorld, cases: repeated }),
    group({ title: 'parameters', world: usualWorld, cases: parameters }),
    group({ title: 'credentials', world: usualWorld, cases: credentials }),
    group({ title: 'other doors', world: usualWorld, cases: doors }),
  ],
};
