// Who is signed in, as the API says, and which buttons that person is shown.

import { isJsonObject } from '../token/json.ts';
import type { JsonObject, JsonValue } from '../token/json.ts';
import type { Me, Privilege } from './page.ts';

/** What `GET /v1/me` answered, with when its token ends in epoch seconds; null for root. */
export function readMe(body: JsonObject, person: string | null): Me & { readonly tokenExpiresAt: number | null } {
  const { kind, organisation, serviceAccount, scopes, isAdministrator, mayManageDeployment, token } = body;
  const account = member(serviceAccount);
  const expiresAt = member(token)?.['expiresAt'];
  return {
    kind: kind === 'root' ? 'root' : 'serviceAccount',
    name: person ?? (account === null ? 'root' : text(account['name'])),
    organisation: {
      identity: text(member(organisation)?.['identity']),
      slug: text(member(organisation)?.['slug']),
    },
    serviceAccount: account && {
      identity: text(account['identity']),
      slug: text(account['slug']),
      name: text(account['name']),
    },
    scopes: Array.isArray(scopes) ? (scopes as readonly JsonValue[]).map(text) : [],
    isAdministrator: isAdministrator === true,
    mayManageDeployment: mayManageDeployment === true,
    tokenExpiresAt: typeof expiresAt === 'string' ? Math.floor(Date.parse(expiresAt) / 1000) : null,
  };
}

const SCOPES = ['iam:read', 'iam:write', 'iam:admin'] as const;

/** Whether a request that needs this would be refused for want of it (contract §4): each scope allows what those before it allow. */
export function may({ scopes, mayManageDeployment }: Me, needed: Privilege): boolean {
  if (needed === 'deployment') return mayManageDeployment;
  return SCOPES.slice(SCOPES.indexOf(needed)).some((scope) => scopes.includes(scope));
}

function member(value: JsonValue | undefined): JsonObject | null {
  return value !== undefined && isJsonObject(value) ? value : null;
}

function text(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : '';
}
