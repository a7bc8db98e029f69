// `npm run check:kubernetes`: the API server's own validation of the manifests, the kubelet's own code with our credential provider, and the pod's parts with a deployment.

import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { parse } from 'yaml';

import { CLUSTER_ISSUER, imitateCluster } from './kubernetes/imitated-cluster.ts';
import { ROOT } from './local/bundle.ts';
import { startDeployment } from './local/deployment.ts';
import { readUsage } from './local/usage.ts';

readUsage(import.meta.filename, null);

const ADMIN_TOKEN = 'check-kubernetes-root-token-of-48-characters-000';
const REGISTRY = 'registry.example.com';
const SETS = ['deployment', 'cronjob', 'image-pull'] as const;
/** Milliseconds for one command: to compile what is used of Kubernetes takes four minutes on two busy cores. */
const COMMAND_TIMEOUT_MS = 600_000;
/** Milliseconds for the agent to write its first file. */
const AGENT_TIMEOUT_MS = 30_000;

type Env = Readonly<Record<string, string>>;
interface End {
  readonly ok: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

let failed = 0;
const work = mkdtempSync(join(tmpdir(), 'cambist-kubernetes-'));
const opt = join(work, 'opt');
const kubernetes = join(work, 'check');
try {
  const hasKubernetes = buildChecker();
  if (hasKubernetes) checkManifests('deploy/kubernetes', join(ROOT, 'deploy/kubernetes'));
  if (installAsImageDoes()) await checkAgainstDeployment(hasKubernetes);
} finally {
  rmSync(work, { recursive: true, force: true });
}
process.exitCode = failed === 0 ? 0 : 1;

/** Compiles the judge out of Kubernetes' modules, pinned by their sums; false if this machine cannot. */
function buildChecker(): boolean {
  const source = join(work, 'source');
  cpSync(join(ROOT, 'test/fixtures/kubernetes'), source, { recursive: true });
  const lacks = !run('go version').ok ? 'go is not installed on this machine' : null;
  if (lacks !== null || !run('go mod download', source).ok) {
    console.log(`left out the judgement of Kubernetes: ${lacks ?? 'its modules cannot be fetched'}`);
    return false;
  }
  return verdict('the judge compiles', run(`go vet . && go build -o ${kubernetes} .`, source));
}

function checkManifests(name: string, directory: string): void {
  const folders = SETS.map((set) => join(directory, set)).join(' ');
  verdict(`${name}: valid, restricted, one native sidecar`, run(`${kubernetes} manifests ${folders}`));
  verdict(`${name}: the kubelets may ask for one audience`, run(`${kubernetes} audience ${directory}/image-pull`));
}

/** Does the steps of the Dockerfile that need no Docker, in a directory; false if the packages cannot be fetched. */
function installAsImageDoes(): boolean {
  const [, command = ''] = /^RUN (.+)$/m.exec(readFileSync(join(ROOT, 'deploy/kubernetes/Dockerfile'), 'utf8')) ?? [];
  if (!verdict('the packages are packed', run(`npm pack --workspaces --silent --pack-destination ${work}`)))
    return false;
  const install = run(command.replace('/tmp/', `${work}/`).replace('/opt/cambist', opt));
  if (!install.ok && /ENOTFOUND|ECONNREFUSED|E404|ETIMEDOUT/.test(install.stderr)) {
    console.log('left out the image: its packages cannot be fetched');
    return false;
  }
  return (
    verdict('the RUN of the Dockerfile', install) &&
    verdict('the image’s cambist', run('cambist --version', work, inImage()))
  );
}

/** The variables that a container of the image has, with this machine's Node.js. */
function inImage(): Env {
  return { PATH: `${opt}/bin:${join(ROOT, 'node_modules/.bin')}:/usr/bin:/bin` };
}

async function checkAgainstDeployment(hasKubernetes: boolean): Promise<void> {
  const deployment = await startDeployment(ADMIN_TOKEN, join(work, 'state'));
  try {
    const cluster = await imitateCluster(work);
    const given = `--namespace payments --kubernetes-service-account checkout --issuer ${CLUSTER_ISSUER} --jwks ${cluster.jwks}`;
    const wanted = `--manifests ${SETS.join(',')} --registry ${REGISTRY} --image registry.example.com/cambist-agent:0.1.0`;
    const env = { ...inImage(), CAMBIST_URL: deployment.url, CAMBIST_TOKEN: ADMIN_TOKEN };
    const filled = join(work, 'filled');
    const bootstrap = run(`cambist bootstrap kubernetes ${given} ${wanted} --output-dir ${filled}`, work, env);
    if (!verdict('bootstrap fills them in', bootstrap)) return;
    if (hasKubernetes) checkManifests('filled in', filled);
    const token = await cluster.tokenOf('payments', 'checkout', deployment.url);
    await checkAgent(filled, token);
    if (hasKubernetes) {
      checkPull(filled, token, deployment.url);
      checkRefusedPull(filled, await cluster.tokenOf('payments', 'default', deployment.url));
    }
  } finally {
    await deployment.stop();
  }
}

/** The sidecar's own arguments and probe, on files of this machine. */
async function checkAgent(filled: string, token: string): Promise<void> {
  const pod = readFileSync(join(filled, 'deployment/deployment.yaml'), 'utf8');
  const file = join(work, 'agent.yaml');
  const text = readFileSync(join(filled, 'deployment/agent.yaml'), 'utf8');
  writeFileSync(
    file,
    text.replace('source: kubernetes', `source: file:${token}`).replaceAll('/run/cambist', `${work}/run`),
  );
  const { spec } = parse(pod) as {
    readonly spec: { readonly template: { readonly spec: { readonly initContainers: readonly [Sidecar] } } };
  };
  const [{ args, startupProbe }] = spec.template.spec.initContainers;
  const words = args.map((word) => (word === '/etc/cambist/agent.yaml' ? file : word));
  const agent = spawn(join(opt, 'bin/cambist'), words, { env: { ...process.env, ...inImage() }, stdio: 'ignore' });
  const ended = new Promise<number | null>((resolve) => agent.once('exit', resolve));
  const written = join(work, 'run/tokens/token');
  const deadline = Date.now() + AGENT_TIMEOUT_MS;
  const [program = '', ...probe] = startupProbe.exec.command;
  const isReady = (): boolean => spawnSync(program, probe).status === 0;
  while (!isReady() && agent.exitCode === null && Date.now() < deadline) await sleep(200);
  const mode = isReady() ? statSync(written).mode & 0o777 : 0;
  agent.kill('SIGTERM');
  const code = await ended;
  const ok = mode === 0o640 && code === 0 && readFileSync(written, 'utf8').split('.').length === 3;
  verdict('the sidecar: its probe, its file for the group, its end', {
    ok,
    stdout: '',
    stderr: `mode ${mode}, exit ${code}`,
  });
}

interface Sidecar {
  readonly args: readonly string[];
  readonly startupProbe: { readonly exec: { readonly command: readonly string[] } };
}

function pull(filled: string, token: string, image: string): End {
  const node = join(filled, 'image-pull/node');
  const bin = join(work, 'kubelet');
  mkdirSync(bin, { recursive: true });
  const script = readFileSync(join(node, 'cambist'), 'utf8').replace(
    'PATH=/opt/cambist/bin:',
    `PATH=${inImage()['PATH']}:`,
  );
  writeFileSync(join(bin, 'cambist'), script, { mode: 0o755 });
  return run(`${kubernetes} kubelet ${node}/credential-provider.yaml ${bin} ${token} ${image}`, work, {
    PATH: '/usr/bin:/bin',
  });
}

function checkPull(filled: string, token: string, url: string): void {
  const one = pull(filled, token, `${REGISTRY}/shop/checkout:1`);
  const pulls = /"Username":"cambist","Password":"[\w-]+\.[\w-]+\.[\w-]+"/i.test(one.stdout);
  verdict('the kubelet pulls with a token of the pod', {
    ...one,
    ok: one.ok && pulls && one.stdout.includes(`"${url}"`),
  });
  const other = pull(filled, token, 'docker.io/library/nginx:1');
  verdict('the kubelet gets none for another registry', {
    ...other,
    ok: other.ok && other.stdout.trim() === '{"audiences":null,"credentials":[]}',
  });
}

function checkRefusedPull(filled: string, token: string): void {
  const { ok, stdout, stderr } = pull(filled, token, `${REGISTRY}/shop/checkout:1`);
  const isTold = stderr.includes('exit status 1') && stderr.includes('no federated identity accepts this token');
  const isKept = !stderr.includes(readFileSync(token, 'utf8'));
  verdict('the kubelet is told why another account is refused', {
    ok: ok && isTold && isKept && stdout.includes('"credentials":[]'),
    stdout,
    stderr,
  });
}

function verdict(name: string, { ok, stdout, stderr }: End): boolean {
  if (!ok) {
    failed += 1;
    console.log(`${stdout}${stderr}`.slice(-4_000));
  }
  console.log(`${ok ? 'ok    ' : 'FAILED'}  ${name}`);
  return ok;
}

function run(command: string, directory: string = ROOT, env: Env = {}): End {
  const { status, stdout, stderr } = spawnSync(command, {
    cwd: directory,
    shell: '/bin/bash',
    encoding: 'utf8',
    timeout: COMMAND_TIMEOUT_MS,
    env: { ...process.env, ...env },
  });
  return { ok: status === 0, stdout, stderr };
}
