// `cambist --help` as a process: fast, because no command is loaded before it is used, and content with a reader that leaves.

import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';

import { expect, it } from 'vitest';

/** Milliseconds of the issue, on Node 24. */
const MAX_HELP_MS = 150;

it('shows the help in under 150 ms', () => {
  const took: number[] = [];
  // The best of several: a busy machine is not what is measured.
  for (let run = 0; run < 10; run += 1) {
    const started = performance.now();
    const text = execFileSync(process.execPath, ['src/cli/main.ts', '--help'], { encoding: 'utf8' });
    took.push(performance.now() - started);
    expect(text).toContain('Usage: cambist');
  }
  expect(Math.min(...took)).toBeLessThan(MAX_HELP_MS);
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
  const hook = `data:text/javascript,${encodeURIComponent(
    "import { registerHooks } from 'node:module'; registerHooks({ load: (url, context, next) => { if (url.includes('node_modules')) console.error(url); return next(url, context); } });",
  )}`;
  const loaded = (option: string): readonly string[] => {
    const { stderr } = spawnSync(process.execPath, ['--import', hook, 'src/cli/main.ts', option], { encoding: 'utf8' });
    const packages = [...stderr.matchAll(/node_modules\/((?:@[\w-]+\/)?[\w.-]+)/g)].map(([, name]) => name ?? '');
    return [...new Set(packages)];
  };
  expect(loaded('--version')).toEqual([]);
  expect(loaded('--help')).toEqual(['commander']);
});
