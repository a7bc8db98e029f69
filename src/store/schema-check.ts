// Whether D1 has every table, column and index that exchanges and their tokens need, every migration, and room; reads no row of anybody's.

import { StorageUnavailable } from '../exchange/ports.ts';
import { runBatch, rowsOf } from './d1.ts';
import { bytesSaid, fillingWarning } from './database-size.ts';
import { EVENT_COLUMNS } from './exchange-events.ts';
import { EXCHANGE_STATEMENTS } from './exchange-statements.ts';
import { DEFAULT_ORGANISATION_ID } from '../objects/organisation.ts';
import { DEPLOYMENT, versionOf } from './policy-guard.ts';
import { TOKEN_STANDING_STATEMENTS } from './issued-tokens.ts';
import { APPLIED_MIGRATIONS, compareMigrations } from './migrations.ts';

/** What is written and read nowhere else, and the index that a write names; a test needs it, which looks that each index is used. */
export const WRITTEN_STATEMENTS: readonly string[] = [
  `SELECT ${EVENT_COLUMNS}, count, collapse_key
    FROM audit_event INDEXED BY audit_event_by_outcome WHERE organisation_id = ?1 AND outcome = ?2 AND outcome <> 'granted'`,
  'SELECT request_id, event_id, organisation_id FROM audit_event_request WHERE organisation_id = ?1 AND request_id = ?2',
  'SELECT sequence, state, tags FROM audit_archive INDEXED BY audit_archive_by_time WHERE organisation_id = ?1 AND last_time < ?2',
  'SELECT replay_key, token_id, expires_at FROM used_token WHERE replay_key = ?1',
  'SELECT token_id, revoked_at, expires_at FROM revoked_token WHERE token_id = ?1',
  'SELECT restored_at FROM restore_point',
  'SELECT last_fetched_at, fetched_keys, last_fetch_error FROM identity_provider WHERE id = ?1',
];

/** Triggers of schema.sql that raise a policy_version. Without one of them, exchanges go on by rules that have changed. */
const POLICY_TRIGGERS = 27;
const POLICY = `SELECT (SELECT count(*) FROM sqlite_schema WHERE type = 'trigger' AND name GLOB 'policy_of_*') AS triggers,
  ${versionOf(DEPLOYMENT)} AS deployment, ${versionOf(`'${DEFAULT_ORGANISATION_ID}'`)} AS organisation`;

/** What was found: faults keep D1 from its work, warnings do not. */
export interface DatabaseState {
  readonly faults: readonly string[];
  readonly warnings: readonly string[];
}

/**
 * What keeps D1 from its work, what is only worth knowing, and what to do. The statements are run and not explained: a plan may be
 * an old one, since explaining does not look whether the schema has changed.
 */
export async function examineDatabase(db: D1Database): Promise<DatabaseState> {
  const statements = [...EXCHANGE_STATEMENTS, ...TOKEN_STANDING_STATEMENTS, ...WRITTEN_STATEMENTS];
  const prepared = [...statements, POLICY].map((sql) => db.prepare(sql).bind(...nullsFor(sql)));
  const found = await run(db, [db.prepare(APPLIED_MIGRATIONS), ...prepared]);
  if (found.ok) {
    const { faults: older, warnings } = judge(found.applied, null);
    const lacking = policyFault(found.policy);
    const faults = older.length > 0 || lacking === null ? older : [lacking];
    const filling = found.bytes === null ? null : fillingWarning(found.bytes);
    return { faults, warnings: filling === null ? warnings : [...warnings, filling] };
  }
  if (/no such table: d1_migrations/.test(found.cause)) {
    const others = await run(db, prepared);
    return judge([], others.ok ? null : others.cause);
  }
  // One statement that fails takes the answers of all with it.
  const record = SCHEMA_FAULT.test(found.cause) ? await run(db, [db.prepare(APPLIED_MIGRATIONS)]) : found;
  return judge(record.ok ? record.applied : null, found.cause);
}

/** Judges by what was recorded (null: nobody knows) and by what SQLite said when it ran the statements (null: nothing). */
function judge(applied: readonly string[] | null, cause: string | null): DatabaseState {
  const { fault, warning } = applied === null ? { fault: null, warning: null } : compareMigrations(applied);
  // An older database lacks things for that reason, and what to do about it is said once.
  const first = cause !== null && !SCHEMA_FAULT.test(cause) ? faultOf(cause) : (fault ?? (cause && faultOf(cause)));
  return { faults: first === null ? [] : [first], warnings: warning === null ? [] : [warning] };
}

async function run(
  db: D1Database,
  statements: D1PreparedStatement[],
): Promise<
  | {
      readonly ok: true;
      readonly applied: readonly string[];
      readonly bytes: number | null;
      readonly policy: PolicyRow | undefined;
    }
  | { readonly ok: false; readonly cause: string }
> {
  try {
    const results = await runBatch(db, statements);
    const applied = rowsOf<{ readonly name: string }>(results[0]).map(({ name }) => name);
    return { ok: true, applied, bytes: bytesSaid(results), policy: rowsOf<PolicyRow>(results.at(-1))[0] };
  } catch (error) {
    return { ok: false, cause: error instanceof StorageUnavailable ? String(error.cause) : String(error) };
  }
}

interface PolicyRow {
  readonly triggers: number;
  readonly deployment: string | null;
  readonly organisation: string | null;
}

/** What an operator must mend, or a changed rule may not be seen; null if nothing is missing. */
function policyFault(found: PolicyRow | undefined): string | null {
  const { triggers = 0, deployment = null, organisation = null } = found ?? {};
  return triggers >= POLICY_TRIGGERS && deployment !== null && organisation !== null
    ? null
    : `DB lacks triggers or rows of policy_version (${triggers} of ${POLICY_TRIGGERS} triggers), by which exchanges see that a rule has changed: apply schema.sql (npx wrangler d1 execute DB --remote --file schema.sql)`;
}

const SCHEMA_FAULT = /no such (?:table|index|column)|has no column named/;

/** A fault of the schema is told by SQLite's words for it. */
function faultOf(cause: string): string {
  const missing = /no such (?:table|index): \w+/.exec(cause)?.[0];
  if (missing !== undefined)
    return `DB lacks tables or indexes (${missing}): apply schema.sql (npx wrangler d1 execute DB --remote --file schema.sql)`;
  const column = /no such column: [\w.]+|has no column named \w+/.exec(cause)?.[0];
  if (column !== undefined)
    return `DB has tables of another version (${column}): add the column as schema.sql has it, which does not change tables that exist`;
  return `DB does not answer: ${cause}`;
}

/** Values that no row has. D1 takes exactly as many as a statement has parameters. */
function nullsFor(sql: string): null[] {
  const parameters = [...sql.matchAll(/\?(\d+)/g)].map(([, number]) => Number(number));
  return Array.from({ length: Math.max(0, ...parameters) }, () => null);
}
