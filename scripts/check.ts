// `npm run check`: format, lint, types, generated files, weight, what is unused, tests, each with a verdict; `-- --without-tests` leaves the tests to someone else.

import { spawnSync } from 'node:child_process';

import { ROOT } from './local/bundle.ts';
import { readUsage } from './local/usage.ts';

readUsage(import.meta.filename, ['--without-tests']);

interface Check {
  readonly name: string;
  readonly command: string;
  /** What mends most failures. */
  readonly remedy: string | null;
}

const checks: readonly Check[] = [
  { name: 'format', command: 'oxfmt --check', remedy: 'npm run format' },
  { name: 'lint', command: 'oxlint', remedy: null },
  { name: 'types', command: 'tsc --noEmit -p .', remedy: null },
  { name: 'generated', command: 'node scripts/generate.ts --check', remedy: 'npm run generate' },
  { name: 'unused', command: 'knip --no-config-hints && knip --production --no-config-hints', remedy: null },
  { name: 'weight', command: 'node scripts/weigh.ts', remedy: null },
  ...(process.argv.includes('--without-tests') ? [] : [{ name: 'tests', command: 'vitest run', remedy: null }]),
];

let failed = 0;
for (const { name, command, remedy } of checks) {
  const started = performance.now();
  const run = spawnSync(command, {
    cwd: ROOT,
    shell: true,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 2 ** 28,
  });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  if (run.status === 0) {
    console.log(`ok      ${name} (${seconds} s)`);
  } else {
    failed += 1;
    console.log(`${run.stdout}${run.stderr}`.trimEnd());
    console.log(`FAILED  ${name} (${seconds} s)${remedy === null ? '' : `; try: ${remedy}`}`);
  }
}
console.log(`checks: ${checks.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
