// Follows docs/guides/add-a-platform.md in a copy: a folder and a line, and the indexes know the platform; what is missing is named.

import { cpSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { platformFaults, renderIndexes } from '../../scripts/generate-platform-indexes.ts';
import { PRESET_NAMES } from '../../src/platforms/preset.ts';

let room = '';
beforeAll(() => {
  room = mkdtempSync(join(tmpdir(), 'cambist-platforms-'));
  cpSync(join(import.meta.dirname, '../../src/platforms'), room, { recursive: true });
  cpSync(join(room, 'gocdnext'), join(room, 'new-ci'), { recursive: true });
});
afterAll(() => rmSync(room, { recursive: true, force: true }));

it('takes a folder and a line for a platform', () => {
  const names = [...PRESET_NAMES, 'new-ci'];
  expect(platformFaults(room, names)).toEqual([]);
  const indexes = renderIndexes(room, names);
  const whole = ['every-preset.ts', 'every-facts.ts', 'every-recipe.ts', 'every-source.ts'];
  // Most platforms have neither of the last two.
  expect([...indexes.keys()]).toEqual([...whole, 'every-look-up.ts', 'every-manifests.ts']);
  for (const file of whole) {
    const text = indexes.get(file) ?? '';
    expect(text).toMatch(/^import \{ \w+ as newCi \} from '\.\/new-ci\/\w+\.ts';$/m);
    expect(text).toContain("  'new-ci': newCi,\n");
  }
});

it('names a folder without its line', () => {
  expect(platformFaults(room, PRESET_NAMES)).toEqual([
    'src/platforms/new-ci/ is not in PRESET_NAMES of src/platforms/preset.ts: add its line',
  ]);
});

it.each(['guards.ts', 'facts.ts', 'recipe.ts'])('names a folder without %s', (part) => {
  renameSync(join(room, 'new-ci', part), join(room, 'new-ci', 'away'));
  expect(platformFaults(room, [...PRESET_NAMES, 'new-ci'])).toEqual([
    `src/platforms/new-ci/${part} is missing (docs/guides/add-a-platform.md)`,
  ]);
  renameSync(join(room, 'new-ci', 'away'), join(room, 'new-ci', part));
});

it('lets a platform go without a source, since not every job can be recognised', () => {
  rmSync(join(room, 'new-ci', 'source.ts'));
  const names = [...PRESET_NAMES, 'new-ci'];
  expect(platformFaults(room, names)).toEqual([]);
  expect(renderIndexes(room, names).get('every-source.ts')).not.toContain('newCi');
});
