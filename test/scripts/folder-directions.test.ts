// The linter's rules about which folder may import which: each refuses what it should, and lets its neighbour pass.

import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

const refused: readonly [file: string, imported: string][] = [
  ['src/token/a.ts', '../rules/glob.ts'],
  ['src/token/a.ts', '../exchange/decide.ts'],
  ['src/token/a.ts', 'jose'],
  ['src/rules/a.ts', '../exchange/decide.ts'],
  ['src/rules/a.ts', 'zod'],
  ['src/exchange/a.ts', '../issuers/verify-subject-token.ts'],
  ['src/exchange/a.ts', '../http/app.ts'],
  ['src/exchange/a.ts', 'jose'],
  ['src/trust/a.ts', '../store/d1.ts'],
  ['src/trust/a.ts', '../http/app.ts'],
  ['src/trust/a.ts', 'hono'],
  ['src/exchange/a.ts', 'hono'],
  ['src/exchange/a.ts', 'node:crypto'],
  ['src/platforms/github/a.ts', '../../store/d1.ts'],
  ['src/platforms/github/a.ts', '../../cli/failure.ts'],
  ['src/platforms/a.ts', 'zod'],
  ['src/bootstrap/a.ts', '../cli/failure.ts'],
  ['src/bootstrap/a.ts', 'node:crypto'],
  ['src/http/a.ts', '../platforms/every-facts.ts'],
  ['src/http/iam/a.ts', '../../platforms/github/recipe.ts'],
  ['src/issuers/a.ts', '../store/d1.ts'],
  ['src/issuers/a.ts', '../signing/bundle.ts'],
  ['src/issuers/a.ts', 'hono'],
  ['src/signing/a.ts', '../issuers/verify-subject-token.ts'],
  ['src/signing/a.ts', 'zod'],
  ['src/store/a.ts', '../http/app.ts'],
  ['src/store/a.ts', '../issuers/verify-subject-token.ts'],
  ['src/store/a.ts', 'hono'],
  ['src/objects/a.ts', '../http/app.ts'],
  ['src/objects/a.ts', 'hono'],
  ['src/objects/a.ts', 'zod'],
  ['src/http/a.ts', '../store/d1.ts'],
  ['src/http/iam/a.ts', '../../store/d1.ts'],
  ['src/http/a.ts', '../worker.ts'],
  ['src/console/a.ts', '../issuers/verify-subject-token.ts'],
  ['src/console/a.ts', '../http/bearer.ts'],
  ['src/console/pages/a.ts', '../../store/d1.ts'],
  ['src/sdk/client/a.ts', '../../exchange/result.ts'],
  ['src/sdk/client/a.ts', 'jose'],
  ['src/sdk/verify/a.ts', '../../exchange/result.ts'],
  ['src/cli/commands/a.ts', '../../store/d1.ts'],
  ['src/cli/a.ts', '../http/app.ts'],
  ['src/cli/a.ts', 'node:http'],
  ['src/action/a.ts', '../http/app.ts'],
  ['src/action/a.ts', '../cli/commands/token.ts'],
  ['src/action/a.ts', 'commander'],
  ['scripts/a.ts', './utils/b.ts'],
];

const accepted: readonly [file: string, imported: string][] = [
  ['src/token/b.ts', '../exchange/denial.ts'],
  ['src/rules/b.ts', '../platforms/preset.ts'],
  ['src/rules/b.ts', '@marcbachmann/cel-js'],
  ['src/exchange/b.ts', '../rules/rule.ts'],
  ['src/trust/b.ts', '../exchange/decide.ts'],
  ['src/platforms/b.ts', '../objects/identity-provider.ts'],
  ['src/bootstrap/b.ts', '../platforms/recipe.ts'],
  ['src/http/iam/b.ts', '../../platforms/presets.ts'],
  ['src/cli/b.ts', '../platforms/every-facts.ts'],
  ['src/cli/b.ts', 'node:crypto'],
  ['src/issuers/b.ts', '../token/claims.ts'],
  ['src/issuers/b.ts', 'jose'],
  ['src/signing/b.ts', 'jose'],
  ['src/store/b.ts', '../exchange/ports.ts'],
  ['src/objects/b.ts', '../token/json.ts'],
  ['src/http/b.ts', '../exchange/denial.ts'],
  ['src/http/iam/b.ts', '../../objects/role.ts'],
  ['src/http/b.ts', 'hono'],
  ['src/console/b.ts', '../exchange/result.ts'],
  ['src/console/b.ts', 'hono/jsx'],
  ['src/sdk/client/b.ts', './errors.ts'],
  ['src/sdk/client/b.ts', '../bounded-text.ts'],
  ['src/sdk/verify/b.ts', 'jose'],
  ['src/cli/commands/b.ts', '../../sdk/client/index.ts'],
  ['src/cli/apply/b.ts', '../../exchange/decide.ts'],
  ['src/action/b.ts', '../cli/sources/obtain.ts'],
  ['src/action/b.ts', 'node:https'],
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
