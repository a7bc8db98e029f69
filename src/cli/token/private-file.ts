// Writes a file that only its owner can read, or those that a mode says, whole or not at all; a reader never sees half a token.

import { open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import { crypto } from '../builtin.ts';
import { CliFailure } from '../failure.ts';

const OWNER_ONLY = 0o600;

/** Replaces the file in one step. Throws a CliFailure if its directory cannot be written to. */
export async function writePrivateFile(path: string, text: string, mode: number = OWNER_ONLY): Promise<void> {
  await refuseSpecial(path);
  const draft = join(dirname(path), `.${basename(path)}.${crypto().randomUUID()}`);
  try {
    // `wx`: a file or link that somebody else put there is never followed.
    const file = await open(draft, 'wx', OWNER_ONLY);
    try {
      // Besides the umask, which only takes away: a reader in the group is asked for by name.
      if (mode !== OWNER_ONLY) await file.chmod(mode);
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } catch (error) {
    // Where it cannot be written, it can often not be removed: the first reason counts.
    await rm(draft, { force: true }).catch(() => undefined);
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
    throw new CliFailure(`${path} cannot be written (${reason}).`, { code: 'file_not_written' });
  }
}

/** Renamed over, a device or a pipe would be gone for everybody (`/dev/null`), and its reader would wait for ever. */
async function refuseSpecial(path: string): Promise<void> {
  const found = await stat(path).catch(() => null);
  if (found === null || found.isFile() || found.isDirectory()) return;
  throw new CliFailure(`${path} is a device, a pipe or a socket, and no file that could be replaced.`, {
    code: 'file_not_written',
    next: 'Name a file of its own.',
  });
}
