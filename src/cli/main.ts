#!/usr/bin/env node
// The entry of `cambist`: hands the process's arguments, streams and environment to runCli; does nothing itself.

import { text } from 'node:stream/consumers';

import { runCli } from './run.ts';
import { forCommands } from './standard-streams.ts';

process.exitCode = await runCli(process.argv.slice(2), {
  env: process.env,
  fetch,
  stdout: forCommands(process.stdout),
  stderr: forCommands(process.stderr),
  readStdin: async () => await text(process.stdin),
  ...(process.stdin.isTTY && process.stderr.isTTY
    ? { ask: async (question: string) => await (await import('./ask.ts')).askOnTerminal(question) }
    : {}),
});
