// Class 11: the API that manages all of this: credentials that are none, other tenants' objects, writers who want more, and hostile text.

import type { Answer } from '../support/deployment.ts';
import { createKey } from '../support/issuer.ts';
import { AUDIENCE, group, materialOf, usual } from './case.ts';
import type { HostileCase, HostileClass, Kit, World } from './case.ts';
import type { Refusal } from './refusal.ts';

const ROOT = 'test-root-token-of-at-least-32-characters';
const UNAUTHENTICATED: Refusal = { status: 401, error: 'unauthenticated', reason: null };
const FORBIDDEN: Refusal = { status: 403, error: 'forbidden', reason: null };
const NOT_FOUND: Refusal = { status: 404, error: 'not-found', reason: null };
const INVALID: Refusal = { error: 'invalid', reason: null };

const ACCOUNTS = '/v1/service-accounts';
const PROVIDERS = '/v1/federated-identity-providers';
const IDENTITIES = '/v1/federated-identities';

function list(deployment: World['deployment'], headers: Record<string, string>): Promise<Answer> {
  return deployment.send(ACCOUNTS, { headers });
}

function credential(
  name: string,
  taught: string,
  authorization: string | null,
  twin: string = `Bearer ${ROOT}`,
): HostileCase {
  return {
    name,
    taught,
    refused: UNAUTHENTICATED,
    attack: ({ deployment }) => list(deployment, authorization === null ? {} : { authorization }),
    twin: ({ deployment }) => list(deployment, { authorization: twin }),
  };
}

const credentials: readonly HostileCase[] = [
  credential('no credential', 'RFC 6750 §3', null, `Token ${ROOT}`),
  ...Object.entries({
    'an empty header': '',
    'the word Bearer alone': 'Bearer',
    'an empty token': 'Bearer ',
    'a wrong token': 'Bearer wrong-root-token-of-at-least-32-characters',
    'the root token but its last letter': `Bearer ${ROOT.slice(0, -1)}x`,
    'the root token but its first letter': `Bearer x${ROOT.slice(1)}`,
    'the root token short of a letter': `Bearer ${ROOT.slice(0, -1)}`,
    'the root token and a letter more': `Bearer ${ROOT}x`,
    'the root token in capitals': `Bearer ${ROOT.toUpperCase()}`,
    'the root token twice': `Bearer ${ROOT}${ROOT}`,
    'the root token and another after a comma': `Bearer ${ROOT}, Bearer x`,
    'the root token after a space in it': `Bearer test-root ${ROOT}`,
    'the root token as Basic': `Basic ${btoa(`root:${ROOT}`)}`,
    'the root token without a scheme': ROOT.replace('test', 'tess'),
    'the root token under another scheme': 'MAC test-root',
    'the word null': 'Bearer null',
    'the word undefined': 'Bearer undefined',
    'an asterisk': 'Bearer *',
    SQL: "Bearer 'OR'1'='1",
    'a token of 20 KB': `Bearer ${'x'.repeat(20_000)}`,
    'a token outside of ASCII': 'Bearer \u00E9\u00E9\u00E9',
    'three dots': 'Bearer ...',
  }).map(([name, authorization]) => credential(name, 'RFC 6750 §3.1; constant-time comparison', authorization)),
  {
    name: 'a credential in the query',
    taught: 'RFC 6750 §2.3',
    refused: UNAUTHENTICATED,
    attack: ({ deployment }) => deployment.send(`${ACCOUNTS}?access_token=x`),
    twin: ({ deployment }) => deployment.iam('GET', ACCOUNTS),
  },
  {
    name: 'a credential in a cookie',
    taught: 'CSRF',
    refused: UNAUTHENTICATED,
    attack: ({ deployment }) => list(deployment, { cookie: 'access_token=x; session=y' }),
    twin: ({ deployment }) => deployment.iam('GET', ACCOUNTS),
  },
  ...['POST', 'PUT', 'PATCH', 'DELETE'].map((method): HostileCase => ({
    name: `a ${method} without a credential, before its body is read`,
    taught: 'RFC 6750 §3',
    refused: UNAUTHENTICATED,
    attack: ({ deployment, joined }) =>
      deployment.send(method === 'POST' ? ACCOUNTS : `${ACCOUNTS}/${joined.serviceAccount}`, { method, body: '{' }),
  })),
];

