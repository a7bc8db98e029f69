// `cambist token`, `exec` and `detect` as processes against a running service, with a job of GitHub Actions around them.

import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { decodeJwt } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { githubActions } from '../support/claims.ts';
import { createIssuer } from '../support/issuer.ts';
import type { TestIssuer } from '../support/issuer.ts';
import { startService } from '../support/service.ts';
import type { Service } from '../support/service.ts';
import { runProcess, startCli } from './cli-run.ts';
import type { CliEnd } from './cli-run.ts';
import { imitate } from './sources/imitation.ts';
import type { Imitation } from './sources/imitation.ts';

const ISSUER = 'https://token.actions.githubusercontent.com';
const VAULT = 'https://vault.example.com';
/** With every character that a subject encodes. */
const PROJECT = 'acme/web:1%';
const DR = 'https://vault-dr.example.com';

let service: Service;
let issuer: TestIssuer;
let platform: Imitation;
let account = '';
let directory = '';
/** The claims of the next ID token. */
let claims: Record<string, unknown> = {};
/** Milliseconds before the platform answers. */
let delayMs = 0;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'cambist-token-'));
  service = await startService();
  issuer = await createIssuer({ issuer: ISSUER, alg: 'RS256' });
  platform = await imitate(({ url }, response) => {
    const audience = new URL(url, 'http://x').searchParams.get('audience') ?? '';
    void issuer.sign(githubActions({ repository: 'acme/app', audience, claims })).then(async (value) => {
      await sleep(delayMs);
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ count: value.length, value }));
    });
  });
  const provider = await service.create('/v1/federated-identity-providers', {
    name: 'GitHub',
    providerIssuer: ISSUER,
    localJwks: issuer.jwks,
  });
  account = await service.create('/v1/service-accounts', { name: 'deploy' });
  await service.create('/v1/federated-identities', {
    name: 'main of acme/app',
    serviceAccountIdentity: account,
    providerIdentity: provider,
    providerSubject: 'repo:acme/app:ref:refs/heads/main',
    allowedScopes: ['api:read', 'api:write'],
    tokenAudiences: [service.url, VAULT, DR, 'sts.amazonaws.com'],
  });
  const role = await service.create('/v1/iam/roles', { name: 'deployer' });
  await service.create(`/v1/iam/roles/${role}/bindings`, { serviceAccountIdentity: account, projects: [PROJECT] });
});

afterAll(async () => {
  await platform.close();
  await service.stop();
  rmSync(directory, { recursive: true, force: true });
});

beforeEach(() => {
  claims = {};
  delayMs = 0;
});

/** The variables of a job that may have an ID token. */
function job(more: Record<string, string> = {}): Record<string, string> {
  return {
    CAMBIST_URL: service.url,
    CAMBIST_SERVICE_ACCOUNT: account,
    GITHUB_ACTIONS: 'true',
    ACTIONS_ID_TOKEN_REQUEST_URL: `${platform.origin}/token?api-version=2.0`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'runner-token',
    TMPDIR: directory,
    ...more,
  };
}

async function token(...args: string[]): Promise<CliEnd> {
  return await runProcess(['token', ...args], job());
}

async function isActive(accessToken: string): Promise<boolean> {
  const response = await fetch(`${service.url}/oidc/introspect`, {
    method: 'POST',
    headers: { authorization: `Bearer ${accessToken}` },
    body: new URLSearchParams({ token: accessToken }),
  });
  return response.status === 200 && (await response.json<{ active: boolean }>()).active;
}

const JWT = /[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,}/g;

/** What differs between two runs, replaced. */
function stable(text: string): string {
  return text
    .replaceAll(JWT, '<token>')
    .replaceAll(service.url, '<url>')
    .replaceAll(directory, '<dir>')
    .replaceAll(account, '<account>')
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z/g, '<instant>')
    .replaceAll(/[\da-f]{8}-[\da-f-]{27}/g, '<request>')
    .replaceAll(/(password_expiry_utc=)\d+/g, '$1<seconds>');
}

