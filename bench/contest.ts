// Runs contenders against each other: alternating rounds on one machine, so that what disturbs one disturbs all.

import { spawn } from 'node:child_process';
import { join } from 'node:path';

import type { Effort } from './effort.ts';
import { applyLoad } from './load.ts';
import type { Load } from './load.ts';
import { cpuSeconds } from './workerd.ts';
import type { SigningKey } from './workerd.ts';
import { exchangeForm } from './workload.ts';
import type { Workload } from './workload.ts';

export interface Entrant {
  readonly name: string;
  readonly port: number;
  readonly path: string;
  /** What a subject token must be for. */
  readonly audience: string;
  readonly form: Readonly<Record<string, string>>;
  /** Whose CPU is counted. */
  readonly pid: number;
  readonly stop: () => Promise<void>;
}

/** The median of the rounds, and the lowest and highest of them. */
export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

export interface Standing {
  readonly name: string;
  readonly connections: number;
  /** Exchanges per second. */
  readonly throughput: Spread;
  /** Milliseconds. */
  readonly p50: Spread;
  readonly p99: Spread;
  /** Milliseconds of CPU of the contender's process for one exchange. */
  readonly cpu: Spread;
  /** Throughput of the first entrant over this one's, round by round: what disturbs a round disturbs both. */
  readonly ratio: Spread;
}

export interface Terms {
  /** How often all entrants are started anew, since a process keeps the luck of its start. */
  readonly starts: number;
  /** Rounds of each start. */
  readonly rounds: number;
  readonly milliseconds: number;
  readonly connections: readonly number[];
}

const TOKENS = 200;

type Result = Load & { readonly cpu: number };

/** Lets the entrants take turns, round by round, start by start. */
export async function compete(
  enter: () => Promise<readonly Entrant[]>,
  workload: Workload,
  terms: Terms,
  warmUpMs: number,
): Promise<Standing[]> {
  const results = new Map<number, Map<string, Result[]>>(terms.connections.map((count) => [count, new Map()]));
  for (let start = 0; start < terms.starts; start += 1) {
    const entrants = await enter();
    try {
      await runRounds(entrants, workload, terms, warmUpMs, results);
    } finally {
      for (const { stop } of entrants) await stop();
    }
  }
  return [...results].flatMap(([connections, byName]) => {
    const [ours = []] = byName.values();
    return [...byName].map(([name, loads]) => standingOf(name, connections, loads, ours));
  });
}

async function runRounds(
  entrants: readonly Entrant[],
  workload: Workload,
  terms: Terms,
  warmUpMs: number,
  results: ReadonlyMap<number, Map<string, Result[]>>,
): Promise<void> {
  const targets = new Map<Entrant, Parameters<typeof applyLoad>[0]>();
  for (const entrant of entrants) {
    const tokens = await Promise.all(Array.from({ length: TOKENS }, () => workload.sign(entrant.audience)));
    const bodies = tokens.map((token) => exchangeForm(token, entrant.form));
    targets.set(entrant, {
      port: entrant.port,
      path: entrant.path,
      status: 200,
      body: (index) => bodies[index % TOKENS] ?? '',
    });
  }
  for (const target of targets.values()) await applyLoad(target, 8, warmUpMs);
  for (let round = 0; round < terms.rounds; round += 1) {
    for (const [connections, byName] of results) {
      for (const [entrant, target] of targets) {
        const before = cpuSeconds(entrant.pid);
        const load = await applyLoad(target, connections, terms.milliseconds);
        const cpu = ((cpuSeconds(entrant.pid) - before) * 1000) / load.answers;
        byName.set(entrant.name, [...(byName.get(entrant.name) ?? []), { ...load, cpu }]);
      }
    }
  }
}

function standingOf(name: string, connections: number, loads: readonly Result[], ours: readonly Result[]): Standing {
  return {
    name,
    connections,
    throughput: spreadOf(loads.map((load) => load.throughput)),
    p50: spreadOf(loads.map((load) => load.latency.p50)),
    p99: spreadOf(loads.map((load) => load.latency.p99)),
    cpu: spreadOf(loads.map((load) => load.cpu)),
    ratio: spreadOf(loads.map((load, round) => (ours[round]?.throughput ?? NaN) / load.throughput)),
  };
}

