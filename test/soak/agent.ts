// `npm run soak:agent`: ten thousand renewals with trouble in made-up time, then a thousand by a real agent whose memory is watched.

import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { simulate } from '../cli/agent/simulation.ts';
import { token } from '../cli/sources/imitation.ts';
import { readUsage } from '../../scripts/local/usage.ts';

readUsage(import.meta.filename, null);

const SEEDS = 10;
const RENEWALS = 1_000;
const OUTPUTS = 20;
/** Megabytes of its own. */
const MAX_MB = 24;
/** Megabytes with the pages of the program node, which are shared by all that runs on it. */
const MAX_RESIDENT_MB = 66;
/** Megabytes that the second half of the run may add: what a collector leaves lying. */
const MAX_GROWTH_MB = 6;

const faults: string[] = [];

for (let seed = 1; seed <= SEEDS; seed += 1) {
  const { steps, ...end } = await simulate(RENEWALS, seed);
  console.log(`seed ${seed}: ${JSON.stringify({ ...end, trouble: steps })}`);
  if (end.inexcusableMs > 0)
    faults.push(`seed ${seed}: ${end.inexcusableMs} ms without a token that could have been had`);
}

const directory = mkdtempSync(join(tmpdir(), 'cambist-soak-'));
let exchanges = 0;
const deployment = createServer((_, response) => {
  exchanges += 1;
  // One in ten is told to come back, one in ten finds nothing but an error.
  const status = exchanges % 10 === 3 ? 429 : exchanges % 10 === 7 ? 503 : 200;
  response.writeHead(status, { 'content-type': 'application/json', ...(status === 429 ? { 'retry-after': '1' } : {}) });
  response.end(
    JSON.stringify(
      status === 200
        ? {
            access_token: token({ turn: exchanges }),
            issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
            token_type: 'Bearer',
            expires_in: 2,
          }
        : { error: 'temporarily_unavailable' },
    ),
  );
}).listen(0, '127.0.0.1');
await new Promise((resolve) => deployment.once('listening', resolve));

// What is installed is measured: the sources would bring a compiler into memory.
spawnSync(process.execPath, ['../../scripts/build-package.ts'], { cwd: 'packages/cli', stdio: 'inherit' });
const agent = spawn(
  process.execPath,
  [
    'packages/cli/dist/cli/main.js',
    'agent',
    '--json',
    ...Array.from({ length: OUTPUTS }, (_, index) => ['--output', `token=${join(directory, String(index))}`]).flat(),
  ],
  {
    env: Object.fromEntries(
      Object.entries({
        PATH: process.env['PATH'],
        CAMBIST_URL: `http://127.0.0.1:${(deployment.address() as AddressInfo).port}`,
        CAMBIST_ID_TOKEN: token(),
      }),
    ) as NodeJS.ProcessEnv,
    stdio: ['ignore', 'pipe', 'ignore'],
  },
);
let renewals = 0;
const megabytes = (name: 'VmRSS' | 'RssAnon'): number =>
  Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${agent.pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
let half = 0;
let highest = 0;
let resident = 0;
for await (const text of agent.stdout.setEncoding('utf8') as AsyncIterable<string>) {
  renewals += text.split('"renewed"').length - 1;
  highest = Math.max(highest, megabytes('RssAnon'));
  resident = Math.max(resident, megabytes('VmRSS'));
  if (renewals <= RENEWALS / 2) half = highest;
  if (renewals >= RENEWALS) break;
}
const gone = new Promise((resolve) => agent.once('exit', resolve));
agent.kill('SIGTERM');
const code = await gone;
deployment.closeAllConnections();
deployment.close();
rmSync(directory, { recursive: true });
console.log(
  `agent: ${renewals} renewals, ${half.toFixed(1)} MB at half, ${highest.toFixed(1)} MB at most (${resident.toFixed(1)} MB with the pages of node), exit code ${String(code)}`,
);
if (highest > MAX_MB) faults.push(`${highest.toFixed(1)} MB of memory of its own, more than ${MAX_MB}`);
if (resident > MAX_RESIDENT_MB) faults.push(`${resident.toFixed(1)} MB of memory, more than ${MAX_RESIDENT_MB}`);
if (highest - half > MAX_GROWTH_MB) faults.push(`${(highest - half).toFixed(1)} MB more in the second half`);
if (code !== 0) faults.push(`the agent ended with ${String(code)}`);

for (const fault of faults) console.error(`✖ ${fault}`);
process.exitCode = faults.length === 0 ? 0 : 1;
