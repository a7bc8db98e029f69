// The commands of an operator against a running service: whole outputs of explain, decode, doctor, keys, audit, me and the objects of the API.

import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { githubActions } from '../support/claims.ts';
import { createIssuer } from '../support/issuer.ts';
import type { TestIssuer } from '../support/issuer.ts';
import { startService } from '../support/service.ts';
import type { Service } from '../support/service.ts';
import { startCli } from './cli-run.ts';
import { cambist, stable } from './support/cli.ts';
import type { CliRun, CliWorld } from './support/cli.ts';

let service: Service;
let issuer: TestIssuer;
let directory = '';

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'cambist-commands-'));
  issuer = await createIssuer({ issuer: 'https://token.actions.githubusercontent.com' });
  service = await startService();
});

afterAll(async () => {
  await service.stop();
  rmSync(directory, { recursive: true, force: true });
});

function comparable(text: string): string {
  return stable(text)
    .replaceAll(directory, '/tmp')
    .replaceAll(/rule_[0-9a-z]{26}/g, 'rule_1')
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, '2026-11-21T04:00:00Z')
    .replaceAll(/(?<![\w-])[\w-]{43}(?![\w-])/g, 'thumbprint-of-the-key')
    .replaceAll(
      /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g,
      '00000000-0000-4000-8000-000000000000',
    )
    .replaceAll(/try again in \d+ seconds/g, 'try again in 300 seconds')
    .replaceAll(/localJwks( +)\{.*\}/g, 'localJwks$1{"keys":[…]}');
}

function asRoot(): CliWorld {
  return { env: { CAMBIST_URL: service.url, CAMBIST_TOKEN: service.rootToken } };
}

/** Runs as root. */
async function run(argv: readonly string[], world: CliWorld = {}): Promise<CliRun> {
  const ended = await cambist(argv, { ...asRoot(), ...world });
  return { code: ended.code, stdout: comparable(ended.stdout), stderr: comparable(ended.stderr) };
}

function file(name: string, content: string): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

const MAIN = 'repo:acme@123456/app@456789:ref:refs/heads/main';

