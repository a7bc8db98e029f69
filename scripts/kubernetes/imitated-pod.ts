// Runs the sidecar of a manifest as a pod does: its arguments, its probe, its volumes in a mount namespace of their own, if the machine has such.

import { spawn, spawnSync } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { parse } from 'yaml';

import { run } from './verdict.ts';
import type { End, Env } from './verdict.ts';

/** Milliseconds for the agent to write its first file, on a busy machine. */
const AGENT_TIMEOUT_MS = 60_000;
const LOOK_INTERVAL_MS = 200;

interface Workload {
  readonly spec: {
    readonly template: {
      readonly spec: {
        readonly initContainers: readonly [
          {
            readonly args: readonly string[];
            readonly startupProbe: { readonly exec: { readonly command: readonly string[] } };
          },
        ];
      };
    };
  };
}

/** True if this machine lets us give a process volumes of its own. */
export function hasNamespaces(): boolean {
  return run('unshare -rm sh -c "mount -t tmpfs tmpfs /run && test /var/run -ef /run"').ok;
}

/** Starts the agent beside the token of a pod, waits for its probe, and ends it: what it wrote, for whom, and how it ended. */
export async function runSidecar(set: string, token: string, work: string, env: Env): Promise<End> {
  const workload = parse(readFileSync(join(set, 'deployment.yaml'), 'utf8')) as Workload;
  const [{ args, startupProbe }] = workload.spec.template.spec.initContainers;
  const words = args.map((word) => (word === '/etc/cambist/agent.yaml' ? join(set, 'agent.yaml') : word));
  const script = join(work, 'pod.sh');
  writeFileSync(
    script,
    `set -e
cp '${token}' '${work}/pod-token'
mount -t tmpfs tmpfs /run
mkdir -p /run/secrets/cambist /run/cambist
mv '${work}/pod-token' /run/secrets/cambist/token
chmod 0777 /run/cambist # as an emptyDir is
exec cambist "$@"
`,
  );
  const agent = spawn('unshare', ['-rm', 'sh', script, ...words], {
    env: { ...process.env, ...env, KUBERNETES_SERVICE_HOST: '10.0.0.1' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  agent.stderr.on('data', (chunk: Buffer) => void (stderr += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => agent.once('exit', resolve));
  const [program = '', ...probe] = startupProbe.exec.command;
  const deadline = Date.now() + AGENT_TIMEOUT_MS;
  let isReady = false;
  while (!isReady && agent.exitCode === null && Date.now() < deadline) {
    await sleep(LOOK_INTERVAL_MS);
    isReady = spawnSync(program, probe).status === 0;
  }
  const written = isReady ? lookAt(`/proc/${agent.pid}/root/run/cambist/tokens/token`) : 'nothing';
  agent.kill('SIGTERM');
  const code = await ended;
  const ok = written === 'a token, 750, 640' && code === 0;
  return { ok, stdout: `it wrote ${written}, and ended with ${code}\n`, stderr };
}

/** What is in the file, and who may read its directory and itself. */
function lookAt(file: string): string {
  const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);
  const parts = readFileSync(file, 'utf8').split('.').length;
  return `${parts === 3 ? 'a token' : 'something else'}, ${modeOf(join(file, '..'))}, ${modeOf(file)}`;
}
