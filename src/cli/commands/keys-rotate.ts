// `cambist keys rotate`: lets the standby key take over.

import type { SigningKeyView } from '../../objects/signing-key.ts';
import type { Command, CommandContext } from '../command.ts';
import { confirm, YES } from '../confirm.ts';
import { SIGNING_ALGORITHMS } from '../keys/algorithms.ts';
import { textOf } from '../output.ts';

export const keysRotateCommand: Command = {
  name: 'rotate',
  summary: 'let the standby key take over',
  description:
    'Makes the standby key of an algorithm the one that signs. A graceful rotation keeps the old key published until its last token has expired; an emergency one ends all of its tokens at once, and is confirmed on a terminal.',
  options: [
    { flags: '--mode <mode>', description: 'how', choices: ['graceful', 'emergency'], default: 'graceful' },
    {
      flags: '--alg <alg>',
      description: 'of this algorithm; needed where several have a standby key',
      choices: SIGNING_ALGORITHMS,
    },
    YES,
  ],
  arguments: [],
  examples: ['cambist keys rotate --alg ES256', 'cambist keys rotate --alg ES256 --mode emergency --yes'],
  run: rotate,
};

type Rotated = SigningKeyView & { readonly mode: string; readonly previous: SigningKeyView | null };

/** Lets the standby key take over. */
async function rotate(context: CommandContext): Promise<number> {
  const { options, output } = context;
  const mode = options.text('mode') ?? 'graceful';
  const alg = options.text('alg');
  const question = 'End every token that the old key signed, at once?';
  if (mode === 'emergency' && !(await confirm(question, context))) {
    output.line('Nothing was rotated.');
    return 1;
  }
  const body = { mode, ...(alg === undefined ? {} : { alg }) };
  const rotated = await (await context.api()).post<Rotated>('/signing-keys/rotate', body);
  output.data(rotated, () => {
    output.line(`${output.paint('green', '✔')} ${rotated.alg}  ${rotated.kid} signs from now on (${rotated.mode}).`);
    const { previous } = rotated;
    if (previous === null) return;
    output.line(
      previous.status === 'retiring'
        ? `  ${previous.kid} stays in the JWKS until ${textOf(previous.expiresAt)}; then it can leave SIGNING_KEYS.`
        : `  ${previous.kid} has left the JWKS; take it out of SIGNING_KEYS.`,
    );
  });
  return 0;
}