/** A federated caller with these scopes, made before it is measured. */
interface Called extends World {
  readonly as: (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>;
}

function caller(...allowedScopes: string[]): (kit: Kit) => Promise<Called> {
  return async (kit) => {
    const world = await usual(kit, { rule: { allowedScopes, tokenAudiences: [AUDIENCE] } });
    const { body } = await world.deployment.exchange(await world.token());
    world.secrets.push(...materialOf(body.access_token));
    return {
      ...world,
      as: (method, path, content, headers = {}) =>
        world.deployment.send(path, {
          method,
          headers: { authorization: `Bearer ${body.access_token}`, 'content-type': 'application/json', ...headers },
          ...(content === undefined ? {} : { body: JSON.stringify(content) }),
        }),
    };
  };
}

/** What a caller may not, and what it may. */
function may(
  name: string,
  taught: string,
  refused: Refusal,
  attack: (world: Called) => Promise<Answer>,
  twin: (world: Called) => Promise<Answer>,
): HostileCase<Called> {
  return { name, taught, refused, attack, twin };
}

const reads = (world: Called): Promise<Answer> => world.as('GET', ACCOUNTS);

const readers: readonly HostileCase<Called>[] = [
  may(
    'a reader who creates an account',
    'contract §4',
    FORBIDDEN,
    ({ as }) => as('POST', ACCOUNTS, { name: 'x' }),
    reads,
  ),
  may(
    'a reader who changes its own identity',
    'contract §4',
    FORBIDDEN,
    ({ as, joined }) => as('PATCH', `${IDENTITIES}/${joined.federatedIdentity}`, { allowedScopes: ['iam:admin'] }),
    reads,
  ),
  may(
    'a reader who deletes a provider',
    'contract §4',
    FORBIDDEN,
    ({ as, joined }) => as('DELETE', `${PROVIDERS}/${joined.provider}`),
    reads,
  ),
  may('a reader who rotates keys', 'contract §4', FORBIDDEN, ({ as }) => as('POST', '/v1/signing-keys/rotate'), reads),
  may(
    'a reader who names another organisation',
    'contract §4',
    NOT_FOUND,
    ({ as }) => as('GET', ACCOUNTS, undefined, { 'x-organisation-identity': 'other' }),
    ({ as }) => as('GET', ACCOUNTS, undefined, { 'x-organisation-identity': 'default' }),
  ),
];

const outsiders: readonly HostileCase<Called>[] = [
  may(
    'a caller without a scope of this API, who lists accounts',
    'contract §4',
    FORBIDDEN,
    ({ as }) => as('GET', ACCOUNTS),
    ({ as }) => as('GET', '/v1/me'),
  ),
  may(
    'a caller whose scope only begins like one of this API',
    'contract §4',
    FORBIDDEN,
    ({ as }) => as('GET', IDENTITIES),
    ({ as }) => as('GET', '/v1/me'),
  ),
];

const identity = ({ joined }: World, more: Readonly<Record<string, unknown>>): Record<string, unknown> => ({
  name: crypto.randomUUID(),
  serviceAccountIdentity: joined.serviceAccount,
  providerIdentity: joined.provider,
  providerSubject: 'group:acme:deploy',
  ...more,
});

const writes = (world: Called): Promise<Answer> =>
  world.as('POST', IDENTITIES, identity(world, { allowedScopes: ['api:read'] }));

const writers: readonly HostileCase<Called>[] = [
  ...['iam:admin', 'admin', 'api:write', 'tokens:introspect', '*'].map((scope) =>
    may(
      `a writer who grants the scope ${scope}, which it lacks`,
      'contract §4 (a writer cannot widen)',
      FORBIDDEN,
      (world) => world.as('POST', IDENTITIES, identity(world, { allowedScopes: ['api:read', scope] })),
      writes,
    ),
  ),
  may(
    'a writer who widens its own identity',
    'contract §4',
    FORBIDDEN,
    ({ as, joined }) =>
      as('PATCH', `${IDENTITIES}/${joined.federatedIdentity}`, {
        allowedScopes: ['iam:write', 'api:read', 'iam:admin'],
      }),
    writes,
  ),
  may(
    'a writer who gives itself a credential with more',
    'contract §4',
    FORBIDDEN,
    ({ as, joined }) =>
      as('POST', `${ACCOUNTS}/${joined.serviceAccount}/access-credentials`, {
        name: 'x',
        scopes: ['iam:admin'],
        expiresAt: '2026-12-01T00:00:00Z',
      }),
    writes,
  ),
  may(
    'a writer who makes a role with rules',
    'contract §4',
    FORBIDDEN,
    ({ as }) => as('POST', '/v1/iam/roles', { name: 'mine', rules: [{ resources: ['*'], permissions: ['*'] }] }),
    writes,
  ),
  may(
    'a writer who rotates keys',
    'contract §4',
    FORBIDDEN,
    ({ as }) => as('POST', '/v1/signing-keys/rotate', { mode: 'emergency' }),
    writes,
  ),
  may(
    'a writer who creates an organisation',
    'contract §5.9',
    FORBIDDEN,
    ({ as }) => as('POST', '/v1/organisations', { name: 'mine' }),
    writes,
  ),
  may(
    'a writer who does so in another organisation’s name',
    'contract §4',
    NOT_FOUND,
    ({ as }) => as('POST', ACCOUNTS, { name: 'x' }, { 'x-organisation-identity': 'org_00000000000000000000000009' }),
    writes,
  ),
];

/** Where the identities of a provider give more than the writer has, whoever decides what verifies gives it, too. */
async function stronger(kit: Kit): Promise<Called> {
  const world = await caller('iam:write', 'api:read')(kit);
  await kit.addIdentity(world.deployment, world.joined, {
    providerSubject: 'group:acme:boss',
    allowedScopes: ['iam:admin'],
  });
  return world;
}

/** Members of a provider that decide what verifies, or who the subject is. */
const DECIDING: Readonly<Record<string, () => Promise<unknown>>> = {
  localJwks: async () => ({ keys: [(await createKey('ES256', 'mine')).publicJwk] }),
  providerJwksUri: async () => 'https://keys.example.org/mine',
  allowedAlgorithms: async () => ['EdDSA'],
  subjectClaim: async () => 'email',
  preset: async () => 'github',
};

const detours: readonly HostileCase<Called>[] = Object.entries(DECIDING).map(([member, value]) =>
  may(
    `a writer who changes ${member} of a provider that gives more than it has`,
    'contract §4 (a detour)',
    FORBIDDEN,
    async ({ as, joined }) => as('PATCH', `${PROVIDERS}/${joined.provider}`, { [member]: await value() }),
    ({ as, joined }) => as('PATCH', `${PROVIDERS}/${joined.provider}`, { description: crypto.randomUUID() }),
  ),
);

const OTHER = {
  idp: 'idp_00000000000000000000000009',
  sa: 'sa_00000000000000000000000009',
  fid: 'fid_00000000000000000000000009',
} as const;

/** Another organisation with an object of each kind, written as the API would. */
async function tenants(kit: Kit): Promise<Called> {
  const world = await caller('iam:admin')(kit);
  const { db } = world.deployment;
  await db.batch([
    db.prepare(
      "INSERT INTO organisation (id, slug, name, created_at, updated_at) VALUES ('org_00000000000000000000000009', 'other', 'other', 0, 0)",
    ),
    db.prepare(`INSERT INTO identity_provider (id, organisation_id, name, issuer, status, preset, allowed_algorithms, max_token_lifetime, subject_claim, created_at, updated_at)
      VALUES ('${OTHER.idp}', 'org_00000000000000000000000009', 'p', 'https://tenant.example.com', 'active', 'generic', '["ES256"]', 86400, 'sub', 0, 0)`),
    db.prepare(`INSERT INTO service_account (id, organisation_id, slug, name, status, created_at, updated_at)
      VALUES ('${OTHER.sa}', 'org_00000000000000000000000009', 's', 's', 'active', 0, 0)`),
    db.prepare(`INSERT INTO federated_identity (id, organisation_id, service_account_id, provider_id, name, provider_subject, provider_subject_match, subject_key, audience_match_mode,
      token_lifetime, max_token_lifetime, replay_protection, mode, status, created_at, updated_at)
      VALUES ('${OTHER.fid}', 'org_00000000000000000000000009', '${OTHER.sa}', '${OTHER.idp}', 'f', 'x', 'exact', 'x', 'any', 3600, 3600, 'off', 'enforce', 'active', 0, 0)`),
  ]);
  return world;
}

const foreign: readonly HostileCase<Called>[] = [
  ...(['GET', 'PATCH', 'PUT', 'DELETE'] as const).flatMap((method) =>
    (
      [
        [PROVIDERS, OTHER.idp, 'provider'],
        [ACCOUNTS, OTHER.sa, 'serviceAccount'],
        [IDENTITIES, OTHER.fid, 'federatedIdentity'],
      ] as const
    ).map(([path, id, own]) =>
      may(
        `${method} of another organisation's ${path.slice(4, -1)}`,
        'OWASP API1 (broken object level authorization)',
        NOT_FOUND,
        ({ as }) => as(method, `${path}/${id}`, method.startsWith('P') ? { description: 'mine' } : undefined),
        ({ as, joined }) => as('GET', `${path}/${joined[own]}`),
      ),
    ),
  ),
  may(
    "an identity for another organisation's account",
    'OWASP API1',
    INVALID,
    (world) => world.as('POST', IDENTITIES, identity(world, { serviceAccountIdentity: OTHER.sa })),
    (world) => world.as('POST', IDENTITIES, identity(world, {})),
  ),
  may(
    "an identity by another organisation's provider",
    'OWASP API1',
    INVALID,
    (world) => world.as('POST', IDENTITIES, identity(world, { providerIdentity: OTHER.idp })),
    (world) => world.as('POST', IDENTITIES, identity(world, {})),
  ),
  ...['other', 'org_00000000000000000000000009', 'DEFAULT', '*', 'org_%', 'nowhere'].map((name) =>
    may(
      `the organisation ${name} named by a caller of another`,
      'contract §4',
      NOT_FOUND,
      ({ as }) => as('GET', ACCOUNTS, undefined, { 'x-organisation-identity': name }),
      ({ as }) => as('GET', ACCOUNTS),
    ),
  ),
  may(
    'a list narrowed to another organisation’s objects, which is empty and no refusal; an unknown one is',
    'contract §4',
    NOT_FOUND,
    ({ deployment }) =>
      deployment.send(ACCOUNTS, { headers: { authorization: `Bearer ${ROOT}`, 'x-organisation-identity': 'nowhere' } }),
    ({ as }) => as('GET', `${ACCOUNTS}?identity=${OTHER.sa}`),
  ),
];

/** A request by root. */
function root(
  name: string,
  taught: string,
  refused: Refusal,
  attack: (world: World) => Promise<Answer>,
  twin?: (world: World) => Promise<Answer>,
): HostileCase {
  return { name, taught, refused, attack, ...(twin === undefined ? {} : { twin }) };
}

/** The text of each hostile kind, and every member that takes one line of text. */
const HOSTILE_TEXT: Readonly<Record<string, string>> = {
  'a line break': 'a\r\nset-cookie: x=1',
  'a line feed': 'a\nb',
  'an escape sequence': '\u001B[2J\u001B[31mred',
  'a bell': 'a\u0007',
  'a NUL': 'a\0b',
  'a mark that reorders text': 'a\u202Egnp.exe',
  'an isolate that reorders text': 'a\u2066b',
  'a line separator': 'a\u2028b',
  'a delete character': 'a\u007Fb',
  'a control character of C1': 'a\u009Bb',
  '16 KB': 'x'.repeat(16 * 1_024),
};

const texts: readonly HostileCase[] = [
  ...Object.entries(HOSTILE_TEXT).flatMap(([kind, text]) => [
    root(`a name with ${kind}`, 'log injection (CWE-117), terminal injection (CWE-150)', INVALID, ({ deployment }) =>
      deployment.iam('POST', ACCOUNTS, { name: text }),
    ),
    root(`a label with ${kind}`, 'log injection (CWE-117)', INVALID, ({ deployment }) =>
      deployment.iam('POST', ACCOUNTS, { name: 'x', labels: { a: text } }),
    ),
    root(`the name of a label with ${kind}`, 'log injection (CWE-117)', INVALID, ({ deployment }) =>
      deployment.iam('POST', ACCOUNTS, { name: 'x', labels: { [text]: 'a' } }),
    ),
    root(`an audience with ${kind}`, 'log injection (CWE-117)', INVALID, (world) =>
      world.deployment.iam('POST', IDENTITIES, identity(world, { trustedAudiences: [text] })),
    ),
    root(`a scope with ${kind}`, 'RFC 6749 §3.3', INVALID, (world) =>
      world.deployment.iam('POST', IDENTITIES, identity(world, { allowedScopes: [text] })),
    ),
    root(`an issuer with ${kind}`, 'CWE-117', INVALID, ({ deployment }) =>
      deployment.iam('POST', PROVIDERS, { name: 'x', providerIssuer: `https://a.example.com/${text}` }),
    ),
  ]),
  ...['a\r\nb', 'A', 'a b', 'a_b', '-a', 'a-', 'é', '../a', 'a'.repeat(64), 'a/b', '%61'].map((slug) =>
    root(`the slug ${JSON.stringify(slug).slice(0, 30)}`, 'a slug is one DNS label', INVALID, ({ deployment }) =>
      deployment.iam('POST', ACCOUNTS, { name: 'x', slug }),
    ),
  ),
  root('a name that is only a space', 'contract §5', INVALID, ({ deployment }) =>
    deployment.iam('POST', ACCOUNTS, { name: ' ' }),
  ),
  root('a name with half a surrogate pair', 'RFC 8259 §8.2', INVALID, ({ deployment }) =>
    raw(deployment, '{"name":"\\ud800"}'),
  ),
  root('a description of 1,025 characters', 'contract §5', INVALID, ({ deployment }) =>
    deployment.iam('POST', ACCOUNTS, { name: 'x', description: 'x'.repeat(1_025) }),
  ),
  root('sixty-five labels', 'contract §5', INVALID, ({ deployment }) =>
    deployment.iam('POST', ACCOUNTS, {
      name: 'x',
      labels: Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`l${index}`, 'x'])),
    }),
  ),
];

