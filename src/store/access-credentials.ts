// The table access_credential as the exchange uses it: read by key in one round trip, used in one atomic write.

import type { CredentialFacts, CredentialUse } from '../exchange/credential-grant.ts';
import { StorageUnavailable } from '../exchange/ports.ts';
import type { SigningKeyState } from '../exchange/ports.ts';
import { runBatch, rowsOf } from './d1.ts';
import { insertGrant, touchCredential } from './decisions.ts';
import { toHeldRole } from './held-roles.ts';
import type { HeldRoleRow } from './held-roles.ts';
import { DEPLOYMENT, versionOf } from './policy-guard.ts';
import { withheldDefault } from './withheld-audiences.ts';
import { selectSigningKeys } from './signing-keys.ts';

const CREDENTIAL = `SELECT c.id, c.organisation_id, c.service_account_id, c.secret_sha256, c.scopes, c.expires_at,
    sa.slug AS account_slug, sa.status AS account_status, sa.tokens_not_before AS account_tokens_not_before,
    o.slug AS organisation_slug, ${versionOf('o.id')} AS policy,
    ${withheldDefault('?2', 'c.organisation_id')} AS withheld_audiences
  FROM access_credential c CROSS JOIN service_account sa ON sa.id = c.service_account_id AND +sa.organisation_id = c.organisation_id
  CROSS JOIN organisation o ON o.id = sa.organisation_id WHERE c.access_key = ?1`;
const ROLES = `SELECT b.service_account_id, r.slug, b.projects, b.scopes FROM access_credential c
  CROSS JOIN role_binding b ON b.service_account_id = c.service_account_id AND +b.organisation_id = c.organisation_id
  CROSS JOIN role r ON r.id = b.role_id AND +r.organisation_id = c.organisation_id WHERE c.access_key = ?1`;

const POLICY = `SELECT ${versionOf(DEPLOYMENT)} AS version`;

/**
 * Every statement of this file that reads, for the test that each of them uses an index.
 * @internal
 */
export const CREDENTIAL_STATEMENTS: readonly string[] = [CREDENTIAL, ROLES, POLICY];

interface CredentialRow {
  readonly id: string;
  readonly organisation_id: string;
  readonly service_account_id: string;
  readonly secret_sha256: string;
  readonly scopes: string;
  readonly expires_at: number;
  readonly account_slug: string;
  readonly account_status: 'active' | 'inactive';
  readonly account_tokens_not_before: number | null;
  readonly organisation_slug: string;
  readonly withheld_audiences: string;
  readonly policy: string | null;
}

/** Reads what an access credential may do; `defaultAudience` is that of its tokens. Throws StorageUnavailable. */
export async function readCredentialFacts(
  db: D1Database,
  defaultAudience: string,
  accessKey: string,
): Promise<CredentialFacts> {
  const [signingKeys, credential, roles, policy] = await runBatch(db, [
    selectSigningKeys(db),
    db.prepare(CREDENTIAL).bind(accessKey, defaultAudience),
    db.prepare(ROLES).bind(accessKey),
    db.prepare(POLICY),
  ]);
  const [row] = rowsOf<CredentialRow>(credential);
  const [deployment] = rowsOf<{ readonly version: string | null }>(policy);
  if (deployment?.version === null || deployment === undefined)
    throw new StorageUnavailable('policy_version lacks the deployment: apply schema.sql');
  return {
    policy: { organisation: row?.policy ?? null, deployment: deployment.version },
    credential:
      row === undefined
        ? null
        : {
            id: row.id,
            secretSha256: row.secret_sha256,
            scopes: JSON.parse(row.scopes) as string[],
            expiresAt: row.expires_at,
            serviceAccount: {
              id: row.service_account_id,
              organisationId: row.organisation_id,
              slug: row.account_slug,
              status: row.account_status,
              tokensNotBefore: row.account_tokens_not_before,
            },
            organisationSlug: row.organisation_slug,
            withheldAudiences: JSON.parse(row.withheld_audiences) as string[],
          },
    heldRoles: rowsOf<HeldRoleRow>(roles).map(toHeldRole),
    signingKeys: rowsOf<SigningKeyState>(signingKeys),
  };
}

/** Records the use of a credential in one transaction; `outdated`, and nothing written, if the rules changed. Throws StorageUnavailable. */
export async function recordCredentialUse(
  db: D1Database,
  { credentialId, event, policy }: CredentialUse,
): Promise<'recorded' | 'outdated'> {
  const [granted] = await runBatch(db, [insertGrant(db, event, policy), touchCredential(db, credentialId, event)]);
  return granted?.meta.changes === 1 ? 'recorded' : 'outdated';
}
