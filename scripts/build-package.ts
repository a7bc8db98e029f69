// Builds the published package in whose folder it runs, before npm packs it: JavaScript by tsc, the licence beside it.

import { spawnSync } from 'node:child_process';
import { copyFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { ROOT } from './local/bundle.ts';
import { Refusal, runScript } from './local/refusal.ts';

await runScript('build-package', async () => {
  const folder = process.cwd();
  rmSync(join(folder, 'dist'), { recursive: true, force: true });
  const { status } = spawnSync('tsc', ['-p', folder], { stdio: 'inherit' });
  if (status !== 0) throw new Refusal(`${folder} does not build`);
  copyFileSync(join(ROOT, 'LICENSE'), join(folder, 'LICENSE'));
});
