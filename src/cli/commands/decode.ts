// `cambist decode`: what a token says; the work is in operate/.

import type { Command } from '../command.ts';

export const decodeCommand: Command = {
  name: 'decode',
  summary: 'show what a token says, offline',
  description:
    'Prints the header and the claims of a token, its times in words, and the platform it comes from. Believes nothing, sends nothing, and prints no signature, so its output can be shared.',
  options: [],
  arguments: [{ name: '[file]', description: 'the token in a file; stdin by default' }],
  examples: ['cambist decode id-token.jwt', 'cambist token | cambist decode'],
  run: async (context) => await (await import('../operate/decode.ts')).runDecode(context),
};
