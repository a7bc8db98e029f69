// Starts a whole deployment on a port of its own for a check of clients, with a state that is thrown away.

import { spawn } from 'node:child_process';
import { join } from 'node:path';

import { ROOT } from './bundle.ts';
import { freePort } from './worker.ts';

/** Milliseconds; on two busy cores the bundle and the first requests take most of a minute. */
const START_TIMEOUT_MS = 120_000;
/** Milliseconds between two looks whether it is ready. */
const LOOK_INTERVAL_MS = 200;

export interface LocalDeployment {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

/** `npm start` with this root token; resolves when it is ready. */
export async function startDeployment(adminToken: string, stateDir: string): Promise<LocalDeployment> {
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const child = spawn(process.execPath, [join(ROOT, 'scripts/start.ts')], {
    cwd: ROOT,
    env: { ...process.env, PORT: String(port), STATE_DIR: stateDir, ISSUER_URL: url, ADMIN_TOKEN: adminToken },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (!(await isReady(url))) {
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`the service did not start on port ${port}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_INTERVAL_MS));
  }
  return {
    url,
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/readyz`)).ok;
  } catch {
    return false;
  }
}
