// `npm run soak:agent`: ten thousand renewals with trouble in made-up time, then a thousand by a real agent and two hundred by a real exec, whose memory is watched.

import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { readUsage } from '../../scripts/local/usage.ts';
import { simulate } from '../cli/agent/simulation.ts';
import { token } from '../cli/sources/imitation.ts';

readUsage(import.meta.filename);

const SEEDS = 10;
const RENEWALS = 1_000;
const EXEC_RENEWALS = 200;
const OUTPUTS = 20;
/** Seconds that a token lives: the shortest that is renewed by the same rule as an hour. */
const LIFETIME_SECONDS = 2;
/** Megabytes of its own. */
const MAX_MB = 26;
/** Megabytes with the pages of the program node, which are shared by all that runs on it. */
const MAX_RESIDENT_MB = 70;
/** Megabytes that the second half of the run may add: what a collector leaves lying. */
const MAX_GROWTH_MB = 6;
/** Exit code of a command that SIGTERM ended. */
const TERMINATED = 143;

const faults: string[] = [];

for (let seed = 1; seed <= SEEDS; seed += 1) {
  const { steps, ...end } = await simulate(RENEWALS, seed);
  console.log(`seed ${seed}: ${JSON.stringify({ ...end, trouble: steps })}`);
  if (end.inexcusableMs > 0)
    faults.push(`seed ${seed}: ${end.inexcusableMs} ms without a token that could have been had`);
}

const directory = mkdtempSync(join(tmpdir(), 'cambist-soak-'));
const counts = { exchanges: 0, granted: 0, revoked: 0 };
const deployment = createServer((request, response) => {
  if (request.url === '/oidc/revoke') {
    counts.revoked += 1;
    response.end();
    return;
  }
  counts.exchanges += 1;
  // One in ten is told to come back, one in ten finds nothing but an error.
  const status = counts.exchanges % 10 === 3 ? 429 : counts.exchanges % 10 === 7 ? 503 : 200;
  if (status === 200) counts.granted += 1;
  response.writeHead(status, { 'content-type': 'application/json', ...(status === 429 ? { 'retry-after': '1' } : {}) });
  response.end(
    JSON.stringify(
      status === 200
        ? {
            access_token: token({ turn: counts.exchanges }),
            issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
            token_type: 'Bearer',
            expires_in: LIFETIME_SECONDS,
          }
        : { error: 'temporarily_unavailable' },
    ),
  );
}).listen(0, '127.0.0.1');
await new Promise((resolve) => deployment.once('listening', resolve));

// What is installed is measured: the sources would bring a compiler into memory.
spawnSync(process.execPath, ['../../scripts/build-package.ts'], { cwd: 'packages/cli', stdio: 'inherit' });

const paths = Array.from({ length: OUTPUTS }, (_, index) => join(directory, String(index)));

interface Run {
  readonly code: number | null;
  readonly said: string;
}

/** Runs a command of the command line until it made so many renewals, looks at its memory all the while, and ends it. */
async function watch(name: string, words: readonly string[], after: readonly string[], renewals: number): Promise<Run> {
  const outputs = paths.flatMap((path) => ['--output', `token=${path}`]);
  const variables = {
    PATH: process.env['PATH'],
    CAMBIST_URL: `http://127.0.0.1:${(deployment.address() as AddressInfo).port}`,
    CAMBIST_ID_TOKEN: token(),
  };
  const child = spawn(process.execPath, ['packages/cli/dist/cli/main.js', ...words, ...outputs, ...after], {
    env: Object.fromEntries(Object.entries(variables)) as NodeJS.ProcessEnv,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  const gone = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const megabytes = (kind: 'VmRSS' | 'RssAnon'): number => {
    const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
    return Number(new RegExp(`${kind}:\\s+(\\d+) kB`).exec(status)?.[1] ?? 0) / 1024;
  };
  const before = counts.granted;
  let [half, highest, resident] = [0, 0, 0];
  for (let made = 0; made < renewals && child.exitCode === null; made = counts.granted - before) {
    await sleep(50);
    highest = Math.max(highest, megabytes('RssAnon'));
    resident = Math.max(resident, megabytes('VmRSS'));
    if (made <= renewals / 2) half = highest;
  }
  child.kill('SIGTERM');
  const code = await gone;
  console.log(
    `${name}: ${counts.granted - before} renewals, ${half.toFixed(1)} MB at half, ${highest.toFixed(1)} MB at most (${resident.toFixed(1)} MB with the pages of node), exit code ${String(code)}`,
  );
  if (highest > MAX_MB) faults.push(`${name}: ${highest.toFixed(1)} MB of memory of its own, more than ${MAX_MB}`);
  if (resident > MAX_RESIDENT_MB)
    faults.push(`${name}: ${resident.toFixed(1)} MB of memory, more than ${MAX_RESIDENT_MB}`);
  if (highest - half > MAX_GROWTH_MB) faults.push(`${name}: ${(highest - half).toFixed(1)} MB more in the second half`);
  return { code, said };
}

const agent = await watch('agent', ['agent', '--json'], [], RENEWALS);
if (agent.code !== 0) faults.push(`the agent ended with ${String(agent.code)}`);
if (!paths.every((path) => existsSync(path))) faults.push('the agent took files away');

const reader = `while :; do for f in ${paths.join(' ')}; do [ -s $f ] || echo missing $f; done; sleep 0.1; done`;
const exec = await watch('exec', ['exec'], ['--', 'sh', '-c', reader], EXEC_RENEWALS);
if (exec.code !== TERMINATED) faults.push(`exec ended with ${String(exec.code)}`);
if (exec.said !== '') faults.push(`the command of exec found ${exec.said.split('\n')[0]}`);
if (paths.some((path) => existsSync(path))) faults.push('exec left files');
if (counts.revoked === 0) faults.push('exec revoked nothing');

deployment.closeAllConnections();
deployment.close();
rmSync(directory, { recursive: true });
for (const fault of faults) console.error(`✖ ${fault}`);
process.exitCode = faults.length === 0 ? 0 : 1;
