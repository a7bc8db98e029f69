// A directory that only this user can read, and that is gone at the end, also if a signal ends the command before.

import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';

import { ENDED_BY_SIGNAL } from '../exec/limits.ts';

const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

/** Does `work` with an empty directory, and deletes it with all that is in it, whatever happens. */
export async function withPrivateDirectory<T>(prefix: string, work: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), prefix));
  const remove = (): void => rmSync(directory, { recursive: true, force: true });
  const end = (signal: NodeJS.Signals): void => process.exit(ENDED_BY_SIGNAL + constants.signals[signal]);
  process.on('exit', remove);
  for (const signal of ENDING) process.on(signal, end);
  try {
    return await work(directory);
  } finally {
    remove();
    process.off('exit', remove);
    for (const signal of ENDING) process.off(signal, end);
  }
}
