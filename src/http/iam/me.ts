// GET /v1/me and /v1/me/permissions (contract §5.4, §5.9): who the credential is and what it may do, now; grants nothing.

import { arrayOf, boolean, dateTime, object, oneOfTexts, orNull, string } from '../../objects/json-schema.ts';
import { formatTimestamp } from '../../objects/values.ts';
import type { JsonObject, JsonValue } from '../../token/json.ts';
import type { AccountRole, ActiveToken } from '../../exchange/token-standing.ts';
import { ok, refuse } from '../../exchange/result.ts';
import { mayManageDeployment } from './caller.ts';
import type { IamRequest, Operation } from './deps.ts';
import { noOrganisation } from './object-problems.ts';
import type { IamRoute } from './routing.ts';

type Answer = ReturnType<Operation>;

/** The root token holds no role: everything is permitted to it. */
const EVERYTHING = {
  identity: null,
  role: null,
  resources: ['*'],
  resourceIdentities: [],
  permissions: ['*'],
  note: 'the root token may do everything',
} as const satisfies PermissionView;

interface PermissionView {
  readonly identity: string | null;
  readonly role: { readonly identity: string; readonly slug: string } | null;
  readonly resources: readonly string[];
  readonly resourceIdentities: readonly string[];
  readonly permissions: readonly string[];
  readonly note: string;
}

async function readMe(request: IamRequest): Answer {
  const { caller, deps } = request;
  const organisation = caller.token?.organisation ?? (await deps.store.readOrganisation(caller.organisation));
  if (organisation === null) return refuse(noOrganisation(request));
  const account = caller.token?.serviceAccount ?? null;
  return ok({
    status: 200,
    body: {
      kind: caller.isRoot ? 'root' : 'serviceAccount',
      actor: caller.actor,
      organisation: { identity: organisation.id, slug: organisation.slug },
      serviceAccount: account === null ? null : { identity: account.id, slug: account.slug, name: account.name },
      scopes: caller.scopes === 'every' ? ['iam:read', 'iam:write', 'iam:admin'] : caller.scopes,
      isAdministrator: caller.isAdmin,
      mayManageDeployment: mayManageDeployment(caller),
      roles: caller.roles.map(({ roleId, roleSlug, projects, scopes }) => ({
        identity: roleId,
        slug: roleSlug,
        projects,
        scopes,
      })),
      token: caller.token === null ? null : tokenView(caller.token),
    },
  });
}

async function listMyPermissions(request: IamRequest): Answer {
  const { caller, deps, url } = request;
  if (caller.token === null) {
    if ((await deps.store.readOrganisation(caller.organisation)) === null) return refuse(noOrganisation(request));
    return ok({ status: 200, body: [EVERYTHING] });
  }
  const roles = rolesInEffect(caller.token, url.searchParams.get('project') || null);
  const rules = await deps.store.readRolePermissions(caller.organisation, roles);
  const views = rules.map((rule): PermissionView => ({
    identity: rule.ruleId,
    role: { identity: rule.roleId, slug: rule.roleSlug },
    resources: rule.resources,
    resourceIdentities: rule.resourceIdentities,
    permissions: rule.permissions,
    note: rule.note,
  }));
  return ok({ status: 200, body: views });
}

/** The ids of the roles that count in a project. A token that was issued for one project has no say in another. */
function rolesInEffect({ roles, project: own }: ActiveToken, asked: string | null): string[] {
  if (own !== null && asked !== null && asked !== own) return [];
  const project = asked ?? own;
  const counts = ({ projects }: AccountRole): boolean =>
    projects.length === 0 || (project !== null && projects.includes(project));
  return [...new Set(roles.filter(counts).map(({ roleId }) => roleId))];
}

function tokenView({ tokenId, audiences, expiresAt, project, claims }: ActiveToken): JsonObject {
  const claim = (name: string): JsonValue => (Object.hasOwn(claims, name) ? (claims[name] ?? null) : null);
  return {
    tokenId,
    audiences,
    expiresAt: formatTimestamp(expiresAt),
    project,
    federatedIdentity: claim('federated_identity'),
    act: claim('act'),
  };
}

const meSchema = object({
  kind: oneOfTexts(['root', 'serviceAccount']),
  actor: string,
  organisation: object({ identity: string, slug: string }),
  serviceAccount: orNull(object({ identity: string, slug: string, name: string })),
  scopes: arrayOf(string),
  isAdministrator: boolean,
  mayManageDeployment: boolean,
  roles: arrayOf(
    object({
      identity: string,
      slug: string,
      projects: arrayOf(string),
      scopes: arrayOf(string),
    }),
  ),
  token: orNull(
    object({
      tokenId: string,
      audiences: arrayOf(string),
      expiresAt: dateTime,
      project: orNull(string),
      federatedIdentity: orNull(string),
      act: orNull(object({ iss: string, sub: string })),
    }),
  ),
});
const permissionSchema = object({
  identity: orNull(string),
  role: orNull(object({ identity: string, slug: string })),
  resources: arrayOf(string),
  resourceIdentities: arrayOf(string),
  permissions: arrayOf(string),
  note: string,
});

export const meRoutes: readonly IamRoute[] = [
  {
    scope: null,
    operation: readMe,
    config: {
      method: 'get',
      path: '/v1/me',
      summary: 'Read who the credential is and what it may do',
      tag: 'me',
      answer: { description: 'The caller', schema: meSchema },
    },
  },
  {
    scope: null,
    operation: listMyPermissions,
    config: {
      method: 'get',
      path: '/v1/me/permissions',
      summary: 'List the rules of the roles that the calling token has in effect',
      tag: 'me',
      query: { project: string },
      answer: { description: 'The rules', schema: arrayOf(permissionSchema) },
    },
  },
];