describe('the objects of the API', () => {
  it('says that there is none', async () => {
    expect(await run(['providers', 'list'])).toEqual({
      code: 0,
      stdout: 'There is no identity provider.\n',
      stderr: '',
    });
  });

  it('creates what is needed, naming objects by their names', async () => {
    const jwks = JSON.stringify(issuer.jwks);
    expect(
      await run([
        'providers',
        'create',
        '--name',
        'GitHub',
        '--provider-issuer',
        issuer.issuer,
        '--set',
        `localJwks=${jwks}`,
      ]),
    ).toMatchInlineSnapshot(`
      {
        "code": 0,
        "stderr": "",
        "stdout": "✔ Identity provider     created          idp_1  GitHub
      ",
      }
    `);
    expect(await run(['service-accounts', 'create', '--name', 'Deployer', '--label', 'team=shop']))
      .toMatchInlineSnapshot(`
      {
        "code": 0,
        "stderr": "",
        "stdout": "✔ Service account       created          sa_1  Deployer
      ",
      }
    `);
    expect(
      await run([
        ...'identities create --name main --service-account deployer --provider GitHub'.split(' '),
        ...`--provider-subject ${MAIN} --allowed-scopes api:read --allowed-scopes api:write`.split(' '),
        '--set',
        'tokenLifetime=600',
      ]),
    ).toMatchInlineSnapshot(`
      {
        "code": 0,
        "stderr": "",
        "stdout": "✔ Federated identity    created          fid_1  main
      ",
      }
    `);
    expect(await run(['roles', 'create', '--name', 'Deployments'])).toMatchInlineSnapshot(`
      {
        "code": 0,
        "stderr": "",
        "stdout": "✔ Role                  created          role_1  Deployments
      ",
      }
    `);
    expect(await run(['roles', 'allow', 'deployments', '--resource', 'deployments', '--permission', 'read']))
      .toMatchInlineSnapshot(`
      {
        "code": 0,
        "stderr": "",
        "stdout": "✔ Role rule             created          rule_1
      ",
      }
    `);
    expect(
      await run([
        'roles',
        'bind',
        'Deployments',
        '--service-account',
        'Deployer',
        '--project',
        'shop',
        '--name',
        'shop',
      ]),
    ).toMatchInlineSnapshot(`
      {
        "code": 0,
        "stderr": "",
        "stdout": "✔ Role binding          created          bind_1
      ",
      }
    `);
  });

  it('lists them', async () => {
    for (const group of ['providers', 'service-accounts', 'identities', 'roles']) {
      expect((await run([group, 'list'])).stdout).toMatchSnapshot(`${group} list`);
    }
    expect((await run(['roles', 'bindings', 'deployments'])).stdout).toMatchSnapshot('roles bindings');
    expect((await run(['service-accounts', 'list', '--label', 'team=other'])).stdout).toBe(
      'There is no service account.\n',
    );
    expect(
      JSON.parse((await run(['identities', 'list', '--service-account', 'deployer', '--json'])).stdout),
    ).toMatchObject([{ name: 'main' }]);
  });

  it('shows one in full', async () => {
    for (const [group, name] of [
      ['providers', 'GitHub'],
      ['service-accounts', 'deployer'],
      ['identities', 'main'],
      ['roles', 'deployments'],
    ] as const) {
      expect((await run([group, 'show', name])).stdout).toMatchSnapshot(`${group} show`);
    }
  });

  it('changes what is named and nothing else, and tells when nothing changed', async () => {
    expect(await run(['identities', 'update', 'main', '--set', 'conditions={"ref_type":"branch"}', '--mode', 'shadow']))
      .toMatchInlineSnapshot(`
      {
        "code": 0,
        "stderr": "",
        "stdout": "✔ Federated identity    changed          fid_1  main
      ",
      }
    `);
    expect(await run(['identities', 'update', 'main', '--mode', 'shadow'])).toMatchInlineSnapshot(`
      {
        "code": 0,
        "stderr": "",
        "stdout": "✔ Federated identity    unchanged        fid_1  main
      ",
      }
    `);
    const { stdout } = await run([
      'identities',
      'update',
      'main',
      '--set',
      'conditions=null',
      '--mode',
      'enforce',
      '--json',
    ]);
    expect(JSON.parse(stdout)).toMatchObject({
      conditions: null,
      mode: 'enforce',
      allowedScopes: ['api:read', 'api:write'],
      objectVersion: 3,
    });
    const labelled = await run(['service-accounts', 'update', 'deployer', '--label', 'tier=1', '--json']);
    expect(JSON.parse(labelled.stdout)).toMatchObject({ labels: { team: 'shop', tier: '1' } });
  });

  it('refuses a change of another version than the one that was meant (exit 1)', async () => {
    expect(await run(['identities', 'update', 'main', '--description', 'x', '--if-match', '1'])).toMatchInlineSnapshot(`
      {
        "code": 1,
        "stderr": "✖ PUT /v1/federated-identities/fid_1: the federated identity is at objectVersion 3; read it again and decide with what is there now
        request 00000000-0000-4000-8000-000000000000
        Somebody else changed it in between: run the command again.
      ",
        "stdout": "",
      }
    `);
  });

  it.each([
    ['an unknown object', ['service-accounts', 'show', 'nobody']],
    ['an unknown id', ['identities', 'show', 'fid_01jfrz5x2ve3nbgfg3pm5kz4qa']],
    ['an unknown member', ['identities', 'update', 'main', '--set', 'subject=x']],
    ['a value outside the choices', ['identities', 'update', 'main', '--set', 'mode=off']],
    ['a value that is no number', ['identities', 'update', 'main', '--token-lifetime', '1h']],
    ['a value that is no JSON', ['identities', 'update', 'main', '--conditions', 'ref=main']],
    ['nothing to change', ['identities', 'update', 'main']],
    ['a missing member', ['service-accounts', 'create', '--label', 'a=b']],
    ['a missing reference', ['identities', 'create', '--name', 'x', '--provider-subject', 'y', '--provider', 'GitHub']],
    ['a label that is none', ['service-accounts', 'create', '--name', 'x', '--label', 'a']],
    [
      'a rule that the service refuses',
      ['identities', 'update', 'main', '--provider-subject', 'repo:*', '--provider-subject-match', 'glob'],
    ],
    ['a misspelt command', ['identities', 'lst']],
    ['an unknown flag', ['identities', 'list', '--servce-account', 'x']],
    ['an issuer in use', ['providers', 'delete', 'GitHub', '--yes']],
  ] as const)('refuses %s', async (title, argv) => {
    expect(await run(argv)).toMatchSnapshot(title);
  });

  it('names the ids where a name is not enough', async () => {
    await run(['service-accounts', 'create', '--name', 'second']);
    await run([
      'identities',
      'create',
      '--name',
      'main',
      '--service-account',
      'second',
      '--provider',
      'GitHub',
      '--provider-subject',
      'repo:acme/x:ref:refs/heads/main',
    ]);
    expect(await run(['identities', 'show', 'main'])).toMatchSnapshot('ambiguous');
  });

  it('ends the tokens of an account or an identity, after a yes', async () => {
    const no = { env: asRoot().env ?? {}, ask: async () => await Promise.resolve('') };
    const account = ['service-accounts', 'revoke-tokens', 'second'];
    expect(await run(account, no)).toEqual({ code: 1, stdout: 'Nothing was ended.\n', stderr: '' });
    expect(await run([...account, '--yes'])).toEqual({
      code: 0,
      stdout: '✔ The tokens of the service account second (sa_1) issued before 2026-11-21T04:00:00Z count no more.\n',
      stderr: '',
    });
    const listed = await cambist(['identities', 'list', '--service-account', 'second', '--json'], asRoot());
    const [{ identity }] = JSON.parse(listed.stdout);
    const ended = await cambist(['identities', 'revoke-tokens', identity, '--yes', '--json'], asRoot());
    expect(JSON.parse(ended.stdout)).toMatchObject({ identity, tokensNotBefore: expect.stringMatching(/Z$/) });
    expect((await run(['identities', 'revoke-tokens', 'nobody', '--yes'])).code).toBe(1);
  });

  it('asks before it deletes, and deletes with a yes', async () => {
    const no = { ask: async () => await Promise.resolve('') };
    expect(
      await run(['service-accounts', 'delete', 'second'], {
        env: { CAMBIST_URL: service.url, CAMBIST_TOKEN: service.rootToken },
        ...no,
      }),
    ).toEqual({ code: 1, stdout: 'Nothing was deleted.\n', stderr: '' });
    expect(await run(['service-accounts', 'delete', 'second', '--yes'])).toMatchInlineSnapshot(`
      {
        "code": 0,
        "stderr": "",
        "stdout": "✔ Service account       deleted          sa_1  second
      ",
      }
    `);
    expect((await run(['service-accounts', 'show', 'second'])).code).toBe(1);
  });
});

