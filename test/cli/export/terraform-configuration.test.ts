// What `cambist export --format hcl` writes: every value as HCL reads it back, names that stay, and an import block for each object.

import { describe, expect, it } from 'vitest';

import { block } from '../../../src/objects/hcl.ts';
import { terraformConfiguration } from '../../../src/cli/export/terraform-configuration.ts';
import type { ExportedObject } from '../../../src/cli/export/terraform-configuration.ts';
import type { JsonObject } from '../../../src/token/json.ts';

const DEPLOYMENT = { url: 'https://tokens.example.com', organisation: 'acme' };
const id = (prefix: string, tail: string): string => `${prefix}_${tail.padStart(26, '0')}`;
const KEPT = { labels: {}, annotations: {}, description: '', objectVersion: 1, createdAt: '2027-01-15T08:00:00Z' };

const account = (tail: string, name: string, more: JsonObject = {}): ExportedObject => ({
  kind: 'service_account',
  view: { ...KEPT, identity: id('sa', tail), name, slug: name, status: 'active', roleBindings: [], ...more },
  parent: null,
});
const provider: ExportedObject = {
  kind: 'identity_provider',
  view: {
    ...KEPT,
    identity: id('idp', '1'),
    name: 'GitHub',
    providerIssuer: 'https://token.actions.githubusercontent.com',
    providerJwksUri: null,
    localJwks: null,
    status: 'active',
    preset: 'github',
    allowedAlgorithms: ['RS256', 'ES256'],
    maxTokenLifetime: 86_400,
    subjectClaim: 'sub',
    keys: [],
  },
  parent: null,
};
const identity = (tail: string, name: string, more: JsonObject = {}): ExportedObject => ({
  kind: 'federated_identity',
  view: {
    ...KEPT,
    identity: id('fid', tail),
    name,
    serviceAccountIdentity: id('sa', '1'),
    serviceAccount: { identity: id('sa', '1'), name: 'Deployer', slug: 'deployer' },
    providerIdentity: id('idp', '1'),
    provider: { identity: id('idp', '1'), name: 'GitHub' },
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
    warnings: [],
    ...more,
  },
  parent: null,
});

/** The file without its head. */
const written = (...objects: ExportedObject[]): string =>
  terraformConfiguration(objects, DEPLOYMENT).replace(/^[\s\S]*?\n\n(?=provider)/, '');

describe('a text', () => {
  it.each([
    ['plain', 'plain'],
    ['"', '\\"'],
    ['\\', '\\\\'],
    ['a\nb\tc\r', 'a\\nb\\tc\\r'],
    ['${var.x}', '$${var.x}'],
    ['%{ if true }', '%%{ if true }'],
    ['$${x} %%{y}', '$$${x} %%%{y}'],
    ['$ {x} $% {', '$ {x} $% {'],
    ['\\${x}', '\\\\$${x}'],
    ['é 漢 🦀', 'é 漢 🦀'],
    ['\u0007\u200b\u2028\u202e', '\\u0007\\u200b\\u2028\\u202e'],
    ['\u{e0001}', '\\U000e0001'],
    ['<<EOT', '<<EOT'],
  ])('%j is written so that Terraform reads it back (contract §10)', (text, inside) => {
    expect(block('locals', [], { text })).toBe(`locals {\n  text = "${inside}"\n}\n`);
  });
});

