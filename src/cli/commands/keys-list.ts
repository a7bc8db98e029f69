// `cambist keys list`: where the deployment's signing keys are in their life.

import type { SigningKeyView } from '../../objects/signing-key.ts';
import type { Command, CommandContext } from '../command.ts';
import { inOrder } from '../keys/in-order.ts';
import { formatTable, textOf } from '../output.ts';

export const keysListCommand: Command = {
  name: 'list',
  summary: 'list the signing keys and where they are in their life',
  description:
    'Lists the keys of the deployment: standby, active, retiring or revoked; of a bundle in a secret, or sealed, which the service made itself. Never shows key material.',
  options: [],
  arguments: [],
  examples: ['cambist keys list'],
  run: list,
};

/** Lists the keys of the deployment. */
async function list(context: CommandContext): Promise<void> {
  const { output } = context;
  const keys = inOrder(await (await context.api()).get<readonly SigningKeyView[]>('/signing-keys'));
  output.data(keys, () => {
    const row = (key: SigningKeyView): string[] =>
      [key.kid, key.alg, key.status, key.source, key.publishedAt, key.activatedAt, key.expiresAt].map(textOf);
    output.line(formatTable(['KID', 'ALG', 'STATUS', 'SOURCE', 'PUBLISHED', 'ACTIVE SINCE', 'LEAVES'], keys.map(row)));
  });
}
