// Writes migrations/0001_initial.sql from schema.sql, as long as nothing has been released; after that no migration ever changes.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { ROOT } from './local/bundle.ts';

const FIRST_MIGRATION = join(ROOT, 'migrations', '0001_initial.sql');
const HEADER = `-- The schema of the first release. Until then \`npm run generate\` makes this file of schema.sql; afterwards it never changes,
-- and a change of the schema is a migration of its own (docs/operations.md).
`;
/** From its comment to the end of its second statement; wrangler keeps this record itself. */
const RECORD_OF_MIGRATIONS = /^-- The record that wrangler keeps[\s\S]*?\);\nINSERT INTO d1_migrations[\s\S]*?;\n\n?/m;

/** Writes it anew if it is out of date; with `check` it writes nothing, and false says that it is. */
export function firstMigration(check: boolean): boolean {
  if (isReleased(readFileSync(join(ROOT, 'CHANGELOG.md'), 'utf8'))) return true;
  const text = HEADER + firstMigrationOf(readFileSync(join(ROOT, 'schema.sql'), 'utf8'));
  const current = read(FIRST_MIGRATION);
  if (!check && current !== text) writeFileSync(FIRST_MIGRATION, text);
  return !check || current === text;
}

/** What the first migration does: all of the schema but the record of migrations. */
export function firstMigrationOf(schema: string): string {
  if (!RECORD_OF_MIGRATIONS.test(schema)) throw new Error('schema.sql does not make the table d1_migrations');
  return schema.replace(RECORD_OF_MIGRATIONS, '');
}

function isReleased(changelog: string): boolean {
  return /^## \[?\d+\.\d+\.\d+/m.test(changelog);
}

function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
