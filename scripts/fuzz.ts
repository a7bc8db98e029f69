// `npm run fuzz`: every property test with 10,000 runs each instead of a few hundred; arguments go to vitest, such as a file's name.

import { spawnSync } from 'node:child_process';

import { ROOT } from './local/bundle.ts';

/** Each property takes from microseconds to a millisecond a run: in all some minutes on two cores. */
const RUNS = '10000';

const wanted = process.argv.slice(2);
const { status } = spawnSync('vitest', ['run', ...(wanted.length > 0 ? wanted : ['.property.'])], {
  cwd: ROOT,
  stdio: 'inherit',
  env: { ...process.env, FUZZ_RUNS: process.env['FUZZ_RUNS'] ?? RUNS },
});
process.exitCode = status ?? 1;
