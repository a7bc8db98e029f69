// What a configuration may declare: every fault at its place, judged by the rules of the service.

import { describe, expect, it } from 'vitest';

import { readDeclaration } from '../../../src/cli/apply/read-declaration.ts';
import { pointerOf } from '../../../src/cli/apply/read-document.ts';
import type { JsonObject } from '../../../src/token/json.ts';

const GITHUB = { providerIssuer: 'https://token.actions.githubusercontent.com' };
const IDENTITY = { provider: 'GitHub', providerSubject: 'repo:acme/app:ref:refs/heads/main' };

function faultsOf(data: JsonObject): string[] {
  return readDeclaration(data).faults.map(({ place, detail }) => `${pointerOf(place)} ${detail}`);
}

const withIdentity = (identity: JsonObject): JsonObject => ({
  name: 'test',
  providers: { GitHub: GITHUB },
  serviceAccounts: { deployer: { identities: { main: { ...IDENTITY, ...identity } } } },
});
const withTest = (test: JsonObject): JsonObject => ({ name: 'test', tests: { one: test } });

describe('readDeclaration', () => {
  it('reads every kind of object, and a test', () => {
    const { declaration, faults } = readDeclaration({
      name: 'platform',
      deployment: 'https://tokens.acme.test',
      providers: { GitHub: GITHUB },
      serviceAccounts: { deployer: { description: 'Deploys.', identities: { main: IDENTITY } }, idle: null },
      roles: {
        Deployments: {
          rules: [{ resources: ['deployments'], permissions: ['read'] }],
          bindings: { deployer: { serviceAccount: 'deployer', projects: ['shop'] } },
        },
      },
      tests: { 'main deploys': { provider: 'GitHub', claims: { sub: 'x' }, allowed: 'deployer', scope: 'a b' } },
    });
    expect(faults).toEqual([]);
    expect(declaration.objects.map(({ kind, parent, name, refersTo }) => [kind, parent, name, refersTo])).toEqual([
      ['provider', null, 'GitHub', null],
      ['serviceAccount', null, 'deployer', null],
      ['identity', 'deployer', 'main', 'GitHub'],
      ['serviceAccount', null, 'idle', null],
      ['role', null, 'Deployments', null],
      ['binding', 'Deployments', 'deployer', 'deployer'],
    ]);
    expect(declaration.tests).toMatchObject([
      { serviceAccount: 'deployer', scope: ['a', 'b'], expected: { allowed: 'deployer' } },
    ]);
  });

  it('wants a tenant to be named on an issuer that many share, and takes a condition for it (contract §5.3)', () => {
    const anybodys = { providerSubject: 'environment:production' };
    expect(faultsOf(withIdentity(anybodys))).toEqual([
      expect.stringMatching(/^\/serviceAccounts\/deployer\/identities\/main\/providerSubject names no tenant: /),
    ]);
    expect(faultsOf(withIdentity({ ...anybodys, conditions: { repository_owner_id: '9919' } }))).toEqual([]);
  });

  it.each<[string, JsonObject]>([
    ['name is required', {}],
    ['/name must be up to 63 letters', { name: 'a b' }],
    ['/services is not a part of a configuration', { name: 'test', services: {} }],
    ['/deployment must be the ISSUER_URL', { name: 'test', deployment: 'https://tokens.acme.test/' }],
    ['/providers must be a map of names', { name: 'test', providers: [] }],
    ['/providers/x must be a map of members', { name: 'test', providers: { x: 'y' } }],
    ['/providers/x/providerIssuer is required', { name: 'test', providers: { x: {} } }],
    [
      '/providers/x/providerIssuer must be an https URL',
      { name: 'test', providers: { x: { providerIssuer: 'http://example.com' } } },
    ],
    [
      '/providers/x/providerIssuer must not be this deployment itself',
      {
        name: 'test',
        deployment: 'https://tokens.acme.test',
        providers: { x: { providerIssuer: 'https://tokens.acme.test' } },
      },
    ],
    [
      '/providers/y/providerIssuer is the issuer of another provider here; only providers with localJwks',
      { name: 'test', providers: { x: GITHUB, y: GITHUB } },
    ],
    ['/providers/x/issuer is not a member here', { name: 'test', providers: { x: { ...GITHUB, issuer: 'y' } } }],
    ['/providers/x/name is given by the key above it', { name: 'test', providers: { x: { ...GITHUB, name: 'y' } } }],
    ['/providers/x/status must not be null', { name: 'test', providers: { x: { ...GITHUB, status: null } } }],
    [
      '/providers/x/labels/cambist~1configuration is set by apply',
      { name: 'test', providers: { x: { ...GITHUB, labels: { 'cambist/configuration': 'me' } } } },
    ],
    ['/serviceAccounts/deployer/identities/main/provider must be the name', withIdentity({ provider: 7 })],
    [
      '/serviceAccounts/deployer/identities/main/serviceAccountIdentity is not a member here',
      withIdentity({ serviceAccountIdentity: 'sa_1' }),
    ],
    [
      '/serviceAccounts/deployer/identities/main/providerSubject a glob must pin',
      withIdentity({ providerSubject: 'repo:*', providerSubjectMatch: 'glob' }),
    ],
    [
      '/serviceAccounts/deployer/identities/main/conditions/ref/not must not be empty',
      withIdentity({ conditions: { ref: { not: [] } } }),
    ],
    ['/serviceAccounts/deployer/identities/main/expression', withIdentity({ expression: 'claims.sub.matches("a")' })],
    [
      '/serviceAccounts/deployer/identities/main/tokenLifetime must not be longer',
      withIdentity({ tokenLifetime: 7200 }),
    ],
    ['/serviceAccounts/deployer/identities/main/expiresAt must be a time', withIdentity({ expiresAt: 'tomorrow' })],
    [
      '/roles/r/rules/0/permissions/0 must be one of',
      { name: 'test', roles: { r: { rules: [{ resources: ['x'], permissions: ['fly'] }] } } },
    ],
    ['/roles/r/bindings/b/serviceAccount must be the name', { name: 'test', roles: { r: { bindings: { b: {} } } } }],
    ['/tests/one/claims must be the claims', withTest({ allowed: 'x' })],
    ['/tests/one must say either allowed', withTest({ claims: {} })],
    ['/tests/one must say either allowed', withTest({ claims: {}, allowed: 'x', refused: 'y' })],
    ['/tests/one/refused gives no roles', withTest({ claims: {}, refused: 'any', roles: ['x'] })],
    ['/tests/one/expects is not a part of a test', withTest({ claims: {}, refused: 'any', expects: 'x' })],
  ])('refuses with %s', (fault, data) => {
    expect(
      faultsOf(data).some((text) => text.trim().startsWith(fault)),
      faultsOf(data).join('\n'),
    ).toBe(true);
  });

  it('names every fault at once', () => {
    expect(faultsOf({ providers: { x: {} }, roles: [] })).toHaveLength(3);
  });
});
