// `cambist bootstrap` against a running service: every platform's whole output, what a second run, drift, a dry run and --undo do, and the printed script with a real token.

import { chmodSync, existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { startGithubIssuer } from '../../../scripts/demo/github-issuer.ts';
import { commandsOf } from '../../platforms/kubernetes-guide.ts';
import { start, temporaryDirectory } from '../../support/local-process.ts';
import { startService } from '../../support/service.ts';
import type { Service } from '../../support/service.ts';
import { cambist, stable } from '../support/cli.ts';
import type { CliRun, CliWorld } from '../support/cli.ts';
import { COMMAND_LINES } from './platforms.ts';

let service: Service;
let env: Readonly<Record<string, string>>;

beforeAll(async () => {
  service = await startService();
  env = { CAMBIST_URL: service.url, CAMBIST_TOKEN: service.rootToken };
});
afterAll(async () => await service.stop());

const bootstrap = async (argv: readonly string[], world: CliWorld = {}): Promise<CliRun> =>
  await cambist(['bootstrap', ...argv], { ...world, env: { ...env, ...world.env } });

/** Every object of the organisation, by kind. */
async function everything(): Promise<Readonly<Record<string, number>>> {
  const counted = async (path: string): Promise<number> => {
    const response = await fetch(`${service.url}/v1/${path}`, {
      headers: { authorization: `Bearer ${service.rootToken}` },
    });
    const objects: readonly unknown[] = await response.json();
    return objects.length;
  };
  return {
    providers: await counted('federated-identity-providers'),
    accounts: await counted('service-accounts'),
    identities: await counted('federated-identities'),
  };
}

const NOTHING = { providers: 0, accounts: 0, identities: 0 };
const APP = [
  'github',
  '--repository',
  'acme/app',
  '--repository-id',
  '742190',
  '--owner-id',
  '9919',
  '--branch',
  'main',
];

/** What was done, without the rule above and the check and configuration below. */
function steps(run: CliRun): string {
  const lines = stable(run.stdout).split('\n');
  const from = lines.findIndex((line) => /Identity provider|Federated identity/.test(line));
  const to = lines.findIndex((line) => line.startsWith('Checked') || line.startsWith('Not checked'));
  return lines
    .slice(Math.max(from, 0), to < 0 ? undefined : to)
    .join('\n')
    .trimEnd();
}

describe('cambist bootstrap, every kind of workload', () => {
  it.each(Object.entries(COMMAND_LINES))('%s: creates, finds it again, takes it back', async (_, argv) => {
    const first = await bootstrap(argv);
    expect(stable(first.stdout)).toMatchSnapshot();
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(first.stdout).not.toMatch(/^[✖⚠] (?:gets in|kept out)/m);
    expect(first.stdout).not.toMatch(/\{[a-z][a-z-]*\}/);

    const second = await bootstrap(argv);
    expect(second).toMatchObject({ code: 0, stderr: '' });
    expect(second.stdout.match(/already present/g)).toHaveLength(3);
    expect(second.stdout).not.toMatch(/\b(?:created|updated|differs)\b {2}/);

    expect(await bootstrap([...argv, '--undo', '--yes'])).toMatchObject({ code: 0, stderr: '' });
    expect(await everything()).toEqual(NOTHING);
  });
});

describe('cambist bootstrap, again and back', () => {
  it('writes nothing in a dry run, before, over a difference and before an undo', async () => {
    expect(steps(await bootstrap([...APP, '--dry-run']))).toMatchInlineSnapshot(`
      "· Identity provider     would be created  github
      · Service account       would be created  github-acme-app
      · Federated identity    would be created  runs of acme/app on the branch main
        key 000000000000: the same command finds all of it again, and with --undo takes it back"
    `);
    expect(await everything()).toEqual(NOTHING);
    await bootstrap(APP);
    const before = await everything();
    expect(steps(await bootstrap([...APP, '--scope', 'api:read', '--dry-run', '--update']))).toMatchInlineSnapshot(`
      "✔ Identity provider     already present  idp_1
      ✔ Service account       already present  sa_1
      · Federated identity    would be updated  fid_1
          allowedScopes
          - []
          + ["api:read"]
        key 000000000000: the same command finds all of it again, and with --undo takes it back"
    `);
    expect(steps(await bootstrap([...APP, '--undo', '--dry-run']))).toMatchInlineSnapshot(`
      "· Federated identity    would be deleted  fid_1
      · Service account       would be deleted  sa_1
      · Identity provider     would be deleted  idp_1"
    `);
    expect(await everything()).toEqual(before);
    expect(steps(await bootstrap(APP))).toMatchInlineSnapshot(`
      "✔ Identity provider     already present  idp_1
      ✔ Service account       already present  sa_1
      ✔ Federated identity    already present  fid_1
        key 000000000000: the same command finds all of it again, and with --undo takes it back"
    `);
    await bootstrap([...APP, '--undo', '--yes']);
  });

  it('shows what differs and leaves it until it is told to change it', async () => {
    await bootstrap(APP);
    const wanted = [...APP, '--scope', 'api:read', '--single-use'];
    const seen = await bootstrap(wanted);
    expect(seen.code).toBe(1);
    expect(steps(seen)).toMatchInlineSnapshot(`
      "✔ Identity provider     already present  idp_1
      ✔ Service account       already present  sa_1
      ≠ Federated identity    differs          fid_1
          replayProtection
          - "off"
          + "singleUse"
          allowedScopes
          - []
          + ["api:read"]
        What differs was left as it is: run this again with --update to change it.
        key 000000000000: the same command finds all of it again, and with --undo takes it back"
    `);
    expect(await bootstrap([...wanted, '--update'])).toMatchObject({ code: 0 });
    expect((await bootstrap(wanted)).code).toBe(0);
    expect((await bootstrap(APP)).code).toBe(1);
    await bootstrap([...APP, '--undo', '--yes']);
  });

  it('binds the role, says which there are, and leaves nothing half-made where there is none', async () => {
    expect(await bootstrap([...APP, '--role', 'deployer'])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/There is no role deployer\.\n.*`cambist roles create --name deployer` makes it\./),
    });
    expect(await everything()).toEqual(NOTHING);
    await service.create('/v1/iam/roles', { name: 'deployer', rules: [{ resources: ['*'], permissions: ['read'] }] });
    const bound = [...APP, '--role', 'deployer', '--project-scope', 'prod'];
    expect(steps(await bootstrap(bound))).toMatchInlineSnapshot(`
      "✔ Identity provider     created          idp_1
      ✔ Service account       created          sa_1
      ✔ Role binding          created          bind_1
          role deployer
      ✔ Federated identity    created          fid_1
        key 000000000000: the same command finds all of it again, and with --undo takes it back"
    `);
    expect(steps(await bootstrap(bound))).toMatchInlineSnapshot(`
      "✔ Identity provider     already present  idp_1
      ✔ Service account       already present  sa_1
      ✔ Role binding          already present  bind_1
          role deployer
      ✔ Federated identity    already present  fid_1
        key 000000000000: the same command finds all of it again, and with --undo takes it back"
    `);
    expect(steps(await bootstrap([...bound, '--undo', '--yes']))).toMatchInlineSnapshot(`
      "✔ Federated identity    deleted          fid_1
      ✔ Role binding          deleted          bind_1
          role deployer
      ✔ Service account       deleted          sa_1
      ✔ Identity provider     deleted          idp_1"
    `);
    expect(await everything()).toEqual(NOTHING);
  });

  it('keeps what others made or use when it is undone', async () => {
    const account = await service.create('/v1/service-accounts', { name: 'theirs' });
    const provider = await service.create('/v1/federated-identity-providers', {
      name: 'github',
      providerIssuer: 'https://token.actions.githubusercontent.com',
    });
    const theirs = [...APP, '--service-account', 'theirs'];
    expect(steps(await bootstrap(theirs))).toMatchInlineSnapshot(`
      "✔ Identity provider     already present  idp_1
      ✔ Service account       already present  sa_1
          not made by bootstrap: --undo leaves it
      ✔ Federated identity    created          fid_1
        key 000000000000: the same command finds all of it again, and with --undo takes it back"
    `);
    const other = [...APP.slice(0, -1), 'develop', '--service-account', 'theirs'];
    await bootstrap(other);
    expect(steps(await bootstrap([...theirs, '--undo', '--yes']))).toMatchInlineSnapshot(`
      "✔ Federated identity    deleted          fid_1
      - Service account       kept             sa_1
          not made by bootstrap
      - Identity provider     kept             idp_1
          not made by bootstrap"
    `);
    expect(await everything()).toEqual({ providers: 1, accounts: 1, identities: 1 });
    expect(steps(await bootstrap([...theirs, '--undo', '--yes']))).toContain('not found');
    await bootstrap([...other, '--undo', '--yes']);
    for (const path of [`service-accounts/${account}`, `federated-identity-providers/${provider}`])
      await fetch(`${service.url}/v1/${path}`, {
        method: 'DELETE',
        headers: { authorization: `Bearer ${service.rootToken}` },
      });
  });

  it('completes a run that failed half-way', async () => {
    // A scope that the service refuses: provider and account are there, the rule is not.
    const failed = await bootstrap([...APP, '--scope', 'a"b']);
    expect(failed.code).toBe(1);
    expect(failed.stderr).toContain('/allowedScopes');
    expect(await everything()).toEqual({ providers: 1, accounts: 1, identities: 0 });
    expect(steps(await bootstrap(APP))).toMatchInlineSnapshot(`
      "✔ Identity provider     already present  idp_1
      ✔ Service account       already present  sa_1
      ✔ Federated identity    created          fid_1
        key 000000000000: the same command finds all of it again, and with --undo takes it back"
    `);
    await bootstrap([...APP, '--undo', '--yes']);
    expect(await everything()).toEqual(NOTHING);
  });

  it('answers JSON alone with --json, and an error as one object', async () => {
    const run = await bootstrap([...APP, '--json']);
    expect(JSON.parse(run.stdout)).toMatchObject({
      dryRun: false,
      changes: [{ outcome: 'created' }, { outcome: 'created' }, { outcome: 'created' }],
      configuration: { file: '.github/workflows/cambist.yml' },
    });
    await bootstrap([...APP, '--undo', '--yes', '--json']);
    const wrong = await bootstrap(['github', '--json']);
    expect(wrong).toMatchObject({ code: 2, stdout: '' });
    expect(JSON.parse(wrong.stderr)).toMatchObject({ error: 'usage', message: 'Missing: --repository <owner/name>.' });
  });
});

