// The contenders on workerd: the production bundle and the floor, each with its own local D1, on Miniflare's own socket.

import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { build } from 'esbuild';
import { exportJWK, generateKeyPair } from 'jose';
import type { JWK } from 'jose';
import { convertV4MiniflareOptions, Miniflare } from 'miniflare';

import { buildBundle } from '../scripts/local/bundle.ts';
import type { ProcessStamp } from '../scripts/local/processes.ts';
import { freePort, startLocalWorker } from '../scripts/local/worker.ts';
import type { LocalWorkerOptions } from '../scripts/local/worker.ts';
import { AUDIENCE, SUBJECT } from './workload.ts';
import type { Workload } from './workload.ts';

/** Times that a contender is started before the run ends with an error. */
const MAX_STARTS = 3;

export type SigningKey = JWK & { readonly alg: string; readonly kid: string };

export interface Contender {
  readonly port: number;
  /** What a subject token must be for. */
  readonly audience: string;
  readonly serviceAccount: string;
  readonly workerdPid: number;
  readonly stop: () => Promise<void>;
}

/** A private signing key, as a secret would hold it. */
export async function signingKey(alg: string): Promise<SigningKey> {
  const { privateKey } = await generateKeyPair(alg, { extractable: true });
  return { ...(await exportJWK(privateKey)), alg, kid: `bench-${alg}`, use: 'sig' };
}

/** Our own Worker, as `npm start` runs it, with one issuer, account and rule; another entry takes its place if one is given. */
export async function startCambist(
  workload: Workload,
  keys: readonly SigningKey[],
  entry?: string,
): Promise<Contender & { readonly restart: () => Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), 'cambist-bench-'));
  const port = await freePort();
  const audience = `http://localhost:${port}`;
  const adminToken = crypto.randomUUID() + crypto.randomUUID();
  let workerd: ProcessStamp | undefined;
  const options: LocalWorkerOptions = {
    port,
    bundle: await buildBundle(join(directory, 'bundle'), entry),
    storage: join(directory, 'storage'),
    settings: {
      ISSUER_URL: audience,
      ADMIN_TOKEN: adminToken,
      SIGNING_KEYS: JSON.stringify({ keys }),
      ALLOW_LOOPBACK_ISSUERS: 'true',
    },
    onLog: () => undefined,
    onWorkerd: (stamp) => (workerd = stamp),
  };
  let worker = await patiently(() => startLocalWorker(options));
  const create = async (path: string, body: object): Promise<string> => {
    const response = await fetch(`${audience}/v1/${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const created = (await response.json()) as { identity?: string };
    if (created.identity === undefined) throw new Error(`${path}: ${JSON.stringify(created)}`);
    return created.identity;
  };
  const providerIdentity = await create('federated-identity-providers', {
    name: 'bench',
    providerIssuer: workload.issuer,
    preset: 'github',
  });
  const serviceAccount = await create('service-accounts', { name: 'deployer' });
  await create('federated-identities', {
    name: 'shop main',
    serviceAccountIdentity: serviceAccount,
    providerIdentity,
    providerSubject: SUBJECT,
    allowedScopes: ['api:read', 'api:write'],
    tokenAudiences: [AUDIENCE],
  });
  return {
    port,
    audience,
    serviceAccount,
    workerdPid: workerd?.pid ?? 0,
    restart: async () => {
      await worker.stop();
      worker = await patiently(() => startLocalWorker(options));
    },
    stop: async () => {
      await worker.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Starts once more if Miniflare's own connection to its workerd broke, as it may on a busy machine: a report takes too long to lose. */
async function patiently<T>(start: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await start();
    } catch (error) {
      if (attempt === MAX_STARTS || !(error instanceof TypeError && error.message === 'fetch failed')) throw error;
    }
  }
}

/** What a floor makes of D1: a read and a write, or one write that is guarded. */
export type Floor = 'floor' | 'guarded-floor';

/** A floor: one of bench/contenders bundled alike, with one rule and an empty event table. */
export async function startFloor(floor: Floor, workload: Workload, key: SigningKey): Promise<Contender> {
  const port = await freePort();
  const audience = `http://localhost:${port}`;
  const { miniflare, pid, stop } = await startBare(`${floor}.ts`, port, {
    ISSUER: workload.issuer,
    ISSUER_JWK: JSON.stringify(workload.jwk),
    ISSUER_URL: audience,
    SIGNING_KEY: JSON.stringify(key),
  });
  const db = await miniflare.getD1Database('DB');
  await db.batch([
    db.prepare('CREATE TABLE rule (subject TEXT PRIMARY KEY, account TEXT, scope TEXT)'),
    db.prepare('CREATE TABLE event (id TEXT PRIMARY KEY, account TEXT, claims TEXT)'),
    db.prepare('CREATE TABLE epoch (version INTEGER NOT NULL)'),
    db.prepare('INSERT INTO epoch VALUES (1)'),
    db.prepare('INSERT INTO rule VALUES (?1, ?2, ?3)').bind(SUBJECT, 'sa_bench', 'api:read api:write'),
  ]);
  return { port, audience, serviceAccount: 'sa_bench', workerdPid: pid, stop };
}

/** Milliseconds of workerd's CPU for the cryptography of one exchange, without a request, a byte of storage or a check around it. */
export async function cryptographyOnWorkerd(workload: Workload, key: SigningKey): Promise<number> {
  const TIMES = 2_000;
  const port = await freePort();
  const { pid, stop } = await startBare('crypto.ts', port, {});
  const body = { token: await workload.sign('any'), jwk: workload.jwk, signingKey: key };
  const run = async (times: number): Promise<number> => {
    const before = cpuSeconds(pid);
    await fetch(`http://127.0.0.1:${port}`, { method: 'POST', body: JSON.stringify({ ...body, times }) });
    return cpuSeconds(pid) - before;
  };
  await run(TIMES);
  const seconds = await run(TIMES);
  await stop();
  return (seconds * 1000) / TIMES;
}

/** One file of bench/contenders on a workerd of its own, with a D1 that is its own too. */
async function startBare(
  entry: string,
  port: number,
  bindings: Readonly<Record<string, string>>,
): Promise<{ readonly miniflare: Miniflare; readonly pid: number; readonly stop: () => Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), 'cambist-bench-'));
  const script = join(directory, 'bare.js');
  await build({
    entryPoints: [join(import.meta.dirname, 'contenders', entry)],
    outfile: script,
    bundle: true,
    format: 'esm',
    conditions: ['workerd', 'worker', 'browser'],
    logLevel: 'error',
  });
  const before = new Set(workerdPids());
  const miniflare = new Miniflare({
    ...convertV4MiniflareOptions({
      host: '127.0.0.1',
      port,
      cf: false,
      telemetry: { enabled: false },
      modules: [{ type: 'ESModule', path: script }],
      modulesRoot: directory,
      compatibilityDate: '2026-10-20',
      d1Databases: { DB: 'bare' },
      bindings,
    }),
    resourcePersistencePath: join(directory, 'storage'),
  });
  await miniflare.ready;
  return {
    miniflare,
    pid: workerdPids().find((pid) => !before.has(pid)) ?? 0,
    stop: async () => {
      await miniflare.dispose();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function workerdPids(): number[] {
  const children = readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8');
  return children
    .trim()
    .split(' ')
    .map(Number)
    .filter((pid) => readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('workerd'));
}

/** Seconds of CPU a process has used, user and system; Linux only. */
export function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  const TICKS_PER_SECOND = 100;
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}
