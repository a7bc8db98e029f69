// Plans a restore, says beforehand what it would do, and carries it out by wrangler in one file.

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { CommandContext } from '../command.ts';
import { CliFailure, usageFailure } from '../failure.ts';
import { readGivenFile } from '../given-file.ts';
import { writePrivateFile } from '../token/private-file.ts';
import { AFTER_TIME_TRAVEL, composeRestore, countRows, isWhole, readBackup } from './compose-restore.ts';
import type { Backup, Migration } from './compose-restore.ts';
import { sqlStatements } from './sql-statements.ts';
import { withWrangler } from './wrangler.ts';

export interface RestorePlan {
  /** Null if the database is only made safe. */
  readonly backup: Backup | null;
  readonly rows: Readonly<Record<string, number>>;
  /** What it would do, a line each. */
  readonly effects: readonly string[];
  readonly question: string;
  readonly done: string;
}

const SAFE = [
  '  - Every access token that was issued so far ends at introspection and in the API of this service.',
  '  - Single-use tokens from before are refused; a workload that asks for a new one gets on.',
];

/** What restoring this file would do. Throws a usage failure if it is no backup. */
export async function planRestore(file: string, { world }: CommandContext): Promise<RestorePlan> {
  const text = await readGivenFile({ file, by: 'restore' }, world);
  const statements = sqlStatements(text);
  const backup = readBackup(statements);
  if (backup === null)
    throw usageFailure(`${file} is no backup of Cambist.`, '`cambist backup --out <file>` writes one.');
  if (!isWhole(text, statements))
    throw usageFailure(
      `${file} is not a whole backup: its end is missing, or a row of it cannot be read. Nothing was changed.`,
      'Copy it again from where it was kept, or take an older one.',
    );
  return {
    backup,
    rows: Object.fromEntries(backup.counts),
    effects: [
      `${file} has ${countRows(backup)}.`,
      '  - What was created, changed, disabled or deleted since then is undone: `cambist audit` lists it.',
      '  - Audit events, used and revoked tokens and signing keys of the database stay. No key comes back.',
      ...SAFE,
    ],
    question: 'Replace the configuration of the deployment by this?',
    done: 'Restored, and safe.',
  };
}

/** What making a database safe would do that was taken back as a whole. */
export function planAfterTimeTravel(): RestorePlan {
  return {
    backup: null,
    rows: {},
    effects: [
      'The database was taken back as a whole, and has forgotten what happened since:',
      '  - Sealed signing keys are revoked, since one of them may have been; the service makes new ones at once.',
      '  - A key of SIGNING_KEYS that leaked must leave that secret: what D1 knew of it may be gone.',
      ...SAFE,
    ],
    question: 'Do this now?',
    done: 'The database is safe.',
  };
}

/** Brings the database to the current schema, and runs the restore in one file. Throws a CliFailure. */
export async function carryOut({ backup }: RestorePlan, context: CommandContext): Promise<void> {
  await withWrangler(context, async ({ d1, migrations, privateDirectory }) => {
    const known = await readMigrations(migrations);
    const unknown = (backup?.migrations ?? []).filter((name) => !known.some((migration) => migration.name === name));
    if (unknown.length > 0)
      throw new CliFailure(`The backup is of a newer release, which has ${unknown.join(', ')}. Nothing was changed.`, {
        code: 'newer_backup',
        next: 'Check that release out, run `npm ci`, and restore with it.',
      });
    const statements = backup === null ? AFTER_TIME_TRAVEL : composeRestore(backup, known);
    const file = join(privateDirectory, 'restore.sql');
    await writePrivateFile(file, `PRAGMA defer_foreign_keys = TRUE;\n${statements.join(';\n')};\n`);
    await d1(['migrations', 'apply', 'DB']);
    await d1(['execute', 'DB'], ['--yes', '--file', file]);
  });
}

async function readMigrations(directory: string): Promise<readonly Migration[]> {
  const names = (await readdir(directory)).filter((name) => name.endsWith('.sql')).toSorted();
  return await Promise.all(
    names.map(async (name) => ({ name, statements: sqlStatements(await readFile(join(directory, name), 'utf8')) })),
  );
}