describe('cambist token', () => {
  it('prints the token alone on stdout, masked on stderr before that', async () => {
    const { code, stdout, stderr, written } = await token();
    expect([code, stable(stdout), stable(stderr)]).toEqual([0, '<token>\n', '::add-mask::<token>\n']);
    expect(written[0]).toEqual(['stderr', `::add-mask::${stdout}`]);
    expect(decodeJwt(stdout.trim())).toMatchObject({ iss: service.url, sub: account, scope: 'api:read api:write' });
    expect(await isActive(stdout.trim())).toBe(true);
    expect(platform.received.at(-1)?.url).toContain(`audience=${encodeURIComponent(service.url)}`);
  });

  it('asks for scopes, lifetime and audience, and prints the answer as JSON', async () => {
    const { stdout } = await token('--json', '--scope', 'api:read', '--lifetime', '5m', '--audience', service.url);
    expect(JSON.parse(stdout)).toMatchObject({ token_type: 'Bearer', expires_in: 300, scope: 'api:read' });
    expect(stable(stdout)).toMatchInlineSnapshot(`
      "{
        "access_token": "<token>",
        "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
        "token_type": "Bearer",
        "expires_in": 300,
        "expires_at": "<instant>",
        "scope": "api:read"
      }
      "
    `);
  });

  it('prints variables for a shell that reads them', async () => {
    expect(stable((await token('-o', 'env', '--env', 'API_TOKEN')).stdout)).toMatchInlineSnapshot(`
      "export API_TOKEN=<token>
      export API_TOKEN_EXPIRES_AT=<instant>
      "
    `);
  });

  it('writes a file that only its owner can read', async () => {
    const file = join(directory, 'api-token');
    writeFileSync(file, 'old', { mode: 0o644 });
    const { stdout } = await token('--output', 'file', '--file', file);
    expect(stable(stdout)).toMatchInlineSnapshot(`
      "✔ <dir>/api-token holds the token until <instant>.
      "
    `);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(stable(readFileSync(file, 'utf8'))).toBe('<token>');
  });

  it('sets a variable for the next steps of the job', async () => {
    const file = join(directory, 'github-env');
    writeFileSync(file, 'BEFORE=1\n');
    const { stdout, stderr } = await runProcess(['token', '-o', 'github-env'], job({ GITHUB_ENV: file }));
    expect([stable(stdout), stable(stderr)]).toEqual([
      '✔ CAMBIST_TOKEN is set for the next steps of the job.\n',
      '::add-mask::<token>\n',
    ]);
    expect(stable(readFileSync(file, 'utf8'))).toBe('BEFORE=1\nCAMBIST_TOKEN=<token>\n');
  });

  it('answers kubectl with an ExecCredential', async () => {
    expect(stable((await token('-o', 'kubernetes', '--id-token', VAULT)).stdout)).toMatchInlineSnapshot(`
      "{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","spec":{"interactive":false},"status":{"expirationTimestamp":"<instant>","token":"<token>"}}
      "
    `);
  });

  it('writes a netrc file', async () => {
    expect(stable((await token('-o', 'netrc', '--host', 'api.example.com:8443')).stdout)).toMatchInlineSnapshot(`
      "machine api.example.com login cambist password <token>
      "
    `);
  });

  it('answers docker for its registry', async () => {
    const { code, stdout } = await runProcess(
      ['token', '-o', 'docker', '--host', 'registry.example.com', 'get'],
      job(),
      'https://registry.example.com/v2/\n',
    );
    expect([code, stable(stdout)]).toMatchInlineSnapshot(`
      [
        0,
        "{"ServerURL":"https://registry.example.com/v2/","Username":"cambist","Secret":"<token>"}
      ",
      ]
    `);
  });

  it('answers git for its host', async () => {
    const { code, stdout } = await runProcess(
      ['token', '-o', 'git-credential', '--host', 'git.example.com', 'get'],
      job(),
      'protocol=https\nhost=git.example.com\nwwwauth[]=Basic realm="x"\n\n',
    );
    expect([code, stable(stdout)]).toMatchInlineSnapshot(`
      [
        0,
        "protocol=https
      host=git.example.com
      username=cambist
      password=<token>
      password_expiry_utc=<seconds>
      ",
      ]
    `);
  });

  it('gives an ID token for several audiences, which is no access token', async () => {
    const { stdout } = await token('--id-token', VAULT, '--id-token', DR);
    expect(decodeJwt(stdout.trim())).toMatchObject({ iss: service.url, sub: account, aud: [VAULT, DR] });
    expect(await isActive(stdout.trim())).toBe(false);
  });

  it('prints a refusal with its request id and the line for the operator, and does not try again', async () => {
    claims = { sub: 'repo:acme/app:ref:refs/heads/dev', ref: 'refs/heads/dev' };
    const before = platform.received.length;
    const { code, stdout, stderr } = await token();
    expect([code, stdout, stable(stderr)]).toMatchInlineSnapshot(`
      [
        1,
        "",
        "✖ The exchange was refused: no federated identity accepts this token: issuer https://token.actions.githubusercontent.com, subject repo:acme/app:ref:refs/heads/dev, audience <url>; its subject is that of the branch dev, not of a tag or an environment; check service_account_id and organisation_id, too: rules belong to one account of one organisation.
        request <request>
        An operator sees the whole reason with:
          cambist explain --url <url> --request-id <request>
      ",
      ]
    `);
    expect(platform.received).toHaveLength(before + 1);
  });

  it('prints a refusal as one JSON object', async () => {
    claims = { sub: 'repo:acme/app:ref:refs/heads/dev', ref: 'refs/heads/dev' };
    const { code, stderr } = await token('--json');
    expect(code).toBe(1);
    expect(JSON.parse(stderr)).toMatchObject({
      error: 'invalid_request',
      status: 400,
      request_id: expect.any(String),
      next: expect.stringContaining('cambist explain'),
    });
  });

  it('says which audience the token has where that is what is wrong', async () => {
    const { code, stderr } = await token('--id-token-audience', 'https://elsewhere.example.com');
    expect([code, stable(stderr)]).toMatchInlineSnapshot(`
      [
        1,
        "✖ The exchange was refused: the audience of the token is https://elsewhere.example.com: request an ID token whose audience is <url>.
        request <request>
        An operator sees the whole reason with:
          cambist explain --url <url> --request-id <request>
      ",
      ]
    `);
  });

  it('names the missing permission', async () => {
    const { code, stderr } = await runProcess(['token'], { CAMBIST_URL: service.url, GITHUB_ACTIONS: 'true' });
    expect([code, stderr]).toMatchInlineSnapshot(`
      [
        1,
        "✖ GitHub Actions: the job lacks the permission \`id-token: write\`.
        Add to the job (or the workflow):
            permissions:
              id-token: write
              contents: read
        A reusable workflow needs it in the caller too, and a pull request from a fork never gets it.
        On Forgejo it is \`enable-openid-connect: true\`.
        To use the identity of the machine instead, name it with --source.
      ",
      ]
    `);
  });
});