describe('cambist explain', () => {
  const claims = (more: Record<string, unknown> = {}): Record<string, unknown> =>
    githubActions({ audience: service.url, claims: more });

  it('explains a token that is accepted (exit 0)', async () => {
    const token = file('good.jwt', `${await issuer.sign(claims())}\n`);
    expect(await run(['explain', '--token', token, '--service-account', 'deployer', '--project', 'shop']))
      .toMatchInlineSnapshot(`
      {
        "code": 0,
        "stderr": "",
        "stdout": "✔ Verification
          ✔ decode
          ✔ issuer
          ✔ provider
          ✔ header
          ✔ keys
          ✔ signature
          ✔ times
          ✔ subject
        Provider GitHub  https://token.actions.githubusercontent.com  (github, active)

      ✔ deployer / main  fid_1
          ✔ status
          ✔ audience aud
          ✔ subject sub
          ✔ preset event_name
          ✔ scope
          ✔ token audience
          ✔ project

      Granted by fid_1
          scope     api:read api:write
          audience  http://localhost:8787
          lifetime  600 s
          roles     deployments
          project   shop
      ",
      }
    `);
  });

  it('explains a near miss, with what to change (exit 1)', async () => {
    const token = await issuer.sign(claims({ sub: MAIN.replace('/main', '/Main') }));
    expect(await run(['explain', '--token', '-', '--service-account', 'deployer'], { stdin: token }))
      .toMatchInlineSnapshot(`
      {
        "code": 1,
        "stderr": "",
        "stdout": "✔ Verification
          ✔ decode
          ✔ issuer
          ✔ provider
          ✔ header
          ✔ keys
          ✔ signature
          ✔ times
          ✔ subject
        Provider GitHub  https://token.actions.githubusercontent.com  (github, active)

      ✖ deployer / main  fid_1
          ✔ status
          ✔ audience aud
          ✖ subject sub
              expected   repo:acme@123456/app@456789:ref:refs/heads/main
              token has  repo:acme@123456/app@456789:ref:refs/heads/Main
              they differ only in upper and lower case
          ✔ preset event_name
          ✔ scope
          ✔ token audience

      Refused: subject_mismatch
          1 candidate(s); nearest is fid_1 (main): subject sub: expected repo:acme@123456/app@456789:ref:refs/heads/main, token has repo:acme@123456/app@456789:ref:refs/heads/Main (they differ only in upper and lower case)
      ",
      }
    `);
  });

  it('explains a token that cannot be verified (exit 1)', async () => {
    const other = await createIssuer({ issuer: issuer.issuer });
    const token = file('forged.jwt', await other.sign(claims()));
    expect(await run(['explain', '--token', token])).toMatchInlineSnapshot(`
      {
        "code": 1,
        "stderr": "",
        "stdout": "✖ Verification
          ✔ decode
          ✔ issuer
          ✔ provider
          ✔ header
          ✔ keys
          ✖ signature  signature invalid, key with kid "key-1"
        Provider GitHub  https://token.actions.githubusercontent.com  (github, active)
        What it claims, were it true:

      ✔ deployer / main  fid_1
          ✔ status
          ✔ audience aud
          ✔ subject sub
          ✔ preset event_name
          ✔ scope
          ✔ token audience

      Refused: signature_invalid
          signature invalid, key with kid "key-1"
      ",
      }
    `);
  });

  it('explains bare claims, and what is asked for with them', async () => {
    const path = file('claims.json', JSON.stringify(claims()));
    expect(await run(['explain', '--claims', path, '--service-account', 'deployer', '--scope', 'iam:admin']))
      .toMatchInlineSnapshot(`
      {
        "code": 1,
        "stderr": "",
        "stdout": "– Verification: bare claims, nothing to verify
          ✔ issuer
          ✔ provider
          ✔ subject
        Provider GitHub  https://token.actions.githubusercontent.com  (github, active)

      ✔ deployer / main  fid_1
          ✔ status
          ✔ audience aud
          ✔ subject sub
          ✔ preset event_name
          ✖ scope
              allowed    api:read api:write
              asked for  iam:admin
          ✔ token audience

      Refused: scope_not_allowed
          federated identity fid_1 (main) scope_not_allowed: asked iam:admin, allowed api:read api:write
      ",
      }
    `);
    const { stdout } = await run(['explain', '--claims', path, '--service-account', 'deployer', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ decision: 'granted', wouldIssue: { scope: 'api:read api:write' } });
  });

  it('explains what happened under a request id, and what would happen now', async () => {
    const token = await issuer.sign(claims({ event_name: 'pull_request_target' }));
    const refused = await service.exchange(token, { service_account_id: 'deployer', organisation_id: 'default' });
    const ended = await run(['explain', '--request-id', String(refused.body['request_id'])]);
    expect(ended).toMatchInlineSnapshot(`
      {
        "code": 1,
        "stderr": "",
        "stdout": "On 2026-11-21T04:00:00Z it was refused: preset_refused
          It asked for the service account deployer, the organisation default.
      The same request now:

      – Verification: bare claims, nothing to verify
          ✔ issuer
          ✔ provider
          ✔ subject
        Provider GitHub  https://token.actions.githubusercontent.com  (github, active)

      ✖ deployer / main  fid_1
          ✔ status
          ✔ audience aud
          ✔ subject sub
          ✖ preset event_name
              expected   ["push","schedule","workflow_dispatch","repository_dispatch","release","create","delete","deployment","deployment_status","merge_group","registry_package","pull_request"]
              token has  pull_request_target
              People without write access can trigger the events left out while sub looks like the default branch: pull_request_target (whoever opens a pull request), workflow_run (follows the run of a fork), issue_comment, issues, discussion and discussion_comment (whoever has an account), fork and watch (anybody), gollum (if the wiki is open), and perhaps every event that did not exist when this list was written. To accept it, list its value of event_name in the conditions.
          ✔ scope
          ✔ token audience

      Refused: preset_refused
          1 candidate(s); nearest is fid_1 (main): preset event_name: expected ["push","schedule","workflow_dispatch","repository_dispatch","release","create","delete","deployment","deployment_status","merge_group","registry_package","pull_request"], token has pull_request_target (People without write access can trigger the events left out while sub looks like the default branch: pull_request_target (whoever opens a pull request), workflow_run (follows the run of a fork), issue_comment, issues, discussion and discussion_comment (whoever has an account), fork and watch (anybody), gollum (if the wiki is open), and perhaps every event that did not exist when this list was written. To accept it, list its value of event_name in the conditions.)
          the request asks for the organisation default, which is the one that decided
      ",
      }
    `);
  });

  it.each([
    ['an unknown request', ['explain', '--request-id', '00000000-0000-4000-8000-000000000000']],
    ['nothing to explain', ['explain']],
    ['two things to explain', ['explain', '--token', 'a', '--claims', 'b']],
    ['a file that is not there', ['explain', '--token', '/nowhere']],
    ['claims that are none', ['explain', '--claims', '-']],
  ] as const)('refuses %s', async (title, argv) => {
    expect(
      await run(argv, { env: { CAMBIST_URL: service.url, CAMBIST_TOKEN: service.rootToken }, stdin: '[]' }),
    ).toMatchSnapshot(title);
  });

  it('refuses the text null in place of a token, and says what happened', async () => {
    expect(
      (
        await run(['explain', '--token', '-'], {
          env: { CAMBIST_URL: service.url, CAMBIST_TOKEN: service.rootToken },
          stdin: 'null\n',
        })
      ).stderr,
    ).toContain('standard input holds the text "null" instead of a token.');
  });

  it('refuses without a deployment, and says where its address is from (exit 2)', async () => {
    expect(await cambist(['explain', '--token', '-'], { env: { CAMBIST_TOKEN: 'x' }, stdin: 'y' })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('CAMBIST_URL') as string,
    });
  });
});

