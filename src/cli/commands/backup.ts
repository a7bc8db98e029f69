// `cambist backup`: the whole database of a deployment in one file that only its owner can read, by wrangler's own export.

import { existsSync } from 'node:fs';

import { DATABASE_OPTIONS } from '../backup/options.ts';
import type { CommandBody, CommandContext } from '../command.ts';
import { usageFailure } from '../failure.ts';

export const backupCommand: CommandBody = {
  description:
    'Exports the D1 database with wrangler, in the clone that the deployment was made from. The file has every object, the audit log and sealed signing keys, which are useless without SEALING_KEY. It has no secret and no token, but names of workloads: only you can read it. D1 answers nobody while it is exported. `cambist restore` takes it back.',
  options: [
    { flags: '--out <file>', description: 'a new file', required: true },
    { flags: '--without-audit', description: 'leave the audit log out' },
    ...DATABASE_OPTIONS,
  ],
  arguments: [],
  examples: ['cambist backup --out cambist.sql', 'cambist backup --out local.sql --state-dir .cambist'],
  run: backUp,
};

/** Writes the backup. */
async function backUp(context: CommandContext): Promise<void> {
  const { options, output } = context;
  const out = options.text('out') ?? '';
  if (existsSync(out)) throw usageFailure(`${out} exists already, and is not overwritten.`);
  const [{ exportDatabase }, { countRows }] = await Promise.all([
    import('../backup/export-database.ts'),
    import('../backup/compose-restore.ts'),
  ]);
  const backup = await exportDatabase(context, out, options.flag('without-audit'));
  const place = ['state-dir', 'config'].flatMap((name) => {
    const value = options.text(name);
    return value === undefined ? [] : [`--${name} ${value}`];
  });
  output.data({ file: out, migrations: backup.migrations, rows: Object.fromEntries(backup.counts) }, () => {
    output.line(`${output.paint('green', '✔')} ${out}, readable by you alone: ${countRows(backup)}.`);
    output.line('  Keep it away from the machine that it is a backup of. It is restored with:');
    output.line(`  cambist restore ${[out, ...place].join(' ')}`);
  });
}
