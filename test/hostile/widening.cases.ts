// Class 12: chains of changes by which a writer of the IAM API would get more than it has; each step before the last is allowed.

import type { Answer } from '../support/deployment.ts';
import { createIssuer, createKey } from '../support/issuer.ts';
import type { TestIssuer } from '../support/issuer.ts';
import { AUDIENCE, claimsAt, group, materialOf, usual } from './case.ts';
import type { HostileCase, HostileClass, Kit, World } from './case.ts';
import type { Refusal } from './refusal.ts';

const ACCOUNTS = '/v1/service-accounts';
const PROVIDERS = '/v1/federated-identity-providers';
const IDENTITIES = '/v1/federated-identities';
const ROLES = '/v1/iam/roles';

const ROOT = 'test-root-token-of-at-least-32-characters';
const API = 'https://api.example.com';
const AWS = 'sts.amazonaws.com';
const EXPIRY = '2026-12-01T00:00:00Z';
const SCOPES = ['iam:write', 'api:read'];

type Ask = (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>;

/**
 * A writer with an issuer of its own, and what it may not have: the account `cloud`, which has no scope and no role but is
 * trusted elsewhere by its `sub`; the role `strong`; and the provider `ci`, by which only `cloud` is reached.
 */
interface Chains extends World {
  readonly writer: Ask;
  readonly root: Ask;
  /** A token that the writer's own workload gets, with other parameters laid over. */
  readonly getToken: (more?: Record<string, string>) => Promise<string>;
  readonly asToken: (token: string) => Ask;
  readonly cloud: string;
  readonly cloudRule: string;
  readonly ci: string;
  readonly own: string;
  readonly ownRole: string;
  readonly strongRole: string;
  readonly strongBinding: string;
  readonly evil: TestIssuer;
  /** What an earlier step made, by name. */
  readonly kept: Map<string, string>;
}

async function start(kit: Kit): Promise<Chains> {
  const world = await usual(kit, { rule: { allowedScopes: SCOPES, tokenAudiences: [AUDIENCE, API] } });
  const { deployment, joined } = world;
  const asToken =
    (token: string): Ask =>
    (method, path, body, headers = {}) =>
      deployment.send(path, {
        method,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
  const getToken = async (more: Record<string, string> = {}): Promise<string> => {
    const { body } = await deployment.exchange(await world.token(), more);
    world.secrets.push(...materialOf(body.access_token));
    return body.access_token;
  };
  const root = asToken(ROOT);
  const make = (path: string, body: object): Promise<string> => kit.expectCreated(root('POST', path, body));
  const ci = await make(PROVIDERS, { name: 'ci', providerIssuer: 'https://ci.example.com', preset: 'generic' });
  const cloud = await make(ACCOUNTS, { name: 'cloud' });
  const cloudRule = await make(IDENTITIES, cloudRuleOf(cloud, ci));
  const ownRole = await make(ROLES, { name: 'own', rules: [{ resources: ['a'], permissions: ['read'] }] });
  const strongRole = await make(ROLES, { name: 'strong', rules: [{ resources: ['*'], permissions: ['*'] }] });
  await make(`${ROLES}/${ownRole}/bindings`, { serviceAccountIdentity: joined.serviceAccount });
  const other = await make(ACCOUNTS, { name: 'other' });
  const strongBinding = await make(`${ROLES}/${strongRole}/bindings`, {
    serviceAccountIdentity: other,
    projects: ['a'],
  });
  const evil = await createIssuer({ issuer: 'https://evil.example.com' });
  deployment.connect(evil);
  return {
    ...world,
    root,
    getToken,
    asToken,
    cloud,
    cloudRule,
    ci,
    ownRole,
    strongRole,
    strongBinding,
    evil,
    kept: new Map(),
    own: joined.serviceAccount,
    writer: asToken(await getToken()),
  };
}

function cloudRuleOf(serviceAccountIdentity: string, providerIdentity: string): Record<string, unknown> {
  return {
    name: 'cloud',
    serviceAccountIdentity,
    providerIdentity,
    providerSubject: 'project:acme:deploy',
    conditions: { ref: 'main' },
    expression: 'claims.ref == "main"',
    allowedScopes: [],
    tokenAudiences: [AWS],
  };
}

const rule = (serviceAccountIdentity: string, providerIdentity: string, more: object = {}): object => ({
  name: crypto.randomUUID(),
  serviceAccountIdentity,
  providerIdentity,
  providerSubject: 'me:me',
  tokenAudiences: [AUDIENCE],
  ...more,
});

/** Fails the case where a step that a writer may take is refused. */
async function step(answer: Promise<Answer>): Promise<Answer['body']> {
  const { status, body } = await answer;
  if (status >= 300) throw new Error(`a step of the chain was refused: ${status} ${JSON.stringify(body)}`);
  return body;
}

const created = async (answer: Promise<Answer>): Promise<string> => (await step(answer)).identity as string;
/** An issuer of the writer's own, by discovery. */
const register = (ask: Ask): Promise<string> =>
  created(ask('POST', PROVIDERS, { name: 'mine', providerIssuer: 'https://evil.example.com' }));
const child = (ask: Ask, name = 'child'): Promise<string> => created(ask('POST', ACCOUNTS, { name }));

const ACTS = 'decides who acts as cloud';
const BY_HAND = 'with localJwks or providerJwksUri';
const forbidden = (says: string): Refusal => ({ status: 403, error: 'forbidden', reason: null, says });

function chain(
  name: string,
  refused: Refusal | string,
  attack: (world: Chains) => Promise<Answer>,
  twin: (world: Chains) => Promise<Answer>,
  prepare: (world: Chains) => Promise<unknown> = () => Promise.resolve(),
): HostileCase<Chains> {
  const taught = 'contract §4 (acting as an account is a power of its own)';
  return { name, taught, refused: typeof refused === 'string' ? forbidden(refused) : refused, attack, twin, prepare };
}

const localJwks = async (): Promise<object> => ({ keys: [(await createKey('ES256', 'mine')).publicJwk] });

const keys: readonly HostileCase<Chains>[] = [
  chain(
    'an issuer that is new, with keys of the writer',
    BY_HAND,
    async ({ writer }) =>
      writer('POST', PROVIDERS, { name: 'gh', providerIssuer: 'https://gh.example.com', localJwks: await localJwks() }),
    ({ writer }) => writer('POST', PROVIDERS, { name: 'gh', providerIssuer: 'https://gh.example.com' }),
  ),
  chain(
    'an issuer that is new, with the address of other keys',
    BY_HAND,
    ({ writer }) =>
      writer('POST', PROVIDERS, {
        name: 'gh',
        providerIssuer: 'https://gh.example.com',
        providerJwksUri: 'https://evil.example.com/jwks',
      }),
    ({ writer }) => writer('POST', PROVIDERS, { name: 'gh', providerIssuer: 'https://gh.example.com' }),
  ),
  chain(
    'a SPIFFE trust domain, which has no keys but those given',
    BY_HAND,
    async ({ writer }) =>
      writer('POST', PROVIDERS, { name: 's', providerIssuer: 'spiffe://acme.example', localJwks: await localJwks() }),
    async ({ root }) =>
      root('POST', PROVIDERS, { name: 's', providerIssuer: 'spiffe://acme.example', localJwks: await localJwks() }),
  ),
  chain(
    'an issuer removed with what uses it, and registered anew with keys of the writer',
    BY_HAND,
    async ({ writer }) =>
      writer('POST', PROVIDERS, { name: 'ci', providerIssuer: 'https://ci.example.com', localJwks: await localJwks() }),
    ({ writer }) => writer('POST', PROVIDERS, { name: 'ci', providerIssuer: 'https://ci.example.com' }),
    async ({ writer, cloudRule, ci }) => {
      await step(writer('DELETE', `${IDENTITIES}/${cloudRule}`));
      await step(writer('DELETE', `${PROVIDERS}/${ci}`));
    },
  ),
  chain(
    'an issuer of its own, registered and then re-pointed to keys of the writer',
    BY_HAND,
    async ({ writer, kept }) => writer('PATCH', `${PROVIDERS}/${kept.get('mine')}`, { localJwks: await localJwks() }),
    ({ writer, kept }) => writer('PATCH', `${PROVIDERS}/${kept.get('mine')}`, { subjectClaim: 'email' }),
    async ({ writer, kept }) => kept.set('mine', await register(writer)),
  ),
  ...(['localJwks', 'providerJwksUri'] as const).flatMap((member) =>
    (['PATCH', 'PUT'] as const).map((method) =>
      chain(
        `${member} of a provider, cleared with null by ${method}`,
        BY_HAND,
        ({ writer, ci }) => writer(method, `${PROVIDERS}/${ci}`, { [member]: null }),
        ({ writer, ci }) => writer(method, `${PROVIDERS}/${ci}`, { status: 'inactive' }),
        async ({ root, ci }) =>
          step(
            root('PATCH', `${PROVIDERS}/${ci}`, {
              [member]: member === 'localJwks' ? await localJwks() : 'https://keys.example.com/jwks',
            }),
          ),
      ),
    ),
  ),
];

const providers: readonly HostileCase<Chains>[] = [
  ...Object.entries({
    allowedAlgorithms: [['RS256', 'ES256', 'EdDSA'], ['ES256']],
    subjectClaim: ['email', 'sub'],
    preset: ['gitlab', 'generic'],
    maxTokenLifetime: [172_800, 600],
  }).flatMap(([member, [wider, narrower]]) =>
    (['PATCH', 'PUT'] as const).map((method) =>
      chain(
        `${member} of the provider of an account without scopes and roles, by ${method}`,
        ACTS,
        ({ writer, ci }) => writer(method, `${PROVIDERS}/${ci}`, { [member]: wider }),
        ({ writer, ci }) => writer(method, `${PROVIDERS}/${ci}`, { [member]: narrower }),
      ),
    ),
  ),
  chain(
    'a provider switched off and on again',
    ACTS,
    ({ writer, ci }) => writer('PATCH', `${PROVIDERS}/${ci}`, { status: 'active' }),
    ({ root, ci }) => root('PATCH', `${PROVIDERS}/${ci}`, { status: 'active' }),
    async ({ writer, ci }) => step(writer('PATCH', `${PROVIDERS}/${ci}`, { status: 'inactive' })),
  ),
];

/** What would let others act as `cloud`, and what only takes away. */
const EDITS: readonly (readonly [string, object])[] = [
  ['another subject', { providerSubject: 'project:acme:mine' }],
  ['a pattern', { providerSubject: 'project:acme:*', providerSubjectMatch: 'glob' }],
  ['conditions cleared with null', { conditions: null }],
  ['no condition', { conditions: {} }],
  ['another condition', { conditions: { ref: ['main', 'mine'] } }],
  ['an expression cleared', { expression: '' }],
  ['another expression', { expression: 'true' }],
  ['one more trusted audience', { trustedAudiences: [AUDIENCE, API] }],
  ['one more token audience', { tokenAudiences: [AWS, AUDIENCE] }],
  ['no token audience, which is the default one', { tokenAudiences: [] }],
  ['a longer life of its tokens', { maxTokenLifetime: 86_400 }],
  ['one more scope', { allowedScopes: ['api:read'] }],
  ['one more forwarded claim', { forwardedClaims: ['email'] }],
];

const identities: readonly HostileCase<Chains>[] = [
  chain(
    'an issuer of its own, joined to an account that it did not create',
    ACTS,
    ({ writer, cloud, kept }) => writer('POST', IDENTITIES, rule(cloud, kept.get('mine') ?? '')),
    ({ writer, own, kept }) => writer('POST', IDENTITIES, rule(own, kept.get('mine') ?? '')),
    async ({ writer, kept }) => kept.set('mine', await register(writer)),
  ),
  ...EDITS.flatMap(([name, edit]) =>
    (['PATCH', 'PUT'] as const).map((method) =>
      chain(
        `${name} for the identity of an account that it did not create, by ${method}`,
        ACTS,
        ({ writer, cloudRule }) => writer(method, `${IDENTITIES}/${cloudRule}`, edit),
        ({ writer, cloudRule }) =>
          writer(method, `${IDENTITIES}/${cloudRule}`, { maxTokenLifetime: 600, tokenLifetime: 600, description: 'x' }),
      ),
    ),
  ),
  ...(
    [
      ['switched off and on again', { status: 'inactive' }, { status: 'active' }],
      ['revoked and switched on again', { status: 'revoked' }, { status: 'active' }],
      ['revoked and only switched off', { status: 'revoked' }, { status: 'inactive' }],
      ['put into the shadow and back', { mode: 'shadow' }, { mode: 'enforce' }],
      ['made single use and back', { replayProtection: 'singleUse' }, { replayProtection: 'off' }],
      ['given an end that is then put off', { expiresAt: EXPIRY }, { expiresAt: '2027-12-01T00:00:00Z' }],
      ['given an end that is then cleared', { expiresAt: EXPIRY }, { expiresAt: null }],
      ['shortened and prolonged', { tokenLifetime: 60 }, { tokenLifetime: 3_600 }],
    ] as const
  ).map(([name, away, back]) =>
    chain(
      `an identity ${name}`,
      ACTS,
      ({ writer, cloudRule }) => writer('PATCH', `${IDENTITIES}/${cloudRule}`, back),
      ({ root, cloudRule }) => root('PATCH', `${IDENTITIES}/${cloudRule}`, back),
      async ({ writer, cloudRule }) => step(writer('PATCH', `${IDENTITIES}/${cloudRule}`, away)),
    ),
  ),
  chain(
    'an identity deleted and created again, word for word',
    ACTS,
    ({ writer, cloud, ci }) => writer('POST', IDENTITIES, cloudRuleOf(cloud, ci)),
    ({ root, cloud, ci }) => root('POST', IDENTITIES, cloudRuleOf(cloud, ci)),
    async ({ writer, cloudRule }) => step(writer('DELETE', `${IDENTITIES}/${cloudRule}`)),
  ),
  chain(
    'an access credential of an account that it did not create, without a scope',
    ACTS,
    ({ writer, cloud }) => writer('POST', `${ACCOUNTS}/${cloud}/access-credentials`, { name: 'c', expiresAt: EXPIRY }),
    ({ writer, own }) => writer('POST', `${ACCOUNTS}/${own}/access-credentials`, { name: 'c', expiresAt: EXPIRY }),
  ),
  chain(
    'an access credential of such an account, prolonged',
    ACTS,
    async (world) => world.writer('PATCH', await credentialOf(world), { expiresAt: '2026-12-02T00:00:00Z' }),
    async (world) => world.writer('PATCH', await credentialOf(world), { expiresAt: '2026-11-01T00:00:00Z' }),
    async ({ root, cloud }) =>
      step(root('POST', `${ACCOUNTS}/${cloud}/access-credentials`, { name: 'c', expiresAt: EXPIRY })),
  ),
];

async function credentialOf({ root, cloud }: Chains): Promise<string> {
  const [credential] = await step(root('GET', `${ACCOUNTS}/${cloud}/access-credentials`));
  return `${ACCOUNTS}/${cloud}/access-credentials/${credential.identity}`;
}

const accounts: readonly HostileCase<Chains>[] = [
  ...(['POST', 'PATCH', 'PUT'] as const).map((method) =>
    chain(
      `an account that says that the writer created it, by ${method}`,
      { error: 'invalid', reason: null, says: '/createdBy is read-only' },
      ({ root, own, cloud }) =>
        root(method, method === 'POST' ? ACCOUNTS : `${ACCOUNTS}/${cloud}`, { name: 'new', createdBy: own }),
      ({ writer, cloud }) =>
        writer(method, method === 'POST' ? ACCOUNTS : `${ACCOUNTS}/${cloud}`, {
          name: 'new',
          ...(method === 'POST' ? {} : { createdBy: 'root' }),
        }),
    ),
  ),
  chain(
    'an account switched off and on again',
    ACTS,
    ({ writer, cloud }) => writer('PATCH', `${ACCOUNTS}/${cloud}`, { status: 'active' }),
    ({ root, cloud }) => root('PATCH', `${ACCOUNTS}/${cloud}`, { status: 'active' }),
    async ({ writer, cloud }) => step(writer('PATCH', `${ACCOUNTS}/${cloud}`, { status: 'inactive' })),
  ),
  chain(
    'the slug of an account moved away, to be taken by one of its own',
    'this change of the service account decides who acts as',
    ({ writer, cloud }) => writer('PUT', `${ACCOUNTS}/${cloud}`, { slug: 'away' }),
    async ({ writer }) => writer('PUT', `${ACCOUNTS}/${await child(writer)}`, { slug: 'away' }),
  ),
  chain(
    'an account deleted and made again with its slug, asked for by its old id',
    { reason: 'service_account_unknown' },
    async (world) => world.deployment.exchange(await evilToken(world), { service_account_id: world.cloud }),
    async (world) => exchangeAgain(world),
    async (world) => {
      const { writer, cloud } = world;
      await step(writer('DELETE', `${ACCOUNTS}/${cloud}`));
      await step(writer('POST', IDENTITIES, rule(await child(writer, 'cloud'), await register(writer))));
      await step(exchangeAgain(world));
    },
  ),
  chain(
    'an account that an account of its own created',
    'decides who acts as grandchild',
    ({ writer, joined, kept }) => writer('POST', IDENTITIES, rule(kept.get('grandchild') ?? '', joined.provider)),
    (world) => asChild(world)('POST', IDENTITIES, rule(world.kept.get('grandchild') ?? '', world.joined.provider)),
    async (world) => {
      await makeChild(world);
      world.kept.set('grandchild', await child(asChild(world), 'grandchild'));
    },
  ),
  chain(
    'its creator, by an account that it created',
    'decides who acts as deployer',
    (world) => asChild(world)('POST', IDENTITIES, rule(world.own, world.joined.provider)),
    (world) => asChild(world)('POST', IDENTITIES, rule(world.kept.get('child') ?? '', world.joined.provider)),
    makeChild,
  ),
  chain(
    'more than it was narrowed to, for an account of its own',
    'scope api:read',
    ({ asToken, kept, own, joined }) =>
      asToken(kept.get('narrow') ?? '')(
        'POST',
        IDENTITIES,
        rule(own, joined.provider, { allowedScopes: ['api:read'] }),
      ),
    ({ writer, own, joined }) =>
      writer('POST', IDENTITIES, rule(own, joined.provider, { allowedScopes: ['api:read'] })),
    async ({ getToken, kept }) => kept.set('narrow', await getToken({ scope: 'iam:write' })),
  ),
  ...(['PATCH', 'PUT'] as const).map((method) =>
    chain(
      `an audience of a cloud for its own identity, by ${method}`,
      `token audience ${AWS}`,
      ({ writer, joined }) =>
        writer(method, `${IDENTITIES}/${joined.federatedIdentity}`, { tokenAudiences: [AUDIENCE, API, AWS] }),
      ({ writer, joined }) =>
        writer(method, `${IDENTITIES}/${joined.federatedIdentity}`, { tokenAudiences: [AUDIENCE, API] }),
    ),
  ),
  chain(
    'an audience of a cloud for an account that it created',
    `token audience ${AWS}`,
    ({ writer, joined, kept }) =>
      writer('POST', IDENTITIES, rule(kept.get('child') ?? '', joined.provider, { tokenAudiences: [AWS] })),
    ({ writer, joined, kept }) =>
      writer('POST', IDENTITIES, rule(kept.get('child') ?? '', joined.provider, { tokenAudiences: [API] })),
    async ({ writer, kept }) => kept.set('child', await child(writer)),
  ),
];

async function evilToken({ deployment, evil, secrets }: Chains): Promise<string> {
  const token = await evil.sign(claimsAt(deployment, evil.issuer, { sub: 'me:me' }));
  secrets.push(...materialOf(token));
  return token;
}

async function exchangeAgain(world: Chains): Promise<Answer> {
  return world.deployment.exchange(await evilToken(world), {
    service_account_id: 'cloud',
    organisation_id: 'default',
  });
}

/** A writer that the writer made. */
async function makeChild({ writer, deployment, evil, secrets, kept }: Chains): Promise<void> {
  const made = await child(writer);
  const provider = await register(writer);
  await step(writer('POST', IDENTITIES, rule(made, provider, { allowedScopes: SCOPES, providerSubject: 'child' })));
  const token = await evil.sign(claimsAt(deployment, evil.issuer, { sub: 'child' }));
  const { body } = await deployment.exchange(token, { service_account_id: made });
  secrets.push(...materialOf(token), ...materialOf(body.access_token));
  kept.set('child', made).set('token', body.access_token);
}

function asChild({ asToken, kept }: Chains): Ask {
  return asToken(kept.get('token') ?? '');
}

const roles: readonly HostileCase<Chains>[] = [
  chain(
    'a role that it lacks, for itself',
    'role strong',
    ({ writer, own, strongRole }) => writer('POST', `${ROLES}/${strongRole}/bindings`, { serviceAccountIdentity: own }),
    ({ writer, own, ownRole }) => writer('POST', `${ROLES}/${ownRole}/bindings`, { serviceAccountIdentity: own }),
  ),
  chain(
    'a role that it lacks, for an account that it created',
    'role strong',
    ({ writer, kept }) => writer('POST', `${ROLES}/strong/bindings`, { serviceAccountIdentity: kept.get('child') }),
    ({ writer, kept }) => writer('POST', `${ROLES}/own/bindings`, { serviceAccountIdentity: kept.get('child') }),
    async ({ writer, kept }) => kept.set('child', await child(writer)),
  ),
  chain(
    'a role deleted with its bindings, made again with its slug, and bound to itself',
    'role strong',
    async ({ writer, own }) => writer('POST', `${ROLES}/strong/bindings`, { serviceAccountIdentity: own }),
    async ({ root, own }) => root('POST', `${ROLES}/strong/bindings`, { serviceAccountIdentity: own }),
    async ({ writer, strongRole, strongBinding }) => {
      await step(writer('DELETE', `${ROLES}/${strongRole}/bindings/${strongBinding}`));
      await step(writer('DELETE', `${ROLES}/${strongRole}`));
      await step(writer('POST', ROLES, { name: 'strong', slug: 'strong' }));
    },
  ),
  ...(['PATCH', 'PUT'] as const).flatMap((method) => [
    chain(
      `the slug of a role that it lacks for a role that it has, by ${method}`,
      'changing the slug of a role',
      ({ writer, ownRole }) => writer(method, `${ROLES}/${ownRole}`, { slug: 'admin' }),
      ({ writer, ownRole }) => writer(method, `${ROLES}/${ownRole}`, { slug: 'own', description: 'x' }),
    ),
    chain(
      `a binding that reaches further, by ${method}`,
      'role strong in a and b',
      ({ writer, strongRole, strongBinding }) =>
        writer(method, `${ROLES}/${strongRole}/bindings/${strongBinding}`, { projects: ['a', 'b'] }),
      ({ writer, strongRole, strongBinding }) =>
        writer(method, `${ROLES}/${strongRole}/bindings/${strongBinding}`, { scopes: ['api:read'] }),
    ),
  ]),
  chain(
    'a rule for a role that it has',
    'giving a role a rule',
    ({ writer, ownRole }) => writer('POST', `${ROLES}/${ownRole}/rules`, { resources: ['*'], permissions: ['*'] }),
    ({ root, ownRole }) => root('POST', `${ROLES}/${ownRole}/rules`, { resources: ['*'], permissions: ['*'] }),
  ),
  chain(
    'a wider rule of a role that it has',
    'giving a role a rule',
    async (world) => world.writer('PUT', await ruleOf(world), { permissions: ['read', 'delete'] }),
    async (world) => world.writer('PUT', await ruleOf(world), { resourceIdentities: ['one'] }),
  ),
];

async function ruleOf({ root, ownRole }: Chains): Promise<string> {
  const [first] = await step(root('GET', `${ROLES}/${ownRole}/rules`));
  return `${ROLES}/${ownRole}/rules/${first.identity}`;
}

const organisations: readonly HostileCase<Chains>[] = [
  chain(
    'an identity moved by the header of another organisation',
    { status: 404, error: 'not-found', reason: null },
    ({ writer, cloudRule, kept }) =>
      writer(
        'PATCH',
        `${IDENTITIES}/${cloudRule}`,
        { conditions: null },
        { 'x-organisation-identity': kept.get('other') ?? '' },
      ),
    ({ writer, cloudRule }) =>
      writer('PATCH', `${IDENTITIES}/${cloudRule}`, { status: 'inactive' }, { 'x-organisation-identity': 'default' }),
    async ({ root, kept }) => kept.set('other', await created(root('POST', '/v1/organisations', { name: 'Other' }))),
  ),
];

export const widening: HostileClass = {
  title: 'Widening',
  about:
    'Chains of changes by which a writer of the IAM API would act as an account that it did not create, or get a scope, an audience or a role that it lacks. Every step but the last is allowed.',
  groups: [
    group({ title: 'keys given by hand', world: start, fresh: 'case', cases: keys }),
    group({ title: 'providers', world: start, fresh: 'case', cases: providers }),
    group({ title: 'identities and credentials', world: start, fresh: 'case', cases: identities }),
    group({ title: 'accounts', world: start, fresh: 'case', cases: accounts }),
    group({ title: 'roles', world: start, fresh: 'case', cases: roles }),
    group({ title: 'organisations', world: start, fresh: 'case', cases: organisations }),
  ],
};
