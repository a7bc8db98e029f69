// Starts the scripts of this repository as real processes for a test and ends every one of them. Knows nothing of what they answer.

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { endProcess, isRunning } from '../../scripts/local/processes.ts';
import type { ProcessStamp } from '../../scripts/local/processes.ts';

export interface Running {
  readonly child: ChildProcess;
  /** Everything printed so far, both streams. */
  readonly output: () => string;
  readonly exited: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
}

const running: Running[] = [];
const directories: string[] = [];

/** A directory that exists until endAll(). */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'cambist-test-'));
  directories.push(directory);
  return directory;
}

/** Starts a program with only what a fresh terminal would give it, and the given variables. */
export function start(
  command: string,
  args: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): Running {
  const { PATH = '', HOME = '' } = process.env as Record<string, string | undefined>;
  const env = { PATH, HOME, ...variables } as unknown as NodeJS.ProcessEnv;
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const chunks: string[] = [];
  child.stdout.setEncoding('utf8').on('data', (text: string) => chunks.push(text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => chunks.push(text));
  const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
  const started: Running = { child, output: () => chunks.join(''), exited };
  running.push(started);
  return started;
}

/** `npm start` without npm, with the bundle that this run of the tests has built. */
export function startWorker(
  stateDirectory: string,
  port: number,
  more: Readonly<Record<string, string>> = {},
): Running {
  const { TEST_BUNDLE = '' } = process.env as Record<string, string | undefined>;
  const variables = { TEST_BUNDLE, STATE_DIR: stateDirectory, PORT: String(port), ...more };
  return start(process.execPath, ['test/support/serve-bundle.ts'], variables);
}

/** Resolves once the program has printed this; fails with its output where it ends before. */
export async function printed(program: Running, text: string): Promise<void> {
  let ended = false;
  void program.exited.then(() => (ended = true));
  while (!program.output().includes(text)) {
    if (ended) throw new Error(`the program ended without printing "${text}":\n${program.output()}`);
    await sleep(20);
  }
}

/** The workerd that a state directory says is running. */
export function recordedWorkerd(stateDirectory: string): ProcessStamp {
  const run = JSON.parse(readFileSync(join(stateDirectory, 'run.json'), 'utf8')) as { workerd: ProcessStamp };
  return run.workerd;
}

/** Waits up to ten seconds for a process to end; true where it has. */
export async function ends(stamp: ProcessStamp): Promise<boolean> {
  for (let attempt = 0; attempt < 200 && isRunning(stamp); attempt += 1) await sleep(50);
  return !isRunning(stamp);
}

/** Ends every process started here, and what they left behind, and removes the directories. */
export async function endAll(): Promise<void> {
  for (const { child, exited } of running.splice(0)) {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await exited;
  }
  for (const directory of directories.splice(0)) {
    try {
      await endProcess(recordedWorkerd(directory));
    } catch {
      // it stopped cleanly and left no record
    }
    rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}
