// Runs programs beside the stand-ins of this process, and keeps what they printed; gives no variable of this machine to them.

import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Milliseconds for one command: a first installation compiles and downloads on two busy cores. */
const COMMAND_TIMEOUT_MS = 300_000;

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Surroundings {
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly stdin?: string;
}

/** Runs a program to its end, whatever its exit code. */
export async function runProgram(
  program: string,
  args: readonly string[],
  { env, cwd, stdin = '' }: Surroundings,
): Promise<Ended> {
  return await new Promise((resolve) => {
    const child = spawn(program, args, { cwd, env: only(env), stdio: 'pipe' });
    // Not spawn's own: its timer goes on for a program that could not be started.
    const timer = setTimeout(() => child.kill('SIGKILL'), COMMAND_TIMEOUT_MS);
    const end = (code: number | null, more = ''): void => {
      clearTimeout(timer);
      resolve({ code, stdout, stderr: stderr + more });
    };
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    // A program that reads nothing may be gone before it was written to.
    child.stdin.on('error', () => undefined).end(stdin);
    child.on('error', (error) => end(null, error.message));
    child.on('close', (code) => end(code));
  });
}

/** These variables and none of this process. */
export function only(variables: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const env = { ...process.env };
  for (const name of Object.keys(env)) Reflect.deleteProperty(env, name);
  return Object.assign(env, variables);
}

/** Where a program is on this PATH; null if it is nowhere. */
export function findProgram(name: string, path: string): string | null {
  const candidates = path.split(delimiter).map((folder) => join(folder, name));
  return candidates.find(isProgram) ?? null;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