function raw(
  deployment: World['deployment'],
  body: BodyInit,
  type = 'application/json',
  more: Record<string, string> = {},
): Promise<Answer> {
  return deployment.send(ACCOUNTS, {
    method: 'POST',
    headers: { authorization: `Bearer ${ROOT}`, 'content-type': type, ...more },
    body,
  });
}

const good = ({ deployment }: World): Promise<Answer> => raw(deployment, JSON.stringify({ name: crypto.randomUUID() }));

const bodies: readonly HostileCase[] = [
  ...[
    '[]',
    'null',
    '"x"',
    '1',
    '',
    '{',
    '{"name":"a","name":"b"}',
    '{"name":"a","n\\u0061me":"b"}',
    '{"name":"a"}{}',
    '{"name":"a",}',
    '\uFEFF{"name":"a"}',
    '{"name":1e400}',
    '{"name":["a"]}',
    '{"name":{"toString":"a"}}',
    '{"name":null}',
    '{"name":true}',
    `{"name":"a","labels":${'{"a":'.repeat(100)}1${'}'.repeat(100)}}`,
  ].map((body) =>
    root(
      `the body ${body === '' ? '(empty)' : body.slice(0, 40)}`,
      'RFC 8259; contract §5',
      INVALID,
      ({ deployment }) => raw(deployment, body),
      good,
    ),
  ),
  ...[
    '__proto__',
    'constructor',
    'prototype',
    'identity',
    'organisation',
    'organisationId',
    'createdAt',
    'objectVersion',
    'roleBindings',
    'isAdmin',
    'scopes',
    'Name',
    'name ',
    'n\u0430me',
  ].map((member) =>
    root(
      `the member ${JSON.stringify(member)}`,
      'mass assignment (OWASP API3)',
      INVALID,
      ({ deployment }) => raw(deployment, `{"name":"a",${JSON.stringify(member)}:{"x":"y"}}`),
      good,
    ),
  ),
  root(
    'a polluted prototype in labels',
    'CVE-2019-10744 class',
    INVALID,
    ({ deployment }) => raw(deployment, '{"name":"a","labels":{"__proto__":"x"}}'),
    good,
  ),
  root(
    'a polluted prototype in conditions',
    'CVE-2019-10744 class',
    INVALID,
    (world) =>
      world.deployment.send(IDENTITIES, {
        method: 'POST',
        headers: { authorization: `Bearer ${ROOT}`, 'content-type': 'application/json' },
        body: JSON.stringify(identity(world, { conditions: { at: 'x' } })).replace('"at"', '"__proto__"'),
      }),
    good,
  ),
  root(
    '64 KiB and a byte',
    'contract §1',
    { status: 413, error: 'too-large', reason: null },
    ({ deployment }) => raw(deployment, `{"name":"a","description":"${'x'.repeat(64 * 1_024)}"}`),
    good,
  ),
  ...['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data', 'text/html', 'application/jsonx'].map(
    (type) =>
      root(
        `content type ${type}`,
        'CSRF by simple requests',
        { status: 415, error: 'unsupported-media-type', reason: null },
        ({ deployment }) => raw(deployment, '{"name":"a"}', type),
        good,
      ),
  ),
  root(
    'a compressed body',
    'decompression bombs',
    { status: 415, error: 'unsupported-media-type', reason: null },
    ({ deployment }) => raw(deployment, '{"name":"a"}', 'application/json', { 'content-encoding': 'gzip' }),
    good,
  ),
  root(
    'a body that is no UTF-8',
    'RFC 8259 §8.1',
    INVALID,
    ({ deployment }) => raw(deployment, new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x7d])),
    good,
  ),
];

