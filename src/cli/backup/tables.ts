// What becomes of each table when a backup is restored; a test holds the list to schema.sql.

/** Taken from the backup as they are there, a table before those that refer to it. */
export const CONFIGURATION: readonly string[] = [
  'organisation',
  'reserved_audience',
  'identity_provider',
  'service_account',
  'federated_identity',
  'role',
  'role_rule',
  'role_binding',
  'access_credential',
  'object_label',
];

/** What was spent stays spent: rows of the backup come to those that are there, and none is taken away. */
export const SPENT: readonly string[] = ['used_token', 'revoked_token'];

/** Taken from the backup only if the database is another one than was backed up: else it has them, and newer ones. */
export const HISTORY: readonly string[] = ['audit_event', 'audit_event_request', 'audit_archive'];

/**
 * Never taken from a backup. No key comes back, only that one was revoked. Migrations say what this database has had, a policy
 * version stands for rows as they were, and the numbers of decisions go on.
 */
export const LEFT: readonly string[] = [
  'signing_key',
  'd1_migrations',
  'policy_version',
  'decision_total',
  'decision_watermark',
  'restore_point',
];
