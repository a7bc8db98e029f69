// Follows docs/guides/add-a-member.md in a copy, block by block: two files and a column, and the new member is everywhere.

import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

const REPOSITORY = join(import.meta.dirname, '../..');
const GUIDE = 'docs/guides/add-a-member.md';
const blocks = [...readFileSync(join(REPOSITORY, GUIDE), 'utf8').matchAll(/^```diff (\S+)\n(.*?)^```$/gms)].map(
  ([, file = '', diff = '']) => ({ file, lines: diff.trimEnd().split('\n') }),
);

let copy = '';
beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'cambist-member-'));
  for (const part of ['src', 'test', 'schema.sql', 'package.json', 'tsconfig.json', 'worker-configuration.d.ts'])
    cpSync(join(REPOSITORY, part), join(copy, part), { recursive: true });
  symlinkSync(join(REPOSITORY, 'node_modules'), join(copy, 'node_modules'));
  for (const { file, lines } of blocks) {
    const path = join(copy, file);
    const side = (mark: string): string =>
      lines.flatMap((line) => (line.startsWith(mark) ? [] : [`${line.slice(1)}\n`])).join('');
    const [before, after] = [readFileSync(path, 'utf8'), side('-')];
    if (before.split(side('+')).length !== 2)
      throw new Error(`${GUIDE}: a block for ${file} does not fit one place of it`);
    writeFileSync(
      path,
      before.replace(side('+'), () => after),
    );
  }
});
afterAll(() => rmSync(copy, { recursive: true, force: true }));

it('takes two files and a column', () => {
  expect([...new Set(blocks.map(({ file }) => file))]).toEqual([
    'src/objects/federated-identity.ts',
    'schema.sql',
    'src/rules/rule.ts',
  ]);
});

it('has the member in the API, the row, the reference, the help and a configuration (contract §5.3)', () => {
  const output = execFileSync(process.execPath, ['test/objects/follow-the-guide.ts'], { cwd: copy, encoding: 'utf8' });
  expect(JSON.parse(output)).toEqual({
    created: 'CHG-1',
    without: null,
    refused: [{ pointer: '/ticket', detail: 'must be a string' }],
    read: 'CHG-1',
    row: { ticket: 'CHG-1' },
    cleared: null,
    described: expect.objectContaining({
      anyOf: [expect.objectContaining({ type: 'string', maxLength: 128 }), { type: 'null' }],
    }),
    help: [expect.stringMatching(/--ticket <id> +the change request it was made for/)],
    declared: [],
    misdeclared: [expect.objectContaining({ detail: 'must be a string' })],
    verdict: expect.objectContaining({
      allowed: false,
      reason: 'identity_revoked',
      detail: expect.stringContaining('the federated identity of CHG-1 was revoked'),
    }),
  });
});

it('is known to the compiler wherever the object is used', () => {
  writeFileSync(
    join(copy, 'src/probe.ts'),
    `import type { FederatedIdentityInput, FederatedIdentityRecord, FederatedIdentityView } from './objects/federated-identity.ts';
     export const probe = (input: FederatedIdentityInput, record: FederatedIdentityRecord, view: FederatedIdentityView):
       readonly [string | null | undefined, string | null, string | null] => [input.ticket, record.ticket, view.ticket];`,
  );
  const settings = { extends: './tsconfig.json', include: ['src/probe.ts', 'src/rules', '*.d.ts'] };
  writeFileSync(join(copy, 'tsconfig.member.json'), JSON.stringify(settings));
  const tsc = join(REPOSITORY, 'node_modules/.bin/tsc');
  const faults = spawnSync(tsc, ['--noEmit', '-p', 'tsconfig.member.json'], { cwd: copy, encoding: 'utf8' }).stdout;
  expect(faults).toBe('');
});