const values: readonly HostileCase[] = [
  ...Object.entries({
    'HS256 among its algorithms': { allowedAlgorithms: ['HS256'] },
    'none among its algorithms': { allowedAlgorithms: ['none'] },
    'no algorithm': { allowedAlgorithms: [] },
    'an algorithm of another case': { allowedAlgorithms: ['rs256'] },
    'a lifetime of zero': { maxTokenLifetime: 0 },
    'a lifetime below a minute': { maxTokenLifetime: 59 },
    'a lifetime that is a text': { maxTokenLifetime: '3600' },
    'a lifetime that is a fraction': { maxTokenLifetime: 3_600.5 },
    'a lifetime of ten years': { maxTokenLifetime: 315_360_000 },
    'an unknown preset': { preset: 'constructor' },
    'an unknown status': { status: 'enabled' },
    'an empty subject claim': { subjectClaim: '' },
    'a subject claim with a line break': { subjectClaim: 'a\nb' },
    'an empty set of keys': { localJwks: { keys: [] } },
    'a set without keys': { localJwks: {} },
    'a symmetric key': { localJwks: { keys: [{ kty: 'oct', k: 'AAAA', kid: 'a' }] } },
    'a private key': { localJwks: { keys: [{ kty: 'EC', crv: 'P-256', x: 'a', y: 'b', d: 'c' }] } },
    'an RSA key of 1024 bits': { localJwks: { keys: [{ kty: 'RSA', n: 'A'.repeat(171), e: 'AQAB', kid: 'a' }] } },
    'two hundred and one keys': {
      localJwks: { keys: Array.from({ length: 201 }, (_, index) => ({ kty: 'RSA', kid: `k${index}` })) },
    },
    'keys that are texts': { localJwks: { keys: ['a'] } },
  }).map(([name, more]) =>
    root(`a provider with ${name}`, 'contract §5.1', INVALID, ({ deployment }) =>
      deployment.iam('POST', PROVIDERS, { name: 'x', providerIssuer: 'https://new.example.com', ...more }),
    ),
  ),
  ...Object.entries({
    'a lifetime above its own cap': { tokenLifetime: 7_200, maxTokenLifetime: 3_600 },
    'a lifetime above a day': { maxTokenLifetime: 86_401 },
    'a lifetime below a minute': { tokenLifetime: 59 },
    'a status that is only read': { status: 'expired' },
    'a time without an offset': { expiresAt: '2026-12-01T00:00:00' },
    'the thirtieth of February': { expiresAt: '2027-02-30T00:00:00Z' },
    'a time that is a number': { expiresAt: 1_900_000_000 },
    'twenty-one forwarded claims': { forwardedClaims: Array.from({ length: 21 }, (_, index) => `c${index}`) },
    'an unknown replay protection': { replayProtection: 'once' },
    'an unknown mode': { mode: 'audit' },
    'a scope with a space': { allowedScopes: ['api:read admin'] },
    'a scope with a quote': { allowedScopes: ['a"b'] },
    'an empty scope': { allowedScopes: [''] },
    'an empty audience': { trustedAudiences: [''] },
    'audiences that are a text': { trustedAudiences: AUDIENCE },
    'an account that is a slug': { serviceAccountIdentity: 'deployer' },
    'an account of another kind of id': { serviceAccountIdentity: OTHER.idp },
    'a provider that is a list': { providerIdentity: [OTHER.idp] },
  }).map(([name, more]) =>
    root(`an identity with ${name}`, 'contract §5.3', INVALID, (world) =>
      world.deployment.iam('POST', IDENTITIES, identity(world, more)),
    ),
  ),
  root('another issuer for a provider that exists', 'contract §5.1 (immutable)', INVALID, ({ deployment, joined }) =>
    deployment.iam('PATCH', `${PROVIDERS}/${joined.provider}`, { providerIssuer: 'https://other.example.com' }),
  ),
  root('another account for an identity that exists', 'contract §5.3 (immutable)', INVALID, ({ deployment, joined }) =>
    deployment.iam('PATCH', `${IDENTITIES}/${joined.federatedIdentity}`, { serviceAccountIdentity: OTHER.sa }),
  ),
];