describe('cambist bootstrap github, asking GitHub', () => {
  const repository = { id: 742190, full_name: 'Acme/App', owner: { id: 9919 } };
  const github =
    (answers: Readonly<Record<string, unknown>>): CliWorld['elsewhere'] =>
    (url) => {
      const found = answers[url.href];
      return found === undefined ? new Response('{}', { status: 404 }) : Response.json(found);
    };
  const rule = async (argv: readonly string[], world: CliWorld): Promise<string> => {
    const run = await bootstrap([...argv, '--dry-run'], world);
    expect(run.stderr).toBe('');
    return run.stdout.split('\n\n')[0] ?? '';
  };
  const settings = 'https://api.github.com/repos/Acme/App/actions/oidc/customization/sub';
  const ASK = ['github', '--repository', 'acme/app', '--branch', 'main'];

  it('pins the ids it finds, in the spelling that tokens have', async () => {
    const seen: (string | null)[] = [];
    const elsewhere: CliWorld['elsewhere'] = (url, headers) => {
      seen.push(headers.get('authorization'));
      return url.pathname.endsWith('/sub') ? Response.json({ use_default: true }) : Response.json(repository);
    };
    const shown = await rule(ASK, { elsewhere, env: { GH_TOKEN: 'secret-of-gh' } });
    expect(shown).toContain('subject   repo:Acme@9919/App@742190:ref:refs/heads/main');
    expect(shown).not.toContain('⚠');
    expect(seen).toEqual(['Bearer secret-of-gh', 'Bearer secret-of-gh']);
  });

  it('pins every repository of an owner by the owner’s id', async () => {
    const shown = await rule(['github', '--repository', 'acme/*', '--branch', 'main'], {
      elsewhere: github({ 'https://api.github.com/users/acme': { id: 9919 } }),
    });
    expect(shown).toContain('repo:acme@9919/*:ref:refs/heads/main  (pattern)');
  });

  it('asks the Enterprise Server itself and puts its ids into conditions', async () => {
    const shown = await rule([...ASK, '--host', 'ghe.example.com'], {
      elsewhere: github({ 'https://ghe.example.com/api/v3/repos/acme/app': { ...repository, full_name: 'acme/app' } }),
    });
    expect(shown).toContain('issuer     https://ghe.example.com/_services/token');
    expect(shown).toContain('subject    repo:acme/app:ref:refs/heads/main');
    expect(shown).toContain('repository_id = "742190"');
  });

  it('follows a customised subject and says what it cannot know', async () => {
    const answers = {
      'https://api.github.com/repos/acme/app': repository,
      [settings]: { use_default: false, include_claim_keys: ['repository_id', 'ref'] },
    };
    const world = { elsewhere: github(answers), env: { GH_TOKEN: 'x' } };
    const shown = await rule(ASK, world);
    expect(shown).toContain('subject    repository_id:742190:ref:refs/heads/main');
    expect(shown).toContain('ref = "refs/heads/main"');
    const unknown = { ...answers, [settings]: { use_default: false, include_claim_keys: ['repo', 'actor'] } };
    const refused = await bootstrap(ASK, { ...world, elsewhere: github(unknown) });
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('actor is not known') });
    expect(await everything()).toEqual(NOTHING);
  });

  it('refuses a name that moved, and an id that is another one’s', async () => {
    const moved = github({ 'https://api.github.com/repos/acme/app': { ...repository, full_name: 'acme/new' } });
    expect(await bootstrap(ASK, { elsewhere: moved })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('is now called acme/new'),
    });
    const here = github({ 'https://api.github.com/repos/acme/app': repository });
    expect(await bootstrap([...ASK, '--repository-id', '5'], { elsewhere: here })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('GitHub says 742190'),
    });
  });
});

