// Decides who calls the IAM API and for which organisation (contract §4); says nothing about why a credential is wrong.

import { ok, refuse } from '../../exchange/result.ts';
import type { Result } from '../../exchange/result.ts';
import type { AccountRole, ActiveToken } from '../../exchange/token-standing.ts';
import { bearerOf, isRootToken, otherAudience } from '../bearer.ts';
import type { Problem } from '../problem.ts';
import { hasIamScope } from './caller.ts';
import type { Caller, IamScope } from './caller.ts';
import type { IamDeps } from './deps.ts';
import { shown } from './faults.ts';

const DEFAULT_ORGANISATION = 'default';

/**
 * The caller of a request: root, or the account of an access token of ours that is meant for this API.
 * 401 with a challenge (RFC 6750 §3) for anything else, 404 if a token names an organisation that is not its own.
 */
export async function authenticate(request: Request, deps: IamDeps): Promise<Result<Caller, Problem>> {
  const credential = bearerOf(request);
  if (credential === null) {
    const detail = 'this API needs a credential: send Authorization: Bearer with an access token or the root token';
    return refuse(challenge(detail, request.headers.has('authorization') ? ', error="invalid_token"' : ''));
  }
  const named = request.headers.get('x-organisation-identity')?.trim() ?? '';
  if (await isRootToken(credential, deps.config.adminToken)) {
    return ok(rootCaller(named === '' ? DEFAULT_ORGANISATION : named));
  }
  if (deps.inspectToken === null) {
    return refuse({ kind: 'unavailable', detail: 'this deployment lacks a setting; /readyz names it' });
  }
  const inspected = await deps.inspectToken(credential, deps.now());
  // A token for another service must not open this one, whoever forwards it (RFC 9068 §4, RFC 8725 §3.9).
  if (!inspected.ok) return refuse(challenge('the credential is not accepted', ', error="invalid_token"'));
  const issuerUrl = deps.config.issuerUrl ?? '';
  if (!inspected.value.audiences.includes(issuerUrl)) {
    return refuse(challenge(otherAudience(inspected.value, issuerUrl), ', error="invalid_token"'));
  }
  const { organisation } = inspected.value;
  if (named !== '' && named !== organisation.id && named !== organisation.slug) {
    return refuse({ kind: 'not-found', detail: `there is no organisation ${shown(named)}` });
  }
  return ok(tokenCaller(inspected.value));
}

/** Refuses a caller without the scope or one that includes it, naming it (RFC 6750 §3.1 insufficient_scope). */
export function requireScope(caller: Caller, scope: IamScope): Problem | null {
  if (hasIamScope(caller.scopes, scope)) return null;
  return {
    kind: 'forbidden',
    detail: `this needs the scope ${scope}`,
    headers: { 'www-authenticate': `Bearer realm="cambist", error="insufficient_scope", scope="${scope}"` },
  };
}

function rootCaller(organisation: string): Caller {
  return {
    actor: 'root',
    organisation,
    isRoot: true,
    isAdmin: true,
    serviceAccountId: null,
    scopes: 'every',
    roles: [],
    token: null,
  };
}

function tokenCaller(token: ActiveToken): Caller {
  return {
    actor: token.serviceAccount.id,
    organisation: token.organisation.id,
    isRoot: false,
    isAdmin: hasIamScope(token.scopes, 'iam:admin'),
    serviceAccountId: token.serviceAccount.id,
    scopes: token.scopes,
    roles: rolesWithin(token),
    token,
  };
}

/** A token that was narrowed to a project has its account's roles there only, so that it cannot give away more than it was given. */
function rolesWithin({ roles, project }: ActiveToken): readonly AccountRole[] {
  if (project === null) return roles;
  return roles.flatMap((role) => {
    if (role.projects.length === 0) return [role];
    return role.projects.includes(project) ? [{ ...role, projects: [project] }] : [];
  });
}

function challenge(detail: string, parameters: string): Problem {
  return {
    kind: 'unauthenticated',
    detail,
    headers: { 'www-authenticate': `Bearer realm="cambist"${parameters}` },
  };
}
