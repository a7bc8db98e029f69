// `cambist apply`, `plan`, `test` and `export` against a running service: whole outputs, from an empty deployment to a changed one.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { githubActions } from '../../support/claims.ts';
import { createIssuer } from '../../support/issuer.ts';
import type { TestIssuer } from '../../support/issuer.ts';
import { startService } from '../../support/service.ts';
import type { Service } from '../../support/service.ts';
import { cambist, stable } from '../support/cli.ts';
import type { CliRun } from '../support/cli.ts';

let service: Service;
let issuer: TestIssuer;
let directory = '';

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'cambist-apply-'));
  issuer = await createIssuer({ issuer: 'https://token.actions.githubusercontent.com' });
  service = await startService();
});

afterAll(async () => {
  await service.stop();
  rmSync(directory, { recursive: true, force: true });
});

const FILE = `
name: platform
providers:
  GitHub:
    providerIssuer: https://token.actions.githubusercontent.com
    localJwks: JWKS
serviceAccounts:
  deployer:
    description: Deploys the shop.
    identities:
      main:
        provider: GitHub
        providerSubject: repo:acme@123456/app@456789:ref:refs/heads/main
        allowedScopes: [api:read, api:write]
  administrator:
    identities:
      infrastructure:
        provider: GitHub
        providerSubject: repo:acme@123456/infrastructure@456790:environment:production
        allowedScopes: [iam:admin]
roles:
  Deployments:
    rules:
      - resources: [deployments]
        permissions: [create, read]
    bindings:
      deployer:
        serviceAccount: deployer
tests:
  main deploys:
    provider: GitHub
    claims: &push
      sub: repo:acme@123456/app@456789:ref:refs/heads/main
      repository: acme/app
      repository_id: "456789"
      repository_owner: acme
      repository_owner_id: "123456"
      event_name: push
    allowed: deployer
    roles: deployments
    scopes: [api:read, api:write]
  another branch does not:
    provider: GitHub
    claims:
      <<: *push
      sub: repo:acme@123456/app@456789:ref:refs/heads/other
    serviceAccount: deployer
    refused: subject_mismatch
`;

/** Runs with a file of this text. */
async function run(
  argv: readonly string[],
  text: string = FILE,
  more: Parameters<typeof cambist>[1] = {},
): Promise<CliRun> {
  const file = join(directory, 'cambist.yaml');
  writeFileSync(file, text.replace('JWKS', JSON.stringify(issuer.jwks)));
  const env = { CAMBIST_URL: service.url, CAMBIST_TOKEN: service.rootToken };
  const ended = await cambist([...argv, '--file', file], { env, ...more });
  const comparable = (output: string): string =>
    stable(output)
      .replaceAll(/rule_[0-9a-z]{26}/g, 'rule_…')
      .replaceAll(file, 'cambist.yaml')
      .replaceAll(JSON.stringify(issuer.jwks), '{"keys":[…]}');
  return { code: ended.code, stdout: comparable(ended.stdout), stderr: comparable(ended.stderr) };
}

const CHANGED = FILE.replace('[api:read, api:write]\n  admin', '[api:read]\n  admin')
  .replace('scopes: [api:read, api:write]', 'scopes: [api:read]')
  .replace('  administrator:', '  root:')
  .replace('permissions: [create, read]', 'permissions: [read]');