/** The median with its extremes. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  return { median: sorted[Math.floor(sorted.length / 2)] ?? 0, low: sorted[0] ?? 0, high: sorted.at(-1) ?? 0 };
}

/** Milliseconds of CPU of one answer. */
export interface AnswerCost {
  readonly answer: string;
  readonly cpu: Spread;
}

interface Question {
  readonly path: string;
  readonly status: number;
  readonly body: string;
}

/** The cheapest answer there is stands for the front door: what another costs beyond it is its own. */
const NOTHING = 'nothing at that path (404)';

/** What early refusals cost an entrant, beside an answer that does nothing. */
export async function measureRefusals(
  entrant: Entrant,
  workload: Workload,
  stranger: Workload,
  effort: Effort,
): Promise<AnswerCost[]> {
  const { path } = entrant;
  const signed = await workload.sign(entrant.audience);
  const unregistered = exchangeForm(await stranger.sign(entrant.audience), entrant.form);
  const oversized = exchangeForm(`${signed}${'A'.repeat(20_000)}`, entrant.form);
  return measureAnswers(entrant, effort, {
    [NOTHING]: { path: '/nothing', status: 404, body: unregistered },
    'token too large': { path, status: 400, body: oversized },
    'issuer not registered': { path, status: 400, body: unregistered },
  });
}

/** What a grant costs an entrant, beside an answer that does nothing. */
export async function measureGrant(entrant: Entrant, workload: Workload, effort: Effort): Promise<AnswerCost[]> {
  const body = exchangeForm(await workload.sign(entrant.audience), entrant.form);
  return measureAnswers(entrant, effort, {
    [NOTHING]: { path: '/nothing', status: 404, body },
    granted: { path: entrant.path, status: 200, body },
  });
}

/** Measures answers that take turns. */
async function measureAnswers(
  entrant: Entrant,
  { answerRounds, answerMs }: Effort,
  questions: Readonly<Record<string, Question>>,
): Promise<AnswerCost[]> {
  const costs = new Map<string, number[]>();
  for (let round = 0; round <= answerRounds; round += 1) {
    for (const [answer, { path, status, body }] of Object.entries(questions)) {
      const before = cpuSeconds(entrant.pid);
      const load = await applyLoad({ port: entrant.port, path, status, body: () => body }, 8, answerMs);
      const cost = ((cpuSeconds(entrant.pid) - before) * 1000) / load.answers;
      // The first round is for the compiler.
      if (round > 0) costs.set(answer, [...(costs.get(answer) ?? []), cost]);
    }
  }
  return [...costs].map(([answer, cpu]) => ({ answer, cpu: spreadOf(cpu) }));
}

/** Starts a contender that runs on Node in a process of its own. */
export async function startNode(
  name: string,
  workload: Workload,
  key: SigningKey,
  rsa: SigningKey,
  entry: Pick<Entrant, 'path' | 'form'>,
): Promise<Entrant> {
  const audience = 'http://localhost:9999';
  const given = { issuer: workload.issuer, jwk: workload.jwk, audience, signingKey: key };
  const child = spawn(process.execPath, [join(import.meta.dirname, 'contenders', `${name}.ts`)], {
    env: { ...process.env, NODE_ENV: 'production', BENCH: JSON.stringify(given), BENCH_RSA: JSON.stringify(rsa) },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const port = await new Promise<number>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`${name} ended with ${code}`)));
    child.stdout.on('data', (chunk: Buffer) => {
      const found = /listening (\d+)/.exec(chunk.toString())?.[1];
      if (found !== undefined) resolve(Number(found));
    });
  });
  return {
    ...entry,
    name,
    port,
    audience,
    pid: child.pid ?? 0,
    stop: async () => {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill();
      await gone;
    },
  };
}
