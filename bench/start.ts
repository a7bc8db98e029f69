// What starting costs: the sizes that are uploaded and that an exchange evaluates, and the CPU of starting an isolate.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { build } from 'esbuild';

import { buildBundle, captureWrangler, ROOT, WRANGLER_CONFIG } from '../scripts/local/bundle.ts';
import { spreadOf } from './contest.ts';
import type { Spread } from './contest.ts';

interface Size {
  readonly rawKiB: number;
  readonly gzipKiB: number;
}

export interface Start {
  /** The bundle as it is uploaded. */
  readonly bundle: Size;
  /** What of it is evaluated when an isolate starts: all that an exchange needs, without what waits behind a dynamic import. */
  readonly exchangePath: Size;
  /** Milliseconds of CPU until the bundle is evaluated, by `wrangler check startup`. */
  readonly cpuMs: Spread;
}

const STARTS = 7;

/** Builds, weighs and starts the Worker. Throws where wrangler does not say how long it took. */
export async function measureStart(): Promise<Start> {
  const directory = mkdtempSync(join(tmpdir(), 'cambist-start-'));
  const bundle = await buildBundle(directory);
  const size = sizeOf(readFileSync(bundle));
  const starts: number[] = [];
  for (let start = 0; start < STARTS; start += 1) starts.push(await startOnce(join(directory, 'start.cpuprofile')));
  rmSync(directory, { recursive: true });
  return { bundle: size, exchangePath: await exchangePath(), cpuMs: spreadOf(starts) };
}

async function startOnce(outfile: string): Promise<number> {
  const { output } = await captureWrangler(['check', 'startup', '--outfile', outfile, '--config', WRANGLER_CONFIG]);
  const active = /Active:\s*([\d.]+)\s*ms/.exec(output)?.[1];
  if (active === undefined) throw new Error(`wrangler check startup: ${output}`);
  return Number(active);
}

/** The entry and what it imports statically, split from the rest as the dynamic imports split it when they run. */
async function exchangePath(): Promise<Size> {
  const { outputFiles, metafile } = await build({
    entryPoints: [join(ROOT, 'src', 'worker.ts')],
    outdir: join(ROOT, 'dist-of-bench'),
    write: false,
    metafile: true,
    bundle: true,
    splitting: true,
    format: 'esm',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['cloudflare:*', 'node:*'],
    logLevel: 'error',
  });
  const outputs = Object.fromEntries(
    Object.entries(metafile.outputs).map(([path, output]) => [basename(path), output]),
  );
  const needed = new Set<string>();
  const pending = ['worker.js'];
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    needed.add(name);
    for (const { kind, path } of outputs[name]?.imports ?? [])
      if (kind === 'import-statement' && basename(path) in outputs && !needed.has(basename(path)))
        pending.push(basename(path));
  }
  const files = outputFiles.filter(({ path }) => needed.has(basename(path)));
  return sizeOf(Buffer.concat(files.map(({ contents }) => contents)));
}

function sizeOf(code: Buffer): Size {
  return { rawKiB: code.length / 1024, gzipKiB: gzipSync(code).length / 1024 };
}
