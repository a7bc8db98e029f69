// Runs the commands of a check and prints one line for each: `ok`, `FAILED` with what it said, or `left out` by the caller.

import { spawnSync } from 'node:child_process';

/** Milliseconds for one command: the first one on a machine compiles every dependency. */
const COMMAND_TIMEOUT_MS = 900_000;
/** Characters of a failed command's output that are shown. */
const SHOWN_OUTPUT_CHARS = 8_000;

export interface Verdicts {
  /** Runs the command in the directory and prints its verdict. */
  readonly verdict: (name: string, command: string, directory: string, env?: Readonly<Record<string, string>>) => void;
  readonly failed: () => number;
}

/** A count of failures, and the function that adds to it. */
export function createVerdicts(): Verdicts {
  let failed = 0;
  return {
    failed: () => failed,
    verdict(name, command, directory, env = {}) {
      const started = performance.now();
      const { ok, output } = run(command, directory, env);
      if (!ok) {
        failed += 1;
        console.log(`$ ${command}\n${output.slice(-SHOWN_OUTPUT_CHARS)}`);
      }
      console.log(`${ok ? 'ok    ' : 'FAILED'}  ${name} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
    },
  };
}

/** What the command prints on stdout, without white space around it; null if it fails. */
export function answerOf(command: string, directory: string): string | null {
  const { ok, stdout } = run(command, directory, {});
  return ok ? stdout.trim() : null;
}

function run(
  command: string,
  directory: string,
  env: Readonly<Record<string, string>>,
): { readonly ok: boolean; readonly stdout: string; readonly output: string } {
  const { status, stdout, stderr } = spawnSync(command, {
    cwd: directory,
    shell: '/bin/bash',
    encoding: 'utf8',
    timeout: COMMAND_TIMEOUT_MS,
    env: { ...process.env, ...env },
  });
  return { ok: status === 0, stdout, output: `${stdout}${stderr}`.trim() };
}
