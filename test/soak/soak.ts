// `npm run soak`: a hundred thousand exchanges while rules change and keys rotate, on the production code with a simulated clock; exits 1 where anything is wrong.

import { parseArgs } from 'node:util';

import { Refusal, runScript } from '../../scripts/local/refusal.ts';
import { faultsOf, summaryOf } from './report.ts';
import { runSoak } from './run.ts';
import { readUsage } from '../../scripts/local/usage.ts';

readUsage(import.meta.filename, null);

const MIN_EXCHANGES = 1_000;
const MAX_SHOWN_FAULTS = 20;

await runScript('soak', async () => {
  const { values } = parseArgs({ options: { exchanges: { type: 'string', default: '100000' } } });
  const exchanges = Number(values.exchanges);
  if (!/^\d{1,8}$/.test(values.exchanges) || exchanges < MIN_EXCHANGES) {
    throw new Refusal(`--exchanges must be a number of at least ${MIN_EXCHANGES}, not "${values.exchanges}"`);
  }
  console.log(`soak: ${exchanges} exchanges, with refusals in between …`);
  const report = await runSoak(exchanges, console.log);
  const faults = faultsOf(report);
  console.log(summaryOf(report));
  for (const fault of faults.slice(0, MAX_SHOWN_FAULTS)) console.error(`fault: ${fault}`);
  console.log(faults.length === 0 ? 'soak: passed' : `soak: failed, ${faults.length} faults`);
  process.exit(faults.length === 0 ? 0 : 1);
});
