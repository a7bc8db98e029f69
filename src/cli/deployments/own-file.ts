// Reads a file that must be the user's own: whoever else can change it could choose where tokens go.

import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';

import { usageFailure } from '../failure.ts';

/** The text of a file that nobody else can read or write, null if there is none. Throws a usage failure for any other. */
export async function readOwnFile(path: string): Promise<string | null> {
  const file = await openIfThere(path);
  if (file === null) return null;
  try {
    const { mode, uid } = await file.stat();
    // Absent on Windows, whose files have no such mode.
    const me = process.getuid?.();
    if (me !== undefined && (mode & 0o077) !== 0)
      throw usageFailure(`Others may read or change ${path}.`, `chmod 600 ${path}`);
    if (me !== undefined && uid !== me && uid !== 0)
      throw usageFailure(`${path} belongs to somebody else, who could choose where tokens go.`);
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}

async function openIfThere(path: string): Promise<FileHandle | null> {
  try {
    return await open(path, 'r');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw usageFailure(`The file ${path} cannot be read (${code}).`);
  }
}
