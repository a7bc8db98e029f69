// `npm run fuzz`: every property test with 10,000 runs each instead of a few hundred; `-- strict-json` takes one file, and the rest goes to vitest.

import { spawnSync } from 'node:child_process';

import { ROOT } from './local/bundle.ts';
import { readUsage } from './local/usage.ts';

readUsage(import.meta.filename, null);

/** Each property takes from microseconds to a millisecond a run: in all some minutes on two cores. */
const RUNS = '10000';

const [name, ...others] = process.argv.slice(2);
const isName = name !== undefined && /^[\w-]+$/.test(name) && !name.startsWith('-');
const filter = isName ? `${name}.property.` : '.property.';
const options = isName || name === undefined ? others : [name, ...others];
const { status } = spawnSync('vitest', ['run', filter, ...options], {
  cwd: ROOT,
  stdio: 'inherit',
  env: { ...process.env, FUZZ_RUNS: process.env['FUZZ_RUNS'] ?? RUNS },
});
process.exitCode = status ?? 1;
