// `cambist keys rotate`: lets the standby keys take over, or takes one key out.

import type { RotatedKeyView, SigningKeyView } from '../../objects/signing-key.ts';
import type { Command, CommandContext } from '../command.ts';
import type { Api, JsonMap } from '../api.ts';
import { confirm, YES } from '../confirm.ts';
import { CliFailure, usageFailure } from '../failure.ts';
import { howToMakeStandby } from '../keys/how-to-make-standby.ts';
import { SIGNING_ALGORITHMS } from '../keys/algorithms.ts';
import { textOf } from '../output.ts';
import type { Output } from '../output.ts';

export const keysRotateCommand: Command = {
  name: 'rotate',
  summary: 'let the standby keys take over',
  description:
    'Makes standby keys the ones that sign, of every algorithm that has one, in one step. A graceful rotation keeps the old keys published until their last token has expired. An emergency one ends their tokens at introspection and in the API of the service at once; verifiers refuse them when they fetch the keys again, most of them at the first token with a key that they do not know. If the service makes its own keys, that is a new key which no verifier has seen, and it is confirmed on a terminal.',
  options: [
    { flags: '--mode <mode>', description: 'how', choices: ['graceful', 'emergency'], default: 'graceful' },
    { flags: '--alg <alg>', description: 'of this algorithm alone', choices: SIGNING_ALGORITHMS },
    {
      flags: '--kid <kid>',
      description: 'replace this key or, if it stands by or is retiring, take it out',
      completes: 'keys',
    },
    {
      flags: '--source <source>',
      description: 'abandon every key of the secret SIGNING_KEYS, standby keys too, since they leak together',
      choices: ['bundle'],
    },
    YES,
  ],
  arguments: [],
  examples: [
    'cambist keys rotate',
    'cambist keys rotate --alg ES256 --mode emergency --yes',
    'cambist keys rotate --kid leaked-2027 --mode emergency --yes',
    'cambist keys rotate --source bundle --mode emergency --yes',
  ],
  run: rotate,
};

interface Rotated {
  readonly mode: string;
  readonly rotations: readonly RotatedKeyView[];
  readonly skipped: readonly { readonly alg: string; readonly detail: string }[];
}

/** Lets the standby keys take over. */
async function rotate(context: CommandContext): Promise<number> {
  const { options, output } = context;
  const mode = options.text('mode') ?? 'graceful';
  const [alg, kid, source] = [options.text('alg'), options.text('kid'), options.text('source')];
  if (source !== undefined && (alg !== undefined || kid !== undefined))
    throw usageFailure('--source means every key of the secret, so it goes with neither --alg nor --kid.');
  const question = 'End every token that the old key signed, at once?';
  if (mode === 'emergency' && !(await confirm(question, context))) {
    output.line('Nothing was rotated.');
    return 1;
  }
  const body = {
    mode,
    ...(alg === undefined ? {} : { alg }),
    ...(kid === undefined ? {} : { kid }),
    ...(source === undefined ? {} : { source }),
  };
  const rotated = await rotateKeys(await context.api(), body, alg);
  output.data(rotated, () => {
    for (const key of rotated.rotations) show(key, rotated.mode, output);
    for (const { detail } of rotated.skipped) output.line(`${output.paint('yellow', '⚠')} Not rotated: ${detail}.`);
  });
  return 0;
}

const HOW_TO_SET = 'Rotate once verifiers know it: after 300 s, better a day.';

/** The API's conflict with the commands that make a standby key; the API itself knows no command line. */
async function rotateKeys(api: Api, body: JsonMap, alg: string | undefined): Promise<Rotated> {
  try {
    return await api.post<Rotated>('/signing-keys/rotate', body);
  } catch (error) {
    if (!(error instanceof CliFailure) || !error.message.includes('no standby key')) throw error;
    throw new CliFailure(error.message, { ...error.details, next: `${howToMakeStandby(alg)}\n${HOW_TO_SET}` });
  }
}

function show(key: RotatedKeyView, mode: string, output: Output): void {
  const mark = output.paint('green', '✔');
  const { previous } = key;
  if (key.status === 'revoked') {
    output.line(`${mark} ${key.alg}  ${key.kid} has left the JWKS${inSecret(key, '; take it out of its secret')}.`);
    return;
  }
  output.line(`${mark} ${key.alg}  ${key.kid} signs from now on (${mode}).`);
  if (previous === null) return;
  output.line(
    previous.status === 'retiring'
      ? `  ${previous.kid} stays in the JWKS until ${textOf(previous.expiresAt)}${inSecret(previous, '; then it can leave its secret')}.`
      : `  ${previous.kid} has left the JWKS${inSecret(previous, '; take it out of its secret')}.`,
  );
}

/** What is left to do by hand; nothing with a key that the service keeps itself. */
function inSecret({ source }: SigningKeyView, what: string): string {
  return source === 'bundle' ? what : '';
}