describe('cambist test', () => {
  it('runs the tests of the file without a deployment', async () => {
    const ended = await run(['test'], `${FILE}\ndeployment: https://tokens.acme.test\n`, { env: {} });
    expect(ended).toMatchInlineSnapshot(`
      {
        "code": 0,
        "stderr": "",
        "stdout": "✔ main deploys
          allowed as deployer, by main
      ✔ another branch does not
          refused: subject_mismatch
      Tests: 2 passed, 0 failed.
      ",
      }
    `);
  });

  it('asks nobody, so it does not mind that CAMBIST_URL names another deployment', async () => {
    const file = `${FILE}\ndeployment: https://tokens.acme.test\n`;
    expect((await run(['test'], file, { env: { CAMBIST_URL: 'https://elsewhere.test' } })).code).toBe(0);
  });

  it('fails with what was decided and why', async () => {
    const ended = await run(
      ['test'],
      FILE.replace('refs/heads/main\n      repository:', 'refs/heads/Main\n      repository:'),
    );
    expect(ended).toMatchInlineSnapshot(`
      {
        "code": 1,
        "stderr": "",
        "stdout": "✖ main deploys
          refused: subject_mismatch
          it must be allowed as deployer; 1 candidate(s); nearest is deployer/main (main): subject sub: expected repo:acme@123456/app@456789:ref:refs/heads/main, token has repo:acme@123456/app@456789:ref:refs/heads/Main (they differ only in upper and lower case)
      ✔ another branch does not
          refused: subject_mismatch
      Tests: 1 passed, 1 failed.
      ",
      }
    `);
  });

  it('names every fault of the file with its line', async () => {
    expect(
      await run(
        ['test'],
        FILE.replace('allowedScopes: [iam:admin]', 'allowedScope: [iam:admin]').replace('[create, read]', '[fly]'),
      ),
    ).toMatchInlineSnapshot(`
      {
        "code": 1,
        "stderr": "✖ cambist.yaml is not usable: it has 2 faults.
        /serviceAccounts/administrator/identities/infrastructure/allowedScope: is not a member here; the members are description, labels, annotations, providerSubject, providerSubjectMatch, trustedAudiences, audienceMatchMode, conditions, expression, allowedScopes, tokenAudiences, tokenLifetime, maxTokenLifetime, forwardedClaims, replayProtection, mode, status, expiresAt (line 20)
        /roles/Deployments/rules/0/permissions/0: must be one of create, read, update, delete, list, * (line 25)
      ",
        "stdout": "",
      }
    `);
  });

  it('needs no address of a deployment', async () => {
    expect(await run(['test'], FILE, { env: {} })).toMatchInlineSnapshot(`
      {
        "code": 0,
        "stderr": "",
        "stdout": "✔ main deploys
          allowed as deployer, by main
      ✔ another branch does not
          refused: subject_mismatch
      Tests: 2 passed, 0 failed.
      ",
      }
    `);
  });

  it('refuses a file that is not there (exit 2)', async () => {
    expect(await cambist(['test', '-f', '/nowhere/cambist.yaml'])).toMatchInlineSnapshot(`
      {
        "code": 2,
        "stderr": "✖ The file /nowhere/cambist.yaml cannot be read (ENOENT).
        -f names the configuration; \`cambist export\` writes one of what is there.
      ",
        "stdout": "",
      }
    `);
  });
});

