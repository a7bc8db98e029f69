// Runs the command with the given variables, hands signals on to it, and takes its exit code; knows nothing of tokens.

import { spawn } from 'node:child_process';
import { constants } from 'node:os';

import type { World } from '../command.ts';
import { CliFailure } from '../failure.ts';
import { ENDED_BY_SIGNAL } from './limits.ts';

const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGWINCH', 'SIGCONT'] as const;
/** A terminal sends these to the command by itself. */
const FROM_TERMINAL: readonly string[] = ['SIGINT', 'SIGQUIT', 'SIGWINCH', 'SIGCONT'];
const ENDING: readonly string[] = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'];

export interface Signals {
  /** The signal that asked to end before the command was there. */
  readonly early: () => NodeJS.Signals | null;
  readonly forwardTo: (receiver: (signal: NodeJS.Signals) => void) => void;
  readonly release: () => void;
}

/**
 * Holds back the signals that would end this process, so that its tokens are revoked whatever comes. `hearEarly` is called at the
 * first of them if the command is not there yet.
 */
export function holdSignals(hearEarly: (signal: NodeJS.Signals) => void): Signals {
  let early: NodeJS.Signals | null = null;
  let receiver: ((signal: NodeJS.Signals) => void) | null = null;
  const release = (): void => {
    for (const signal of FORWARDED) process.off(signal, listener);
  };
  const listener = (signal: NodeJS.Signals): void => {
    if (receiver !== null) receiver(signal);
    else if (ENDING.includes(signal) && early === null) {
      early = signal;
      hearEarly(signal);
    } else if (ENDING.includes(signal)) {
      // Asked twice: whoever waits no longer wants to, not even for revocation.
      release();
      process.kill(process.pid, signal);
    }
  };
  for (const signal of FORWARDED) process.on(signal, listener);
  return {
    early: () => early,
    forwardTo: (given) => (receiver = given),
    release,
  };
}

/**
 * The exit code as a shell gives it. Throws a CliFailure with `not_found` or `not_executable` if it cannot be started.
 * `started` takes a function that signals the command.
 */
export async function runChild(
  command: string,
  args: readonly string[],
  variables: World['env'],
  signals: Signals,
  started: (send: (signal: NodeJS.Signals) => void) => void,
): Promise<number> {
  const early = signals.early();
  if (early !== null) return signalCode(early);
  return await new Promise((resolve, reject) => {
    const env = Object.fromEntries(Object.entries(variables)) as NodeJS.ProcessEnv;
    const child = spawn(command, args, { env, stdio: 'inherit' });
    started((signal) => child.kill(signal));
    signals.forwardTo((signal) => {
      const isDelivered = process.stdin.isTTY && FROM_TERMINAL.includes(signal);
      if (!isDelivered) child.kill(signal);
    });
    child.once('error', (error: NodeJS.ErrnoException) => {
      const isMissing = error.code === 'ENOENT';
      reject(
        new CliFailure(`${command} cannot be run: ${isMissing ? 'there is no such program' : String(error.code)}.`, {
          code: isMissing ? 'not_found' : 'not_executable',
        }),
      );
    });
    child.once('exit', (code, signal) => resolve(signal === null ? (code ?? 1) : signalCode(signal)));
  });
}

/** As a shell says that a signal ended a command. */
export function signalCode(signal: NodeJS.Signals): number {
  return ENDED_BY_SIGNAL + constants.signals[signal];
}
