// Runs `npm run deploy` and `npm run remove` in a test: a stand-in for wrangler, answers of a person, a network that answers as the deployed Worker would.

import { statSync } from 'node:fs';
import { join } from 'node:path';

import type { RunWrangler } from '../../../scripts/deploy/account.ts';
import type { DeployDeps } from '../../../scripts/deploy/deps.ts';
import { readDeployOptions, readRemoveOptions } from '../../../scripts/deploy/options.ts';
import { runDeployment } from '../../../scripts/deploy/run-deployment.ts';
import { runRemoval } from '../../../scripts/deploy/run-removal.ts';
import { WRANGLER_CONFIG } from '../../../scripts/local/bundle.ts';
import { Refusal } from '../../../scripts/local/refusal.ts';
import { temporaryDirectory } from '../local-process.ts';
import { addressesOf, variableOf } from './account.ts';
import type { Account } from './account.ts';

/** Where and how a command runs; everything has a default. */
export interface Setting {
  readonly environment?: Readonly<Record<string, string>>;
  /** What a person answers, by a part of the question; without it there is no terminal. */
  readonly answers?: Readonly<Record<string, string>>;
  /** Host names that lead somewhere. */
  readonly hosts?: readonly string[];
  readonly config?: string;
  readonly directory?: string;
  /** What /readyz answers instead of what the account says. */
  readonly readyz?: () => Response;
}

/** How it ended, and what it said. */
export interface Ended {
  readonly output: string;
  /** Null if it succeeded. */
  readonly refusal: Refusal | null;
  /** Where the files of deployments are. */
  readonly directory: string;
  readonly questions: readonly string[];
}

/** `npm run deploy -- …`. */
export async function deploy(
  account: Account | null,
  run: RunWrangler,
  args: readonly string[],
  setting: Setting = {},
): Promise<Ended> {
  return await ended(account, run, setting, (deps) =>
    runDeployment(readDeployOptions(args, setting.environment ?? {}), deps),
  );
}

/** `npm run remove -- …`. */
export async function remove(
  account: Account | null,
  run: RunWrangler,
  args: readonly string[],
  setting: Setting = {},
): Promise<Ended> {
  return await ended(account, run, setting, (deps) =>
    runRemoval(readRemoveOptions(args, setting.environment ?? {}), deps),
  );
}

/** The root token's file of a deployment. */
export function tokenFile(directory: string, worker = 'cambist'): string {
  return join(directory, worker, 'admin-token');
}

/** The mode bits of a file, as `ls` shows them in octal. */
export function modeOf(file: string): string {
  return (statSync(file).mode & 0o777).toString(8);
}

async function ended(
  account: Account | null,
  run: RunWrangler,
  {
    environment = {},
    answers,
    hosts = [],
    config = WRANGLER_CONFIG,
    directory = temporaryDirectory(),
    readyz,
  }: Setting,
  main: (deps: DeployDeps) => Promise<void>,
): Promise<Ended> {
  const lines: string[] = [];
  const questions: string[] = [];
  let now = 0;
  const deps: DeployDeps = {
    run,
    ask:
      answers === undefined
        ? null
        : async (question) => {
            questions.push(question);
            const part = Object.keys(answers).find((text) => question.includes(text));
            if (part === undefined) throw new Error(`nobody answers "${question}"`);
            return answers[part] ?? '';
          },
    print: (line) => lines.push(line),
    fetch: async (url) => (readyz ?? (() => readiness(account, new URL(url).origin)))(),
    resolve: async (host) => (hosts.includes(host) ? ['192.0.2.7'] : []),
    now: () => now,
    sleep: async (milliseconds) => {
      now += milliseconds;
    },
    environment,
    config,
    filesBase: directory,
  };
  let refusal: Refusal | null = null;
  try {
    await main(deps);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    refusal = error;
  }
  return { output: lines.join('\n'), refusal, directory, questions };
}

/** The Worker that answers at this address is ready if it has what it needs. */
function readiness(account: Account | null, address: string): Response {
  const worker = [...(account?.workers.keys() ?? [])].find(
    (name) => account !== null && addressesOf(account, name).includes(address),
  );
  if (account === null || worker === undefined) throw new TypeError('fetch failed', { cause: new Error('ENOTFOUND') });
  const secrets = account.workers.get(worker)?.secrets;
  const faults = [
    ...(variableOf(account, worker, 'ISSUER_URL') === address ? [] : [{ detail: 'ISSUER_URL is not set' }]),
    ...(secrets?.has('SEALING_KEY') === true || secrets?.has('SIGNING_KEYS') === true
      ? []
      : [{ detail: 'SEALING_KEY is not set' }]),
  ];
  return Response.json({ faults }, { status: faults.length === 0 ? 200 : 503 });
}