describe('cambist exec', () => {
  const show = 'echo "$CAMBIST_TOKEN"';

  it('puts the token into the environment, takes the exit code, and revokes the token at the end', async () => {
    const { code, stdout } = await runProcess(['exec', '--', 'sh', '-c', `${show}; exit 7`], job());
    expect([code, stable(stdout)]).toEqual([7, '<token>\n']);
    expect(await isActive(stdout.trim())).toBe(false);
  });

  it('leaves the token alone with --no-revoke', async () => {
    const { stdout } = await runProcess(
      ['exec', '--no-revoke', '--env', 'API', '--', 'sh', '-c', 'echo "$API"'],
      job(),
    );
    expect(await isActive(stdout.trim())).toBe(true);
  });

  it('passes options after -- on, --json too', async () => {
    const { stdout } = await runProcess(['exec', '--', 'echo', '--json', '--source', 'x', '--', 'y'], job());
    expect(stdout).toBe('--json --source x -- y\n');
  });

  it('puts ID tokens into variables, each for its audiences, and no access token beside them', async () => {
    const { stdout } = await runProcess(
      [
        'exec',
        '--id-token',
        `VAULT_JWT=${VAULT},${DR}`,
        '--id-token',
        `OTHER=${DR}`,
        '--',
        'sh',
        '-c',
        'echo "$VAULT_JWT $OTHER ${CAMBIST_TOKEN-none}"',
      ],
      job(),
    );
    const [vault = '', other = '', access] = stdout.trim().split(' ');
    expect([decodeJwt(vault).aud, decodeJwt(other).aud, access]).toEqual([[VAULT, DR], DR, 'none']);
  });

  it('keeps tokens in private files and removes them at the end', async () => {
    const file = join(directory, 'kept');
    const { stdout } = await runProcess(
      [
        'exec',
        '--file',
        file,
        '--id-token-file',
        'AWS_WEB_IDENTITY_TOKEN_FILE=sts.amazonaws.com',
        '--',
        'sh',
        '-c',
        'for f in "$CAMBIST_TOKEN_FILE" "$AWS_WEB_IDENTITY_TOKEN_FILE"; do stat -c "%a %n" "$f"; cat "$f"; echo; done',
      ],
      job(),
    );
    const [first, access = '', second = '', id = ''] = stdout.trim().split('\n');
    expect(first).toBe(`600 ${file}`);
    expect(second).toMatch(/^600 .*\/cambist-\w+\/AWS_WEB_IDENTITY_TOKEN_FILE$/);
    expect(decodeJwt(id)).toMatchObject({ aud: 'sts.amazonaws.com', sub: account });
    expect(await isActive(access)).toBe(false);
    for (const path of [file, second.slice(4)]) expect(statSync(path, { throwIfNoEntry: false })).toBeUndefined();
  });

  it('hands SIGTERM on, waits for the command, and revokes', async () => {
    const script = 'trap "echo ended; exit 5" TERM; echo "$CAMBIST_TOKEN"; while :; do sleep 0.05; done';
    const { child, ended, stdout } = startCli(['exec', '--', 'sh', '-c', script], job());
    while (!stdout().includes('\n')) await sleep(20);
    const [accessToken = ''] = stdout().split('\n');
    expect(await isActive(accessToken)).toBe(true);
    child.kill('SIGTERM');
    expect((await ended).code).toBe(5);
    expect(stdout()).toContain('ended');
    expect(await isActive(accessToken)).toBe(false);
  });

  it('runs nothing where it is asked to end while the token is still on its way, and revokes that', async () => {
    delayMs = 700;
    const before = platform.received.length;
    const { child, ended } = startCli(['exec', '--', 'echo', 'ran'], job());
    while (platform.received.length === before) await sleep(20);
    child.kill('SIGTERM');
    const { code, stdout, stderr } = await ended;
    expect([code, stdout]).toEqual([143, '']);
    const [accessToken = ''] = stderr.match(JWT) ?? [];
    expect(await isActive(accessToken)).toBe(false);
  });

  it('ends soon if it is asked to while the deployment never answers', async () => {
    const silent = await imitate(() => undefined);
    const { child, ended } = startCli(['exec', '--', 'echo', 'ran'], job({ CAMBIST_URL: silent.origin }));
    while (silent.received.length === 0) await sleep(20);
    const askedAt = Date.now();
    child.kill('SIGINT');
    const { code, stdout, stderr } = await ended;
    expect([code, stdout, stderr]).toEqual([130, '', '']);
    expect(Date.now() - askedAt).toBeLessThan(5_000);
    await silent.close();
  });

  it('answers 128 + the signal where the command was ended by one', async () => {
    expect((await runProcess(['exec', '--', 'sh', '-c', 'kill -KILL $$'], job())).code).toBe(137);
  });

  it('answers 127 where there is no such program, 126 where it is none, and revokes', async () => {
    const missing = await runProcess(['exec', '--', 'no-such-program'], job());
    expect([missing.code, stable(missing.stderr)]).toMatchInlineSnapshot(`
      [
        127,
        "::add-mask::<token>
      ✖ no-such-program cannot be run: there is no such program.
      ",
      ]
    `);
    const [accessToken = ''] = missing.stderr.match(JWT) ?? [];
    expect(await isActive(accessToken)).toBe(false);
    const file = join(directory, 'not-executable');
    writeFileSync(file, '');
    expect((await runProcess(['exec', '--', file], job())).code).toBe(126);
  });

  it('runs nothing where the exchange is refused', async () => {
    claims = { sub: 'repo:acme/app:pull_request' };
    const { code, stdout } = await runProcess(['exec', '--', 'echo', 'ran'], job());
    expect([code, stdout]).toEqual([1, '']);
  });

  it('hands a nested cambist its token, which is not taken for an ID token', async () => {
    const { code, stderr } = await runProcess(
      ['exec', '--', process.execPath, 'src/cli/main.ts', 'detect', '--source', 'gitlab'],
      job({ GITLAB_CI: 'true' }),
    );
    expect(code).toBe(1);
    expect(stderr).not.toContain('found');
  });
});

