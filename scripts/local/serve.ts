// Serves the Worker for local use and keeps it running, with its state and secrets in STATE_DIR; ends cleanly when it is told to.

import { rmSync } from 'node:fs';
import { join, relative } from 'node:path';

import { watchLauncher } from './launcher.ts';
import { Refusal } from './refusal.ts';
import { readLocalSettings, setting, workerSettings } from './settings.ts';
import { adminToken, keySecrets, openStateDir } from './state-dir.ts';
import { freePort, startLocalWorker } from './worker.ts';

/** Serves the bundle that `build` writes into a directory, as the environment says; resolves once it is ready. Throws Refusal. */
export async function serve(build: (directory: string) => Promise<string>): Promise<void> {
  const { port: wantedPort, stateDirectory } = readLocalSettings(process.env);
  const port = wantedPort === 0 ? await freePort() : wantedPort;
  const launcher = watchLauncher();
  let stopping = false;
  let stop = async (): Promise<void> => {};
  const shutDown = (exitCode: number): void => {
    if (stopping) return;
    stopping = true;
    void stop().finally(() => process.exit(exitCode));
  };
  process.on('SIGTERM', () => shutDown(0));
  process.on('SIGINT', () => shutDown(0));
  process.on('SIGHUP', () => shutDown(0));

  const state = await openStateDir(stateDirectory, port);
  stop = async () => state.release();
  try {
    const token = adminToken(state, setting(process.env, 'ADMIN_TOKEN'));
    const keys = keySecrets(state, process.env);
    const bundleDirectory = join(state.path, 'bundle');
    rmSync(bundleDirectory, { recursive: true, force: true });

    const settings = workerSettings(process.env, port);
    const worker = await startLocalWorker({
      port,
      bundle: await build(bundleDirectory),
      storage: join(state.path, 'storage'),
      settings: { ...settings, ADMIN_TOKEN: token.value, ...keys },
      onLog: (line, level) => (level === 'error' || level === 'warn' ? console.error(line) : console.log(line)),
      onWorkerd: state.recordWorkerd,
      onDeath: () => {
        if (!stopping) console.error('cambist: workerd ended by itself; stopping');
        shutDown(1);
      },
    });
    stop = async () => {
      await worker.stop();
      state.release();
    };
    launcher.onGone(() => shutDown(0));
    const readiness = await fetch(`${worker.url}/readyz`);
    if (readiness.status !== 200) {
      throw new Refusal(`not ready, GET /readyz answers ${readiness.status}:\n${faultsIn(await readiness.text())}`);
    }
    const shown = (path: string): string => relative(process.cwd(), path) || '.';
    console.log(
      `cambist: ready at ${settings['ISSUER_URL']} (port ${port}); root token in ` +
        `${token.path === null ? 'ADMIN_TOKEN' : shown(token.path)}, state in ${shown(state.path)}`,
    );
    console.log(`cambist: the console is at ${settings['ISSUER_URL']}/console; sign in with the root token`);
  } catch (error) {
    if (stopping) return;
    await stop();
    throw error;
  }
}

/** What /readyz names, a line each; the whole answer if it has another form. */
function faultsIn(answer: string): string {
  try {
    const { faults } = JSON.parse(answer) as { readonly faults: readonly { readonly detail: string }[] };
    return faults.map(({ detail }) => `  - ${detail}`).join('\n');
  } catch {
    return answer;
  }
}
