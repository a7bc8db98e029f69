// `cambist --help` as a process: fast, because no command is loaded before it is used, and content with a reader that leaves.

import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';

import { expect, it } from 'vitest';

/** Milliseconds of the issue, on Node 24. */
const MAX_HELP_MS = 150;

/** The best of several: a busy machine is not what is measured. */
function fastest(words: readonly string[], runs = 15): number {
  const took = Array.from({ length: runs }, () => {
    const started = performance.now();
    execFileSync(process.execPath, words);
    return performance.now() - started;
  });
  return Math.min(...took);
}

it('loads two files of ours for the version', () => {
  expect(loadedFor('src/cli/main.ts', '--version')).toEqual(['src/cli/main.ts', 'src/cli/package-version.ts']);
});

it('shows the help in under 150 ms', () => {
  expect(execFileSync(process.execPath, ['src/cli/main.ts', '--help'], { encoding: 'utf8' })).toContain(
    'Usage: cambist',
  );
  expect(fastest(['src/cli/run-in-clone.mjs', '--help'])).toBeLessThan(MAX_HELP_MS);
});

it('ends as it would have where the reader of its output leaves first', async () => {
  const child = spawn(process.execPath, ['src/cli/main.ts', '--help'], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  child.stdout.destroy();
  expect(await once(child, 'close')).toEqual([0, null]);
  expect(said).toBe('');
});

it('loads no library for the version, and for the help only the parser', () => {
  const packagesFor = (option: string): readonly string[] => {
    const found = loadedFor('src/cli/main.ts', option).flatMap(
      (file) => /^node_modules\/((?:@[\w-]+\/)?[\w.-]+)/.exec(file)?.[1] ?? [],
    );
    return [...new Set(found)];
  };
  expect(packagesFor('--version')).toEqual([]);
  expect(packagesFor('--help')).toEqual(['commander']);
});

/** The files that are loaded, in order. */
function loadedFor(file: string, option: string): readonly string[] {
  const hook = `data:text/javascript,${encodeURIComponent(
    "import { registerHooks } from 'node:module'; registerHooks({ load: (url, context, next) => { if (url.startsWith('file:')) console.error(url); return next(url, context); } });",
  )}`;
  const { stderr } = spawnSync(process.execPath, ['--import', hook, file, option], { encoding: 'utf8' });
  return stderr
    .split('\n')
    .filter((url) => url !== '')
    .map((url) => relative(process.cwd(), fileURLToPath(url)));
}
