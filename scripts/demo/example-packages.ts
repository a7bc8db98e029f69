// Installs the packages of an example that has a lock file of its own, so that the repository's own install stays small.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { ROOT } from '../local/bundle.ts';
import { Refusal } from '../local/refusal.ts';

/** Installs what the lock file of `examples/<name>` says, unless that is there already. Throws Refusal if it cannot be fetched. */
export function installExample(name: string): void {
  const directory = join(ROOT, 'examples', name);
  if (isInstalled(directory)) return;
  // The prefix is given, since an npm that started this script passes its own on.
  const { status, stderr } = spawnSync('npm', ['ci', '--prefix', directory, '--no-audit', '--no-fund'], {
    cwd: directory,
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  if (status !== 0) {
    throw new Refusal(
      `the packages of examples/${name} could not be installed: ${stderr.trim().split('\n').at(-1) ?? ''}`,
    );
  }
}

/** True if every package of the lock file is there in its version; npm keeps a list of what it installed. */
function isInstalled(directory: string): boolean {
  const installed = join(directory, 'node_modules/.package-lock.json');
  if (!existsSync(installed)) return false;
  const there = versionsIn(installed);
  return Object.entries(versionsIn(join(directory, 'package-lock.json'))).every(
    ([path, version]) => there[path] === version,
  );
}

function versionsIn(lock: string): Record<string, string | undefined> {
  const { packages } = JSON.parse(readFileSync(lock, 'utf8')) as {
    readonly packages: Readonly<Record<string, { readonly version?: string }>>;
  };
  return Object.fromEntries(
    Object.entries(packages).flatMap(([path, { version }]) => (path === '' ? [] : [[path, version]])),
  );
}
