// Builds the published package in whose folder it runs, before npm packs it: JavaScript by tsc, the licence beside it.

import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { FILE_SCHEMAS } from './generate-file-schemas.ts';
import { ROOT } from './local/bundle.ts';
import { Refusal, runScript } from './local/refusal.ts';

await runScript('build-package', async () => {
  const folder = process.cwd();
  rmSync(join(folder, 'dist'), { recursive: true, force: true });
  const { status } = spawnSync('tsc', ['-p', folder], { stdio: 'inherit' });
  if (status !== 0) throw new Refusal(`${folder} does not build`);
  copyFileSync(join(ROOT, 'LICENSE'), join(folder, 'LICENSE'));
  // The command line reads files; an editor checks them by these.
  if (existsSync(join(folder, 'dist/cli')))
    for (const name of FILE_SCHEMAS.keys()) copyFileSync(join(ROOT, 'docs', name), join(folder, 'dist', name));
});
