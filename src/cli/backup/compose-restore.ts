// Makes, of the SQL of a backup, the SQL that restores it into a database with the current schema, and that leaves it safe. Reads and writes nothing.

import { CONFIGURATION, HISTORY, SPENT } from './tables.ts';

/** One row of the export: what follows `INSERT INTO`. */
interface Row {
  readonly table: string;
  readonly columns: string;
  readonly values: string;
}

/** What a backup has. */
export interface Backup {
  readonly rows: readonly Row[];
  /** The migrations that the database had had. */
  readonly migrations: readonly string[];
  /** Rows by table. */
  readonly counts: ReadonlyMap<string, number>;
}

/** A migration that the backup's database may not have had. */
export interface Migration {
  readonly name: string;
  readonly statements: readonly string[];
}

/** The last line of what `cambist backup` writes: what has it was not cut off. */
export const END_OF_BACKUP = '-- End of this backup.';

const ROW = /^INSERT INTO "([a-z0-9_]+)" \(((?:"[a-z0-9_]+",?)+)\) VALUES ?\(([\s\S]*)\)$/;

/** The rows of an export by wrangler; null if the text is none, or not one of Cambist. */
export function readBackup(statements: readonly string[]): Backup | null {
  const rows = statements.flatMap((statement): Row[] => {
    const [, table, columns, values] = ROW.exec(statement) ?? [];
    return table === undefined || columns === undefined || values === undefined ? [] : [{ table, columns, values }];
  });
  const counts = new Map<string, number>();
  for (const { table } of rows) counts.set(table, (counts.get(table) ?? 0) + 1);
  if (!counts.has('organisation')) return null;
  const migrations = rows
    .filter(({ table }) => table === 'd1_migrations')
    .map(({ values }) => /'([^']*)'/.exec(values)?.[1] ?? '');
  return { rows, migrations, counts };
}

/**
 * Whether no row is missing at the end and none is unreadable. An export that wrangler alone wrote lacks our last line;
 * its indexes and triggers follow all rows.
 */
export function isWhole(text: string, statements: readonly string[]): boolean {
  const ended =
    text.trimEnd().endsWith(END_OF_BACKUP) ||
    statements.some((statement) => /^CREATE (?:UNIQUE )?(?:INDEX|TRIGGER)\b/i.test(statement));
  return ended && statements.every((statement) => !/^INSERT\b/i.test(statement) || ROW.test(statement));
}

/**
 * What makes a restored database safe. Tokens that were issued so far no longer count, no single-use token from before is
 * taken, no key set that a cache knows under an old version is used, and no isolate decides from facts that it kept.
 */
const MAKE_SAFE: readonly string[] = [
  'UPDATE service_account SET tokens_not_before = max(coalesce(tokens_not_before, 0), unixepoch())',
  'UPDATE identity_provider SET keys_version = max(keys_version + 1, unixepoch())',
  'UPDATE policy_version SET version = hex(randomblob(8))',
];

const NOTE_RESTORE = `INSERT INTO restore_point (one, restored_at) VALUES (1, unixepoch())
  ON CONFLICT (one) DO UPDATE SET restored_at = max(restored_at, excluded.restored_at)`;

/** For a database that Time Travel has taken back as a whole: its sealed keys may have been revoked since, so all are made anew. */
export const AFTER_TIME_TRAVEL: readonly string[] = [
  NOTE_RESTORE,
  "UPDATE signing_key SET status = 'revoked', revoked_at = unixepoch(), sealed = NULL WHERE source = 'sealed' AND status <> 'revoked'",
  ...MAKE_SAFE,
];

/** The statements that restore a backup, to be run as one transaction. Running them again gives the same. */
export function composeRestore(backup: Backup, migrations: readonly Migration[]): readonly string[] {
  const of = (tables: readonly string[]): readonly Row[] =>
    tables.flatMap((table) => backup.rows.filter((row) => row.table === table));
  const newer = migrations.filter(({ name }) => !backup.migrations.includes(name));
  return [
    NOTE_RESTORE,
    // A database without events from before the backup's newest is not the one that was backed up, but a new one.
    `UPDATE restore_point SET is_new = NOT EXISTS (SELECT 1 FROM audit_event e
      WHERE e.id <= ${newestEvent(backup) ?? "''"} AND e.organisation_id IN (SELECT id FROM organisation))`,
    ...CONFIGURATION.toReversed().map((table) => `DELETE FROM "${table}"`),
    ...of(CONFIGURATION).map(({ table, columns, values }) => `INSERT INTO "${table}" (${columns}) VALUES (${values})`),
    ...of(SPENT).map(
      ({ table, columns, values }) => `INSERT OR IGNORE INTO "${table}" (${columns}) VALUES (${values})`,
    ),
    ...of(HISTORY).map(
      ({ table, columns, values }) =>
        `INSERT OR IGNORE INTO "${table}" (${columns}) SELECT ${values} WHERE (SELECT is_new FROM restore_point)`,
    ),
    ...of(['signing_key']).map(revocation),
    // What a migration since then wrote into rows, it writes into these, too.
    ...newer.flatMap(({ statements }) => statements.filter((statement) => /^(?:UPDATE|INSERT)\b/i.test(statement))),
    ...MAKE_SAFE,
  ];
}

/** That a key was revoked holds for ever; nothing else of a key is restored, whatever its name. */
function revocation({ columns, values }: Row): string {
  return `WITH known (${columns}) AS (VALUES (${values})) INSERT INTO signing_key (${columns})
    SELECT ${columns} FROM known WHERE status = 'revoked'
    ON CONFLICT (kid) DO UPDATE SET status = 'revoked', revoked_at = coalesce(revoked_at, excluded.revoked_at)`;
}

/** The id of the newest audit event, quoted; ids are in the order of their creation. */
function newestEvent({ rows }: Backup): string | null {
  const ids = rows.flatMap(({ table, values }) =>
    table === 'audit_event' ? (/'evt_[0-9a-z]+'/.exec(values) ?? []) : [],
  );
  return ids.toSorted().at(-1) ?? null;
}

/** How much there is, for a person: the objects that matter, each with its number. */
export function countRows({ counts }: Backup): string {
  const shown = [
    ['organisation', 'organisation', 'organisations'],
    ['identity_provider', 'provider', 'providers'],
    ['service_account', 'account', 'accounts'],
    ['federated_identity', 'identity', 'identities'],
    ['audit_event', 'audit event', 'audit events'],
  ] as const;
  return shown
    .map(([table, one, several]) => `${counts.get(table) ?? 0} ${counts.get(table) === 1 ? one : several}`)
    .join(', ');
}
