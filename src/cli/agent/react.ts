// Runs the command or sends the signal of an output after it changed, one at a time, and ends what it started.

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import type { World } from '../command.ts';
import { readTextFile } from '../read-text-file.ts';
import { COMMAND_TIMEOUT_MS, KILL_AFTER_MS, MAX_PID_FILE_BYTES } from './limits.ts';
import type { WantedOutput } from './read-outputs.ts';

export interface Reaction {
  /** Reacts to a change; a change while a command still runs is reacted to once more after it. Resolves when that is done. */
  readonly afterChange: () => Promise<void>;
  /** Ends what is running; resolves once it is gone. */
  readonly end: () => Promise<void>;
}

type Wanted = Pick<WantedOutput, 'path' | 'command' | 'signal' | 'pidFile'>;

/**
 * The reaction of an output; what goes wrong in it is told and stops nothing. `signalChild` takes a signal for which the output
 * names no receiver.
 */
export function reactionOf(
  { path, command, signal, pidFile }: Wanted,
  { env }: World,
  warn: (text: string) => void,
  signalChild?: (signal: NodeJS.Signals) => void,
): Reaction {
  let running: ChildProcess | null = null;
  let isOver = false;
  let turn: Promise<void> | null = null;
  let isChangedAgain = false;

  const start = (words: readonly string[]): ChildProcess => {
    const [program = '', ...args] = words;
    const variables = Object.fromEntries(Object.entries({ ...env, CAMBIST_OUTPUT: path })) as NodeJS.ProcessEnv;
    // A group of its own, so that what a shell started ends with it. Its words go to the log, never into a result.
    const child = spawn(program, args, { env: variables, stdio: ['ignore', 2, 2], detached: true });
    running = child;
    child.once('error', (error: NodeJS.ErrnoException) => {
      running = null;
      warn(`The command of ${path} cannot be run (${error.code ?? 'unknown reason'}).`);
    });
    child.once('exit', (code, signal) => {
      running = null;
      if (!isOver && code !== 0) warn(`The command of ${path} ended with ${signal ?? `exit code ${code}`}.`);
    });
    return child;
  };
  const runToEnd = async (words: readonly string[]): Promise<void> => {
    const child = start(words);
    const timer = setTimeout(() => {
      warn(`The command of ${path} took more than ${COMMAND_TIMEOUT_MS / 1000} s and is ended.`);
      void endGroup(child);
    }, COMMAND_TIMEOUT_MS);
    await goneOf(child);
    clearTimeout(timer);
  };
  const react = async (): Promise<void> => {
    if (signal === undefined) {
      if (command !== undefined) await runToEnd(command);
    } else if (pidFile === undefined) {
      if (command === undefined) signalChild?.(signal);
      else if (running === null) start(command);
      else running.kill(signal);
    } else {
      if (command !== undefined) await runToEnd(command);
      await signalProcess(pidFile, signal, (why) => warn(`${signal} for ${path} was not sent: ${why}.`));
    }
  };
  const work = async (): Promise<void> => {
    for (isChangedAgain = true; isChangedAgain;) {
      isChangedAgain = false;
      await react();
    }
    turn = null;
  };
  return {
    afterChange: async () => {
      if (isOver) return;
      if (turn !== null) isChangedAgain = true;
      await (turn ??= work());
    },
    end: async () => {
      isOver = true;
      isChangedAgain = false;
      if (running !== null) await endGroup(running);
    },
  };
}

async function signalProcess(pidFile: string, signal: NodeJS.Signals, warn: (why: string) => void): Promise<void> {
  const text = await readTextFile(pidFile, MAX_PID_FILE_BYTES).catch(() => null);
  // 0 and negative numbers are groups, and 1 is whatever runs the container or the machine.
  const pid = /^\s*([2-9]|[1-9]\d{1,9})\s*$/.exec(text ?? '')?.[1];
  if (pid === undefined) {
    warn(text === null ? `${pidFile} cannot be read` : `${pidFile} does not hold the number of a process above 1`);
    return;
  }
  try {
    process.kill(Number(pid), signal);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
    warn(code === 'ESRCH' ? `no process ${pid} is running` : `the process ${pid} cannot be signalled (${code})`);
  }
}

/** Asks the whole group to end, and makes it end if it does not. */
async function endGroup(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const { pid } = child;
  const gone = goneOf(child);
  killGroup(pid, 'SIGTERM');
  const timer = setTimeout(() => killGroup(pid, 'SIGKILL'), KILL_AFTER_MS);
  await gone;
  clearTimeout(timer);
}

function killGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // It is gone already.
  }
}

async function goneOf(child: ChildProcess): Promise<void> {
  await new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
}
