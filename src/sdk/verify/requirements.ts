// What a verified token must have for a request: scopes, roles, a project, a permitted action; pure, and refuses what it is not sure of.

import { AccessTokenError } from './access-token-error.ts';
import type { AccessToken } from './access-token.ts';
import { MAX_PROJECT_CHARS } from './limits.ts';

/**
 * What a rule of a role can permit (contract §5.4).
 *
 * @example
 * ```ts
 * import type { Action } from '@cambist/sdk/hono';
 *
 * const harmless: readonly Action[] = ['read', 'list'];
 * ```
 */
export type Action = 'create' | 'read' | 'update' | 'delete' | 'list';

/**
 * One rule of a role, as a deployment answers it.
 *
 * @example
 * ```ts
 * import type { PermissionRule } from '@cambist/sdk/hono';
 *
 * const isAboutAll = ({ resourceIdentities }: PermissionRule): boolean => resourceIdentities === undefined;
 * ```
 */
export interface PermissionRule {
  readonly resources: readonly string[];
  /** Identities of the only objects that the rule is about; empty for all. */
  readonly resourceIdentities: readonly string[];
  /** Actions; `*` is all of them. */
  readonly permissions: readonly string[];
}

export interface PermissionRequest {
  /** As the role's rules name it, for example `deployments`. */
  readonly resource: string;
  readonly action: Action;
  /** The object in question; without it, only rules about all objects count. */
  readonly resourceIdentity?: string | null | undefined;
}

/** Refuses a token that lacks one of the scopes, naming all that are needed (RFC 6750 §3.1). */
export function checkScopes(token: AccessToken, needed: readonly string[]): void {
  if (needed.every((scope) => token.scopes.includes(scope))) return;
  const missing = needed.filter((scope) => !token.scopes.includes(scope));
  const description = `the token lacks the scope ${missing.join(' ')}`;
  throw new AccessTokenError('insufficient_scope', 'scope', description, needed);
}

/** Refuses a token that lacks one of the roles. */
export function checkRoles(token: AccessToken, needed: readonly string[]): void {
  const missing = needed.filter((role) => !token.roles.includes(role));
  if (missing.length === 0) return;
  const where = token.project === null ? 'organisation-wide' : `in the project ${token.project}`;
  const description = `the account of the token does not hold the role ${missing.join(' ')} ${where}`;
  throw new AccessTokenError('insufficient_scope', 'role', description);
}

/** Whether one of the rules permits the action. */
export function permits(rules: readonly PermissionRule[], request: PermissionRequest): boolean {
  const { resource, action, resourceIdentity } = request;
  return rules.some(
    (rule) =>
      (rule.resources.includes(resource) || rule.resources.includes('*')) &&
      (rule.permissions.includes(action) || rule.permissions.includes('*')) &&
      (rule.resourceIdentities.length === 0 ||
        (typeof resourceIdentity === 'string' && rule.resourceIdentities.includes(resourceIdentity))),
  );
}

/**
 * The project of a request: the token's own if it is bound to one, else what the request names; null for none.
 * Throws if the request names two, or another one than the token's.
 */
export function projectOf(token: AccessToken, named: readonly (string | null | undefined)[]): string | null {
  const names = [...new Set(named.filter((name) => name !== null && name !== undefined && name !== ''))];
  if (token.project !== null && names.some((name) => name !== token.project)) {
    const description = 'the token is bound to another project than the one this request names';
    throw new AccessTokenError('insufficient_scope', 'project_of_token', description);
  }
  const [name = null] = names;
  if (names.length > 1 || (name?.length ?? 0) > MAX_PROJECT_CHARS) {
    const description = 'the request must name one project, in X-Project-Identity or ?project=';
    throw new AccessTokenError('invalid_request', 'project_ambiguous', description);
  }
  return token.project ?? name;
}
