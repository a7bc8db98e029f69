// Reads a token, or claims, from a file or stdin; prints neither.

import type { World } from '../command.ts';
import { usageFailure } from '../failure.ts';
import { nameOfFile, readGivenFile } from '../given-file.ts';
import { MAX_TOKEN_BYTES } from '../limits.ts';

/** The token in the file that `by` names, or on stdin for `-`; white space around it, as editors leave it, is dropped. */
export async function readTokenInput(file: string, by: string, world: World): Promise<string> {
  const token = (await readGivenFile({ file, by }, world)).trim();
  if (token === '') throw usageFailure(`There is no token in ${nameOfFile(file)}.`);
  if (token === 'null' || token === 'undefined')
    throw usageFailure(
      `${nameOfFile(file)} holds the text ${JSON.stringify(token)} instead of a token.`,
      'Whatever wrote it got no token: look at its answer.',
    );
  if (Buffer.byteLength(token) > MAX_TOKEN_BYTES)
    throw usageFailure(`${nameOfFile(file)} is larger than a token: ${MAX_TOKEN_BYTES / 1024} KiB.`);
  return token;
}

/** The claims that `by` gives: a JSON object itself, one in a file, or one on stdin for `-`. */
export async function readClaimsInput(
  given: string,
  by: string,
  world: World,
): Promise<Readonly<Record<string, unknown>>> {
  const isInline = given.trimStart().startsWith('{');
  const text = isInline ? given : await readGivenFile({ file: given, by }, world);
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // The same answer as for JSON of another kind.
  }
  throw usageFailure(
    `${isInline ? `What ${by} gives` : nameOfFile(given)} is not a JSON object of claims.`,
    '`cambist decode --json` prints those of a token.',
  );
}
