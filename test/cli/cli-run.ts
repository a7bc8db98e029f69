// Runs the command line: in this process with a world of its own, or as a real process with its streams kept apart.

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';

import type { World } from '../../src/cli/command.ts';
import { runCli } from '../../src/cli/run.ts';

export interface CliEnd {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Both streams, in the order in which they were written. */
  readonly written: readonly (readonly ['stdout' | 'stderr', string])[];
}

type Env = Readonly<Record<string, string>>;

/** Runs it here; nothing of this process's environment is seen. */
export async function runHere(
  argv: readonly string[],
  env: Env = {},
  { stdin = '', fetch: send = fetch }: { readonly stdin?: string; readonly fetch?: World['fetch'] } = {},
): Promise<CliEnd> {
  const written: ['stdout' | 'stderr', string][] = [];
  const code = await runCli(argv, {
    env,
    fetch: send,
    stdout: { write: (text) => written.push(['stdout', text]) },
    stderr: { write: (text) => written.push(['stderr', text]) },
    readStdin: async () => await Promise.resolve(stdin),
  });
  return { code, ...joined(written), written };
}

export interface RunningCli {
  readonly child: ChildProcess;
  readonly ended: Promise<CliEnd>;
  /** Everything on stdout so far. */
  readonly stdout: () => string;
}

/** Starts it as a process, with PATH and these variables. */
export function startCli(argv: readonly string[], env: Env = {}, stdin = ''): RunningCli {
  const written: ['stdout' | 'stderr', string][] = [];
  const child = spawn(process.execPath, ['src/cli/main.ts', ...argv], {
    env: { PATH: process.env['PATH'] ?? '', ...env } as unknown as NodeJS.ProcessEnv,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdout.setEncoding('utf8').on('data', (text: string) => written.push(['stdout', text]));
  child.stderr.setEncoding('utf8').on('data', (text: string) => written.push(['stderr', text]));
  child.stdin.end(stdin);
  const ended = new Promise<CliEnd>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (signal !== null) reject(new Error(`ended by ${signal}`));
      else resolve({ code: code ?? -1, ...joined(written), written });
    });
  });
  return { child, ended, stdout: () => joined(written).stdout };
}

/** The same, to its end. */
export async function runProcess(argv: readonly string[], env: Env = {}, stdin = ''): Promise<CliEnd> {
  return await startCli(argv, env, stdin).ended;
}

function joined(written: readonly (readonly ['stdout' | 'stderr', string])[]): { stdout: string; stderr: string } {
  const of = (stream: string): string =>
    written
      .filter(([one]) => one === stream)
      .map(([, text]) => text)
      .join('');
  return { stdout: of('stdout'), stderr: of('stderr') };
}
