// Hands the process's arguments, streams and environment to runCli, for each of the executables; does nothing itself.

import { text } from 'node:stream/consumers';

import { takeLittleMemory } from './agent/memory.ts';
import { runCli } from './run.ts';
import type { Send } from './send.ts';
import { forCommands } from './standard-streams.ts';

/** Commands that rest for most of the time that they run. */
const RESTING: ReadonlySet<string> = new Set(['agent', 'exec']);

/** Loaded by the first request: `--help` and `--version` make none. */
let loaded: Promise<Send> | null = null;
const send = async (): Promise<Send> =>
  await (loaded ??= import('./send.ts').then(({ sender }) => sender(process.env)));

/** Runs `cambist` as this process; the words come before its arguments. */
export async function runThisProcess(words: readonly string[] = []): Promise<void> {
  const argv = [...words, ...process.argv.slice(2)];
  if (RESTING.has(argv[0] ?? '')) takeLittleMemory();
  process.exitCode = await runCli(argv, {
    env: process.env,
    fetch: async (url, request) => await (await send())(url, request),
    stdout: forCommands(process.stdout),
    stderr: forCommands(process.stderr),
    readStdin: async () => await text(process.stdin),
    ...(process.stdin.isTTY && process.stderr.isTTY
      ? { ask: async (question: string) => await (await import('./ask.ts')).askOnTerminal(question) }
      : {}),
  });
}