describe('cambist bootstrap gitlab, asking GitLab', () => {
  it('pins the ids of the project and its group', async () => {
    const run = await bootstrap(['gitlab', '--project', 'acme/app', '--branch', 'main', '--dry-run'], {
      elsewhere: (url) =>
        url.href === 'https://gitlab.com/api/v4/projects/acme%2Fapp'
          ? Response.json({ id: 20, namespace: { id: 72 } })
          : new Response('{}', { status: 404 }),
    });
    expect(run.stdout).toContain('project_id = "20"');
    expect(run.stdout).toContain('namespace_id = "72"');
    expect(run.stdout).not.toContain('⚠');
  });
});

describe('cambist bootstrap kubernetes, asking the cluster', () => {
  const POD = ['kubernetes', '--namespace', 'payments', '--kubernetes-service-account', 'checkout'];
  const JWKS = {
    keys: [
      {
        kty: 'EC',
        crv: 'P-256',
        kid: 'cluster-1',
        alg: 'ES256',
        x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
        y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
      },
    ],
  };
  const kubectl = (issuer: string): string => {
    const directory = temporaryDirectory();
    const file = join(directory, 'kubectl');
    writeFileSync(
      file,
      `#!/bin/sh\ncase "$*" in\n*openid-configuration) echo '{"issuer":"${issuer}"}';;\n*/openid/v1/jwks) echo '${JSON.stringify(JWKS)}';;\n*) echo "no $*" >&2; exit 1;;\nesac\n`,
    );
    chmodSync(file, 0o755);
    return directory;
  };

  it('takes the issuer that the cluster names', async () => {
    const run = await bootstrap([...POD, '--context', 'prod', '--dry-run'], {
      env: { PATH: kubectl('https://oidc.example.com/prod') },
    });
    expect(run.stdout).toContain('issuer    https://oidc.example.com/prod');
  });

  it('registers the keys of a cluster that nobody outside can reach', async () => {
    const world = { env: { PATH: kubectl('https://kubernetes.default.svc.cluster.local') } };
    const run = await bootstrap(POD, world);
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(stable(run.stdout)).toMatchSnapshot();
    await bootstrap([...POD, '--undo', '--yes'], world);
    expect(await everything()).toEqual(NOTHING);
  });

  it('takes the keys from a file', async () => {
    const file = join(temporaryDirectory(), 'jwks.json');
    writeFileSync(file, JSON.stringify(JWKS));
    const argv = [...POD, '--issuer', 'https://kubernetes.default.svc', '--jwks', file];
    expect(await bootstrap(argv)).toMatchObject({ code: 0, stderr: '' });
    expect((await bootstrap(argv)).stdout.match(/already present/g)).toHaveLength(3);
    await bootstrap([...argv, '--undo', '--yes']);
  });

  it('writes what deploy/kubernetes has, with this deployment and its account (contract §9)', async () => {
    const directory = temporaryDirectory();
    const argv = [...POD, '--issuer', 'https://oidc.example.com/prod'];
    const sets = ['--manifests', 'deployment,cronjob,image-pull', '--registry', 'registry.example.com'];
    const run = await bootstrap([...argv, ...sets, '--output-dir', directory]);
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(run.stdout).toContain(`  kubectl apply -k ${directory}/cronjob\n`);
    expect(run.stdout).toContain('Nobody publishes the image of the agent');
    const written = globSync('**/*', { cwd: directory, withFileTypes: true }).filter((entry) => entry.isFile());
    expect(written).toHaveLength(13);
    for (const { parentPath, name } of written) {
      const file = relative(directory, join(parentPath, name));
      const text = readFileSync(join(directory, file), 'utf8');
      expect(
        text
          .replaceAll(service.url, 'https://tokens.example.com')
          .replaceAll(/sa_[0-9a-z]{26}/g, 'sa_01h45ytscbebyvny4gc8cr8ma2'),
      ).toBe(readFileSync(join('deploy/kubernetes', file), 'utf8'));
    }
    const refused = await bootstrap([...argv, '--manifests', 'image-pull']);
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('no registry may get the token') });
    const { configuration, manifests } = JSON.parse((await bootstrap([...argv, '--json'])).stdout) as {
      readonly configuration: null;
      readonly manifests: readonly { readonly file: string }[];
    };
    expect(configuration).toBeNull();
    expect(manifests.map(({ file }) => file)).toContain('deployment/deployment.yaml');
    const pod = await bootstrap([...argv, '--manifests', 'pod']);
    expect(pod.stdout).toContain("  namespace: 'payments'\n");
    expect(pod.stdout).toContain('image: curlimages/curl');
    expect(pod.stdout).not.toContain('kind: Deployment');
    await bootstrap([...argv, '--undo', '--yes']);
    expect(await everything()).toEqual(NOTHING);
  });

  it('runs each command of the guide, and writes the directories that the guide applies', async () => {
    const directory = temporaryDirectory();
    const world = { env: { PATH: kubectl('https://oidc.example.com/prod') } };
    const commands = commandsOf('cambist', 'bootstrap');
    expect(commands.length).toBeGreaterThan(3);
    for (const words of commands) {
      const run = await bootstrap(
        words.map((word, index) => (index > 0 && word === 'kubernetes' ? directory : word)),
        world,
      );
      expect(run).toMatchObject({ code: 0, stderr: '' });
    }
    const applied = commandsOf('kubectl', 'apply', '-k').map(([path = '']) => path.replace(/^kubernetes/, directory));
    expect(applied.map((path) => existsSync(join(path, 'kustomization.yaml')))).toEqual([true, true, true]);
    expect(readFileSync(join(directory, 'deployment/agent.yaml'), 'utf8')).toContain('role: arn:aws:iam::');
    await bootstrap([...POD, '--undo', '--yes'], world);
    expect(await everything()).toEqual(NOTHING);
  });

  it('says what to do where the issuer is a name inside the cluster, kubectl is missing, or the account is "default"', async () => {
    const inside = await bootstrap([...POD, '--issuer', 'https://kubernetes.default.svc']);
    expect(inside).toMatchObject({ code: 2, stderr: expect.stringContaining('kubectl get --raw /openid/v1/jwks') });
    const missing = await bootstrap(POD, { env: { PATH: temporaryDirectory() } });
    expect(missing).toMatchObject({ code: 1, stderr: expect.stringContaining('kubectl is not installed') });
    const issuer = ['--issuer', 'https://oidc.example.com/prod', '--dry-run'];
    expect(
      (await bootstrap(['kubernetes', '--namespace', 'a', '--kubernetes-service-account', 'default', ...issuer]))
        .stdout,
    ).toContain('⚠ Every pod');
  });
});

