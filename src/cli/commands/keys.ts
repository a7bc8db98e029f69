// `cambist keys`: the deployment's own signing keys; the work is in operate/.

import type { Command, CommandGroup } from '../command.ts';

const ALGORITHMS = ['ES256', 'RS256', 'EdDSA'];

const generate: Command = {
  name: 'generate',
  summary: 'make private keys for the SIGNING_KEYS secret',
  description:
    'Prints a private JWK Set with one fresh key for each algorithm, or writes it to a file that only you can read. For a rotation, --add-to puts the fresh keys after those in use, where they stand by. No copy is kept.',
  options: [
    {
      flags: '--alg <alg>',
      description: 'an algorithm; ES256 and RS256 by default',
      choices: ALGORITHMS,
      repeatable: true,
    },
    { flags: '--add-to <file>', description: 'the JWK Set in use, which the fresh keys are added to' },
    { flags: '--out <file>', description: 'a new file, in place of stdout' },
  ],
  arguments: [],
  examples: [
    'cambist keys generate | npx wrangler secret put SIGNING_KEYS',
    'cambist keys generate --alg ES256 --add-to keys.json --out new-keys.json',
  ],
  run: async (context) => await (await import('../operate/keys.ts')).runGenerate(context),
};

const list: Command = {
  name: 'list',
  summary: 'list the signing keys and where they are in their life',
  description: 'Lists the keys of the deployment: standby, active, retiring or revoked. Never shows key material.',
  options: [],
  arguments: [],
  examples: ['cambist keys list'],
  run: async (context) => await (await import('../operate/keys.ts')).runListKeys(context),
};

const rotate: Command = {
  name: 'rotate',
  summary: 'let the standby key take over',
  description:
    'Makes the standby key of an algorithm the one that signs. A graceful rotation keeps the old key published until its last token has expired; an emergency one ends all of its tokens at once, and is confirmed on a terminal.',
  options: [
    { flags: '--mode <mode>', description: 'how', choices: ['graceful', 'emergency'], default: 'graceful' },
    {
      flags: '--alg <alg>',
      description: 'of this algorithm; needed where several have a standby key',
      choices: ALGORITHMS,
    },
    { flags: '-y, --yes', description: 'do not ask' },
  ],
  arguments: [],
  examples: ['cambist keys rotate --alg ES256', 'cambist keys rotate --alg ES256 --mode emergency --yes'],
  run: async (context) => await (await import('../operate/keys.ts')).runRotate(context),
};

export const keysGroup: CommandGroup = {
  name: 'keys',
  summary: 'signing keys: generate, list, rotate',
  load: async () => await Promise.resolve([generate, list, rotate]),
};
