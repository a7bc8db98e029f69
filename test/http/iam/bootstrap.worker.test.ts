// The recorded calls of the Thalassa CLI's `iam workload-identity-federation bootstrap`, on an empty organisation and again.

import { beforeEach, describe, expect, it } from 'vitest';

import { iamHarness } from './iam-harness.ts';
import type { Answer, Harness } from './iam-harness.ts';

const ISSUER = 'https://token.actions.githubusercontent.com';
const SUBJECT = 'repo:acme/app:ref:refs/heads/main';
const LABELS = {
  'app.kubernetes.io/managed-by': 'tcloud',
  'iam.thalassa.cloud/bootstrap': 'github',
  'iam.thalassa.cloud/repository': 'acme/app',
};

/** How often each kind of object was created. */
interface Run {
  readonly created: string[];
  readonly role: string;
  readonly binding: string;
}

let api: Harness;
beforeEach(async () => {
  api = await iamHarness();
});

async function listed(path: string): Promise<Answer['body'][]> {
  const answer = await api.call('GET', path);
  expect(answer.status).toBe(200);
  expect(Array.isArray(answer.body)).toBe(true);
  return answer.body;
}

/** The calls in the order the CLI makes them; what it finds it does not create. */
async function bootstrap(roleReference: string): Promise<Run> {
  const created: string[] = [];
  const create = async (path: string, body: object): Promise<Answer['body']> => {
    const answer = await api.call('POST', path, body);
    expect(answer, JSON.stringify(answer.body)).toMatchObject({ status: 201 });
    expect(answer.body.objectVersion).toBe(1);
    expect(answer.body.createdAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    created.push(path);
    return answer.body;
  };
  const matching = Object.entries(LABELS)
    .map(([key, value]) => `matchLabels[${key}]=${encodeURIComponent(value)}`)
    .join('&');

  let role = (await api.call('GET', `/v1/iam/roles/${encodeURIComponent(roleReference)}`)).body;
  if (role.identity === undefined) {
    const roles = await listed('/v1/iam/roles');
    role = roles.find(({ identity, slug, name }) => [identity, slug, name].includes(roleReference));
  }
  expect(role.identity).toMatch(/^role_/);

  const providers = await listed('/v1/federated-identity-providers');
  const provider =
    providers.find(({ providerIssuer }) => providerIssuer === ISSUER) ??
    (await create('/v1/federated-identity-providers', {
      name: 'GitHub Actions',
      description: 'made by the CLI',
      labels: LABELS,
      providerIssuer: ISSUER,
      status: 'active',
    }));

  const [
    account = await create('/v1/service-accounts', {
      name: 'acme-app',
      description: 'made by the CLI',
      annotations: { 'iam.thalassa.cloud/version': '1' },
      labels: LABELS,
    }),
  ] = await listed(`/v1/service-accounts?${matching}`);

  const identities = await listed(`/v1/federated-identities?${matching}`);
  if (identities.length === 0) {
    await create('/v1/federated-identities', {
      name: 'acme-app-main',
      description: 'made by the CLI',
      annotations: { 'iam.thalassa.cloud/version': '1' },
      labels: LABELS,
      serviceAccountIdentity: account.identity,
      providerIdentity: provider.identity,
      providerSubject: SUBJECT,
      trustedAudiences: ['https://cambist.test'],
      audienceMatchMode: 'any',
      allowedScopes: ['api:read', 'api:write'],
    });
  }

  const bindings = await listed(`/v1/iam/roles/${role.identity}/bindings`);
  const binding =
    bindings.find(({ serviceAccount }) => serviceAccount?.identity === account.identity) ??
    (await create(`/v1/iam/roles/${role.identity}/bindings`, {
      name: 'acme-app',
      description: 'made by the CLI',
      annotations: null,
      labels: LABELS,
      userIdentity: null,
      teamIdentity: null,
      serviceAccountIdentity: account.identity,
      scopes: null,
    }));
  return { created, role: role.identity, binding: binding.identity };
}

describe('bootstrap', () => {
  it.each([
    ['slug', 'deployer'],
    ['name', 'The deployer of acme/app'],
  ])(
    'creates everything once, and nothing the second time, with the role by its %s (contract §5)',
    async (_what, role) => {
      expect((await api.call('GET', `/v1/iam/roles/${encodeURIComponent(role)}`)).status).toBe(404);
      await api.call('POST', '/v1/iam/roles', { name: 'The deployer of acme/app', slug: 'deployer' });

      const first = await bootstrap(role);
      expect(first.created).toEqual([
        '/v1/federated-identity-providers',
        '/v1/service-accounts',
        '/v1/federated-identities',
        `/v1/iam/roles/${first.role}/bindings`,
      ]);
      const events = await api.events();
      expect(events.map(({ action }) => action)).toEqual([
        'role.create',
        'identity_provider.create',
        'service_account.create',
        'federated_identity.create',
        'role_binding.create',
      ]);

      expect(await bootstrap(role)).toEqual({ ...first, created: [] });
      expect(await api.events()).toEqual(events);
    },
  );

  it('ends with an account whose role binding Terraform can read, role and times included (contract §5, §5.2)', async () => {
    await api.call('POST', '/v1/iam/roles', { name: 'deployer' });
    const run = await bootstrap('deployer');
    const [account] = await listed('/v1/service-accounts');
    expect(account.roleBindings).toEqual([
      {
        identity: run.binding,
        name: 'acme-app',
        description: 'made by the CLI',
        scopes: [],
        projects: [],
        role: { identity: run.role, name: 'deployer', slug: 'deployer' },
        organisationRole: { identity: run.role, name: 'deployer', slug: 'deployer' },
        createdAt: '2027-01-15T08:00:00Z',
        updatedAt: '2027-01-15T08:00:00Z',
      },
    ]);
  });
});