describe('cambist decode', () => {
  const at = (now: number): Record<string, unknown> =>
    githubActions({ now, audience: 'https://tokens.acme.test', claims: { jti: 'fixed' } });

  it('shows what a token says, its times in words, and never its signature', async () => {
    const token = await issuer.sign(at(1_000_000_000));
    const ended = await cambist(['decode'], { stdin: `${token}\n` });
    const { stdout } = ended;
    expect(stdout.replaceAll(/(\d+ d \d+ h ago)/g, '… ago')).toMatchInlineSnapshot(`
      "Header
        alg  ES256
        kid  key-1
        typ  JWT

      Claims
        jti                    fixed
        sub                    repo:acme@123456/app@456789:ref:refs/heads/main
        aud                    https://tokens.acme.test
        ref                    refs/heads/main
        sha                    9f3182061f1e2cca4702c368cbc039b7dc9d4485
        repository             acme/app
        repository_owner       acme
        repository_owner_id    123456
        run_id                 17482930111
        run_number             10
        run_attempt            1
        repository_visibility  private
        repository_id          456789
        actor_id               583231
        actor                  octocat
        workflow               deploy
        head_ref               –
        base_ref               –
        event_name             push
        ref_protected          true
        ref_type               branch
        workflow_ref           acme/app/.github/workflows/deploy.yml@refs/heads/main
        workflow_sha           9f3182061f1e2cca4702c368cbc039b7dc9d4485
        job_workflow_ref       acme/app/.github/workflows/deploy.yml@refs/heads/main
        job_workflow_sha       9f3182061f1e2cca4702c368cbc039b7dc9d4485
        runner_environment     github-hosted
        iss                    https://token.actions.githubusercontent.com
        nbf                    999999400
        exp                    1000000300
        iat                    1000000000

      Times
        iat  2001-09-09T01:46:40Z  … ago
        nbf  2001-09-09T01:36:40Z  … ago
        exp  2001-09-09T01:51:40Z  expired … ago

      Platform  GitHub Actions (preset github)
        Survive renames: repository_id 456789, repository_owner_id 123456

      The signature was not verified: \`cambist explain --token\` asks the deployment to.
      "
    `);
    expect(stdout).not.toContain(token.split('.')[2]);
  });

  it('says when a token that is still good will expire', async () => {
    const now = Math.floor(Date.now() / 1000);
    const { stdout } = await cambist(['decode', file('now.jwt', await issuer.sign(at(now)))]);
    expect(stdout).toMatch(/exp +\S+ +expires in (?:5 min|4 min \d+ s)/);
  });

  it('shows a token that the service would not read, and says why', async () => {
    const token = await issuer.sign(at(1_000_000_000), { header: { alg: 'none', kid: undefined } });
    const { code, stdout } = await cambist(['decode'], { stdin: token });
    expect([code, stdout.split('\n').find((line) => line.startsWith('✖'))]).toEqual([
      0,
      '✖ The token endpoint would not read it: the token is not signed (alg none), so nothing can be verified',
    ]);
  });

  it('says that an access token is one', async () => {
    const token = await issuer.sign(at(1_000_000_000), { header: { typ: 'at+jwt' } });
    const { code, stdout } = await cambist(['decode'], { stdin: token });
    expect(code).toBe(0);
    expect(stdout).toContain('An access token, for the API that aud names.');
    expect(stdout).not.toContain('✖');
  });

  it('speaks JSON to programs', async () => {
    const { stdout } = await cambist(['decode', '--json'], { stdin: await issuer.sign(at(1_000_000_000)) });
    expect(JSON.parse(stdout)).toMatchObject({
      header: { alg: 'ES256' },
      claims: { sub: MAIN },
      preset: 'github',
      expired: true,
      fault: null,
    });
  });

  it.each([
    ['nothing', ''],
    ['text that is no token', 'hello'],
    ['an opaque token', 'gho_0123456789abcdef'],
  ])('refuses %s', async (title, stdin) => {
    expect(await cambist(['decode'], { stdin })).toMatchSnapshot(title);
  });
});

