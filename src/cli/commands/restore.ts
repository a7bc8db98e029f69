// `cambist restore`: takes a backup back, or makes a database safe that Time Travel took back; either way nothing that was spent can be spent again.

import { DATABASE_OPTIONS } from '../backup/options.ts';
import type { CommandBody, CommandContext } from '../command.ts';
import { confirm, YES } from '../confirm.ts';
import { usageFailure } from '../failure.ts';

export const restoreCommand: CommandBody = {
  description:
    'Makes organisations, providers, accounts, identities, roles and credentials what they were when the backup was made, in one transaction. Audit events, used and revoked tokens and signing keys of the database stay; into a new database the audit log comes from the backup, and keys are made anew. Ends every token that was issued so far, and takes no single-use token from before. ' +
    'With --after-time-travel it restores nothing, and does what makes a database safe that `wrangler d1 time-travel restore` has taken back. It is confirmed on a terminal, and can be repeated after a failure.',
  options: [
    { flags: '--after-time-travel', description: 'no file: make the database safe as it is' },
    ...DATABASE_OPTIONS,
    YES,
  ],
  arguments: [{ name: '[file]', description: 'what `cambist backup` wrote' }],
  examples: [
    'cambist restore cambist.sql',
    'cambist restore local.sql --state-dir .cambist --yes',
    'cambist restore --after-time-travel',
  ],
  run: restore,
};

/** Restores; 1 if the person at the terminal said no. */
async function restore(context: CommandContext): Promise<number> {
  const { options, output } = context;
  const [file] = context.arguments;
  const afterTimeTravel = options.flag('after-time-travel');
  if ((file === undefined) !== afterTimeTravel)
    throw usageFailure('Name the file of a backup, or pass --after-time-travel, and not both.');
  const work = await import('../backup/restore-database.ts');
  const plan = file === undefined ? work.planAfterTimeTravel() : await work.planRestore(file, context);
  output.line(plan.effects);
  if (!(await confirm(plan.question, context))) {
    output.line('Nothing was changed.');
    return 1;
  }
  await work.carryOut(plan, context);
  output.data({ restored: file ?? null, rows: plan.rows }, () => {
    output.line(`${output.paint('green', '✔')} ${plan.done}`);
    output.line('  `cambist doctor` says whether all is well; `cambist keys list` shows the keys.');
  });
  return 0;
}
