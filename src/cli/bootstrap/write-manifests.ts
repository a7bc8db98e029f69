// Writes manifests into a directory; a file that holds something else already stays as it is.

import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { CliFailure } from '../failure.ts';
import { makeDirectories } from '../make-directories.ts';
import type { Configuration } from '../../bootstrap/render-configuration.ts';

/** Everybody may read and run it; nothing in it is secret. */
const PROGRAM_MODE = 0o755;

/** Writes each file that is missing or is to be replaced. Throws a CliFailure that names a file it may not replace. */
export async function writeManifests(
  directory: string,
  files: readonly Configuration[],
  mayReplace: boolean,
): Promise<void> {
  const found = await Promise.all(
    files.map(async ({ file }) => await readFile(join(directory, file), 'utf8').catch(() => null)),
  );
  const changed = files.filter(({ text }, index) => found[index] !== text);
  const foreign = files.find(({ text }, index) => found[index] !== null && found[index] !== text);
  if (foreign !== undefined && !mayReplace)
    throw new CliFailure(`${join(directory, foreign.file)} is there already, with something else in it.`, {
      code: 'file_exists',
      next: 'Give another --output-dir, or --update to replace it.',
    });
  for (const { file, text } of changed) {
    const path = join(directory, file);
    try {
      await makeDirectories(dirname(path));
      await writeFile(path, text, text.startsWith('#!') ? { mode: PROGRAM_MODE } : {});
    } catch (error) {
      const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
      throw new CliFailure(`${path} cannot be written (${reason}).`, { code: 'file_not_written' });
    }
  }
}
