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

  it('builds with --dry-run, without an account (contract §0)', async () => {
    const program = deploy('--dry-run', '--outdir', temporaryDirectory());
    expect((await program.exited).code).toBe(0);
    expect(program.output()).toContain('--dry-run: exiting now');
  });
});