describe('cambist doctor', () => {
  it('finds nothing wrong with a deployment that is well', async () => {
    expect(await run(['doctor'])).toMatchInlineSnapshot(`
      {
        "code": 0,
        "stderr": "",
        "stdout": "Deployment http://localhost:8787
      ✔ reachable      /healthz answers 200  → curl -i http://localhost:8787/healthz
      – clock          the answer has no date  → date -u
      ✔ ready          every setting and key is in place  → curl http://localhost:8787/readyz
      ✔ database       every table and every migration of this release is there  → npm run deploy -- --dry-run
      ✔ discovery      issuer is http://localhost:8787  → curl http://localhost:8787/.well-known/openid-configuration
      ✔ jwks           4 keys: ES256, ES256, RS256, RS256  → curl http://localhost:8787/.well-known/jwks.json
      ✔ credential     root in the organisation default  → cambist me
      ✔ administrators the root token alone
                       Let a pipeline administer it without a secret: \`cambist bootstrap github --repository acme/admin --scope iam:admin\`, with your repository.
      ✔ signing keys   ES256: one active, one ready to take over  → cambist keys list
      ✔ signing keys   RS256: one active, one ready to take over  → cambist keys list
      ✔ release        0.1.0, as this command line  → cambist --version
      ✔ size           D1 holds 1.0 MB, 0.0 % of what it can  → cambist audit --since 1d
      ✔ archive        every event that is due has left D1  → cambist audit verify
      ✔ audit          1 refused in the last hour, most for preset_refused
                       \`cambist explain --request-id 00000000-0000-4000-8000-000000000000\` says why the last one was.

      Issuer GitHub  https://token.actions.githubusercontent.com
      ✔ status         the identity provider is active  → cambist providers show idp_1
      ✔ jwks           the keys are given by hand in localJwks: the issuer is not asked  → cambist providers show idp_1
      ✔ jwks           a JWK Set of 1 key(s), 1 of them usable  → cambist providers show idp_1
      ✔ keys           every signing key is strong enough and named  → cambist providers show idp_1
      ✔ algorithms     the keys can verify ES256  → cambist providers show idp_1

      Nothing is wrong.
      ",
      }
    `);
  });

  it('looks from outside only without a credential', async () => {
    expect(await run(['doctor'], { env: { CAMBIST_URL: service.url } })).toMatchInlineSnapshot(`
      {
        "code": 0,
        "stderr": "",
        "stdout": "Deployment http://localhost:8787
      ✔ reachable      /healthz answers 200  → curl -i http://localhost:8787/healthz
      – clock          the answer has no date  → date -u
      ✔ ready          every setting and key is in place  → curl http://localhost:8787/readyz
      ✔ database       every table and every migration of this release is there  → npm run deploy -- --dry-run
      ✔ discovery      issuer is http://localhost:8787  → curl http://localhost:8787/.well-known/openid-configuration
      ✔ jwks           4 keys: ES256, ES256, RS256, RS256  → curl http://localhost:8787/.well-known/jwks.json
      – credential     no token was given  → cambist me
                       With --token-file or CAMBIST_TOKEN, keys, database, archive, audit log and issuers are looked at, too.

      Nothing is wrong.
      ",
      }
    `);
  });

  it('says that the address is not the issuer (exit 1)', async () => {
    const port = new URL(service.url).port;
    const { code, stdout } = await cambist(['doctor', '--url', `http://127.0.0.1:${port}`], {
      elsewhere: async (url) => await fetch(url),
    });
    expect([
      code,
      stable(stdout)
        .replaceAll(port, '8787')
        .split('\n')
        .filter((line) => line.startsWith('✖') || line.startsWith('   ')),
    ]).toMatchInlineSnapshot(`
      [
        1,
        [
          "✖ discovery      issuer is http://localhost:8787, not http://127.0.0.1:8787  → curl http://127.0.0.1:8787/.well-known/openid-configuration",
          "                 Verifiers compare both byte for byte: set ISSUER_URL to the address that they use, or use the other address.",
          "                 With --token-file or CAMBIST_TOKEN, keys, database, archive, audit log and issuers are looked at, too.",
        ],
      ]
    `);
  });

  it('says what an issuer lacks that cannot be reached (exit 1)', async () => {
    await run(['providers', 'create', '--name', 'Down', '--provider-issuer', 'https://issuer.invalid']);
    const { code, stdout } = await run(['doctor', '--issuer', 'Down']);
    expect(code).toBe(1);
    expect(stdout).toContain('Issuer Down  https://issuer.invalid');
    expect(stdout).toMatch(/✖ discovery .+\n +the address must be reachable/);
    expect((await run(['providers', 'delete', 'Down', '--yes'])).code).toBe(0);
  });

  it('says that nothing answers (exit 1)', async () => {
    expect(await cambist(['doctor', '--url', 'https://tokens.acme.test'])).toMatchInlineSnapshot(`
      {
        "code": 1,
        "stderr": "",
        "stdout": "Deployment https://tokens.acme.test
      ✖ reachable      it cannot be reached
                       Is the address right, and is the Worker deployed? Locally, start it with \`npm start\`.

      1 check failed.
      ",
      }
    `);
  });

  it('notes clocks that differ, and what to do about it', async () => {
    const elsewhere = async (url: URL): Promise<Response> => {
      const response = await fetch(new URL(url.pathname, service.url));
      return new Response(response.body, {
        status: response.status,
        headers: { date: new Date(Date.now() - 90_000).toUTCString() },
      });
    };
    const { code, stdout } = await cambist(['doctor', '--url', 'https://tokens.acme.test'], { elsewhere });
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /✖ clock +this machine and the deployment differ by (?:89|9\d) s[^\n]*\n +Set the clock of this machine/,
    );
  });
});

