// Makes a directory and those above it. Node.js's own `recursive` never ends if a directory can never be made, as in /proc.

import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Makes what is missing of the path, with this mode. Throws the error of mkdir(2). */
export async function makeDirectories(path: string, mode = 0o777): Promise<void> {
  try {
    await makeDirectory(path, mode);
  } catch (error) {
    const parent = dirname(path);
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT') || parent === path) throw error;
    await makeDirectories(parent, mode);
    await makeDirectory(path, mode);
  }
}

async function makeDirectory(path: string, mode: number): Promise<void> {
  try {
    await mkdir(path, { mode });
  } catch (error) {
    if (!(await isDirectory(path))) throw error;
  }
}

async function isDirectory(path: string): Promise<boolean> {
  return await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
