// `npm run deploy` before anything leaves this machine: what it refuses and what it would upload.

import { afterEach, describe, expect, it } from 'vitest';

import { endAll, start, temporaryDirectory } from '../support/local-process.ts';

afterEach(endAll);

const deploy = (...args: string[]): ReturnType<typeof start> =>
  start(process.execPath, ['scripts/deploy.ts', ...args], { WRANGLER_SEND_METRICS: 'false' });

describe('npm run deploy', () => {
  it('names everything that wrangler.toml still lacks at once, and deploys nothing (contract §0)', async () => {
    const program = deploy();
    expect((await program.exited).code).toBe(1);
    for (const fault of ['database_id of DB', 'id of CACHE', 'ISSUER_URL']) expect(program.output()).toContain(fault);
  });

  it('refuses a --dry-run that npm kept for itself, rather than to deploy', async () => {
    const program = start(process.execPath, ['scripts/deploy.ts'], { npm_config_dry_run: 'true' });
    expect((await program.exited).code).toBe(1);
    expect(program.output()).toContain('write `npm run deploy -- --dry-run`');
  });

  it('shows its options, and deploys nothing, with --help', async () => {
    const program = deploy('--help');
    expect((await program.exited).code).toBe(0);
    expect(program.output()).toContain('npm run deploy [-- options]');
  });

  it('builds with --dry-run, without an account (contract §0)', async () => {
    const program = deploy('--dry-run', '--outdir', temporaryDirectory());
    expect((await program.exited).code).toBe(0);
    expect(program.output()).toContain('--dry-run: exiting now');
    expect(program.output()).toMatch(/Before it can be deployed, \S+ needs:\n {2}- database_id of DB/);
  });
});
