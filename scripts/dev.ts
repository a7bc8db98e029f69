// `npm run dev [-- wrangler's options]`: `wrangler dev`, reloading on change, with local settings and secrets and the migrations applied first.

import { join } from 'node:path';

import { captureWrangler, runWrangler } from './local/bundle.ts';
import { Refusal, runScript } from './local/refusal.ts';
import { readLocalSettings, setting, workerSettings } from './local/settings.ts';
import { adminToken, keySecrets, openStateDir, writePrivately } from './local/state-dir.ts';
import { readUsage } from './local/usage.ts';

readUsage(import.meta.filename, null);

await runScript('dev', async () => {
  const { port, stateDirectory } = readLocalSettings(process.env);
  // Of its own, beside the state of `npm start`: wrangler lays its storage out in another way.
  const state = await openStateDir(join(stateDirectory, 'dev'), port);
  const token = adminToken(state, setting(process.env, 'ADMIN_TOKEN'));
  const envFile = join(state.path, 'dev.env');
  const secrets = { ADMIN_TOKEN: token.value, ...keySecrets(state, process.env) };
  writePrivately(
    envFile,
    Object.entries(secrets)
      .map(([name, value]) => `${name}='${value}'\n`)
      .join(''),
  );
  const settings = Object.entries(workerSettings(process.env, port)).flatMap(([name, value]) => [
    '--var',
    `${name}:${value}`,
  ]);

  const storage = ['--local', '--persist-to', join(state.path, 'storage')];
  const migrated = await captureWrangler(['d1', 'migrations', 'apply', 'DB', ...storage]);
  if (migrated.code !== 0) throw new Refusal(`the migrations were not applied:\n${migrated.output}`);
  if (token.path !== null) console.log(`cambist: root token in ${token.path}`);
  // Ctrl-C reaches wrangler too, and this script ends when wrangler has ended.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => {});
  const code = await runWrangler([
    'dev',
    '--port',
    String(port),
    '--env-file',
    envFile,
    ...storage,
    ...settings,
    ...process.argv.slice(2),
  ]);
  state.release();
  process.exit(code);
});
