// What the Worker's bundle consists of, by package, and which part an exchange evaluates. Builds in memory; uploads nothing.

import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

import { build } from 'esbuild';

import { ROOT } from './bundle.ts';

export interface Part {
  /** The package's name; null for the code of this repository. */
  readonly name: string | null;
  /** As installed, which the lockfile decides. */
  readonly version: string;
  /** Bytes evaluated when an isolate starts, minified. */
  readonly atStart: number;
  /** Bytes that wait behind a dynamic import. */
  readonly later: number;
}

export interface Weighed {
  readonly parts: readonly Part[];
  /** The minified code that an exchange evaluates: the entry and all that it imports statically. */
  readonly exchangePath: Buffer;
  /** The source files that it is made of. */
  readonly exchangeFiles: readonly string[];
  /** The minified code without pages for people, recipes and trust report. */
  readonly core: Buffer;
  /** The minified code that nothing but pages for people evaluates, without the recipes. */
  readonly pagesOnly: Buffer;
  /** The minified code that only adding a pipeline and trying a rule evaluate: what is known of every platform. */
  readonly recipesOnly: Buffer;
  /** The minified code that nothing but the trust report evaluates. */
  readonly reportOnly: Buffer;
}

/** What loads the pages for people: the console, and the page of `GET /`. */
const PAGE_ENTRIES = ['src/wiring-console.ts', 'src/http/landing-page.ts'];
/** What adding a pipeline and trying a rule load: the recipes of every platform. */
const RECIPE_ENTRIES = ['src/console/pipelines/plan-pipeline.ts', 'src/console/rule/neighbours.ts'];
/** What the trust report loads. */
const REPORT_ENTRIES = ['src/http/iam/make-trust-report.ts'];

/** Splits the Worker where its dynamic imports split it as it runs, and weighs both sides. */
export async function weighWorker(): Promise<Weighed> {
  const { outputFiles, metafile } = await build({
    entryPoints: [join(ROOT, 'src', 'worker.ts')],
    absWorkingDir: ROOT,
    outdir: 'dist',
    write: false,
    metafile: true,
    bundle: true,
    minify: true,
    splitting: true,
    format: 'esm',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['cloudflare:*', 'node:*'],
    logLevel: 'error',
  });
  const outputs = new Map(Object.entries(metafile.outputs).map(([path, output]) => [basename(path), output]));
  const reached = (follow: (kind: string, name: string) => boolean): ReadonlySet<string> => {
    const found = new Set<string>();
    const pending = ['worker.js'];
    for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
      found.add(name);
      for (const { kind, path } of outputs.get(name)?.imports ?? []) {
        const next = basename(path);
        if (outputs.has(next) && !found.has(next) && follow(kind, next)) pending.push(next);
      }
    }
    return found;
  };
  const atStart = reached((kind) => kind === 'import-statement');
  const without = (entries: readonly string[]): ReadonlySet<string> =>
    reached((_, name) => !entries.includes(outputs.get(name)?.entryPoint ?? ''));
  const [withoutPages, withoutReport] = [without(PAGE_ENTRIES), without(REPORT_ENTRIES)];
  const withoutRecipes = without(RECIPE_ENTRIES);
  const bytes = new Map<string | null, { atStart: number; later: number }>();
  for (const [name, { inputs }] of outputs) {
    for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
      const part = packageOf(path);
      const known = bytes.get(part) ?? { atStart: 0, later: 0 };
      known[atStart.has(name) ? 'atStart' : 'later'] += bytesInOutput;
      bytes.set(part, known);
    }
  }
  const codeOf = (isWanted: (name: string) => boolean): Buffer =>
    Buffer.from(
      outputFiles
        .filter(({ path }) => isWanted(basename(path)))
        .map(({ text }) => withoutJoints(text))
        .join(''),
    );
  const sources = [...atStart].flatMap((name) => Object.entries(outputs.get(name)?.inputs ?? {}));
  return {
    parts: [...bytes].map(([name, weight]) => ({ name, version: versionOf(name), ...weight })),
    exchangePath: codeOf((name) => atStart.has(name)),
    exchangeFiles: sources.flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : [])),
    core: codeOf((name) => withoutPages.has(name) && withoutReport.has(name) && withoutRecipes.has(name)),
    pagesOnly: codeOf((name) => !withoutPages.has(name) && withoutReport.has(name) && withoutRecipes.has(name)),
    recipesOnly: codeOf((name) => !withoutRecipes.has(name)),
    reportOnly: codeOf((name) => !withoutReport.has(name)),
  };
}

/** Without what joins the pieces: a deployment is one file, and has none of it. */
function withoutJoints(piece: string): string {
  return piece.replaceAll(/(?:import(?:\{[^}]*\}from)?"\.\/[^"]*";?|export\{[^}]*\};?)/g, '');
}

/** The innermost package of a path below node_modules. */
function packageOf(path: string): string | null {
  return /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? null;
}

function versionOf(name: string | null): string {
  const manifest = join(ROOT, ...(name === null ? [] : ['node_modules', name]), 'package.json');
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
}
