// What says whether a token of ours still stands, read in one round trip, and the table revoked_token.

import { CLOCK_SKEW_SECONDS } from '../token/limits.ts';
import type { OwnToken, Revocation, TokenStanding } from '../exchange/token-standing.ts';
import type { SigningKeyState } from '../exchange/ports.ts';
import { rowsOf, runBatch } from './d1.ts';
import { toAccountRole } from './held-roles.ts';
import type { AccountRoleRow } from './held-roles.ts';
import { selectSigningKeys } from './signing-keys.ts';

const REVOKED = 'SELECT 1 FROM revoked_token WHERE token_id = ?1';
const ACCOUNT = `SELECT sa.id, sa.slug, sa.name, sa.status, sa.tokens_not_before, o.id AS organisation_id, o.slug AS organisation_slug
  FROM service_account sa JOIN organisation o ON o.id = sa.organisation_id WHERE sa.id = ?1`;
// Of the token's own account and organisation: an identity, credential or role of another gives it nothing. With a `+`, since no
// index is to be chosen by it.
const IDENTITY = `SELECT fi.status, fi.expires_at, fi.tokens_not_before, p.status AS provider_status, p.tokens_not_before AS provider_tokens_not_before
  FROM federated_identity fi CROSS JOIN identity_provider p ON p.id = fi.provider_id AND +p.organisation_id = fi.organisation_id
  WHERE fi.id = ?1 AND fi.service_account_id = ?2 AND +fi.organisation_id = ?3`;
const CREDENTIAL =
  'SELECT expires_at, tokens_not_before FROM access_credential WHERE id = ?1 AND service_account_id = ?2 AND +organisation_id = ?3';
const ROLES = `SELECT r.id, r.slug, b.projects, b.scopes FROM role_binding b
  CROSS JOIN role r ON r.id = b.role_id AND +r.organisation_id = b.organisation_id
  WHERE b.service_account_id = ?1 AND +b.organisation_id = ?2 ORDER BY b.id`;

// The first revocation of a token is an event, every later one changes nothing. An account that was deleted never returns,
// so its tokens need no row, and no organisation gets events of accounts that it does not have.
const INSERT_EVENT = `INSERT INTO audit_event (organisation_id, id, time, request_id, actor, action, outcome, service_account_id, token_id, ip)
  SELECT ?1, ?2, ?3, ?4, ?5, 'token.revoke', 'success', ?5, ?6, ?7
  WHERE NOT EXISTS (SELECT 1 FROM revoked_token WHERE token_id = ?6)
    AND EXISTS (SELECT 1 FROM service_account WHERE id = ?5 AND organisation_id = ?1)`;
const REVOKE = `INSERT INTO revoked_token (token_id, revoked_at, expires_at)
  SELECT ?1, ?2, ?3 WHERE EXISTS (SELECT 1 FROM audit_event WHERE organisation_id = ?4 AND id = ?5) ON CONFLICT DO NOTHING`;

/** Every statement of this file that reads, for the test that each of them uses an index, and for the check of the schema. */
export const TOKEN_STANDING_STATEMENTS: readonly string[] = [REVOKED, ACCOUNT, IDENTITY, CREDENTIAL, ROLES];

interface AccountRow {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly status: 'active' | 'inactive';
  readonly tokens_not_before: number | null;
  readonly organisation_id: string;
  readonly organisation_slug: string;
}

interface IdentityRow {
  readonly status: 'active' | 'inactive' | 'revoked';
  readonly expires_at: number | null;
  readonly tokens_not_before: number | null;
  readonly provider_status: 'active' | 'inactive';
  readonly provider_tokens_not_before: number | null;
}

interface CredentialRow {
  readonly expires_at: number;
  readonly tokens_not_before: number | null;
}

/** Reads what stands behind a verified token: keys, revocation, account, identity or credential, roles. Throws StorageUnavailable. */
export async function readTokenStanding(db: D1Database, token: OwnToken): Promise<TokenStanding> {
  const { tokenId, serviceAccountId, organisationId, federatedIdentityId, accessCredentialId } = token;
  const [keys, revoked, account, identity, credential, roles] = await runBatch(db, [
    selectSigningKeys(db),
    db.prepare(REVOKED).bind(tokenId),
    db.prepare(ACCOUNT).bind(serviceAccountId),
    db.prepare(IDENTITY).bind(federatedIdentityId, serviceAccountId, organisationId),
    db.prepare(CREDENTIAL).bind(accessCredentialId, serviceAccountId, organisationId),
    db.prepare(ROLES).bind(serviceAccountId, organisationId),
  ]);
  const [row] = rowsOf<AccountRow>(account);
  return {
    signingKeys: rowsOf<SigningKeyState>(keys),
    isRevoked: rowsOf(revoked).length > 0,
    serviceAccount:
      row === undefined
        ? null
        : {
            id: row.id,
            organisationId: row.organisation_id,
            slug: row.slug,
            name: row.name,
            status: row.status,
            tokensNotBefore: row.tokens_not_before,
          },
    federatedIdentity: toIdentityStanding(rowsOf<IdentityRow>(identity)[0]),
    accessCredential: toCredentialStanding(rowsOf<CredentialRow>(credential)[0]),
    organisation: row === undefined ? null : { id: row.organisation_id, slug: row.organisation_slug },
    roles: rowsOf<AccountRoleRow>(roles).map(toAccountRole),
  };
}

function toIdentityStanding(row: IdentityRow | undefined): TokenStanding['federatedIdentity'] {
  if (row === undefined) return null;
  const provider = { status: row.provider_status, tokensNotBefore: row.provider_tokens_not_before };
  return { status: row.status, expiresAt: row.expires_at, tokensNotBefore: row.tokens_not_before, provider };
}

function toCredentialStanding(row: CredentialRow | undefined): TokenStanding['accessCredential'] {
  return row === undefined ? null : { expiresAt: row.expires_at, tokensNotBefore: row.tokens_not_before };
}

/** Revokes a verified token with its audit event in one transaction; false if it was revoked before. Throws StorageUnavailable. */
export async function revokeToken(
  db: D1Database,
  eventId: string,
  { token, requestId, ip, now }: Revocation,
): Promise<boolean> {
  const { organisationId, serviceAccountId, tokenId, expiresAt } = token;
  const [event] = await runBatch(db, [
    db.prepare(INSERT_EVENT).bind(organisationId, eventId, now, requestId, serviceAccountId, tokenId, ip),
    // The sweep removes the row after this time, when no check could take the token for an active one any more.
    db.prepare(REVOKE).bind(tokenId, now, Math.ceil(expiresAt) + CLOCK_SKEW_SECONDS, organisationId, eventId),
  ]);
  return event?.meta.changes === 1;
}
