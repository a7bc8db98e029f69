// Writes the credentials file, and takes back in `post` what `main` handed over and what is still ours.

import { rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

import { makeDirectories } from '../cli/make-directories.ts';
import { readTextFile } from '../cli/read-text-file.ts';
import { writePrivateFile } from '../cli/token/private-file.ts';
import type { Variables } from '../platforms/source.ts';
import { MAX_CREDENTIALS_BYTES } from './limits.ts';
import type { Runner } from './runner.ts';

/** Writes the file for its owner alone. A directory that is made for it is closed to others, too. */
export async function writeCredentials(
  path: string,
  text: string,
  runner: Runner,
  variables: Variables,
): Promise<void> {
  // If it cannot be made, writing says why.
  await makeDirectories(dirname(path), 0o700).catch(() => undefined);
  await writePrivateFile(path, text);
  const { GITHUB_WORKSPACE: workspace } = variables;
  if (workspace && path.startsWith(join(resolve(workspace), '/'))) {
    runner.annotate(
      'warning',
      `${path} lies in the workspace, where a later step may upload or commit it. A relative credentials-file is put into RUNNER_TEMP.`,
    );
  }
}

/** Removes the file if it still holds this secret: another step may have put its own there. True if it did. */
export async function removeCredentials(path: string, secret: string): Promise<boolean> {
  // A pipe would be waited for, and the job with it.
  const isFile = await stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
  const text = isFile ? await readTextFile(path, MAX_CREDENTIALS_BYTES).catch(() => null) : null;
  if (text === null || secret === '' || !text.includes(secret)) return false;
  await rm(path, { force: true });
  return true;
}
