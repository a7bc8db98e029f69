// Reads what `cambist exec` was asked to hand to the command: variables, outputs and audiences; gets nothing.

import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { readAgentWishes } from '../agent/read-agent-file.ts';
import type { AgentWishes } from '../agent/read-agent-file.ts';
import { crypto } from '../builtin.ts';
import type { CommandContext } from '../command.ts';
import { usageFailure } from '../failure.ts';
import { variableName } from '../token/exchange-settings.ts';

export interface IdTokenWish {
  readonly variable: string;
  readonly audiences: readonly string[];
}

/** A variable with the path of a file that is kept fresh. */
export interface FileVariable {
  readonly variable: string;
  readonly path: string;
}

export interface Wishes extends AgentWishes {
  readonly command: string;
  readonly arguments: readonly string[];
  /** Variables for the access token; none if nobody wants one. */
  readonly accessVariables: readonly string[];
  /** The output whose access token it is; undefined if it is in no file. */
  readonly accessFile: string | undefined;
  readonly idTokens: readonly IdTokenWish[];
  readonly fileVariables: readonly FileVariable[];
  /** The directory of files that nobody named; it is removed at the end. */
  readonly directory: string;
  readonly revokes: boolean;
}

/** Throws a usage failure for what cannot be meant, and a CliFailure for a file of outputs that is faulty. */
export async function readWishes(context: CommandContext): Promise<Wishes> {
  const { options, arguments: words, world } = context;
  const [command, ...rest] = words;
  if (command === undefined)
    throw usageFailure('There is no command to run.', 'Write it after two dashes: cambist exec -- ./deploy.sh');
  const idTokens = options.list('id-token').map((text) => readWish(text, '--id-token'));
  const idTokenFiles = options.list('id-token-file').map((text) => readWish(text, '--id-token-file'));
  const names = options.list('env').map(variableName);
  const given = options.text('file');
  if (given?.trim() === '') throw usageFailure('--file is empty.');
  const accessFile = given === undefined ? undefined : resolve(given);
  // An exchange that nobody wanted would use up a single-use token.
  const isElseWanted =
    options.text('config') !== undefined || [...options.list('output'), ...idTokens, ...idTokenFiles].length > 0;
  const isAccessWanted = names.length > 0 || accessFile !== undefined || !isElseWanted;
  const accessVariables = isAccessWanted ? [...new Set(['CAMBIST_TOKEN', ...names])] : [];
  const all = [...accessVariables, ...[...idTokens, ...idTokenFiles].map(({ variable }) => variable)];
  const twice = all.find((name, index) => all.indexOf(name) !== index);
  if (twice !== undefined) throw usageFailure(`${twice} cannot hold two tokens.`);
  const directory = join(world.env['RUNNER_TEMP'] || tmpdir(), `cambist-${crypto().randomBytes(16).toString('hex')}`);
  const inFiles = idTokenFiles.map(({ variable, audiences }) => ({
    variable,
    output: { type: 'id-token', path: join(directory, variable), audience: audiences },
  }));
  const wishes = await readAgentWishes(context, {
    outputs: [
      ...(accessFile === undefined ? [] : [{ type: 'token', path: accessFile }]),
      ...inFiles.map(({ output }) => output),
    ],
    hasAccessToken: isAccessWanted,
  });
  return {
    ...wishes,
    command,
    arguments: rest,
    accessVariables,
    accessFile,
    idTokens,
    fileVariables: [
      ...(given === undefined ? [] : [{ variable: 'CAMBIST_TOKEN_FILE', path: given }]),
      ...inFiles.map(({ variable, output: { path } }) => ({ variable, path })),
    ],
    directory,
    revokes: options.flag('revoke'),
  };
}

function readWish(text: string, option: string): IdTokenWish {
  const at = text.indexOf('=');
  const audiences = text.slice(at + 1).split(',');
  if (at < 1 || audiences.some((audience) => audience.trim() === ''))
    throw usageFailure(
      `${option} ${JSON.stringify(text)} is not NAME=AUDIENCE.`,
      `For example ${option} VAULT_JWT=https://vault.example.com`,
    );
  return { variable: variableName(text.slice(0, at)), audiences };
}
