// Hands the process's arguments, streams and environment to runCli, for each of the executables; does nothing itself.

import { text } from 'node:stream/consumers';

import { runCli } from './run.ts';
import { forCommands } from './standard-streams.ts';

/** Runs `cambist` as this process; the words come before its arguments. */
export async function runThisProcess(words: readonly string[] = []): Promise<void> {
  process.exitCode = await runCli([...words, ...process.argv.slice(2)], {
    env: process.env,
    fetch,
    stdout: forCommands(process.stdout),
    stderr: forCommands(process.stderr),
    readStdin: async () => await text(process.stdin),
    ...(process.stdin.isTTY && process.stderr.isTTY
      ? { ask: async (question: string) => await (await import('./ask.ts')).askOnTerminal(question) }
      : {}),
  });
}
