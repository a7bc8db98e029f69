// `npm run check:terraform [-- TestName]`: the provider with a real OpenTofu or Terraform against a deployment that it starts; says what the machine lacks.

import { mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { ROOT } from './local/bundle.ts';
import { startDeployment } from './local/deployment.ts';
import { answerOf, createVerdicts } from './local/verdicts.ts';
import { readUsage } from './local/usage.ts';

readUsage(import.meta.filename, null);

const ADMIN_TOKEN = 'check-terraform-root-token-of-48-characters-0000';
const MODULE = join(ROOT, 'terraform');
/** Built of its source where neither is installed: the module proxy has it, releases may be out of reach. */
const OPENTOFU_VERSION = '1.12.6';
/** Kept, since a build takes minutes. */
const BUILT_OPENTOFU = join(homedir(), '.cache/cambist', `opentofu-${OPENTOFU_VERSION}`, 'tofu');

const { verdict, failed } = createVerdicts();
const work = mkdtempSync(join(tmpdir(), 'cambist-terraform-'));
try {
  await checkProvider();
} finally {
  rmSync(work, { recursive: true, force: true });
}
process.exitCode = failed() === 0 ? 0 : 1;

async function checkProvider(): Promise<void> {
  if (answerOf('go version', ROOT) === null) {
    console.log('left out Terraform: go is not installed on this machine');
    return;
  }
  if (answerOf('go mod download', MODULE) === null) {
    console.log('left out Terraform: the dependencies of the provider cannot be fetched');
    return;
  }
  const program = firstThere(['tofu', BUILT_OPENTOFU, 'terraform']) ?? buildOpenTofu();
  if (program === null) {
    console.log(
      `left out Terraform: neither tofu nor terraform is installed, and OpenTofu ${OPENTOFU_VERSION} cannot be built`,
    );
    return;
  }
  const binary = join(work, 'terraform-provider-cambist');
  verdict('terraform: build', `go build -o '${binary}' .`, MODULE);
  if (failed() > 0) return;
  const deployment = await startDeployment(ADMIN_TOKEN, join(work, 'state'));
  try {
    const version = answerOf(`'${program}' version | grep -oE '(OpenTofu|Terraform) v[0-9.]+'`, work) ?? program;
    const only = process.argv[2] === undefined ? '' : ` -run '${process.argv[2]}'`;
    verdict(
      `terraform: ${version} against a deployment`,
      `go test -count=1 -timeout 30m${only} ./internal/acceptance`,
      MODULE,
      {
        TF_ACC: '1',
        TF_ACC_TERRAFORM_PATH: program,
        // Each program looks for providers without a host in its own registry.
        TF_ACC_PROVIDER_HOST: version.startsWith('OpenTofu') ? 'registry.opentofu.org' : 'registry.terraform.io',
        TF_ACC_PROVIDER_NAMESPACE: 'cambist',
        CHECKPOINT_DISABLE: '1',
        TF_CLI_CONFIG_FILE: '/dev/null',
        CAMBIST_LIVE_URL: deployment.url,
        CAMBIST_LIVE_TOKEN: ADMIN_TOKEN,
        CAMBIST_LIVE_PROVIDER: binary,
        CAMBIST_LIVE_NODE: process.execPath,
      },
    );
  } finally {
    await deployment.stop();
  }
}

function firstThere(programs: readonly string[]): string | null {
  return answerOf(programs.map((program) => `command -v '${program}'`).join(' || '), work);
}

function buildOpenTofu(): string | null {
  const module = `github.com/opentofu/opentofu@v${OPENTOFU_VERSION}`;
  const source = join(work, 'opentofu');
  const fetched = answerOf(`go mod download -json ${module} | sed -n 's/.*"Dir": "\\(.*\\)".*/\\1/p'`, work);
  if (fetched === null || fetched === '') return null;
  // What the module cache holds cannot be written to, and the source must be the main module to be built.
  const made = answerOf(
    `cp -r '${fetched}' '${source}' && chmod -R u+w '${source}' && cd '${source}' && go build -o tofu.built ./cmd/tofu`,
    work,
  );
  if (made === null) return null;
  mkdirSync(dirname(BUILT_OPENTOFU), { recursive: true });
  const moved = `${BUILT_OPENTOFU}.${process.pid}`;
  if (answerOf(`cp '${join(source, 'tofu.built')}' '${moved}'`, work) === null) return null;
  renameSync(moved, BUILT_OPENTOFU);
  return BUILT_OPENTOFU;
}
