// Reads a file that a program reads while nobody is there: bounded, and without waiting for ever at a pipe that nobody writes to.

import { constants, open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

import { FILE_CHUNK_BYTES, PIPE_LOOK_MS, PIPE_TIMEOUT_MS } from './limits.ts';

/** What readTextFile throws besides the errors of open(2) and read(2). */
export type ReadFault = 'EFBIG' | 'ETIMEDOUT';

/**
 * The text of a file, a pipe or `/dev/fd/…`. Throws an error with a `code`: that of the system, EFBIG beyond `maxBytes`, and
 * ETIMEDOUT if nobody writes to the pipe. A thread that waits in open(2) could not even be ended by process.exit.
 */
export async function readTextFile(path: string, maxBytes: number): Promise<string> {
  // Absent on Windows, which has no such pipes.
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    return (await readAll(file, maxBytes)).toString('utf8');
  } finally {
    await file.close();
  }
}

async function readAll(file: FileHandle, maxBytes: number): Promise<Buffer> {
  const isPipe = (await file.stat()).isFIFO();
  const endsAt = performance.now() + PIPE_TIMEOUT_MS;
  const chunks: Buffer[] = [];
  let size = 0;
  for (;;) {
    const chunk = await readSome(file);
    if (chunk !== null && chunk.length > 0) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > maxBytes) throw faultOf('EFBIG');
    } else if (chunk !== null && (size > 0 || !isPipe)) {
      return Buffer.concat(chunks);
    } else {
      // The writer of a pipe is slow, or has not come yet.
      if (performance.now() >= endsAt) throw faultOf('ETIMEDOUT');
      await sleep(PIPE_LOOK_MS);
    }
  }
}

/** The next bytes, none at the end; null if a writer has nothing yet. */
async function readSome(file: FileHandle): Promise<Buffer | null> {
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(FILE_CHUNK_BYTES), 0, FILE_CHUNK_BYTES, null);
    return buffer.subarray(0, bytesRead);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EAGAIN') return null;
    throw error;
  }
}

function faultOf(code: ReadFault): NodeJS.ErrnoException {
  return Object.assign(new Error(code), { code });
}
