// Exports the database and looks at what came, so that no file is called a backup that cannot be restored.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { CommandContext } from '../command.ts';
import { CliFailure } from '../failure.ts';
import { writePrivateFile } from '../token/private-file.ts';
import { readBackup } from './compose-restore.ts';
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
  const backup = readBackup(sqlStatements(text));
  if (backup === null)
    throw new CliFailure('The database has no table of Cambist, and nothing was written.', {
      code: 'not_cambist',
      next: `A backup has ${[...CONFIGURATION, ...HISTORY].length} tables: is DB of wrangler.toml the right database?`,
    });
  await writePrivateFile(out, text);
  return backup;
}
