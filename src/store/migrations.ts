// Which schema changes this code knows, and whether the database has had them (contract §8). wrangler records each that it applies.

/**
 * The files of `migrations/`, in order.
 * @internal A test compares both.
 */
export const MIGRATIONS: readonly string[] = ['0001_initial.sql'];

/** The names recorded by wrangler, which also makes the table. A failure means that there is no record. */
export const APPLIED_MIGRATIONS = 'SELECT name FROM d1_migrations ORDER BY id';

const HOW_TO_APPLY = 'run `npm run deploy`, which applies them first';

/** What keeps the code from using this database, and what is only worth knowing; null if both are of one version. */
export function compareMigrations(
  applied: readonly string[],
  known: readonly string[] = MIGRATIONS,
): { readonly fault: string | null; readonly warning: string | null } {
  const missing = known.filter((name) => !applied.includes(name));
  const newer = applied.filter((name) => !known.includes(name));
  return {
    fault:
      missing.length === 0
        ? null
        : `DB is older than this code: ${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} not applied; ${HOW_TO_APPLY}`,
    warning:
      newer.length === 0
        ? null
        : `DB is newer than this code: it has ${newer.join(', ')}, which this release does not know; it works on (migrations only add), and \`npm run deploy\` of the newer release makes both the same`,
  };
}
