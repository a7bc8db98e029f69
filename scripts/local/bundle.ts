// Builds the Worker exactly as `wrangler deploy` uploads it. Touches no network and no account.

import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';

import { Refusal } from './refusal.ts';

/** The repository's root, absolute. */
export const ROOT: string = join(import.meta.dirname, '..', '..');

export const WRANGLER_CONFIG: string = join(ROOT, 'wrangler.toml');

const WRANGLER = join(dirname(createRequire(import.meta.url).resolve('wrangler/package.json')), 'bin', 'wrangler.js');

const { CLOUDFLARE_ENV: _, ...environment } = process.env;

/** Environment for wrangler: no banner, no update check, no metrics, no colour, no environment but the one that is named. */
const QUIET_WRANGLER: NodeJS.ProcessEnv = {
  ...environment,
  WRANGLER_HIDE_BANNER: 'true',
  WRANGLER_SEND_METRICS: 'false',
  WRANGLER_WRITE_LOGS: 'false',
  NO_COLOR: '1',
  FORCE_COLOR: '0',
};

/** Builds the production bundle, or that of another entry, into `directory` and returns the path of its entry. Throws Refusal with wrangler's own words. */
export async function buildBundle(directory: string, entry?: string): Promise<string> {
  const { code, output } = await captureWrangler([
    'deploy',
    ...(entry === undefined ? [] : [entry]),
    '--dry-run',
    '--outdir',
    directory,
    '--config',
    WRANGLER_CONFIG,
  ]);
  if (code !== 0) throw new Refusal(`the Worker does not build:\n${output}`);
  return join(directory, `${basename(entry ?? 'worker.ts', '.ts')}.js`);
}

/** Runs wrangler with its output on this terminal; returns its exit code. */
export async function runWrangler(args: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<number> {
  const child = spawn(process.execPath, [WRANGLER, ...args], { cwd: ROOT, stdio: 'inherit', env });
  return await exitCode(child);
}

/** Runs wrangler and keeps what it prints. */
export async function captureWrangler(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string; readonly output: string }> {
  const child = spawn(process.execPath, [WRANGLER, ...args], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...QUIET_WRANGLER, ...env },
  });
  const printed = { stdout: '', stderr: '', output: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      printed[stream] += text;
      printed.output += text;
    });
  }
  const code = await exitCode(child);
  if (child.signalCode !== null) {
    const ended = `\nwrangler was ended by ${child.signalCode}`;
    printed.stderr += ended;
    printed.output += ended;
  }
  return { code, ...printed, output: printed.output.trim() };
}

function exitCode(child: ReturnType<typeof spawn>): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
}