describe('cambist plan and apply', () => {
  it('plans an empty deployment, and changes nothing', async () => {
    expect(await run(['plan'])).toMatchInlineSnapshot(`
      {
        "code": 0,
        "stderr": "",
        "stdout": "+ identity provider  GitHub
          providerIssuer  "https://token.actions.githubusercontent.com"
          localJwks  {"keys":[…]}
      + service account    deployer
          description  "Deploys the shop."
      + service account    administrator
      + role               Deployments
          rules  [{"resources":["deployments"],"permissions":["create","read"]}]
      + federated identity deployer / main
          providerSubject  "repo:acme@123456/app@456789:ref:refs/heads/main"
          allowedScopes  ["api:read","api:write"]
      + federated identity administrator / infrastructure
          providerSubject  "repo:acme@123456/infrastructure@456790:environment:production"
          allowedScopes  ["iam:admin"]
      + role binding       Deployments / deployer

      7 to create, 0 to change, 0 to delete, 0 as declared.
      Tests: 2 passed, 0 failed.
      ",
      }
    `);
    expect((await run(['plan', '--exit-code'])).code).toBe(1);
  });

  it('refuses a file whose own test fails, and changes nothing', async () => {
    expect(await run(['apply', '--yes'], FILE.replace('refused: subject_mismatch', 'allowed: deployer')))
      .toMatchInlineSnapshot(`
      {
        "code": 1,
        "stderr": "✖ 1 of 2 tests failed; nothing was changed.
        \`cambist test\` runs them over the file alone.
      ",
        "stdout": "✖ another branch does not
          refused: subject_mismatch
          it must be allowed as deployer; 1 candidate(s); nearest is deployer/main (main): subject sub: expected repo:acme@123456/app@456789:ref:refs/heads/main, token has repo:acme@123456/app@456789:ref:refs/heads/other
      Tests: 1 passed, 1 failed.
      ",
      }
    `);
    expect((await run(['plan'])).stdout).toContain('7 to create');
  });

  it('makes everything, and a token of the workload is worth what the test says', async () => {
    expect(await run(['apply', '--yes'])).toMatchInlineSnapshot(`
      {
        "code": 0,
        "stderr": "",
        "stdout": "+ identity provider  GitHub
          providerIssuer  "https://token.actions.githubusercontent.com"
          localJwks  {"keys":[…]}
      + service account    deployer
          description  "Deploys the shop."
      + service account    administrator
      + role               Deployments
          rules  [{"resources":["deployments"],"permissions":["create","read"]}]
      + federated identity deployer / main
          providerSubject  "repo:acme@123456/app@456789:ref:refs/heads/main"
          allowedScopes  ["api:read","api:write"]
      + federated identity administrator / infrastructure
          providerSubject  "repo:acme@123456/infrastructure@456790:environment:production"
          allowedScopes  ["iam:admin"]
      + role binding       Deployments / deployer

      7 to create, 0 to change, 0 to delete, 0 as declared.
      Tests: 2 passed, 0 failed.

      ✔ identity provider  GitHub  created  idp_1
      ✔ service account    deployer  created  sa_1
      ✔ service account    administrator  created  sa_2
      ✔ role               Deployments  created  role_1
      ✔ federated identity deployer / main  created  fid_1
      ✔ federated identity administrator / infrastructure  created  fid_2
      ✔ role binding       Deployments / deployer  created  bind_1
      Applied: 7 of 7.
      ",
      }
    `);
    const token = await issuer.sign(githubActions({ audience: service.url }));
    const answer = await service.exchange(token, { service_account_id: 'deployer', organisation_id: 'default' });
    expect(answer).toMatchObject({ status: 200, body: { scope: 'api:read api:write' } });
  });

  it('changes nothing the second time', async () => {
    expect(await run(['apply', '--yes'])).toMatchInlineSnapshot(`
      {
        "code": 0,
        "stderr": "",
        "stdout": "Nothing to change: 7 as declared.
      Tests: 2 passed, 0 failed.
      ",
      }
    `);
    expect((await run(['plan', '--exit-code'])).code).toBe(0);
  });

  it('lets the declared administrator apply from then on, with an exchanged token', async () => {
    const claims = githubActions({
      audience: service.url,
      repository: 'acme/infrastructure',
      repositoryId: '456790',
      environment: 'production',
    });
    const answer = await service.exchange(await issuer.sign(claims), {
      service_account_id: 'administrator',
      organisation_id: 'default',
    });
    const env = { CAMBIST_URL: service.url, CAMBIST_TOKEN: String(answer.body['access_token']) };
    expect(await run(['plan'], FILE, { env })).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Nothing to change: 7') as string,
    });
  });

  it('shows a change as a diff, and what only --prune would delete', async () => {
    expect(await run(['plan'], CHANGED)).toMatchInlineSnapshot(`
      {
        "code": 0,
        "stderr": "",
        "stdout": "+ service account    root
      + role rule          Deployments
          rule  {"resources":["deployments"],"permissions":["read"]}
      - role rule          Deployments
          rule  {"resources":["deployments"],"resourceIdentities":[],"permissions":["create","read"],"note":""}
      ~ federated identity deployer / main
          allowedScopes
          - ["api:read","api:write"]
          + ["api:read"]
      + federated identity root / infrastructure
          providerSubject  "repo:acme@123456/infrastructure@456790:environment:production"
          allowedScopes  ["iam:admin"]

        service account administrator is no longer declared; --prune deletes it
        federated identity administrator / infrastructure is no longer declared; --prune deletes it

      3 to create, 1 to change, 1 to delete, 3 as declared.
      Tests: 2 passed, 0 failed.
      ",
      }
    `);
  });

  it('asks before it deletes, and does nothing without a yes', async () => {
    const asked: string[] = [];
    const ask = async (question: string): Promise<string> => {
      asked.push(question);
      return await Promise.resolve('n');
    };
    const ended = await run(['apply', '--prune'], CHANGED, {
      env: { CAMBIST_URL: service.url, CAMBIST_TOKEN: service.rootToken },
      ask,
    });
    expect([asked, ended.code, ended.stdout.split('\n').at(-2)]).toEqual([
      ['Make these 7 changes, of which 3 delete? [y/N] '],
      1,
      'Nothing was changed.',
    ]);
    expect((await run(['plan'])).stdout).toContain('Nothing to change: 7');
  });

  it('applies the change, and prunes what it made and no longer declares', async () => {
    expect(await run(['apply', '--prune', '--yes'], CHANGED)).toMatchInlineSnapshot(`
      {
        "code": 0,
        "stderr": "",
        "stdout": "+ service account    root
      + role rule          Deployments
          rule  {"resources":["deployments"],"permissions":["read"]}
      - role rule          Deployments
          rule  {"resources":["deployments"],"resourceIdentities":[],"permissions":["create","read"],"note":""}
      ~ federated identity deployer / main
          allowedScopes
          - ["api:read","api:write"]
          + ["api:read"]
      + federated identity root / infrastructure
          providerSubject  "repo:acme@123456/infrastructure@456790:environment:production"
          allowedScopes  ["iam:admin"]
      - federated identity administrator / infrastructure
      - service account    administrator

      3 to create, 1 to change, 3 to delete, 3 as declared.
      Tests: 2 passed, 0 failed.

      ✔ service account    root  created  sa_1
      ✔ role rule          Deployments  created  rule_…
      ✔ role rule          Deployments  deleted
      ✔ federated identity deployer / main  changed  fid_1
      ✔ federated identity root / infrastructure  created  fid_2
      ✔ federated identity administrator / infrastructure  deleted  fid_3
      ✔ service account    administrator  deleted  sa_2
      Applied: 7 of 7.
      ",
      }
    `);
    expect((await run(['plan', '--prune', '--exit-code'], CHANGED)).code).toBe(0);
  });

  it('judges the tests with what the deployment has beside the file', async () => {
    const account = await service.create('/v1/service-accounts', { name: 'by-hand' });
    const providers = await fetch(`${service.url}/v1/federated-identity-providers`, {
      headers: { authorization: `Bearer ${service.rootToken}` },
    });
    const [provider] = (await providers.json()) as { identity: string }[];
    await service.create('/v1/federated-identities', {
      name: 'too much',
      serviceAccountIdentity: account,
      providerIdentity: provider?.identity,
      providerSubject: 'repo:acme@123456/app@456789:ref:refs/heads/other',
    });
    const file = CHANGED.replace(
      'serviceAccount: deployer\n    refused: subject_mismatch',
      'refused: no_federated_identity',
    );
    expect((await run(['test'], file)).code).toBe(0);
    expect(await run(['apply', '--yes'], file)).toMatchInlineSnapshot(`
      {
        "code": 1,
        "stderr": "✖ 1 of 2 tests failed; nothing was changed.
        \`cambist test\` runs them over the file alone.
      ",
        "stdout": "✖ another branch does not
          allowed as by-hand, by too much
          it must be refused
      Tests: 1 passed, 1 failed.
      ",
      }
    `);
  });

  it('refuses a file for another deployment, and objects of another file', async () => {
    expect(await run(['plan'], `${FILE}\ndeployment: https://tokens.acme.test\n`)).toMatchInlineSnapshot(`
      {
        "code": 2,
        "stderr": "✖ cambist.yaml is for the deployment https://tokens.acme.test, and --url, --deployment or CAMBIST_URL names http://localhost:8787.
        Change one of them; a configuration without \`deployment\` fits any.
      ",
        "stdout": "",
      }
    `);
    const ended = await run(['plan'], CHANGED.replace('name: platform', 'name: other'));
    expect(ended.stderr).toContain(
      'belongs to the configuration platform: take it out there first, or out of this one (line 4)',
    );
  });

  it('goes on from where it was interrupted', async () => {
    const extended = CHANGED.replace('roles:\n  Deployments', 'roles:\n  A: {}\n  B: {slug: a}\n  Deployments');
    const first = await run(['apply', '--yes'], extended);
    expect([first.code, first.stderr]).toMatchInlineSnapshot(`
      [
        1,
        "✖ POST /v1/iam/roles: another role has the slug a; choose another name or give a slug
        /slug
        request 00000000-0000-4000-8000-000000000000
        1 of 2 changes were made. Apply again to go on from there.
      ",
      ]
    `);
    expect((await run(['apply', '--yes'], extended.replace('slug: a', 'slug: b'))).stdout).toContain(
      'Applied: 1 of 1.',
    );
  });

  it('speaks JSON to programs', async () => {
    const { stdout } = await run(['plan', '--json'], CHANGED.replace('Deploys the shop.', 'Deploys.'));
    expect(JSON.parse(stdout)).toMatchObject({
      changes: [
        {
          action: 'update',
          kind: 'service account',
          path: ['deployer'],
          changes: [{ member: 'description', before: 'Deploys the shop.', after: 'Deploys.' }],
        },
      ],
      tests: [{ name: 'main deploys', passed: true }, { passed: true }],
    });
  });
});

