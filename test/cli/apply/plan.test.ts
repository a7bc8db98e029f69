// The difference between what is declared and what is there, and what stands against it.

import { describe, expect, it } from 'vitest';

import { readDeclaration } from '../../../src/cli/apply/read-declaration.ts';
import { planChanges } from '../../../src/cli/apply/plan-changes.ts';
import type { Plan } from '../../../src/cli/apply/plan-changes.ts';
import type { StoredObject } from '../../../src/cli/apply/read-state.ts';
import { configurationOf } from '../../../src/cli/apply/write-configuration.ts';
import type { JsonObject } from '../../../src/token/json.ts';

const ISSUER = 'https://token.actions.githubusercontent.com';
const OURS = { 'cambist/configuration': 'test' };

function stored(
  kind: StoredObject['kind'],
  name: string,
  view: JsonObject = {},
  parent: string | null = null,
  refersTo: string | null = null,
): StoredObject {
  const defaults: Record<StoredObject['kind'], JsonObject> = {
    provider: {
      providerIssuer: ISSUER,
      providerJwksUri: null,
      localJwks: null,
      status: 'active',
      preset: 'github',
      allowedAlgorithms: ['RS256', 'ES256'],
      maxTokenLifetime: 86_400,
      subjectClaim: 'sub',
    },
    serviceAccount: { slug: name, status: 'active' },
    role: { slug: name, rules: [], isReadOnly: false, system: false },
    identity: {
      providerSubject: 'repo:acme/app:ref:refs/heads/main',
      providerSubjectMatch: 'exact',
      trustedAudiences: [],
      audienceMatchMode: 'any',
      conditions: null,
      expression: null,
      allowedScopes: [],
      tokenAudiences: [],
      tokenLifetime: 3600,
      maxTokenLifetime: 3600,
      forwardedClaims: [],
      replayProtection: 'off',
      mode: 'enforce',
      status: 'active',
      expiresAt: null,
    },
    binding: { projects: [], scopes: [] },
  };
  const common = {
    identity: `${kind}_${name}`,
    name,
    description: '',
    labels: OURS,
    annotations: {},
    objectVersion: 4,
  };
  return {
    kind,
    name,
    parent,
    refersTo,
    identity: `${kind}_${name}`,
    version: 4,
    view: { ...common, ...defaults[kind], ...view },
  };
}

const FILE: JsonObject = {
  name: 'test',
  providers: { GitHub: { providerIssuer: ISSUER } },
  serviceAccounts: {
    deployer: { identities: { main: { provider: 'GitHub', providerSubject: 'repo:acme/app:ref:refs/heads/main' } } },
  },
  roles: { deployments: { bindings: { deployer: { serviceAccount: 'deployer' } } } },
};
const THERE: readonly StoredObject[] = [
  stored('provider', 'GitHub'),
  stored('serviceAccount', 'deployer'),
  stored('identity', 'main', {}, 'deployer', 'GitHub'),
  stored('role', 'deployments'),
  stored('binding', 'deployer', {}, 'deployments', 'deployer'),
];

function plan(file: JsonObject, objects: readonly StoredObject[], prune = false): Plan {
  const { declaration, faults } = readDeclaration(file);
  expect(faults).toEqual([]);
  return planChanges(declaration, { objects }, prune);
}

const shown = ({ changes }: Plan): string[] =>
  changes.map(({ action, kind, path, changes: members }) =>
    [action, kind, path.join('/'), ...members.map(({ member }) => member)].join(' '),
  );
const without = (kind: StoredObject['kind'], name: string): readonly StoredObject[] =>
  THERE.filter((object) => object.kind !== kind || object.name !== name);
const replaced = (object: StoredObject): readonly StoredObject[] => [...without(object.kind, object.name), object];