describe('cambist keys', () => {
  it('lists the keys of the deployment', async () => {
    expect((await run(['keys', 'list'])).stdout).toMatchInlineSnapshot(`
      "KID                                          ALG    STATUS   SOURCE  PUBLISHED             ACTIVE SINCE          LEAVES
      thumbprint-of-the-key  ES256  active   sealed  2026-11-21T04:00:00Z  2026-11-21T04:00:00Z  –
      thumbprint-of-the-key  ES256  standby  sealed  2026-11-21T04:00:00Z  –                     –
      thumbprint-of-the-key  RS256  active   sealed  2026-11-21T04:00:00Z  2026-11-21T04:00:00Z  –
      thumbprint-of-the-key  RS256  standby  sealed  2026-11-21T04:00:00Z  –                     –
      "
    `);
  });

  it('makes keys that only their owner can read, adds to them, and overwrites nothing', async () => {
    const [first, second] = [join(directory, 'keys.json'), join(directory, 'more.json')];
    expect(await run(['keys', 'generate', '--alg', 'ES256', '--out', first])).toMatchInlineSnapshot(`
      {
        "code": 0,
        "stderr": "",
        "stdout": "✔ 1 key is in /tmp/keys.json, readable by you alone.
        npx wrangler secret put SIGNING_KEYS < /tmp/keys.json
      ",
      }
    `);
    expect(statSync(first).mode & 0o077).toBe(0);
    expect((await run(['keys', 'generate', '--alg', 'EdDSA', '--add-to', first, '--out', second])).code).toBe(0);
    const kids = (path: string): string[] =>
      (JSON.parse(readFileSync(path, 'utf8')) as { keys: { kid: string; alg: string }[] }).keys.map(
        ({ alg, kid }) => `${alg} ${kid}`,
      );
    expect(kids(second)[0]).toBe(kids(first)[0]);
    expect(kids(second)[1]).toMatch(/^EdDSA /);
    expect(await run(['keys', 'generate', '--out', second])).toMatchInlineSnapshot(`
      {
        "code": 2,
        "stderr": "✖ /tmp/more.json exists already, and is not overwritten.
      ",
        "stdout": "",
      }
    `);
    expect(await run(['keys', 'generate', '--add-to', '/nowhere'])).toMatchInlineSnapshot(`
      {
        "code": 2,
        "stderr": "✖ The file /nowhere cannot be read (ENOENT).
      ",
        "stdout": "",
      }
    `);
  });

  it('makes a sealing key, and no JWK Set with it', async () => {
    const [one, other] = [
      await cambist(['keys', 'generate', '--sealing-key']),
      await cambist(['keys', 'generate', '--sealing-key']),
    ];
    expect(one.stdout).toMatch(/^[\w-]{43}\n$/);
    expect(one.stdout).not.toBe(other.stdout);
    const both = await cambist(['keys', 'generate', '--sealing-key', '--alg', 'ES256']);
    expect([both.code, both.stdout]).toEqual([2, '']);
    const file = join(directory, 'sealing-key');
    const { stdout } = await run(['keys', 'generate', '--sealing-key', '--out', file]);
    expect(stdout).toContain('npx wrangler secret put SEALING_KEY < ');
    expect(statSync(file).mode & 0o077).toBe(0);
  });

  it('prints a private JWK Set for a pipe', async () => {
    const { stdout } = await cambist(['keys', 'generate']);
    const { keys } = JSON.parse(stdout) as { keys: Record<string, string>[] };
    expect(keys.map(({ alg }) => alg)).toEqual(['ES256', 'RS256']);
    expect(keys.every(({ d, kid }) => typeof d === 'string' && typeof kid === 'string')).toBe(true);
  });

  it('says what a rotation needs (exit 1)', async () => {
    expect(await run(['keys', 'rotate', '--alg', 'EdDSA'])).toMatchInlineSnapshot(`
      {
        "code": 1,
        "stderr": "✖ POST /v1/signing-keys/rotate: there is no standby key for EdDSA: add another EdDSA key, with a new kid, as SIGNING_KEYS_NEXT, and leave SIGNING_KEYS as it is; wait 300 seconds, then rotate again
        request 00000000-0000-4000-8000-000000000000
        \`cambist keys generate --alg EdDSA | npx wrangler secret put SIGNING_KEYS_NEXT\` adds a standby key and leaves SIGNING_KEYS as it is. With a SEALING_KEY the service makes its own.
        Rotate once verifiers know it: after 300 s, better a day.
      ",
        "stdout": "",
      }
    `);
  });

  it('asks before an emergency rotation', async () => {
    const asked: string[] = [];
    const ask = async (question: string): Promise<string> => {
      asked.push(question);
      return await Promise.resolve('no');
    };
    const env = { CAMBIST_URL: service.url, CAMBIST_TOKEN: service.rootToken };
    expect(await run(['keys', 'rotate', '--mode', 'emergency'], { env, ask })).toEqual({
      code: 1,
      stdout: 'Nothing was rotated.\n',
      stderr: '',
    });
    expect(asked).toEqual(['End every token that the old key signed, at once? [y/N] ']);
  });
});

