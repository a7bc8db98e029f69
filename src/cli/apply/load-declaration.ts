// Reads a configuration file from disk or stdin and judges it whole.

import type { CommandContext } from '../command.ts';
import type { CliFailure } from '../failure.ts';
import { nameOfFile, readGivenFile } from '../given-file.ts';
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
  const next = '-f names the configuration; `cambist export` writes one of what is there.';
  const text = await readGivenFile({ file, by: '-f', next }, world);
  const name = nameOfFile(file);
  const document = readDocument(text, name);
  const { declaration, faults } = readDeclaration(document.data);
  const fail = (found: readonly Fault[]): CliFailure => faultyFile(name, found, document.lineOf);
  if (faults.length > 0) throw fail(faults);
  return { name, declaration, fail };
}
