// Gets the credential of a deployment from where its file says: a private file, a variable or a command.

import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

import type { World } from '../command.ts';
import { CliFailure, usageFailure } from '../failure.ts';
import { TOKEN_COMMAND_TIMEOUT_MS } from '../limits.ts';
import type { Deployment, TokenPlace } from './deployments-file.ts';
import { readOwnFile } from './own-file.ts';

/** The text at that place, as it is. Throws a CliFailure that names the place. */
export async function readTokenAt(place: TokenPlace, { name }: Deployment, world: World): Promise<string> {
  const asked = `The token of the deployment ${name}`;
  switch (place.kind) {
    case 'variable': {
      const value = world.env[place.name];
      if (value === undefined || value === '')
        throw usageFailure(`${asked} is expected in ${place.name}, which is not set.`);
      return value;
    }
    case 'file': {
      const value = await readOwnFile(place.path);
      if (value === null) throw usageFailure(`${asked} is expected in ${place.path}, which does not exist.`);
      return value;
    }
    case 'command':
      return await outputOf(place.command, `${asked} is expected of its tokenCommand, which`, world);
  }
}

/** What a command prints. It may ask the person, so it has the terminal; its own messages reach the person, too. */
async function outputOf(command: string | readonly string[], asked: string, { env }: World): Promise<string> {
  const [program = '', ...words] = typeof command === 'string' ? [command] : command;
  const child = spawn(program, words, {
    env: env as NodeJS.ProcessEnv,
    shell: typeof command === 'string',
    stdio: ['inherit', 'pipe', 'inherit'],
    timeout: TOKEN_COMMAND_TIMEOUT_MS,
  });
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error: NodeJS.ErrnoException) => resolve(`cannot be run (${error.code ?? 'unknown reason'})`));
    child.once('close', (code, signal) => resolve(code === 0 ? '' : `ended with ${signal ?? `exit code ${code}`}`));
  });
  const [printed, fault] = await Promise.all([text(child.stdout), ended]);
  if (fault !== '') throw new CliFailure(`${asked} ${fault}.`, { code: 'no_token' });
  if (printed.trim() === '') throw new CliFailure(`${asked} prints nothing.`, { code: 'no_token' });
  return printed;
}
