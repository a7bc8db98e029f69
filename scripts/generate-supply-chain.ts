// Writes docs/supply-chain.md from the bundle as it builds; `--check` compares packages and versions exactly, sizes roughly.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { ROOT } from './local/bundle.ts';
import { weighWorker } from './local/weigh.ts';
import type { Part } from './local/weigh.ts';

const PAGE = join(ROOT, 'docs', 'supply-chain.md');
/** A change of code moves sizes a little; a library that grows by more than this deserves a look. */
const TOLERANCE = 0.1;
const TOLERATED_KIB = 2;

const introduction = `# Supply chain

What runs in the Worker, where it comes from, and how to check it.

## What the bundle contains

Of the size of each package's code, minified, before compression: what an isolate evaluates when it starts, which is all that a
granted exchange needs, and what waits until another door, the words of a refusal or a rule with an expression is first used. The
share is of both. \`npm run generate\` writes this table; \`npm run check\` fails if a package or a version is another, if a size
is ${TOLERANCE * 100} % off, or if a budget of \`scripts/weigh.ts\` is exceeded: the Worker, what an exchange evaluates (both after gzip),
and the packages that an install of \`@cambist/sdk\` or \`cambist\` brings.
`;

const rest = `
Besides these, the Worker imports \`cloudflare:workers\` from the runtime. \`commander\` and \`yaml\` are the command line's alone.

## How it is held

- **Exact versions.** \`package.json\` names one version of every dependency and \`package-lock.json\` the hash of every package below it
  (\`test/scripts/supply-chain.test.ts\`); \`npm ci\` installs these and nothing else.
- **No install scripts in what runs.** Of all packages only \`esbuild\`, \`node\` and \`workerd\`, which build and test, may run one when they
  are installed (\`allowScripts\` in \`package.json\`, and the same test). None of the packages above has one.
- **Signatures.** \`npm audit signatures\` compares every installed package with the registry's signature of it, and with its provenance if it
  has one. It needs registry.npmjs.org and tuf-repo-cdn.sigstore.dev, and fails if it cannot reach both; so it is no part of
  \`npm run check\`, which works without a network. Run it after every change of the lockfile:

  \`\`\`sh
  npm audit signatures
  npm audit --omit dev    # known vulnerabilities of what is installed for use
  \`\`\`

- **A bill of materials**, of what is installed beside the command line and the Worker:

  \`\`\`sh
  npm sbom --omit dev --sbom-format cyclonedx
  \`\`\`

- **The bundle is built from source** by \`npm run deploy\` and by every test that starts the service; of built files only
  \`action/dist\` is committed, unminified, and \`npm run check\` builds it again and compares.
`;

/** Writes the page, or says what of the one that is there does not hold any more. */
export async function supplyChainPage(check: boolean): Promise<readonly string[]> {
  const { parts } = await weighWorker();
  if (check) return driftOf(readFileSync(PAGE, 'utf8'), parts);
  writeFileSync(PAGE, pageOf(parts));
  return [];
}

/** The page about a bundle of these parts. */
export function pageOf(parts: readonly Part[]): string {
  return `${introduction}\n${table(parts)}\n${rest}`;
}

/** Where the page and the bundle differ: in text, packages and versions at all, in sizes by more than the tolerance. */
export function driftOf(page: string, parts: readonly Part[]): readonly string[] {
  const written = rowsOf(page);
  const gone = written.filter(({ name }) => !parts.some((part) => nameOf(part) === name));
  const withoutRows = (text: string): string => text.replaceAll(/^\|.*\|$/gm, '').replaceAll(/\n+/g, '\n');
  return [
    ...(withoutRows(page) === withoutRows(pageOf(parts)) ? [] : ['its text is another']),
    ...gone.map(({ name }) => `${name} is not in the bundle`),
    ...parts.flatMap((part) => driftOfPart(written, part)),
  ];
}

function driftOfPart(written: readonly Row[], part: Part): readonly string[] {
  const name = nameOf(part);
  const row = written.find((one) => one.name === name);
  if (row === undefined) return [`${name} is new in the bundle`];
  if (row.version !== versionShown(part)) return [`${name} is now ${part.version}`];
  if (isNear(row.atStart, part.atStart / 1024) && isNear(row.later, part.later / 1024)) return [];
  return [`${name} is now ${kib(part.atStart)} and ${kib(part.later)} KiB`];
}

function nameOf({ name }: Part): string {
  return name ?? 'this repository (`src`)';
}

/** Our own version is not written twice. */
function versionShown({ name, version }: Part): string {
  return name === null ? '' : version;
}

function table(parts: readonly Part[]): string {
  const heaviest = parts.toSorted((a, b) => b.atStart + b.later - a.atStart - a.later);
  const all = parts.reduce((sum, { atStart, later }) => sum + atStart + later, 0);
  const rows = heaviest.map((part) => [
    nameOf(part),
    versionShown(part),
    kib(part.atStart),
    kib(part.later),
    `${(((part.atStart + part.later) / all) * 100).toFixed(1)} %`,
  ]);
  const heads = ['package', 'version', 'at start, KiB', 'later, KiB', 'share'];
  const lines = [heads, ['---', '---', '---:', '---:', '---:'], ...rows];
  return ['<!-- prettier-ignore -->', ...lines.map((cells) => `| ${cells.join(' | ')} |`)].join('\n');
}

function kib(bytes: number): string {
  return (bytes / 1024).toFixed(1);
}

interface Row {
  readonly name: string;
  readonly version: string;
  readonly atStart: number;
  readonly later: number;
}

function rowsOf(page: string): Row[] {
  return [...page.matchAll(/^\| (.+?) \| (.*?) ?\| ([\d.]+) \| ([\d.]+) \| [\d.]+ % \|$/gm)].map(
    ([, name = '', version = '', atStart, later]) => ({
      name,
      version,
      atStart: Number(atStart),
      later: Number(later),
    }),
  );
}

function isNear(written: number, measured: number): boolean {
  return Math.abs(written - measured) <= Math.max(TOLERATED_KIB, measured * TOLERANCE);
}
