// Reads a configuration file from disk or stdin and judges it whole; the only place of apply/ that reads files.

import { readFile } from 'node:fs/promises';

import type { CommandContext } from '../command.ts';
import type { CliFailure } from '../failure.ts';
import { usageFailure } from '../failure.ts';
import { readDeclaration } from './read-declaration.ts';
import type { Declaration } from './read-declaration.ts';
import { faultyFile, readDocument } from './read-document.ts';
import type { Fault } from './read-document.ts';

export interface LoadedFile {
  /** What messages call it. */
  readonly name: string;
  readonly declaration: Declaration;
  /** The failure that names faults of this file with their lines. */
  readonly fail: (faults: readonly Fault[]) => CliFailure;
}

/** The declaration of the file that `--file` names; throws with every fault of it. */
export async function loadDeclaration({ options, world }: CommandContext): Promise<LoadedFile> {
  const file = options.text('file') ?? 'cambist.yaml';
  const text = file === '-' ? await world.readStdin() : await readText(file);
  const name = file === '-' ? 'standard input' : file;
  const document = readDocument(text, name);
  const { declaration, faults } = readDeclaration(document.data);
  const fail = (found: readonly Fault[]): CliFailure => faultyFile(name, found, document.lineOf);
  if (faults.length > 0) throw fail(faults);
  return { name, declaration, fail };
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    throw usageFailure(
      `The file ${file} cannot be read (${reason}).`,
      '-f names the configuration; `cambist export` writes one of what is there.',
    );
  }
}
