// What the rules of a small world say at this moment, read from its rows with plain SQL: the judge of the model test, which shares nothing with the exchange.

import type { DatabaseSync, StatementSync } from 'node:sqlite';

export const ORGANISATION = 'org_00000000000000000000000000';
export const ISSUER = 'https://issuer.example.com';
export const AUDIENCE = 'https://api.example.com';

/** A token as a workload presents it, and what is asked for. */
export interface Presented {
  readonly subject: string;
  readonly jti: string;
  /** Of the issuer's keys: one that is older than the provider's row knows verifies nothing. */
  readonly keysVersion: number;
  /** Id, or null if none is named. */
  readonly account: string | null;
  readonly scope: string | null;
  /** The clock of the request, in epoch seconds. */
  readonly now: number;
}

/** What a token says that is released. */
export interface Given {
  readonly identity: string;
  readonly account: string;
  readonly scope: string;
  readonly roles: string;
  readonly lifetime: number;
  readonly kid: string;
}

interface Rule {
  readonly id: string;
  readonly account: string;
  readonly scopes: string;
  readonly lifetime: number;
}

const RULES = `SELECT f.id, f.service_account_id AS account, f.allowed_scopes AS scopes, f.token_lifetime AS lifetime
  FROM federated_identity f, service_account s, identity_provider p
  WHERE s.id = f.service_account_id AND p.id = f.provider_id AND p.organisation_id = ?1 AND p.issuer = ?2 AND p.status = 'active'
    AND p.keys_version <= ?3 AND s.organisation_id = ?1 AND s.status = 'active' AND f.organisation_id = ?1 AND f.status = 'active'
    AND f.mode = 'enforce' AND f.provider_subject = ?4 AND (f.expires_at IS NULL OR f.expires_at > ?5) AND (?6 IS NULL OR s.id = ?6)
    AND NOT EXISTS (SELECT 1 FROM reserved_audience r WHERE r.audience = ?7 AND r.organisation_id <> ?1)
  ORDER BY f.id`;
const ROLES = `SELECT group_concat(slug) AS roles FROM (SELECT DISTINCT r.slug FROM role_binding b, role r
  WHERE r.id = b.role_id AND b.service_account_id = ?1 AND b.organisation_id = ?2 AND r.organisation_id = ?2 ORDER BY r.slug)`;
const KEY = "SELECT kid FROM signing_key WHERE status = 'active'";

const prepared = new WeakMap<DatabaseSync, readonly StatementSync[]>();

function statementsOf(sqlite: DatabaseSync): readonly StatementSync[] {
  const statements = prepared.get(sqlite) ?? [RULES, ROLES, KEY].map((sql) => sqlite.prepare(sql));
  prepared.set(sqlite, statements);
  return statements;
}

/** What must be given now; null if nothing may be. */
export function whatTheRulesGive(sqlite: DatabaseSync, presented: Presented): Given | null {
  const { subject, keysVersion, account, scope, now } = presented;
  const values = [ORGANISATION, ISSUER, keysVersion, subject, now, account, AUDIENCE];
  const [ruleRows, roleRows, activeKey] = statementsOf(sqlite);
  const rules = ruleRows?.all(...values) as unknown as Rule[];
  if (new Set(rules.map((rule) => rule.account)).size !== 1) return null;
  const allows = ({ scopes }: Rule): boolean => scope === null || (JSON.parse(scopes) as string[]).includes(scope);
  const rule = rules.find(allows);
  const kid = activeKey?.get()?.['kid'];
  if (rule === undefined || kid === undefined) return null;
  return {
    identity: rule.id,
    account: rule.account,
    scope: scope ?? (JSON.parse(rule.scopes) as string[]).join(' '),
    roles: String(roleRows?.get(rule.account, ORGANISATION)?.['roles'] ?? ''),
    lifetime: rule.lifetime,
    kid: String(kid),
  };
}