describe('cambist detect', () => {
  it('shows what was found and why', async () => {
    const { code, stdout } = await runProcess(['detect'], job({ KUBERNETES_SERVICE_HOST: '10.0.0.1' }));
    expect([code, stable(stdout)]).toMatchInlineSnapshot(`
      [
        0,
        "   SOURCE      STATE       WHY
      ✔  github      ready       found ACTIONS_ID_TOKEN_REQUEST_URL, ACTIONS_ID_TOKEN_REQUEST_TOKEN
      ⚠  kubernetes  incomplete  found KUBERNETES_SERVICE_HOST, but no projected token of the pod is for this deployment

      The ID token comes from GitHub Actions, asked for the audience <url>.
      ",
      ]
    `);
  });

  it('shows it as JSON', async () => {
    const { stdout } = await runProcess(['detect', '--json'], job());
    expect(JSON.parse(stable(stdout))).toMatchInlineSnapshot(`
      {
        "audience": "<url>",
        "chosen": "github",
        "findings": [
          {
            "fix": null,
            "missing": null,
            "seen": "ACTIONS_ID_TOKEN_REQUEST_URL, ACTIONS_ID_TOKEN_REQUEST_TOKEN",
            "source": "github",
            "state": "ready",
            "title": "GitHub Actions",
          },
        ],
        "probed": false,
      }
    `);
  });

  it('says what is missing, and exits with 1', async () => {
    const { code, stdout } = await runProcess(['detect'], { CAMBIST_URL: service.url, GITHUB_ACTIONS: 'true' });
    expect([code, stdout]).toMatchInlineSnapshot(`
      [
        1,
        "   SOURCE  STATE       WHY
      ⚠  github  incomplete  found GITHUB_ACTIONS=true, but the job lacks the permission \`id-token: write\`

      GitHub Actions: the job lacks the permission \`id-token: write\`.
      Add to the job (or the workflow):
          permissions:
            id-token: write
            contents: read
      A reusable workflow needs it in the caller too, and a pull request from a fork never gets it.
      On Forgejo it is \`enable-openid-connect: true\`.
      ",
      ]
    `);
  });
});

describe('cambist trust', () => {
  it('names exactly the issuer, subject and audience of the ID token that exec gets', async () => {
    const claimed = decodeJwt((await token('--id-token', 'sts.amazonaws.com', '--project', PROJECT)).stdout.trim());
    const { stdout } = await runProcess(
      ['trust', 'aws', '--format', 'json', '--account', '123456789012', '--project', PROJECT],
      job(),
    );
    const host = service.url.replace('http://', '');
    expect(claimed.iss).toBe(service.url);
    expect(JSON.parse(stdout)).toMatchObject({
      Statement: [
        {
          Principal: { Federated: `arn:aws:iam::123456789012:oidc-provider/${host}` },
          Condition: { StringEquals: { [`${host}:sub`]: claimed.sub, [`${host}:aud`]: claimed.aud } },
        },
      ],
    });
  });
});
