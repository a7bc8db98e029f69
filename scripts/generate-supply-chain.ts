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

Of the size of each package's code, before minification or compression: what an isolate evaluates when it starts, which is all that an
exchange needs, and what waits until the IAM API, the API reference or a rule with an expression is first used.
\`npm run generate\` writes this table; \`npm run check\` fails where a package or a version is another, or a size is ${TOLERANCE * 100} % off.
`;

const rest = `
Besides these, the Worker imports \`cloudflare:workers\` from the runtime. \`commander\` and \`yaml\` are the command line's alone.

## How it is held

- **Exact versions.** \`package.json\` names one version of every dependency and \`package-lock.json\` the hash of every package below it
  (\`test/scripts/supply-chain.test.ts\`); \`npm ci\` installs these and nothing else.
- **No install scripts in what runs.** Of all packages only \`esbuild\`, \`node\` and \`workerd\`, which build and test, may run one when they
  are installed (\`allowScripts\` in \`package.json\`, and the same test). None of the packages above has one.
- **Signatures.** \`npm audit signatures\` asks the registry for the signature of every installed package. It needs the network, so it is no
  part of \`npm run check\`:

  \`\`\`sh
  npm audit signatures
  \`\`\`

- **A bill of materials**, of what is installed beside the command line and the Worker:

  \`\`\`sh
  npm sbom --omit dev --sbom-format cyclonedx
  \`\`\`

- **The bundle is built from source** by \`npm run deploy\` and by every test that starts the service; no built file is committed.
`;

/** Writes the page, or says whether the one that is there still holds. */
export async function supplyChainPage(check: boolean): Promise<boolean> {
  const { parts } = await weighWorker();
  if (!check) {
    writeFileSync(PAGE, `${introduction}\n${table(parts)}\n${rest}`);
    return true;
  }
  const written = rowsOf(readFileSync(PAGE, 'utf8'));
  return (
    written.length === parts.length &&
    parts.every((part) => {
      const row = written.find(({ name }) => name === nameOf(part));
      return (
        row !== undefined &&
        row.version === versionShown(part) &&
        isNear(row.atStart, part.atStart / 1024) &&
        isNear(row.later, part.later / 1024)
      );
    })
  );
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
  const rows = heaviest.map((part) => [nameOf(part), versionShown(part), kib(part.atStart), kib(part.later)]);
  const lines = [['package', 'version', 'at start, KiB', 'later, KiB'], ['---', '---', '---:', '---:'], ...rows];
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
  return [...page.matchAll(/^\| (.+?) \| (.*?) ?\| ([\d.]+) \| ([\d.]+) \|$/gm)].map(
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