const conflicts: readonly HostileCase[] = [
  root(
    'an issuer that is registered',
    'contract §5.1',
    { status: 409, error: 'duplicate', reason: null },
    ({ deployment, issuer }) => deployment.iam('POST', PROVIDERS, { name: 'again', providerIssuer: issuer.issuer }),
  ),
  root('a name that is taken', 'contract §5', { status: 409, error: 'duplicate', reason: null }, ({ deployment }) =>
    deployment.iam('POST', ACCOUNTS, { name: 'deployer' }),
  ),
  root(
    'deleting a provider that identities use',
    'contract §5.1',
    { status: 409, error: 'in-use', reason: null },
    ({ deployment, joined }) => deployment.iam('DELETE', `${PROVIDERS}/${joined.provider}`),
  ),
  ...['"2"', '"0"', '2', '"999999999999999"', 'W/"1"', '"x"', '"1x"', '"1", '].map((version) =>
    root(
      `if-match ${version} for version 1`,
      'RFC 9110 §13.1.1',
      version === '"1", ' ? INVALID : { status: 412, error: 'version-mismatch', reason: null },
      ({ deployment, joined }) =>
        deployment.send(`${ACCOUNTS}/${joined.serviceAccount}`, {
          method: 'PATCH',
          headers: { authorization: `Bearer ${ROOT}`, 'content-type': 'application/json', 'if-match': version },
          body: '{"description":"x"}',
        }),
    ),
  ),
];

