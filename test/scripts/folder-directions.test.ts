// The linter's rules about which folder may import which: each refuses what it should, and lets its neighbour pass.

import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

const refused: readonly [file: string, imported: string][] = [
  ['src/core/a.ts', '../oidc/verify.ts'],
  ['src/core/a.ts', '../http/app.ts'],
  ['src/core/a.ts', 'jose'],
  ['src/core/a.ts', 'hono'],
  ['src/core/a.ts', 'node:crypto'],
  ['src/presets/a.ts', '../store/d1.ts'],
  ['src/presets/a.ts', 'zod'],
  ['src/oidc/a.ts', '../store/d1.ts'],
  ['src/oidc/a.ts', '../signing/bundle.ts'],
  ['src/oidc/a.ts', 'hono'],
  ['src/signing/a.ts', '../oidc/verify.ts'],
  ['src/signing/a.ts', 'zod'],
  ['src/store/a.ts', '../http/app.ts'],
  ['src/store/a.ts', '../oidc/verify.ts'],
  ['src/store/a.ts', 'hono'],
  ['src/contract/a.ts', '../http/app.ts'],
  ['src/http/a.ts', '../store/d1.ts'],
  ['src/http/iam/a.ts', '../../store/d1.ts'],
  ['src/http/a.ts', '../worker.ts'],
  ['src/console/a.ts', '../oidc/verify.ts'],
  ['src/client/a.ts', '../core/result.ts'],
  ['src/client/a.ts', 'jose'],
  ['src/resource-server/a.ts', '../core/result.ts'],
  ['src/cli/commands/a.ts', '../../store/d1.ts'],
  ['src/cli/a.ts', '../core/result.ts'],
  ['src/offline/a.ts', '../http/app.ts'],
  ['src/offline/a.ts', '../store/d1.ts'],
  ['src/offline/a.ts', 'node:fs'],
  ['scripts/a.ts', './utils/b.ts'],
];

const accepted: readonly [file: string, imported: string][] = [
  ['src/core/b.ts', './result.ts'],
  ['src/core/b.ts', '../presets/preset.ts'],
  ['src/core/b.ts', '@marcbachmann/cel-js'],
  ['src/presets/b.ts', '../core/model.ts'],
  ['src/oidc/b.ts', '../core/claims.ts'],
  ['src/oidc/b.ts', 'jose'],
  ['src/signing/b.ts', 'jose'],
  ['src/store/b.ts', '../core/ports.ts'],
  ['src/contract/b.ts', 'zod'],
  ['src/http/b.ts', '../core/denial.ts'],
  ['src/http/iam/b.ts', '../../contract/role.ts'],
  ['src/http/b.ts', 'hono'],
  ['src/client/b.ts', './errors.ts'],
  ['src/resource-server/b.ts', 'jose'],
  ['src/cli/commands/b.ts', '../../client/index.ts'],
  ['src/cli/apply/b.ts', '../../offline/judge.ts'],
  ['src/offline/b.ts', '../core/decision.ts'],
  ['src/worker.ts', './store/d1.ts'],
];

let directory = '';
let verdicts: readonly string[] = [];

function fileOf(name: string, index: number): string {
  return name.replace(/\.ts$/, `${index}.ts`);
}

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'cambist-lint-'));
  copyFileSync('.oxlintrc.json', join(directory, '.oxlintrc.json'));
  for (const [index, [name, imported]] of [...refused, ...accepted].entries()) {
    const file = join(directory, fileOf(name, index));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `import { something } from '${imported}';\nexport const used = something;\n`);
  }
  const oxlint = join(process.cwd(), 'node_modules', '.bin', 'oxlint');
  const { stdout } = spawnSync(oxlint, ['-f', 'unix'], { cwd: directory, encoding: 'utf8' });
  verdicts = stdout.split('\n').filter((line) => line.includes('no-restricted-imports'));
}, 30_000);

afterAll(() => rmSync(directory, { recursive: true, force: true }));

const isRefused = (name: string, index: number): boolean =>
  verdicts.some((line) => line.startsWith(`${fileOf(name, index)}:`));

it.each(refused.map(([name, imported], index) => [name, imported, index] as const))(
  'refuses that %s imports %s',
  (name, _, index) => expect(isRefused(name, index)).toBe(true),
);

it.each(accepted.map(([name, imported], index) => [name, imported, index + refused.length] as const))(
  'accepts that %s imports %s',
  (name, _, index) => expect(isRefused(name, index)).toBe(false),
);
