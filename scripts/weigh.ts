// Fails if what is shipped is heavier than its budget: the Worker, the part of it that an exchange evaluates, what each package brings.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { weighAction } from './build-action.ts';
import { buildBundle, ROOT } from './local/bundle.ts';
import { Refusal, runScript } from './local/refusal.ts';
import { weighWorker } from './local/weigh.ts';
import type { Part } from './local/weigh.ts';

/** KiB after gzip of all but the three below. Every cold start fetches and compiles it; it was 317 with another library. */
const MAX_CORE_KIB = 170;
/** KiB after gzip of the console and the page of `GET /`. They are uploaded with the rest, but no pipeline waits for them: a person who opens a page does. */
const MAX_PAGES_KIB = 50;
/** KiB after gzip of what is known of every platform, which only adding a pipeline and trying a rule load: texts, and little code. */
const MAX_RECIPES_KIB = 26;
/** KiB after gzip that nothing but the trust report evaluates: whoever asks for one waits for it, and nobody else. */
const MAX_REPORT_KIB = 10;
/** KiB after gzip. A cold exchange evaluates this much, which decides how long the first pipeline of the day waits. */
const MAX_EXCHANGE_KIB = 60;
/** KiB of both programs of the GitHub Action, as they are committed. Every run of it reads one of them, and people review them. */
const MAX_ACTION_KIB = 300;
/** What an install brings besides the package itself: each is one more party to trust. */
const BROUGHT: Readonly<Record<string, readonly string[]>> = {
  'packages/sdk': ['jose'],
  'packages/cli': ['@marcbachmann/cel-js', 'commander', 'jose', 'yaml'],
};

export interface Weights {
  /** Bytes after gzip. */
  readonly worker: number;
  readonly core: number;
  readonly exchange: number;
  readonly pages: number;
  readonly recipes: number;
  readonly report: number;
  /** Bytes as committed. */
  readonly action: number;
  readonly parts: readonly Part[];
  /** The packages that an install of each published one brings, by its folder. */
  readonly brought: Readonly<Record<string, readonly string[]>>;
}

/** What is over its budget, one line each, the weight by package last; empty if nothing is. */
export function overBudget(weights: Weights): readonly string[] {
  const { worker, core, exchange, pages, recipes, report, action, parts, brought } = weights;
  const faults = [
    ...overWeight('the whole Worker', worker, MAX_CORE_KIB + MAX_PAGES_KIB + MAX_RECIPES_KIB + MAX_REPORT_KIB),
    ...overWeight('the Worker without pages and trust report', core, MAX_CORE_KIB),
    ...overWeight('what only pages for people evaluate', pages, MAX_PAGES_KIB),
    ...overWeight('what only adding a pipeline evaluates', recipes, MAX_RECIPES_KIB),
    ...overWeight('what only the trust report evaluates', report, MAX_REPORT_KIB),
    ...overWeight('what an exchange evaluates', exchange, MAX_EXCHANGE_KIB),
    ...(action <= MAX_ACTION_KIB * 1024 ? [] : [`the Action is ${kib(action)} KiB; its budget is ${MAX_ACTION_KIB}`]),
    ...Object.entries(brought).flatMap(([folder, names]) => {
      const extra = names.filter((name) => BROUGHT[folder]?.includes(name) !== true);
      return extra.length === 0 ? [] : [`${folder} brings ${extra.join(', ')}, which its budget does not name`];
    }),
  ];
  return faults.length === 0 ? [] : [...faults, ...byPackage(parts)];
}

function overWeight(what: string, bytes: number, budgetKib: number): readonly string[] {
  return bytes <= budgetKib * 1024 ? [] : [`${what} is ${kib(bytes)} KiB after gzip; its budget is ${budgetKib}`];
}

function byPackage(parts: readonly Part[]): readonly string[] {
  const heaviest = parts.toSorted((a, b) => b.atStart + b.later - a.atStart - a.later);
  return [
    'minified KiB, at start + later:',
    ...heaviest.map(({ name, atStart, later }) => `  ${name ?? 'src'}: ${kib(atStart)} + ${kib(later)}`),
  ];
}

function kib(bytes: number): string {
  return (bytes / 1024).toFixed(1);
}

interface Locked {
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** Every package that an install of the one in `folder` brings, by the lockfile. */
export function broughtBy(folder: string, locked: Readonly<Record<string, Locked>>): readonly string[] {
  const found = new Set<string>();
  const pending = Object.keys(locked[folder]?.dependencies ?? {});
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (found.has(name)) continue;
    found.add(name);
    pending.push(...Object.keys(locked[`node_modules/${name}`]?.dependencies ?? {}));
  }
  return [...found].toSorted();
}

async function weigh(): Promise<Weights> {
  const directory = mkdtempSync(join(tmpdir(), 'cambist-weigh-'));
  try {
    const [bundle, { parts, exchangePath, core, pagesOnly, recipesOnly, reportOnly }] = await Promise.all([
      buildBundle(directory),
      weighWorker(),
    ]);
    const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
      readonly packages: Readonly<Record<string, Locked>>;
    };
    const brought = Object.keys(BROUGHT).map((folder) => [folder, broughtBy(folder, lock.packages)] as const);
    return {
      worker: gzipSync(readFileSync(bundle)).length,
      core: gzipSync(core).length,
      exchange: gzipSync(exchangePath).length,
      pages: gzipSync(pagesOnly).length,
      recipes: gzipSync(recipesOnly).length,
      report: gzipSync(reportOnly).length,
      action: weighAction(),
      parts,
      brought: Object.fromEntries(brought),
    };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

if (import.meta.main) {
  await runScript('weigh', async () => {
    const weights = await weigh();
    const faults = overBudget(weights);
    if (faults.length > 0) throw new Refusal(faults.join('\n'));
    console.log(
      `Worker ${kib(weights.worker)} KiB after gzip as it is uploaded; the code without pages and trust report ${kib(weights.core)}, of which an exchange evaluates ${kib(weights.exchange)}, pages for people alone ${kib(weights.pages)}, adding a pipeline alone ${kib(weights.recipes)}, and the trust report alone ${kib(weights.report)}; Action ${kib(weights.action)} KiB`,
    );
    for (const line of byPackage(weights.parts)) console.log(line);
  });
}
