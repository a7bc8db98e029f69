// Reads a file that the user names, or standard input; a secret that stands where a name should is refused unrepeated.

import { readFile } from 'node:fs/promises';

import type { World } from './command.ts';
import { isJson, looksOpaque } from './conceal-secrets.ts';
import { usageFailure } from './failure.ts';

export interface GivenFile {
  /** The name that the user gave; `-` is standard input. */
  readonly file: string;
  /** Who names it, for messages: `--token-file`. */
  readonly by: string;
  /** What to do if it cannot be read. */
  readonly next?: string;
}

/** The text of the file. Throws a usage failure that repeats its name only if it is one. */
export async function readGivenFile({ file, by, next }: GivenFile, world: World): Promise<string> {
  if (file === '-') return await world.readStdin();
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    const mistaken = isJson(file) ? 'JSON' : looksOpaque(file) ? 'a secret' : null;
    if (mistaken !== null)
      throw usageFailure(
        `${by} takes the name of a file, and was given ${mistaken} itself. It is not repeated here.`,
        'Write it to a file that only you can read, and name the file; `-` stands for standard input.',
      );
    throw usageFailure(`The file ${file} cannot be read (${reason}).`, next);
  }
}

/** How messages call it. */
export function nameOfFile(file: string): string {
  return file === '-' ? 'standard input' : file;
}
