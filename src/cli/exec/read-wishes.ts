// Reads what `cambist exec` was asked to hand to the command: variables, files and audiences; gets nothing.

import type { CommandContext } from '../command.ts';
import { usageFailure } from '../failure.ts';
import { variableName } from '../token/exchange-settings.ts';

export interface IdTokenWish {
  readonly variable: string;
  readonly audiences: readonly string[];
}

export interface Wishes {
  readonly command: string;
  readonly arguments: readonly string[];
  /** Variables for the access token; none if only ID tokens are wanted. */
  readonly accessVariables: readonly string[];
  /** A file for the access token, kept fresh. */
  readonly accessFile: string | undefined;
  readonly idTokens: readonly IdTokenWish[];
  /** The variable gets the path of a file that is kept fresh. */
  readonly idTokenFiles: readonly IdTokenWish[];
  readonly revokes: boolean;
}

/** Throws a usage failure for what cannot be meant. */
export function readWishes({ options, arguments: words }: CommandContext): Wishes {
  const [command, ...rest] = words;
  if (command === undefined)
    throw usageFailure('There is no command to run.', 'Write it after two dashes: cambist exec -- ./deploy.sh');
  const idTokens = options.list('id-token').map((text) => readWish(text, '--id-token'));
  const idTokenFiles = options.list('id-token-file').map((text) => readWish(text, '--id-token-file'));
  const names = options.list('env').map(variableName);
  const accessFile = options.text('file');
  // An exchange that nobody wanted would use up a single-use token.
  const isAccessWanted = names.length > 0 || accessFile !== undefined || idTokens.length + idTokenFiles.length === 0;
  const accessVariables = isAccessWanted ? [...new Set(['CAMBIST_TOKEN', ...names])] : [];
  const all = [...accessVariables, ...[...idTokens, ...idTokenFiles].map(({ variable }) => variable)];
  const twice = all.find((name, index) => all.indexOf(name) !== index);
  if (twice !== undefined) throw usageFailure(`${twice} cannot hold two tokens.`);
  return {
    command,
    arguments: rest,
    accessVariables,
    accessFile,
    idTokens,
    idTokenFiles,
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
