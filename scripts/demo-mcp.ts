// `npm run demo:mcp`: an MCP server and agents with the official SDK (examples/mcp) at a deployment on this machine; fails if a step does not do what it says.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { DEFAULT_ORGANISATION_ID } from '../src/objects/organisation.ts';
import { installExample } from './demo/example-packages.ts';
import { startGithubIssuer } from './demo/github-issuer.ts';
import { call, startDeployment } from './demo/local-deployment.ts';
import { fact, heading, passed, refused, say } from './demo/screen.ts';
import { runStory } from './demo/story.ts';
import type { CleanUp } from './demo/story.ts';
import { ROOT } from './local/bundle.ts';
import { freePort } from './local/worker.ts';
import { readUsage } from './local/usage.ts';

readUsage(import.meta.filename);

const REPOSITORY = 'acme/shop';
const MAIN = `repo:${REPOSITORY}:ref:refs/heads/main`;
const API = 'https://api.acme.example';
const EXAMPLE = join(ROOT, 'examples/mcp');
/** Milliseconds until the server listens; it is a single process that asks nobody. */
const START_TIMEOUT_MS = 30_000;

await runStory('demo:mcp', async (atEnd) => {
  say('An agent in a pipeline uses the tools of an MCP server. It has no secret, only the ID token of its workload.');
  installExample('mcp');

  heading('Start: a deployment, an issuer that signs like GitHub Actions, and an MCP server');
  const { origin, create, decisionOf } = await startDeployment(atEnd);
  const github = await startGithubIssuer();
  atEnd(github.stop);
  const resource = `http://127.0.0.1:${await freePort()}/mcp`;
  await startMcpServer(
    { ISSUER_URL: origin, RESOURCE: resource, ORGANISATION: DEFAULT_ORGANISATION_ID },
    resource,
    atEnd,
  );
  fact('deployment', origin);
  fact('MCP server', resource);

  heading('Trust: which workload may act as the agent’s account, and where its tokens may be used');
  const provider = await create('federated-identity-providers', {
    name: 'github',
    providerIssuer: github.issuer,
    status: 'active',
    preset: 'github',
  });
  const account = await create('service-accounts', { name: 'release-agent' });
  await create('federated-identities', {
    name: 'shop-main',
    serviceAccountIdentity: account.identity,
    providerIdentity: provider.identity,
    providerSubject: MAIN,
    trustedAudiences: [origin],
    allowedScopes: ['mcp:tools'],
    tokenAudiences: [resource, API],
  });
  fact('may be used by', MAIN);
  fact('for', resource);

  const directory = mkdtempSync(join(tmpdir(), 'cambist-demo-'));
  atEnd(() => rmSync(directory, { recursive: true, force: true }));
  const workloadToken = (ref: string): Promise<string> =>
    github.sign({ repository: REPOSITORY, ref, audience: origin, subjectForm: 'legacy' });
  const runAgent = async (ref: string, issuer: string): Promise<Run> => {
    const file = join(directory, 'workload-token');
    writeFileSync(file, await workloadToken(ref), { mode: 0o600 });
    return run('agent.ts', {
      MCP_SERVER: resource,
      ISSUER_URL: issuer,
      WORKLOAD_TOKEN_FILE: file,
      SERVICE_ACCOUNT: account.identity,
    });
  };

  heading('Use: the agent knows the server’s address alone, and finds the rest');
  const agent = await runAgent('refs/heads/main', origin);
  show(agent);
  assert.equal(agent.code, 0, agent.errors);
  for (const said of [
    `resource_metadata="${new URL(resource).origin}/.well-known/oauth-protected-resource/mcp"`,
    'tools: release_of, who_am_i',
    'release_of: web runs v41',
    `who_am_i: release-agent, used by ${MAIN}`,
  ]) {
    assert.ok(agent.output.includes(said), `the agent did not say ${said}`);
  }
  passed('the tools saw the workload that acts, not only the account');

  heading('Refuse: another branch, which the rule does not name');
  const stranger = await runAgent('refs/heads/try-something', origin);
  show(stranger);
  assert.equal(stranger.code, 1);
  assert.ok(stranger.errors.includes('no federated identity accepts this token'), stranger.errors);
  assert.ok(!stranger.output.includes('tools:'));
  const requestId = /request id ([\w-]+)/.exec(stranger.errors)?.[1] ?? '';
  const decision = await decisionOf(requestId);
  assert.equal(decision['reason'], 'subject_mismatch');
  refused('operator gets', `${decision['reason']}: ${String(decision['detail'])}`);

  heading('Refuse: a token of the same account for another API');
  const forApi = await call(`${origin}/oidc/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      assertion: await workloadToken('refs/heads/main'),
      resource: API,
    }),
  });
  assert.equal(forApi.status, 200, JSON.stringify(forApi.json));
  const foreign = await call(resource, {
    method: 'POST',
    headers: { authorization: `Bearer ${String(forApi.json['access_token'])}` },
  });
  assert.equal(foreign.status, 401, JSON.stringify(foreign.json));
  refused(
    'server answers',
    `${foreign.status} ${String(foreign.json['error'])}: ${String(foreign.json['error_description'])}`,
  );

  heading('Keep: an MCP server that names an authorization server the agent does not trust gets nothing');
  const careful = await runAgent('refs/heads/main', 'https://tokens.acme.example');
  show(careful);
  assert.equal(careful.code, 1);
  assert.ok(!careful.output.includes('/oidc/token'), 'the agent sent its token');
  passed('no token request was sent');
});

interface Run {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

function show({ output, errors }: Run): void {
  for (const line of output.trimEnd().split('\n')) say(`   ${line}`);
  if (errors !== '') refused('agent says', errors.trim());
}

/** Runs a program of the example to its end. */
async function run(program: string, env: Record<string, string>): Promise<Run> {
  const child = spawn(process.execPath, [program], { cwd: EXAMPLE, env: { ...process.env, ...env } });
  let [output, errors] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, output, errors };
}

async function startMcpServer(
  env: Record<string, string>,
  resource: string,
  atEnd: (undo: CleanUp) => void,
): Promise<void> {
  const child = spawn(process.execPath, ['server.ts'], {
    cwd: EXAMPLE,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  atEnd(async () => {
    child.kill('SIGTERM');
    await ended;
  });
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (!(await isListening(resource))) {
    assert.ok(child.exitCode === null && Date.now() < deadline, 'the MCP server did not start');
    await sleep(50);
  }
}

async function isListening(resource: string): Promise<boolean> {
  try {
    return (await fetch(resource)).status === 401;
  } catch {
    return false;
  }
}
