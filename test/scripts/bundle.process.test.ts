// What the production bundle evaluates when an isolate starts: the API's schema code and the CEL evaluator wait behind their dynamic imports.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { buildBundle } from '../../scripts/local/bundle.ts';

/** What only the IAM API, the reference and rules with an expression need. */
const LAZY = /^(?:node_modules\/(?:zod|@marcbachmann\/cel-js)\/|src\/(?:http\/reference\/|rules\/expression\.ts))/;
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

  it('evaluates no schema code and no CEL before something asks for them', () => {
    const waiting = new Set([...code.matchAll(WAITING)].map(([, name = '']) => name));
    const modules = [...new Set([...code.matchAll(MODULE)].map(([, name = '']) => name))];
    const lazy = modules.filter((name) => LAZY.test(name));
    expect(lazy.length).toBeGreaterThan(20);
    // A module of types and constants alone may be inlined where it is used; what is left of a library never is.
    expect(lazy.filter((name) => !waiting.has(name))).toEqual([]);
    expect(modules.filter((name) => name === 'src/http/token.ts' && !waiting.has(name))).toEqual(['src/http/token.ts']);
  });
});