const ids = [
  'sa_',
  'sa_x',
  'sa_00000000000000000000000000',
  'SA_00000000000000000000000000',
  '..%2f..%2fetc',
  '%00',
  '*',
  '%25',
  "'%20OR%201=1--",
  'idp_00000000000000000000000000',
  '__proto__',
  'x'.repeat(5_000),
  '%0d%0aset-cookie:x',
  '%3Cscript%3E',
  '%F0%9F%92%A3',
  '%ff',
];

const paths: readonly HostileCase[] = [
  ...ids.map((id) =>
    root(
      `the account ${id.slice(0, 40)}`,
      'path traversal, SQL and header injection by id',
      NOT_FOUND,
      ({ deployment }) => deployment.iam('GET', `${ACCOUNTS}/${id}`),
      ({ deployment, joined }) => deployment.iam('GET', `${ACCOUNTS}/${joined.serviceAccount}`),
    ),
  ),
  ...[
    '/v1',
    '/v1/',
    '/v1/unknown',
    '/v2/service-accounts',
    '/V1/service-accounts',
    '/v1/service-accounts/a/b/c',
    '//v1/service-accounts',
  ].map((path) =>
    root(
      `the path ${path}`,
      'routes that are looser than they look',
      { status: 404, error: path.startsWith('/v1/') || path === '/v1' ? 'not-found' : 'not_found', reason: null },
      ({ deployment }) => deployment.iam('GET', path),
    ),
  ),
  ...[
    'limit=0',
    'limit=-1',
    'limit=1001',
    'limit=1e2',
    'limit=abc',
    'limit=',
    'limit=1&limit=2',
    'cursor=x',
    'cursor=idp_00000000000000000000000000',
    "cursor=sa_' OR 1=1",
    'status=ACTIVE',
    'status=expired',
    'unknown=1',
    'Name=x',
    '__proto__=x',
    'matchLabels=x',
    'name=',
    'orderBy=name',
    Array.from({ length: 21 }, (_, index) => `matchLabels[l${index}]=x`).join('&'),
  ].map((query) =>
    root(
      `the query ${query.slice(0, 40)}`,
      'contract §5 (a filter that is ignored lists too much)',
      INVALID,
      ({ deployment }) => deployment.iam('GET', `${ACCOUNTS}?${query}`),
      ({ deployment }) => deployment.iam('GET', `${ACCOUNTS}?limit=1000&name=%25&matchLabels[a]=%27%20OR%201%3D1`),
    ),
  ),
  ...['PUT', 'DELETE', 'PATCH', 'OPTIONS'].map((method) =>
    root(
      `${method} of the whole list`,
      'RFC 9110 §15.5.6',
      { status: 405, error: 'method-not-allowed', reason: null },
      ({ deployment }) => deployment.iam(method, ACCOUNTS),
    ),
  ),
];

const oneWorld = (kit: Kit): Promise<World> => usual(kit);

export const iamApi: HostileClass = {
  title: 'IAM API',
  about:
    'The API that manages all of this: credentials that are none, other tenants’ objects, writers who want more, and hostile text. A refusal writes nothing.',
  groups: [
    group({ title: 'credentials', world: oneWorld, cases: credentials }),
    group({ title: 'readers', world: caller('iam:read'), cases: readers }),
    group({ title: 'callers without a scope', world: caller('api:read', 'iam:reader', 'iam'), cases: outsiders }),
    group({ title: 'writers', world: caller('iam:write', 'api:read'), cases: writers }),
    group({ title: 'detours of writers', world: stronger, cases: detours }),
    group({ title: 'other organisations', world: tenants, cases: foreign }),
    group({ title: 'hostile text', world: oneWorld, cases: texts }),
    group({ title: 'bodies', world: oneWorld, cases: bodies }),
    group({ title: 'values', world: oneWorld, cases: values }),
    group({ title: 'conflicts', world: oneWorld, cases: conflicts }),
    group({ title: 'paths and queries', world: oneWorld, cases: paths }),
  ],
};
