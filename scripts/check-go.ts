// `npm run check:go`: format, vet, race and unit tests of the Go modules, and the SDK against a deployment that it starts; says what the machine lacks.

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { ROOT } from './local/bundle.ts';
import { startDeployment } from './local/deployment.ts';
import { answerOf, createVerdicts } from './local/verdicts.ts';
import { readUsage } from './local/usage.ts';

readUsage(import.meta.filename, null);

const ADMIN_TOKEN = 'check-go-root-token-of-48-characters-00000000000';
const MODULES: readonly string[] = ['go', 'terraform'].filter((folder) => existsSync(join(ROOT, folder, 'go.mod')));

const { verdict, failed } = createVerdicts();
if (answerOf('go version', ROOT) === null) {
  console.log('left out Go: go is not installed on this machine');
} else {
  for (const folder of MODULES) checkModule(folder);
  await checkLive();
}
process.exitCode = failed() === 0 ? 0 : 1;

function checkModule(folder: string): void {
  const directory = join(ROOT, folder);
  if (answerOf('go mod download', directory) === null) {
    console.log(`left out ${folder}: its dependencies cannot be fetched`);
    return;
  }
  verdict(`${folder}: gofmt`, 'test -z "$(gofmt -l . | tee /dev/stderr)"', directory);
  verdict(`${folder}: go vet`, 'go vet ./...', directory);
  verdict(`${folder}: tidy`, 'go mod tidy -diff', directory);
  // The race detector is compiled with cgo.
  const mayRace = answerOf('command -v gcc || command -v clang', directory) !== null;
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
