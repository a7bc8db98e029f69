// `cambist doctor`: what is wrong with a deployment; the work is in operate/.

import type { Command } from '../command.ts';

export const doctorCommand: Command = {
  name: 'doctor',
  summary: 'look for what is wrong with a deployment, its keys and its issuers',
  description:
    'Checks that the deployment answers, is ready, is the issuer it says it is, publishes its keys and agrees about the time. With a credential also its signing keys, and each issuer as the deployment sees it. ' +
    'Every check has a verdict, and what mends it. Exits 1 where one failed.',
  options: [{ flags: '--issuer <id or name>', description: 'of the issuers only this one' }],
  arguments: [],
  examples: ['cambist doctor', 'cambist doctor --issuer GitHub'],
  run: async (context) => await (await import('../operate/doctor.ts')).runDoctor(context),
};
