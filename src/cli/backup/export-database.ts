// Exports the database and looks at what came, so that no file is called a backup that cannot be restored.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { CommandContext } from '../command.ts';
import { CliFailure } from '../failure.ts';
import { writePrivateFile } from '../token/private-file.ts';
import { END_OF_BACKUP, isWhole, readBackup } from './compose-restore.ts';
import type { Backup } from './compose-restore.ts';
import { sqlStatements } from './sql-statements.ts';
import { CONFIGURATION, HISTORY, LEFT, SPENT } from './tables.ts';
import { withWrangler } from './wrangler.ts';

/** Writes the export to `out`, whole or not at all. Throws a CliFailure if it is not one of Cambist. */
export async function exportDatabase(context: CommandContext, out: string, withoutAudit: boolean): Promise<Backup> {
  const text = await withWrangler(context, async ({ d1, privateDirectory }) => {
    const file = join(privateDirectory, 'export.sql');
    const tables = withoutAudit ? [...CONFIGURATION, ...SPENT, ...LEFT].flatMap((table) => ['--table', table]) : [];
    await d1(['export', 'DB'], ['--output', file, '--skip-confirmation', ...tables]);
    return await readFile(file, 'utf8');
  });
  const whole = `${text.trimEnd()}\n${END_OF_BACKUP}\n`;
  const statements = sqlStatements(text);
  const backup = readBackup(statements);
  if (backup === null)
    throw new CliFailure('The database has no table of Cambist, and nothing was written.', {
      code: 'not_cambist',
      next: `A backup has ${[...CONFIGURATION, ...HISTORY].length} tables: is DB of wrangler.toml the right database?`,
    });
  if (!isWhole(whole, statements))
    throw new CliFailure('wrangler exported a row that a restore could not read, and nothing was written.', {
      code: 'unreadable_export',
      next: 'Take the backup again; if that does not help, check out the release that is deployed.',
    });
  await writePrivateFile(out, whole);
  return backup;
}
