// Writes an output's files in one step each, into a directory that nobody else can change; removes what a killed agent left.

import { readdir, realpath, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import { CliFailure } from '../failure.ts';
import { makeDirectories } from '../make-directories.ts';
import { readTextFile } from '../read-text-file.ts';
import { writePrivateFile } from '../token/private-file.ts';
import { MAX_REPLACED_BYTES } from './limits.ts';
import type { FileText } from './obtain-material.ts';
import { filesOf } from './read-outputs.ts';
import type { OutputType } from './output-members.ts';
import type { WantedOutput } from './read-outputs.ts';
import { isReplaceable, mayBeSomebodys } from './tool-files.ts';

const OTHERS_WRITE = 0o002;
const STICKY = 0o1000;
const GROUP_READS = 0o040;

/**
 * Writes the files, and tells each path that was written; the old ones stay if that fails. Throws a CliFailure, also if another
 * output has the place of a file, which `mayHave` knows.
 */
export async function writeFiles(
  { type, path, mode }: WantedOutput,
  files: readonly FileText[],
  tell: (path: string) => void,
  mayHave: (place: string) => boolean = () => true,
): Promise<void> {
  await haveDirectory(dirname(path), mode);
  const directory = await realpath(dirname(path)).catch(() => dirname(path));
  for (const file of files)
    if (!mayHave(join(directory, basename(file.path))))
      throw new CliFailure(`${file.path} is written by another output, too, under another name.`, {
        code: 'invalid_configuration',
        next: 'Give each output a file of its own.',
      });
  if (!(await mayReplace(type, path)))
    throw new CliFailure(`${path} holds something that the agent did not write.`, {
      code: 'foreign_file',
      next: 'Move it away, or give the output a file of its own and name that to the tool.',
    });
  for (const file of files) {
    await writePrivateFile(file.path, file.text, mode);
    tell(file.path);
  }
}

/** Removes drafts beside the files of an output: an agent that was killed while it wrote leaves one with a token in it. */
export async function removeDrafts(output: WantedOutput): Promise<void> {
  const directory = dirname(output.path);
  const names = await readdir(directory).catch(() => []);
  for (const path of filesOf(output)) {
    const start = `.${basename(path)}.`;
    for (const name of names)
      if (name.startsWith(start) && /^[\da-f]{8}-[\da-f-]{27}$/.test(name.slice(start.length)))
        // Somebody else's, or none of ours by all but its name: it stays, and hinders nothing.
        await rm(join(directory, name), { force: true }).catch(() => undefined);
  }
}

/** What is there and cannot be read is not the agent's: it could. */
async function mayReplace(type: OutputType, path: string): Promise<boolean> {
  if (!mayBeSomebodys(type)) return true;
  try {
    return (await stat(path)).isFile() && isReplaceable(type, await readTextFile(path, MAX_REPLACED_BYTES));
  } catch (error) {
    return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
  }
}

async function haveDirectory(directory: string, mode: number): Promise<void> {
  // If it cannot be made, writing says why.
  await makeDirectories(directory, (mode & GROUP_READS) === 0 ? 0o700 : 0o750).catch(() => undefined);
  const found = await stat(directory).catch(() => null);
  if (found === null || process.platform === 'win32') return;
  if ((found.mode & OTHERS_WRITE) === 0 || (found.mode & STICKY) !== 0) return;
  throw new CliFailure(`Everybody can write to ${directory}, and so replace what lies in it.`, {
    code: 'unsafe_directory',
    next: `Take that right away (chmod o-w ${directory}), or name a directory below it: the agent makes it for itself alone.`,
  });
}
