// Runs the production bundle on workerd, through Miniflare's own socket on loopback, with D1, KV and R2 kept in a directory. Not `wrangler dev`.

import { createServer } from 'node:net';
import { dirname } from 'node:path';

import { convertV4MiniflareOptions, Miniflare } from 'miniflare';
import type { MiniflareOptions } from 'miniflare';

import { LOCAL_DATABASE } from '../../src/cli/backup/local-database.ts';
import { migrate } from './migrate.ts';
import { isRunning, listProcesses } from './processes.ts';
import type { ProcessStamp } from './processes.ts';
import { Refusal } from './refusal.ts';
import { wranglerBindings } from './wrangler-bindings.ts';

const HOST = '127.0.0.1';
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const WORKERD_POLL_MS = 20;
const ALIVE_EVERY_MS = 250;
/** The cron of wrangler.toml, in milliseconds: workerd here has nobody else to trigger it. */
const SWEEP_EVERY_MS = 3_600_000;
/** Milliseconds until the first one: not in the way of the first requests. */
const FIRST_SWEEP_MS = 2_000;

/** As LOCAL_DATABASE: states that exist keep their data under it. */
const LOCAL_NAMESPACE = '00000000000000000000000000000000';

export interface LocalWorkerOptions {
  readonly port: number;
  /** Absolute path of the built entry module. */
  readonly bundle: string;
  /** Absolute directory for D1, KV and R2. */
  readonly storage: string;
  /** Settings and secrets of the Worker; each replaces the one of the same name in wrangler.toml. */
  readonly settings: Readonly<Record<string, string>>;
  /** A port of loopback on which V8's inspector of every isolate listens; none unless given. */
  readonly inspectorPort?: number;
  /** Called with each line that the Worker logs. */
  readonly onLog: (line: string, level: string) => void;
  /** Called if workerd ends without having been told to. */
  readonly onDeath?: () => void;
  /** Called as soon as the workerd process is known. */
  readonly onWorkerd: (workerd: ProcessStamp) => void;
}

export interface LocalWorker {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

/** Applies the migrations, then serves on 127.0.0.1; resolves once the socket listens. Throws Refusal if the port is taken or the database is of before migrations. */
export async function startLocalWorker(options: LocalWorkerOptions): Promise<LocalWorker> {
  await refuseTakenPort(options.port);
  // The first instance only holds the database, so that nothing is served before the schema is there.
  const preparing = new Miniflare(miniflareOptions({ ...options, port: 0 }, true));
  try {
    await untilReady(preparing, options.onWorkerd);
    const db = await preparing.getD1Database('DB');
    const applied = await migrate(db);
    if (applied.length > 0) options.onLog(`migrations applied: ${applied.join(', ')}`, 'log');
  } finally {
    await preparing.dispose();
  }
  let workerd: ProcessStamp | null;
  const signalHandlers = signals.map((signal) => process.listeners(signal));
  const miniflare = new Miniflare(miniflareOptions(options, false));
  try {
    workerd = await untilReady(miniflare, options.onWorkerd);
    // Miniflare's own handlers exit at once, in the middle of a clean stop; who starts a Worker here stops it too.
    signals.forEach((signal, index) => {
      const kept = signalHandlers[index] ?? [];
      for (const handler of process.listeners(signal)) if (!kept.includes(handler)) process.off(signal, handler);
    });
  } catch (error) {
    await miniflare.dispose();
    throw error;
  }
  // A sweep that the end interrupts has nothing to tell.
  let isStopping = false;
  const sweepNow = async (): Promise<void> => {
    const failure = await runSweep(miniflare);
    if (failure !== null && !isStopping) options.onLog(`the scheduled sweep failed: ${failure}`, 'error');
  };
  // At once too: few who run it locally run it for an hour.
  const sweepSoon = setTimeout(() => void sweepNow(), FIRST_SWEEP_MS);
  sweepSoon.unref();
  const sweep = setInterval(() => void sweepNow(), SWEEP_EVERY_MS);
  sweep.unref();
  const alive = setInterval(() => {
    if (workerd === null || isRunning(workerd)) return;
    clearInterval(alive);
    options.onDeath?.();
  }, ALIVE_EVERY_MS);
  alive.unref();
  return {
    url: `http://${HOST}:${options.port}`,
    stop: async () => {
      isStopping = true;
      clearTimeout(sweepSoon);
      clearInterval(sweep);
      clearInterval(alive);
      await miniflare.dispose();
    },
  };
}

/** A port of loopback that nobody listens on right now. */
export async function freePort(): Promise<number> {
  return await new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, HOST, () => {
      const address = server.address();
      server.close(() =>
        typeof address === 'object' && address !== null ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}

function miniflareOptions(options: LocalWorkerOptions, databaseOnly: boolean): MiniflareOptions {
  // Without the rate limit: every local request comes from one address, which that of a deployment would soon shed.
  const workerOptions = wranglerBindings();
  const idle = 'export default { fetch: () => new Response(null, { status: 503 }) }';
  return {
    ...convertV4MiniflareOptions({
      host: HOST,
      port: options.port,
      ...(databaseOnly || options.inspectorPort === undefined ? {} : { inspectorPort: options.inspectorPort }),
      cf: false, // else Miniflare fetches a sample of request.cf from the network
      telemetry: { enabled: false },
      handleStructuredLogs: ({ message, level }) => options.onLog(message, level),
      ...workerOptions,
      // Optional in wrangler.toml; on disk it costs nothing.
      r2Buckets: ['ARCHIVE'],
      d1Databases: { DB: LOCAL_DATABASE },
      kvNamespaces: { CACHE: LOCAL_NAMESPACE },
      ...(databaseOnly
        ? { modules: true, script: idle }
        : { modulesRoot: dirname(options.bundle), modules: [{ type: 'ESModule', path: options.bundle }] }),
      bindings: { ...workerOptions.bindings, ...options.settings },
    }),
    resourcePersistencePath: options.storage,
  };
}

/** What the schedule does in a deployment; what went wrong, or null. */
async function runSweep(miniflare: Miniflare): Promise<string | null> {
  try {
    const worker: unknown = await miniflare.getWorker();
    await (worker as { scheduled(options: { cron: string }): Promise<unknown> }).scheduled({ cron: '17 * * * *' });
    return null;
  } catch (error) {
    return String(error);
  }
}

/** Waits for workerd to listen and reports it while it still starts, so that even a kill in these first moments leaves a trace of it. */
async function untilReady(
  miniflare: Miniflare,
  onWorkerd: (workerd: ProcessStamp) => void,
): Promise<ProcessStamp | null> {
  const identify = ({ pid, started }: ProcessStamp): string => `${pid}/${started}`;
  const known = new Set(listProcesses().map(identify));
  let found: ProcessStamp | undefined;
  const look = (): void => {
    found = listProcesses().find(
      (stamp) => stamp.parentPid === process.pid && stamp.name.startsWith('workerd') && !known.has(identify(stamp)),
    );
    if (found === undefined) return;
    clearInterval(watch);
    onWorkerd(found);
  };
  const watch = setInterval(look, WORKERD_POLL_MS);
  try {
    await miniflare.ready;
    if (found === undefined) look();
    return found ?? null;
  } finally {
    clearInterval(watch);
  }
}

async function refuseTakenPort(port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE'
          ? new Refusal(`port ${port} is in use by another program; stop it, or set PORT to another one`)
          : new Refusal(`port ${port} cannot be used: ${error.message}`),
      ),
    );
    probe.listen(port, HOST, () => probe.close(() => resolve()));
  });
}
