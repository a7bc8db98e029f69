// What is in the repository is for everybody: no private key, and no token that looks like somebody's.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { beforeAll, describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
/** Made by installing, building or running, and ignored by git. */
const NOT_OURS = new Set(['.git', 'node_modules', 'dist', '.wrangler', '.cambist', '.dev.vars', 'coverage']);
/** Signed by keys that were thrown away when these were made (test/vectors/generate.ts), or by none. */
const OWN_TOKENS = /^test\/(?:vectors\/[\w-]+\.json|sdk\/client\/scripted-fetch\.ts)$/;

const PRIVATE_KEY = /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----|"(?:d|p|q|dp|dq|qi)" ?: ?"[\w-]{20,}"/;
const TOKEN = /eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{20,}/;

let files: { readonly path: string; readonly text: string }[];

beforeAll(() => {
  const pathsIn = (directory: string): string[] =>
    readdirSync(join(ROOT, directory), { withFileTypes: true }).flatMap((entry) => {
      if (NOT_OURS.has(entry.name)) return [];
      const path = directory === '' ? entry.name : `${directory}/${entry.name}`;
      return entry.isDirectory() ? pathsIn(path) : entry.isFile() ? [path] : [];
    });
  files = pathsIn('').map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }));
});

describe('the repository', () => {
  it('holds no private key', () => {
    expect(files.length).toBeGreaterThan(300);
    expect(files.filter(({ text }) => PRIVATE_KEY.test(text)).map(({ path }) => path)).toEqual([]);
  });

  it('holds no signed token, but for vectors of thrown-away keys', () => {
    const found = files.filter(({ text }) => TOKEN.test(text)).map(({ path }) => path);
    expect(found.filter((path) => !OWN_TOKENS.test(path))).toEqual([]);
    // The pattern does find tokens where there are some.
    expect(found).toContain('test/vectors/ecdsa.json');
  });

  it('would be found to hold one', () => {
    const body = 'A'.repeat(43);
    expect(PRIVATE_KEY.test(['-----BEGIN PRIVATE', 'KEY-----'].join(' '))).toBe(true);
    expect(PRIVATE_KEY.test(JSON.stringify({ d: body }))).toBe(true);
    expect(PRIVATE_KEY.test(JSON.stringify({ x: body }))).toBe(false);
  });
});
