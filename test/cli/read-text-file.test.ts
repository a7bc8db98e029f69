// How a file is read while nobody is there: whole, bounded, and from a pipe without waiting in the kernel.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { readTextFile } from '../../src/cli/read-text-file.ts';

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'cambist-read-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

it('gives a text of the longest length, and refuses a byte more', async () => {
  const path = join(directory, 'long');
  const text = 'é'.repeat(50_000);
  writeFileSync(path, text);
  expect(await readTextFile(path, 100_000)).toBe(text);
  await expect(readTextFile(path, 99_999)).rejects.toMatchObject({ code: 'EFBIG' });
});

it('names what cannot be read', async () => {
  await expect(readTextFile(join(directory, 'missing'), 10)).rejects.toMatchObject({ code: 'ENOENT' });
  await expect(readTextFile(directory, 10)).rejects.toMatchObject({ code: 'EISDIR' });
  await expect(readTextFile('/dev/zero', 10)).rejects.toMatchObject({ code: 'EFBIG' });
  expect(await readTextFile('/dev/null', 10)).toBe('');
});

it('reads a pipe whose writer comes later', async () => {
  const path = join(directory, 'pipe');
  execFileSync('mkfifo', [path]);
  const text = readTextFile(path, 10);
  await sleep(60);
  await appendFile(path, 'late');
  expect(await text).toBe('late');
});
