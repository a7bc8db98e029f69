// Where each kind of test runs: pure ones in Node, those that need D1 or KV in workerd, those that start processes after both.

import { availableParallelism } from 'node:os';
import { cloudflareTest } from '@cloudflare/vitest-plugin';
import { exportJWK, generateKeyPair } from 'jose';
import { defineConfig } from 'vitest/config';
import type { TestProjectConfiguration, ViteUserConfig } from 'vitest/config';

import type { FuzzSettings } from './test/support/runs.ts';

const WORKER_TESTS = 'test/**/*.worker.test.ts';
/** Look at an isolate that has evaluated nothing yet. */
const COLD_TESTS = 'test/**/cold-*.worker.test.ts';
/** Measure how long a process takes, and so run alone. */
const TIMED_TESTS = 'test/**/start-up.process.test.ts';
const PROCESS_TESTS = 'test/**/*.process.test.ts';

/** A fresh private JWK Set for each run, so that no private key is ever committed, not even a test's. */
async function signingKeys(): Promise<string> {
  const keys = await Promise.all(
    (['ES256', 'RS256'] as const).map(async (alg) => {
      const { privateKey } = await generateKeyPair(alg, { extractable: true });
      return { ...(await exportJWK(privateKey)), kid: `test-${alg.toLowerCase()}`, alg };
    }),
  );
  return JSON.stringify({ keys });
}

/** `.ci/run` counts what this file says. */
const report = process.env['TEST_REPORT'];

/** `npm run fuzz` sets them: how often a property is run, and from which seed; `test/support/runs.ts` reads them. */
const fuzz: FuzzSettings = { runs: numberOf('FUZZ_RUNS'), seed: numberOf('FUZZ_SEED') };
/** Ten thousand runs of a property take longer than a test otherwise may. */
const longest = (milliseconds: number): number => (fuzz.runs === null ? milliseconds : 1_800_000);

function numberOf(variable: string): number | null {
  const text = process.env[variable];
  if (text === undefined) return null;
  if (!/^-?\d{1,10}$/.test(text)) throw new Error(`${variable} must be a whole number`);
  return Number(text);
}

/** Tests that run in workerd, with the bindings of wrangler.toml and settings of their own. */
function workerProject(test: {
  name: string;
  include: string[];
  exclude?: string[];
  isolate?: false;
}): TestProjectConfiguration {
  return {
    plugins: [
      cloudflareTest(async () => ({
        wrangler: { configPath: './wrangler.toml' },
        miniflare: {
          // Not in wrangler.toml, where it is optional; a test that wants an archive says so.
          r2Buckets: ['ARCHIVE'],
          bindings: {
            ISSUER_URL: 'https://cambist.test',
            ADMIN_TOKEN: 'test-root-token-of-at-least-32-characters',
            ALLOW_LOOPBACK_ISSUERS: 'true',
            SIGNING_KEYS: await signingKeys(),
          },
        },
      })),
    ],
    test: { ...test, testTimeout: longest(30_000), hookTimeout: 30_000 },
  };
}

const config: ViteUserConfig = defineConfig({
  test: {
    provide: { fuzz },
    // Most of a worker test's time is spent waiting for workerd, so three files at once pay even on two cores.
    maxWorkers: Math.max(3, availableParallelism() - 1),
    ...(report === undefined ? {} : { reporters: ['default', ['json', { outputFile: report }]] }),
    projects: [
      {
        test: {
          name: 'unit',
          environment: 'node',
          include: ['test/**/*.test.ts'],
          exclude: [WORKER_TESTS, PROCESS_TESTS],
          // To load the modules anew for each file took almost half of the processor time.
          isolate: false,
          testTimeout: longest(20_000),
        },
      },
      // A workerd for each file took half of the processor time of all tests. Each test brings its own database and issuer.
      workerProject({ name: 'worker', include: [WORKER_TESTS], exclude: [COLD_TESTS], isolate: false }),
      workerProject({ name: 'cold', include: [COLD_TESTS] }),
      {
        test: {
          name: 'process',
          environment: 'node',
          include: [PROCESS_TESTS],
          exclude: [TIMED_TESTS],
          globalSetup: ['test/support/build-bundle.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          // Not beside the others: they wait for real processes and sockets, which want the processor for themselves.
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'timed',
          environment: 'node',
          include: [TIMED_TESTS],
          testTimeout: 120_000,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});

export default config;
