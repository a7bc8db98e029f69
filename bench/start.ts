// What starting costs: the sizes that are uploaded and that an exchange evaluates, and the CPU of starting an isolate.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { buildBundle, captureWrangler, WRANGLER_CONFIG } from '../scripts/local/bundle.ts';
import { weighWorker } from '../scripts/local/weigh.ts';
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

/** Builds, weighs and starts the Worker. Throws if wrangler does not say how long it took. */
export async function measureStart(times: number): Promise<Start> {
  const directory = mkdtempSync(join(tmpdir(), 'cambist-start-'));
  const bundle = await buildBundle(directory);
  const size = sizeOf(readFileSync(bundle));
  const starts: number[] = [];
  for (let start = 0; start < times; start += 1) starts.push(await startOnce(join(directory, 'start.cpuprofile')));
  rmSync(directory, { recursive: true });
  return { bundle: size, exchangePath: sizeOf((await weighWorker()).exchangePath), cpuMs: spreadOf(starts) };
}

async function startOnce(outfile: string): Promise<number> {
  const { output } = await captureWrangler(['check', 'startup', '--outfile', outfile, '--config', WRANGLER_CONFIG]);
  const active = /Active:\s*([\d.]+)\s*ms/.exec(output)?.[1];
  if (active === undefined) throw new Error(`wrangler check startup: ${output}`);
  return Number(active);
}

function sizeOf(code: Buffer): Size {
  return { rawKiB: code.length / 1024, gzipKiB: gzipSync(code).length / 1024 };
}
