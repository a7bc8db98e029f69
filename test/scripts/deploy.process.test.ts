// `npm run deploy` and `npm run remove` as programs with wrangler itself, signed out: what they refuse, and what they would do.

import { afterEach, describe, expect, it } from 'vitest';

import { endAll, start, temporaryDirectory } from '../support/local-process.ts';
import type { Running } from '../support/local-process.ts';

afterEach(endAll);

/** In an empty home nobody is signed in, whoever runs the test. */
function script(name: string, args: readonly string[], more: Readonly<Record<string, string>> = {}): Running {
  const home = temporaryDirectory();
  const variables = { WRANGLER_SEND_METRICS: 'false', HOME: home, XDG_CONFIG_HOME: home, ...more };
  return start(process.execPath, [`scripts/${name}.ts`, ...args], variables);
}

describe('npm run deploy', () => {
  it('prints its plan and builds with --dry-run, without an account (contract §8)', async () => {
    const program = script('deploy', ['--dry-run', '--env', 'staging', '--url', 'https://tokens.invalid']);
    expect((await program.exited).code).toBe(0);
    expect(program.output()).toContain('nobody is signed in to Cloudflare: run `npx wrangler login`');
    expect(program.output()).toContain('Plan for cambist-staging; nothing is changed:');
    expect(program.output()).toMatch(/The Worker builds: Total Upload: [\d.]+ KiB \/ gzip: [\d.]+ KiB/);
  });

  it('refuses in one sentence, without a stack: who is not signed in with 1, a wrong use with 2 (contract §8)', async () => {
    const signedOut = script('deploy', ['--yes']);
    const withPath = script('deploy', ['--yes', '--url', 'https://tokens.example.com/cambist']);
    const keptByNpm = script('deploy', [], { npm_config_dry_run: 'true' });
    const removal = script('remove', []);
    expect((await signedOut.exited).code).toBe(1);
    for (const program of [withPath, keptByNpm, removal]) expect((await program.exited).code).toBe(2);
    expect(signedOut.output()).toMatch(/^deploy: nobody is signed in .*\n$/);
    expect(withPath.output()).toMatch(/^deploy: --url must be an origin alone, .*: https:\/\/tokens\.example\.com\n$/);
    expect(keptByNpm.output()).toContain('write `npm run deploy -- --dry-run`');
    expect(removal.output()).toMatch(/^remove: there is no terminal to ask on: .*\n$/);
  });

  it('shows its options, and does nothing, with --help', async () => {
    for (const name of ['deploy', 'remove']) {
      const program = script(name, ['--help']);
      expect((await program.exited).code).toBe(0);
      expect(program.output()).toContain(`npm run ${name} [-- options]`);
    }
  });
});
