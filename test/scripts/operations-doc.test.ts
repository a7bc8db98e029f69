// docs/operations.md: every heading that the contract asks for, and each command run by a test or marked as needing an account.

import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

const page = readFileSync('docs/operations.md', 'utf8');

/** What each kind of command is run by: a file, and what in it runs the command. */
const RUN_BY: readonly (readonly [command: RegExp, file: string, evidence: string])[] = [
  [/^cambist backup .*--state-dir/, 'test/cli/backup.process.test.ts', "'backup', '--out', file, '--state-dir', state"],
  [
    /^cambist restore .*--state-dir/,
    'test/cli/backup.process.test.ts',
    "'restore', file, '--state-dir', state, '--yes'",
  ],
  [/^cambist keys rotate/, 'test/cli/commands.process.test.ts', "'keys', 'rotate'"],
  [/^cambist audit verify/, 'test/cli/verify-archive.test.ts', "'verify'"],
  [/^curl .*\/metrics$/, 'test/http/metrics.worker.test.ts', "'/metrics'"],
  [/^npm run remove/, 'test/scripts/remove.test.ts', '--dry-run'],
  [/^git pull && npm ci$/, '.ci/run', 'npm cit'],
];

interface Command {
  readonly line: string;
  /** Said on the line, or in the paragraph before its block. */
  readonly needsAccount: boolean;
}

const commands: readonly Command[] = [...page.matchAll(/([^\n]+(?:\n[^\n]+)*)\n\n```sh\n([\s\S]*?)```/g)].flatMap(
  ([, before = '', block = '']) =>
    block
      .split('\n')
      .filter((line) => line.trim() !== '' && !line.startsWith('#'))
      .map((line) => ({
        line: line.replace(/\s+#.*$/, ''),
        needsAccount: /needs an account/.test(line) || /needs an account/.test(before),
      })),
);

describe('the page for operators', () => {
  it('has every heading that the contract asks for (contract §8)', () => {
    const headings = [...page.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
    expect(headings).toEqual(
      expect.arrayContaining([
        'Custom domains',
        'Several environments',
        'Upgrading and going back',
        'Backup and restore',
        'Rotation, and a leaked key',
        'Monitoring and alerts',
        'Placement near the database',
        'Limits and costs',
        'Removing a deployment',
      ]),
    );
  });

  it('has no command that no test runs, unless it says that it needs an account (contract §8)', () => {
    expect(commands.length).toBeGreaterThan(12);
    const unknown = commands.filter(
      ({ line, needsAccount }) => !needsAccount && !RUN_BY.some(([command]) => command.test(line)),
    );
    expect(unknown.map(({ line }) => line)).toEqual([]);
  });

  it.each(RUN_BY)('names a test that runs %s', (_command, file, evidence) => {
    expect(readFileSync(file, 'utf8')).toContain(evidence);
  });
});