describe('cambist export', () => {
  const env = (): Record<string, string> => ({ CAMBIST_URL: service.url, CAMBIST_TOKEN: service.rootToken });

  it('writes what is there as a file that a plan has nothing to say about', async () => {
    const exported = await cambist(['export'], { env: env() });
    expect(stable(exported.stdout).replace(/localJwks:\n(?: {6}.*\n)+/, 'localJwks: …\n')).toMatchInlineSnapshot(`
      "# yaml-language-server: $schema=./docs/cambist.schema.json
      # Written by \`cambist export\`. \`cambist plan -f\` this file compares it with the deployment.
      # Add tests: what must be allowed, and what must be refused (docs/guides/declarative.md).

      name: platform
      deployment: http://localhost:8787
      providers:
        GitHub:
          providerIssuer: https://token.actions.githubusercontent.com
          localJwks: …
      serviceAccounts:
        deployer:
          description: Deploys the shop.
          identities:
            main:
              provider: GitHub
              providerSubject: repo:acme@123456/app@456789:ref:refs/heads/main
              allowedScopes:
                - api:read
        root:
          identities:
            infrastructure:
              provider: GitHub
              providerSubject: repo:acme@123456/infrastructure@456790:environment:production
              allowedScopes:
                - iam:admin
        by-hand:
          identities:
            too much:
              provider: GitHub
              providerSubject: repo:acme@123456/app@456789:ref:refs/heads/other
      roles:
        Deployments:
          rules:
            - resources:
                - deployments
              permissions:
                - read
          bindings:
            deployer:
              serviceAccount: deployer
        A: {}
        B: {}
      "
    `);
    const file = join(directory, 'exported.yaml');
    writeFileSync(file, exported.stdout);
    const planned = await cambist(['plan', '-f', file], { env: env() });
    expect(planned.stdout).toContain('Nothing to change: ');
    expect(planned.stdout).toContain('2 objects are as declared, but no file made them: apply labels them');
  });

  it('writes Terraform, with an import block for each object (contract §10)', async () => {
    const { code, stdout } = await cambist(['export', '--format', 'hcl'], { env: env() });
    expect(code).toBe(0);
    const addresses = [...stdout.matchAll(/^resource "(\w+)" "(\w+)" \{$/gm)].map(
      ([, kind, name]) => `${kind}.${name}`,
    );
    expect(addresses).toEqual([
      'cambist_identity_provider.github',
      'cambist_service_account.by_hand',
      'cambist_service_account.deployer',
      'cambist_service_account.root',
      'cambist_federated_identity.by_hand_too_much',
      'cambist_federated_identity.deployer_main',
      'cambist_federated_identity.root_infrastructure',
      'cambist_role.a',
      'cambist_role.b',
      'cambist_role.deployments',
      'cambist_role_binding.deployments_deployer',
    ]);
    expect([...stdout.matchAll(/^ {2}to = (.+)$/gm)].map(([, to]) => to)).toEqual(addresses);
    const json = await cambist(['export', '--format', 'hcl', '--json'], { env: env() });
    expect([json.code, json.stdout]).toEqual([2, '']);
  });
});
