// Runs the commands of a check and prints a line for each thing that it shows: `ok`, `FAILED` or `left out`.

import { spawnSync } from 'node:child_process';

import { ROOT } from '../local/bundle.ts';

/** Milliseconds for one command: to compile what is used of Kubernetes takes four minutes on two busy cores. */
const COMMAND_TIMEOUT_MS = 900_000;
/** Characters of an output that are shown if something failed. */
const SHOWN_CHARS = 4_000;

export type Env = Readonly<Record<string, string>>;

export interface End {
  readonly ok: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a line of bash to its end; the variables are added to those of this process. */
export function run(command: string, directory: string = ROOT, env: Env = {}): End {
  const { status, stdout, stderr } = spawnSync(command, {
    cwd: directory,
    shell: '/bin/bash',
    encoding: 'utf8',
    timeout: COMMAND_TIMEOUT_MS,
    env: { ...process.env, ...env },
  });
  return { ok: status === 0, stdout, stderr };
}

/** Prints what became of it; a failure decides the exit code of this process. */
export function verdict(name: string, { ok, stdout, stderr }: End): boolean {
  if (!ok) {
    process.exitCode = 1;
    console.log(`${stdout}${stderr}`.slice(-SHOWN_CHARS));
  }
  console.log(`${ok ? 'ok    ' : 'FAILED'}  ${name}`);
  return ok;
}

/** Prints what this machine cannot show, and why. */
export function leftOut(name: string, reason: string): false {
  console.log(`left out ${name}: ${reason}`);
  return false;
}
