// Changes the file that names deployments, and keeps what people wrote around it; only its owner can read it.

import { realpath } from 'node:fs/promises';
import { dirname } from 'node:path';

import { parseDocument } from 'yaml';
import type { Document } from 'yaml';

import type { World } from '../command.ts';
import { usageFailure } from '../failure.ts';
import { makeDirectories } from '../make-directories.ts';
import { writePrivateFile } from '../token/private-file.ts';
import { pathOfDeployments, readDeployments } from './deployments-file.ts';
import { readOwnFile } from './own-file.ts';

/** Changes the file and returns its place. Throws a CliFailure if the file, as it is, cannot be used. */
export async function editDeployments(world: World, change: (document: Document) => void): Promise<string> {
  const path = pathOfDeployments(world);
  if (path === null)
    throw usageFailure('There is no home directory to keep deployments in.', 'Set HOME or XDG_CONFIG_HOME.');
  // What is faulty is mended by whoever wrote it.
  await readDeployments(world);
  const before = await readOwnFile(path);
  const document: Document = parseDocument(before ?? '');
  change(document);
  await makeDirectoryOf(path);
  // A link, as those who keep such files in a repository have, stays one.
  await writePrivateFile(before === null ? path : await realpath(path), document.toString());
  return path;
}

async function makeDirectoryOf(path: string): Promise<void> {
  try {
    await makeDirectories(dirname(path), 0o700);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
    throw usageFailure(`The directory of ${path} cannot be made (${code}).`);
  }
}
