// What the production bundle evaluates when an isolate starts (issue 3): the API's schema code waits behind its dynamic import.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { buildBundle } from '../../scripts/local/bundle.ts';

/** Libraries and folders that only the IAM API and the reference need. */
const LAZY =
  /^(?:node_modules\/(?:zod|@hono\/zod-openapi|@hono\/zod-validator|@asteasolutions\/[\w-]+|openapi3-ts)|src\/contract|src\/http\/openapi)\//;
/** esbuild puts a module that is loaded later into a function of this form, and every other one at the top level. */
const WAITING = /__esm\(\{\s*"([^"]+)"\(/g;
const MODULE = /^\/\/ (\S+\.[cm]?[jt]sx?)$/gm;

describe('the production bundle', () => {
  let directory: string;
  let code: string;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'bundle-'));
    code = readFileSync(await buildBundle(directory), 'utf8');
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it('evaluates no schema code before it is asked for the API (issue 3)', () => {
    const waiting = new Set([...code.matchAll(WAITING)].map(([, name = '']) => name));
    const modules = [...new Set([...code.matchAll(MODULE)].map(([, name = '']) => name))];
    const lazy = modules.filter((name) => LAZY.test(name));
    expect(lazy.length).toBeGreaterThan(20);
    // A module of types and constants alone may be inlined where it is used; what is left of a library never is.
    expect(lazy.filter((name) => !waiting.has(name))).toEqual([]);
    expect(modules.filter((name) => name === 'src/http/token.ts' && !waiting.has(name))).toEqual(['src/http/token.ts']);
  });
});