describe('cambist bootstrap --from-token', () => {
  const unsigned = (claims: object): string => {
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    return `${part({ alg: 'RS256', kid: 'k', typ: 'JWT' })}.${part(claims)}.c2lnbmF0dXJl`;
  };
  const push = {
    iss: 'https://token.actions.githubusercontent.com',
    sub: 'repo:acme/app:ref:refs/heads/main',
    repository: 'acme/app',
    repository_owner: 'acme',
    repository_id: '742190',
    repository_owner_id: '9919',
    ref: 'refs/heads/main',
    ref_type: 'branch',
    event_name: 'push',
    sha: '9f3182061f1e2cca4702c368cbc039b7dc9d4485',
    aud: 'https://github.com/acme',
    iat: 1789000000,
    exp: 1789000300,
  };
  const proposed = async (claims: object, ...more: readonly string[]): Promise<CliRun> =>
    await bootstrap(['github', '--from-token', '-', '--dry-run', ...more], { stdin: `${unsigned(claims)}\n` });

  it('proposes the tightest rule for the token, and warns of an audience that is everybody’s', async () => {
    const run = await proposed(push);
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(stable(run.stdout)).toMatchSnapshot();
  });

  it('reads an environment, a tag and a pull request for what they are', async () => {
    const environment = { ...push, sub: 'repo:acme/app:environment:prod', environment: 'prod' };
    expect((await proposed(environment)).stdout).toContain('repo:acme@9919/app@742190:environment:prod');
    const tag = { ...push, sub: 'repo:acme/app:ref:refs/tags/v1', ref: 'refs/tags/v1', ref_type: 'tag' };
    expect((await proposed(tag)).stdout).toContain(':ref:refs/tags/v1');
    const pull = { ...push, sub: 'repo:acme/app:pull_request', ref: 'refs/pull/1/merge', event_name: 'pull_request' };
    const run = await proposed(pull);
    expect(run.stdout).toContain(':pull_request');
    expect(run.stdout).toContain('⚠ Every pull request of acme/app gets in');
  });

  it('takes a customised subject as it is, with the ids and the ref beside it', async () => {
    const run = await proposed({ ...push, sub: 'repository_owner:acme:workflow:deploy' });
    expect(run.stdout).toContain('subject    repository_owner:acme:workflow:deploy');
    expect(run.stdout).toContain('ref = "refs/heads/main"');
    expect(run.stdout).toContain('repository_id = "742190"');
  });

  it('refuses a subject that is new in every run, a token of another issuer, and what is no token', async () => {
    const perRun = await proposed({ ...push, sub: `repo:acme/app:sha:${push.sha}` });
    expect(perRun).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('holds its sha, which is new in every run'),
    });
    const other = await proposed({ ...push, iss: 'https://gitlab.com' });
    expect(other).toMatchObject({ code: 2, stderr: expect.stringContaining('was issued by "https://gitlab.com"') });
    const none = await bootstrap(['github', '--from-token', '-'], { stdin: 'null' });
    expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining('holds no ID token') });
  });

  it('tests the rule with the token itself, and the printed script exchanges it', async () => {
    const issuer = await startGithubIssuer();
    try {
      const run = {
        repository: 'acme/shop',
        ref: 'refs/heads/main',
        audience: service.url,
        subjectForm: 'legacy',
      } as const;
      const argv = ['generic', '--from-token', '-', '--scope', 'api:read'];
      const made = await bootstrap([...argv, '--json'], { stdin: await issuer.sign(run) });
      const result = JSON.parse(made.stdout) as {
        readonly configuration: { readonly text: string };
        readonly checks: readonly unknown[];
      };
      expect(result.checks[0]).toMatchObject({ who: 'this token', decision: 'granted' });
      expect(made.code).toBe(0);

      const file = join(temporaryDirectory(), 'token.sh');
      writeFileSync(file, `${result.configuration.text}\nprintf '%s' "$ACCESS_TOKEN"\n`);
      const good = start('sh', [file], { ID_TOKEN: await issuer.sign(run) });
      expect((await good.exited).code, good.output()).toBe(0);
      expect(good.output()).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
      const bad = start('sh', [file], { ID_TOKEN: await issuer.sign({ ...run, ref: 'refs/heads/other' }) });
      expect((await bad.exited).code).not.toBe(0);
      expect(bad.output()).toContain('request_id');
      await bootstrap([...argv, '--undo', '--yes'], { stdin: await issuer.sign(run) });
      expect(await everything()).toEqual(NOTHING);
    } finally {
      await issuer.stop();
    }
  });
});

