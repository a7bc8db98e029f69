// The budgets of what is shipped, and what an isolate evaluates before anybody asks for more than an exchange.

import { beforeAll, describe, expect, it } from 'vitest';

import { weighWorker } from '../../scripts/local/weigh.ts';
import type { Weighed } from '../../scripts/local/weigh.ts';
import { broughtBy, overBudget } from '../../scripts/weigh.ts';
import type { Weights } from '../../scripts/weigh.ts';

const KIB = 1024;
const weights: Weights = {
  worker: 256 * KIB,
  core: 170 * KIB,
  pages: 50 * KIB,
  recipes: 26 * KIB,
  report: 10 * KIB,
  exchange: 60 * KIB,
  action: 300 * KIB,
  parts: [
    { name: 'hono', version: '1.0.0', atStart: 20 * KIB, later: 0 },
    { name: null, version: '0.1.0', atStart: 100 * KIB, later: 150 * KIB },
  ],
  brought: { 'packages/sdk': ['jose'], 'packages/cli': ['commander', 'jose'] },
};
const BY_PACKAGE = ['minified KiB, at start + later:', '  src: 100.0 + 150.0', '  hono: 20.0 + 0.0'];

describe('the budgets', () => {
  it('hold for what is as heavy as they allow', () => {
    expect(overBudget(weights)).toEqual([]);
  });

  it.each([
    [{ worker: 256 * KIB + 512 }, 'the whole Worker is 256.5 KiB after gzip; its budget is 256'],
    [{ core: 170 * KIB + 512 }, 'the Worker without pages and trust report is 170.5 KiB after gzip; its budget is 170'],
    [{ pages: 51 * KIB }, 'what only pages for people evaluate is 51.0 KiB after gzip; its budget is 50'],
    [{ recipes: 27 * KIB }, 'what only adding a pipeline evaluates is 27.0 KiB after gzip; its budget is 26'],
    [{ report: 11 * KIB }, 'what only the trust report evaluates is 11.0 KiB after gzip; its budget is 10'],
    [{ action: 301 * KIB }, 'the Action is 301.0 KiB; its budget is 300'],
    [{ exchange: 61 * KIB }, 'what an exchange evaluates is 61.0 KiB after gzip; its budget is 60'],
    [{ brought: { 'packages/sdk': ['jose', 'zod'] } }, 'packages/sdk brings zod, which its budget does not name'],
  ])('say what is over %o, and the weight by package', (heavier, fault) => {
    expect(overBudget({ ...weights, ...heavier })).toEqual([fault, ...BY_PACKAGE]);
  });

  it('count what a dependency brings in turn', () => {
    const locked = {
      'packages/sdk': { dependencies: { jose: '6.2.17', a: '1.0.0' } },
      'node_modules/a': { dependencies: { b: '^1.0.0' } },
      'node_modules/b': { dependencies: { a: '^1.0.0' } },
    };
    expect(broughtBy('packages/sdk', locked)).toEqual(['a', 'b', 'jose']);
  });
});

describe('the bundle of the Worker', () => {
  let weighed: Weighed;
  beforeAll(async () => {
    weighed = await weighWorker();
  });

  it('contains these packages and no other', () => {
    expect(weighed.parts.flatMap(({ name }) => name ?? []).toSorted()).toEqual([
      '@marcbachmann/cel-js',
      'hono',
      'jose',
    ]);
  });

  it('evaluates hono and jose at the start, and nothing else that others wrote', () => {
    const atStart = weighed.parts.flatMap(({ name, atStart: bytes }) => (bytes > 0 ? (name ?? []) : []));
    expect(atStart.toSorted()).toEqual(['hono', 'jose']);
  });

  it('evaluates the doors and the exchange at the start, and nothing that only the IAM API, its reference or an expression needs', () => {
    const late =
      /^src\/(?:http\/(?:iam\/(?!caller)|reference\/)|rules\/expression\.ts|exchange\/explain\.ts|wiring-iam\.ts|store\/(?:iam-store|sweep)\.ts)/;
    expect(weighed.exchangeFiles).toContain('src/http/token.ts');
    expect(weighed.exchangeFiles).toContain('src/exchange/exchange.ts');
    expect(weighed.exchangeFiles.filter((file) => late.test(file))).toEqual([]);
  });
});