describe('the file', () => {
  it('has references between resources, defaults left out, and import blocks at its end (contract §10)', () => {
    expect(written(identity('7', 'main'), account('1', 'deployer'), provider)).toMatchInlineSnapshot(`
      "provider "cambist" {
        url          = "https://tokens.example.com"
        organisation = "acme"
      }

      resource "cambist_identity_provider" "github" {
        name            = "GitHub"
        provider_issuer = "https://token.actions.githubusercontent.com"
      }

      resource "cambist_service_account" "deployer" {
        name = "deployer"
      }

      resource "cambist_federated_identity" "deployer_main" {
        name                     = "main"
        service_account_identity = cambist_service_account.deployer.identity
        provider_identity        = cambist_identity_provider.github.identity
        provider_subject         = "repo:acme/app:ref:refs/heads/main"
      }

      # What is there already. After the first apply these blocks may go; without them, the same is created elsewhere.

      import {
        to = cambist_identity_provider.github
        id = "idp_00000000000000000000000001"
      }

      import {
        to = cambist_service_account.deployer
        id = "sa_00000000000000000000000001"
      }

      import {
        to = cambist_federated_identity.deployer_main
        id = "fid_00000000000000000000000007"
      }
      "
    `);
  });

  it('has conditions as an object, and keys that are no words in quotes (contract §10)', () => {
    const conditions = {
      ref: { glob: 'refs/heads/${x}*' },
      run: [1, '2', true],
      '/a/b': { not: ['x'] },
      true: { exists: true },
    };
    expect(written(identity('7', 'main', { conditions, tokenLifetime: 120 }))).toContain(`
  conditions = {
    "/a/b" = {
      not = ["x"]
    }
    ref = {
      glob = "refs/heads/$\${x}*"
    }
    run = [1, "2", true]
    "true" = {
      exists = true
    }
  }
  token_lifetime = 120
`);
  });

  it('names an object that is not in it by its identifier (contract §10)', () => {
    const text = written(identity('7', 'main'));
    expect(text).toContain(`service_account_identity = "${id('sa', '1')}"`);
  });

  it('gives each object a name of its own that stays when others come (contract §10)', () => {
    const names = (...objects: ExportedObject[]): string[] =>
      [...written(...objects).matchAll(/^resource "\w+" "(\w+)"/gm)].map(([, name = '']) => name);
    const all = [
      account('1', 'deploy-er'),
      account('2', 'deploy_er'),
      account('3', '漢字', { slug: '漢字' }),
      account('4', '1st'),
      account('5', 'Ünïted'),
      account('6', 'all', { slug: 'deploy.er' }),
    ];
    expect(names(...all)).toEqual([
      '_1st',
      'deploy_er',
      'deploy_er_0000000002',
      'deploy_er_0000000006',
      'service_account_0000000003',
      'united',
    ]);
    expect(names(...all.toReversed())).toEqual(names(...all));
    expect(names(...all.slice(0, 2))).toEqual(['deploy_er', 'deploy_er_0000000002']);
  });

  it('has the rules of a role, bindings below it and credentials without their secret (contract §10)', () => {
    const role = (tail: string, more: JsonObject): ExportedObject => ({
      kind: 'role',
      view: {
        ...KEPT,
        identity: id('role', tail),
        name: 'Reader',
        slug: 'reader',
        isReadOnly: false,
        system: false,
        ...more,
      },
      parent: null,
    });
    const rules = [
      { identity: id('rule', '1'), resources: ['a'], resourceIdentities: [], permissions: ['read'], note: '' },
    ];
    const binding = (tail: string, roleTail: string): ExportedObject => ({
      kind: 'role_binding',
      view: {
        ...KEPT,
        identity: id('bind', tail),
        name: 'binding',
        role: { identity: id('role', roleTail), slug: 'reader' },
        serviceAccountIdentity: id('sa', '1'),
        serviceAccount: { identity: id('sa', '1'), slug: 'deployer' },
        userIdentity: null,
        teamIdentity: null,
        scopes: [],
        projects: ['shop'],
      },
      parent: id('role', roleTail),
    });
    const credential: ExportedObject = {
      kind: 'access_credential',
      view: {
        ...KEPT,
        identity: id('cred', '1'),
        name: 'old',
        scopes: ['a:b'],
        expiresAt: '2027-12-31T00:00:00Z',
        accessKey: 'cbk_x',
      },
      parent: id('sa', '1'),
    };
    const text = written(
      role('1', { rules }),
      role('2', { system: true, rules: [] }),
      account('1', 'deployer'),
      binding('1', '1'),
      binding('2', '2'),
      credential,
    );
    expect(text).toContain(`resource "cambist_role" "reader" {
  name = "Reader"
  rules = [
    {
      permissions = ["read"]
      resources   = ["a"]
    },
  ]
}
`);
    expect(text).not.toContain('cambist_role" "reader_');
    expect(text).toContain(`  role_identity            = cambist_role.reader.identity\n`);
    expect(text).toContain(`  role_identity            = "${id('role', '2')}"\n`);
    expect(text).toContain(`resource "cambist_access_credential" "old" {
  name                     = "old"
  service_account_identity = cambist_service_account.deployer.identity
  scopes                   = ["a:b"]
  expires_at               = "2027-12-31T00:00:00Z"
}
`);
    expect(text).toContain(`id = "${id('role', '1')}/${id('bind', '1')}"`);
    expect(text).toContain(`id = "${id('sa', '1')}/${id('cred', '1')}"`);
    expect(text).not.toContain('cbk_x');
  });
});
