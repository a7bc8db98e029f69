// Directories are made, or refused at once: Node.js's own way never ends if one can never be made.

import { existsSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, expect, it } from 'vitest';

import { makeDirectories } from '../../src/cli/make-directories.ts';

const directory = mkdtempSync(join(tmpdir(), 'cambist-directories-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

it('makes what is missing, with the mode, and leaves what is there', async () => {
  const path = join(directory, 'a/b/c');
  await makeDirectories(path, 0o700);
  await makeDirectories(path, 0o755);
  for (const one of ['a', 'a/b', 'a/b/c']) expect(statSync(join(directory, one)).mode & 0o777).toBe(0o700);
});

it('takes a link to a directory as one', async () => {
  await makeDirectories(join(directory, 'there'));
  symlinkSync(join(directory, 'there'), join(directory, 'link'));
  await makeDirectories(join(directory, 'link/inside'));
  expect(existsSync(join(directory, 'there/inside'))).toBe(true);
});

it.skipIf(!existsSync('/proc/self'))('refuses at once what can never be made', async () => {
  for (const path of ['/proc/x', '/proc/x/y/z'])
    await expect(makeDirectories(path)).rejects.toMatchObject({ code: 'ENOENT' });
});

it('refuses a file in the way', async () => {
  writeFileSync(join(directory, 'file'), '');
  await expect(makeDirectories(join(directory, 'file'))).rejects.toMatchObject({ code: 'EEXIST' });
  await expect(makeDirectories(join(directory, 'file/x'))).rejects.toMatchObject({ code: 'ENOTDIR' });
});