describe('cambist keys rotate', () => {
  let rotating: Service;
  const rotate = async (...argv: readonly string[]): Promise<CliRun> =>
    await run(['keys', ...argv], { env: { CAMBIST_URL: rotating.url, CAMBIST_TOKEN: rotating.rootToken } });

  beforeAll(async () => {
    const made = await cambist(['keys', 'generate', '--alg', 'ES256', '--alg', 'ES256']);
    rotating = await startService({ SIGNING_KEYS: made.stdout });
  });

  it('shows the key that stands by', async () => {
    expect((await rotate('list')).stdout).toMatchInlineSnapshot(`
      "KID                                          ALG    STATUS   SOURCE  PUBLISHED             ACTIVE SINCE          LEAVES
      thumbprint-of-the-key  ES256  active   bundle  2026-11-21T04:00:00Z  2026-11-21T04:00:00Z  –
      thumbprint-of-the-key  ES256  standby  bundle  2026-11-21T04:00:00Z  –                     –
      "
    `);
  });

  it('refuses a graceful rotation before every verifier can know the key (exit 1)', async () => {
    expect(await rotate('rotate')).toMatchInlineSnapshot(`
      {
        "code": 1,
        "stderr": "✖ POST /v1/signing-keys/rotate: the standby key thumbprint-of-the-key has been published for less than 300 seconds, so verifiers may not know it yet: try again in 300 seconds, or rotate with mode emergency
        request 00000000-0000-4000-8000-000000000000
      ",
        "stdout": "",
      }
    `);
  });

  it('rotates in an emergency at once', async () => {
    expect(await rotate('rotate', '--mode', 'emergency', '--yes')).toMatchInlineSnapshot(`
      {
        "code": 0,
        "stderr": "",
        "stdout": "✔ ES256  thumbprint-of-the-key signs from now on (emergency).
        thumbprint-of-the-key has left the JWKS; take it out of its secret.
      ",
      }
    `);
    expect((await rotate('list')).stdout).toMatchInlineSnapshot(`
      "KID                                          ALG    STATUS   SOURCE  PUBLISHED             ACTIVE SINCE          LEAVES
      thumbprint-of-the-key  ES256  revoked  bundle  2026-11-21T04:00:00Z  2026-11-21T04:00:00Z  –
      thumbprint-of-the-key  ES256  active   bundle  2026-11-21T04:00:00Z  2026-11-21T04:00:00Z  –
      "
    `);
  });
});

