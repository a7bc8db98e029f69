// `npm run check:go`: format, vet, race and unit tests of the Go modules, and the SDK against a deployment that it starts; says what the machine lacks.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { ROOT } from './local/bundle.ts';
import { startDeployment } from './local/deployment.ts';

const ADMIN_TOKEN = 'check-go-root-token-of-48-characters-00000000000';
/** Milliseconds for one command: the first one on a machine compiles every dependency with the race detector. */
const COMMAND_TIMEOUT_MS = 600_000;
const MODULES: readonly string[] = ['go', 'terraform'].filter((folder) => existsSync(join(ROOT, folder, 'go.mod')));

let failed = 0;
if (!answers('go version', ROOT)) {
  console.log('left out Go: go is not installed on this machine');
} else {
  for (const folder of MODULES) checkModule(folder);
  await checkLive();
}
process.exitCode = failed === 0 ? 0 : 1;

function checkModule(folder: string): void {
  const directory = join(ROOT, folder);
  if (!answers('go mod download', directory)) {
    console.log(`left out ${folder}: its dependencies cannot be fetched`);
    return;
  }
  verdict(`${folder}: gofmt`, 'test -z "$(gofmt -l . | tee /dev/stderr)"', directory);
  verdict(`${folder}: go vet`, 'go vet ./...', directory);
  verdict(`${folder}: tidy`, 'go mod tidy -diff', directory);
  // The race detector is compiled with cgo.
  const mayRace = answers('command -v gcc || command -v clang', directory);
  if (!mayRace) console.log(`left out ${folder}: the race detector, since there is no C compiler`);
  verdict(`${folder}: tests`, mayRace ? 'CGO_ENABLED=1 go test -race ./...' : 'go test ./...', directory);
}

/** Acceptance tests of the provider need a Terraform or OpenTofu as well, and say themselves when they are left out. */
async function checkLive(): Promise<void> {
  const work = mkdtempSync(join(tmpdir(), 'cambist-go-'));
  try {
    const deployment = await startDeployment(ADMIN_TOKEN, join(work, 'state'));
    try {
      verdict('go: against a deployment', 'go test -count=1 ./internal/live', join(ROOT, 'go'), {
        CAMBIST_LIVE_URL: deployment.url,
        CAMBIST_LIVE_TOKEN: ADMIN_TOKEN,
      });
    } finally {
      await deployment.stop();
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function verdict(name: string, command: string, directory: string, env: Readonly<Record<string, string>> = {}): void {
  const started = performance.now();
  const { ok, output } = run(command, directory, env);
  if (!ok) {
    failed += 1;
    console.log(`$ ${command}\n${output.slice(-8_000)}`);
  }
  console.log(`${ok ? 'ok    ' : 'FAILED'}  ${name} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
}

function answers(command: string, directory: string): boolean {
  return run(command, directory, {}).ok;
}

function run(
  command: string,
  directory: string,
  env: Readonly<Record<string, string>>,
): { readonly ok: boolean; readonly output: string } {
  const { status, stdout, stderr } = spawnSync(command, {
    cwd: directory,
    shell: '/bin/bash',
    encoding: 'utf8',
    timeout: COMMAND_TIMEOUT_MS,
    env: { ...process.env, ...env },
  });
  return { ok: status === 0, output: `${stdout}${stderr}`.trim() };
}