describe('planChanges', () => {
  it('has nothing to do where everything is as declared', () => {
    expect(plan(FILE, THERE)).toMatchObject({ changes: [], unchanged: 5, leftOver: [], faults: [] });
  });

  it('creates what is referred to before what refers to it', () => {
    expect(shown(plan(FILE, []))).toEqual([
      'create provider GitHub providerIssuer',
      'create serviceAccount deployer',
      'create role deployments',
      'create identity deployer/main providerSubject',
      'create binding deployments/deployer',
    ]);
  });

  it('takes a member that is not declared for its default, so that a drift is undone', () => {
    const drifted = stored('identity', 'main', { allowedScopes: ['iam:admin'], mode: 'shadow' }, 'deployer', 'GitHub');
    const { changes } = plan(FILE, replaced(drifted));
    expect(changes).toMatchObject([{ action: 'update', version: 4, body: { allowedScopes: [], mode: 'enforce' } }]);
  });

  it('leaves labels and annotations alone that it does not declare, but for its own label', () => {
    const labelled = stored('serviceAccount', 'deployer', {
      labels: { team: 'shop', ...OURS },
      annotations: { a: 'b' },
    });
    expect(plan(FILE, replaced(labelled)).changes).toEqual([]);
    const adopted = stored('serviceAccount', 'deployer', { labels: { team: 'shop' } });
    const { changes, adoptions, unchanged } = plan(FILE, replaced(adopted));
    expect(changes).toEqual([]);
    expect(adoptions).toMatchObject([{ body: { labels: { team: 'shop', ...OURS } } }]);
    expect(unchanged).toBe(plan(FILE, replaced(labelled)).unchanged);
    const drifted = stored('serviceAccount', 'deployer', { labels: { team: 'shop' }, description: 'by hand' });
    expect(plan(FILE, replaced(drifted))).toMatchObject({
      changes: [{ body: { description: '', labels: OURS } }],
      adoptions: [],
    });
  });

  it.each<[string, JsonObject, JsonObject]>([
    ['an instant in another zone', { expiresAt: '2030-01-01T01:00:00+01:00' }, { expiresAt: '2030-01-01T00:00:00Z' }],
    [
      'a status read from expiresAt',
      { expiresAt: '2020-01-01T00:00:00Z' },
      { expiresAt: '2020-01-01T00:00:00Z', status: 'expired' },
    ],
    ['members in another order', { conditions: { b: '1', a: '2' } }, { conditions: { a: '2', b: '1' } }],
    ['an empty expression', { expression: '' }, { expression: null }],
    ['null for none', { conditions: null }, { conditions: null }],
  ])('sees no difference in %s', (_, declared, view) => {
    const identity = { provider: 'GitHub', providerSubject: 'repo:acme/app:ref:refs/heads/main', ...declared };
    const file = { ...FILE, serviceAccounts: { deployer: { identities: { main: identity } } } };
    expect(shown(plan(file, replaced(stored('identity', 'main', view, 'deployer', 'GitHub'))))).toEqual([]);
  });

  it('renames a provider by its issuer', () => {
    const { changes } = plan(
      FILE,
      replaced(stored('provider', 'Old')).filter(({ name }) => name !== 'GitHub'),
    );
    expect(changes[0]).toMatchObject({ action: 'update', identity: 'provider_Old', body: { name: 'GitHub' } });
  });

  it('makes a role’s rules exactly those that are declared', () => {
    const rule = { resources: ['a'], permissions: ['read'] };
    const file = {
      ...FILE,
      roles: { deployments: { rules: [rule], bindings: { deployer: { serviceAccount: 'deployer' } } } },
    };
    const kept = { identity: 'rule_1', ...rule, resourceIdentities: [], note: '' };
    const extra = { identity: 'rule_2', resources: ['b'], permissions: ['*'], resourceIdentities: [], note: '' };
    expect(shown(plan(file, replaced(stored('role', 'deployments', { rules: [kept] }))))).toEqual([]);
    expect(plan(file, replaced(stored('role', 'deployments', { rules: [kept, extra] }))).changes).toMatchObject([
      { action: 'delete', kind: 'rule', identity: 'role_deployments', body: { identity: 'rule_2' } },
    ]);
    expect(plan(FILE, replaced(stored('role', 'deployments', { rules: [kept] }))).changes).toMatchObject([
      { action: 'delete', kind: 'rule' },
    ]);
  });

  it('binds a role that nobody may change, and refuses to change it', () => {
    const fixed = stored('role', 'deployments', {
      isReadOnly: true,
      labels: {},
      rules: [{ identity: 'rule_1', resources: ['a'], permissions: ['read'] }],
    });
    expect(plan(FILE, replaced(fixed))).toMatchObject({ changes: [], faults: [] });
    const file = { ...FILE, roles: { deployments: { description: 'ours now' } } };
    expect(plan(file, replaced(fixed)).faults).toMatchObject([
      { detail: 'is a role that cannot be changed: declare nothing but its bindings' },
    ]);
  });

  it('deletes with --prune only what it made, children first, and says what else goes', () => {
    const mine = stored('serviceAccount', 'gone');
    const theirs = stored('identity', 'by hand', { labels: {} }, 'gone', 'GitHub');
    const child = stored('identity', 'mine', {}, 'gone', 'GitHub');
    const stranger = stored('serviceAccount', 'stranger', { labels: {} });
    const objects = [...THERE, mine, theirs, child, stranger];
    expect(plan(FILE, objects)).toMatchObject({ changes: [], leftOver: [{ name: 'gone' }, { name: 'mine' }] });
    expect(plan(FILE, objects, true).changes).toMatchObject([
      { action: 'delete', kind: 'identity', path: ['gone', 'mine'], version: 4 },
      { action: 'delete', kind: 'serviceAccount', path: ['gone'], alsoDeletes: ['federated identity gone / by hand'] },
    ]);
  });

  it.each<[string, JsonObject, readonly StoredObject[]]>([
    [
      'belongs to the configuration other',
      FILE,
      replaced(stored('provider', 'GitHub', { labels: { 'cambist/configuration': 'other' } })),
    ],
    [
      'cannot be changed (it is https://elsewhere.example.com)',
      FILE,
      replaced(stored('provider', 'GitHub', { providerIssuer: 'https://elsewhere.example.com' })),
    ],
    ['cannot be changed (it is Other)', FILE, replaced(stored('identity', 'main', {}, 'deployer', 'Other'))],
    ['cannot be changed (it is other)', FILE, replaced(stored('binding', 'deployer', {}, 'deployments', 'other'))],
    [
      'there is no service account nobody',
      { ...FILE, roles: { r: { bindings: { b: { serviceAccount: 'nobody' } } } } },
      THERE,
    ],
    [
      'there is no identity provider Nobody',
      { ...FILE, serviceAccounts: { s: { identities: { i: { provider: 'Nobody', providerSubject: 'x' } } } } },
      THERE,
    ],
  ])('refuses what %s', (detail, file, objects) => {
    expect(
      plan(file, objects)
        .faults.map((fault) => fault.detail)
        .join('\n'),
    ).toContain(detail);
  });
});

describe('configurationOf', () => {
  it('declares what is there, so that a plan of it has nothing to do', () => {
    const objects = [
      ...THERE,
      stored('serviceAccount', 'second', {
        slug: 'other-slug',
        description: 'text',
        status: 'inactive',
        labels: { team: 'a', ...OURS },
      }),
      stored(
        'identity',
        'ünï "quoted"',
        {
          conditions: { repository_id: '42' },
          expression: 'true',
          expiresAt: '2030-01-01T00:00:00Z',
          status: 'revoked',
        },
        'second',
        'GitHub',
      ),
      stored('role', 'Viewer', {
        slug: 'viewer',
        isReadOnly: true,
        labels: {},
        rules: [{ identity: 'rule_1', resources: ['*'], permissions: ['read'] }],
      }),
      stored('role', 'rules', {
        rules: [
          { identity: 'rule_2', resources: ['a'], permissions: ['read'], resourceIdentities: ['x'], note: 'why' },
        ],
      }),
    ];
    expect(plan(configurationOf({ objects }, 'test', 'https://tokens.acme.test'), objects)).toMatchObject({
      changes: [],
      faults: [],
      leftOver: [],
    });
  });
});