describe('cambist bootstrap, used wrongly', () => {
  it.each([
    [['githbu'], "unknown command 'githbu' (Did you mean github?)"],
    [['github', '--repositry', 'a/b'], "unknown option '--repositry' (Did you mean --repository?)"],
    [['github', '--repository', 'a/b'], 'Which ones may get in?'],
    [['github', '--repository', 'a/b', '--branch', 'main', '--tag', 'v1'], '--branch does not go together with --tag.'],
    [['github', '--repository', 'a b', '--branch', 'main'], '--repository must be owner/name'],
    [['buildkite', '--organization', '*', '--pipeline', 'p', '--branch', 'b'], '--organization is taken literally'],
    [['github', '--repository', 'a/b', '--branch', "x'; rm -rf ~"], 'must not be empty or hold quotes'],
    [['spiffe', '--spiffe-id', 'spiffe://a.example/b'], 'where are its keys?'],
    [
      ['generic', '--issuer', 'https://a.example', '--subject', 'x', '--condition', 'nothing'],
      '--condition is claim=value',
    ],
    [
      ['generic', '--issuer', 'https://a.example', '--subject', 'x', '--condition', '/no~3pointer=x'],
      'is not a JSON Pointer',
    ],
  ])('%j', async (argv, message) => {
    const run = await bootstrap(argv);
    expect(run).toMatchObject({ code: 2, stdout: '' });
    expect(run.stderr).toContain(message);
  });
});