describe('cambist audit', () => {
  it('lists events, the oldest first', async () => {
    const token = await issuer.sign(githubActions({ audience: service.url }));
    await service.exchange(token, { service_account_id: 'deployer', organisation_id: 'default' });
    expect((await run(['audit', '--action', 'token.exchange', '--since', '10m'])).stdout).toMatchInlineSnapshot(`
      "2026-11-21T04:00:00Z  refused  token.exchange  repo:acme@123456/app@456789:ref:refs/heads/main  preset_refused
                            1 candidate(s); nearest is fid_1 (main): preset event_name: expected ["push","schedule","workflow_dispatch","repository_dispatch","release","create","delete","deployment","dep…
                            fid_1  request 00000000-0000-4000-8000-000000000000
      2026-11-21T04:00:00Z  granted  token.exchange  repo:acme@123456/app@456789:ref:refs/heads/main
                            fid_1  request 00000000-0000-4000-8000-000000000000
      "
    `);
    expect((await run(['audit', '--action', 'service_account.create', '--limit', '1'])).stdout).toMatchInlineSnapshot(`
      "2026-11-21T04:00:00Z  success  service_account.create  root  second
      "
    `);
    expect((await run(['audit', '--subject', 'nobody'])).stdout).toBe('There is no such event.\n');
  });

  it('prints NDJSON for programs', async () => {
    const { stdout } = await run(['audit', '--outcome', 'refused', '--json']);
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { reason: string });
    expect(lines).toMatchObject([{ reason: 'preset_refused' }]);
    expect((await run(['audit', '--outcome', 'shadow', '--json'])).stdout).toBe('');
  });

  it('follows, and prints each event once', async () => {
    const env = { CAMBIST_URL: service.url, CAMBIST_TOKEN: service.rootToken };
    const follower = startCli(
      ['audit', '--follow', '--json', '--action', 'service_account.create', '--limit', '1'],
      env,
    );
    while (!follower.stdout().includes('\n')) await sleep(50);
    for (const name of ['one', 'two']) await service.create('/v1/service-accounts', { name });
    while (follower.stdout().split('\n').length < 4) await sleep(50);
    await sleep(2_500);
    follower.child.kill('SIGINT');
    await follower.ended.catch(() => undefined);
    const names = follower
      .stdout()
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { changes: { after: { name: string } } }).changes.after.name);
    expect(names).toEqual(['second', 'one', 'two']);
  });

  it('refuses a time that is none, and too many events', async () => {
    expect(await run(['audit', '--since', 'yesterday'])).toMatchInlineSnapshot(`
      {
        "code": 2,
        "stderr": "✖ --since is no time: "yesterday".
        It is RFC 3339, such as 2026-11-21T04:00:00Z, or how long ago: 90s, 15m, 2h, 7d.
      ",
        "stdout": "",
      }
    `);
    expect((await run(['audit', '--limit', '5000'])).code).toBe(2);
  });
});

describe('cambist me', () => {
  it('shows the root token', async () => {
    expect((await run(['me'])).stdout).toMatchInlineSnapshot(`
      "kind          root
      actor         root
      organisation  default
      scopes        iam:read iam:write iam:admin

      ROLE  MAY  RESOURCES  ONLY
      –     *    *          all
      "
    `);
  });

  it('shows a service account, its scopes and the rules that count in a project', async () => {
    await run([
      'identities',
      'update',
      'main',
      '--allowed-scopes',
      'iam:read',
      '--set',
      `tokenAudiences=${service.url}`,
    ]);
    const token = await issuer.sign(githubActions({ audience: service.url }));
    const answer = await service.exchange(token, { service_account_id: 'deployer', organisation_id: 'default' });
    const env = { CAMBIST_URL: service.url, CAMBIST_TOKEN: String(answer.body['access_token']) };
    expect((await run(['me', '--project', 'shop'], { env })).stdout).toMatchInlineSnapshot(`
      "kind            serviceAccount
      actor           sa_1
      organisation    default
      serviceAccount  Deployer
      scopes          iam:read
      expiresAt       2026-11-21T04:00:00Z

      ROLE         MAY   RESOURCES    ONLY
      deployments  read  deployments  all
      "
    `);
    expect(await run(['service-accounts', 'create', '--name', 'x'], { env })).toMatchInlineSnapshot(`
      {
        "code": 1,
        "stderr": "✖ POST /v1/service-accounts: this needs the scope iam:write
        request 00000000-0000-4000-8000-000000000000
        The token lacks a scope: iam:write.
      ",
        "stdout": "",
      }
    `);
  });
});

describe('cambist roles', () => {
  it('takes rules and bindings away again', async () => {
    const role = JSON.parse((await cambist(['roles', 'show', 'deployments', '--json'], asRoot())).stdout) as {
      rules: { identity: string }[];
    };
    expect(await run(['roles', 'disallow', 'deployments', String(role.rules[0]?.identity), '--yes']))
      .toMatchInlineSnapshot(`
      {
        "code": 0,
        "stderr": "",
        "stdout": "✔ Role rule             deleted          rule_1
      ",
      }
    `);
    await run(['roles', 'create', '--name', 'Temporary']);
    const bound = await cambist(['roles', 'bind', 'temporary', '--service-account', 'deployer', '--json'], asRoot());
    const { identity } = JSON.parse(bound.stdout) as { identity: string };
    expect(await run(['roles', 'delete', 'temporary', '--yes'])).toMatchInlineSnapshot(`
      {
        "code": 1,
        "stderr": "✖ DELETE /v1/iam/roles/role_1: service accounts are bound to this role; delete its bindings first
        request 00000000-0000-4000-8000-000000000000
      ",
        "stdout": "",
      }
    `);
    expect(await run(['roles', 'unbind', 'temporary', identity, '--yes'])).toMatchInlineSnapshot(`
      {
        "code": 0,
        "stderr": "",
        "stdout": "✔ Role binding          deleted          bind_1
      ",
      }
    `);
    expect((await run(['roles', 'bindings', 'temporary'])).stdout).toBe('Nobody holds this role.\n');
    expect((await run(['roles', 'delete', 'temporary', '--yes'])).code).toBe(0);
    expect(await run(['roles', 'unbind', 'deployments', 'shop'])).toMatchInlineSnapshot(`
      {
        "code": 2,
        "stderr": "✖ "shop" is not the id of one of the bindings.
      ",
        "stdout": "",
      }
    `);
  });
});
