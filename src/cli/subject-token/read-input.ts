// Reads a token, or claims, from a file or stdin; prints neither.

import { readFile } from 'node:fs/promises';

import type { World } from '../command.ts';
import { usageFailure } from '../failure.ts';
import { MAX_TOKEN_BYTES } from '../limits.ts';

/** The token in a file, or on stdin for `-`; white space around it, as editors and shells leave it, is dropped. */
export async function readTokenInput(file: string, world: World): Promise<string> {
  const token = (await readInput(file, world)).trim();
  if (token === '') throw usageFailure(`There is no token in ${nameOf(file)}.`);
  if (token === 'null' || token === 'undefined')
    throw usageFailure(
      `${nameOf(file)} holds the text ${JSON.stringify(token)} instead of a token.`,
      'Whatever wrote it got no token: look at its answer.',
    );
  if (Buffer.byteLength(token) > MAX_TOKEN_BYTES)
    throw usageFailure(`${nameOf(file)} is larger than a token: ${MAX_TOKEN_BYTES / 1024} KiB.`);
  return token;
}

/** The JSON object in a file, or on stdin for `-`. */
export async function readClaimsInput(file: string, world: World): Promise<Readonly<Record<string, unknown>>> {
  const text = await readInput(file, world);
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // The same answer as for JSON of another kind.
  }
  throw usageFailure(
    `${nameOf(file)} is not a JSON object of claims.`,
    '`cambist decode --json` prints those of a token.',
  );
}

async function readInput(file: string, world: World): Promise<string> {
  if (file === '-') return await world.readStdin();
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    throw usageFailure(`The file ${file} cannot be read (${reason}).`);
  }
}

function nameOf(file: string): string {
  return file === '-' ? 'standard input' : file;
}
