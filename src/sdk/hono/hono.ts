// `@cambist/sdk/hono`: middleware that lets a request through by its access token, its scopes, its roles and its account's permissions (RFC 6750).

import type { Context, MiddlewareHandler } from 'hono';

import { AccessTokenError, wwwAuthenticate } from '../verify/access-token-error.ts';
import type { ChallengeOptions } from '../verify/access-token-error.ts';
import type { AccessToken } from '../verify/access-token.ts';
import { bearerToken } from '../verify/bearer-token.ts';
import { globalFetch } from '../verify/fetch-json.ts';
import { issuerKeys } from '../verify/issuer-keys.ts';
import { RETRY_AFTER_SECONDS } from '../verify/limits.ts';
import { permissionReader } from '../verify/permissions.ts';
import type { ResourceDescription } from '../verify/protected-resource.ts';
import { checkRoles, checkScopes, permits, projectOf } from '../verify/requirements.ts';
import type { Action, PermissionRule } from '../verify/requirements.ts';
import { verifyAccessToken } from '../verify/verify.ts';
import { checkVerifyOptions, listOf } from '../verify/verify-options.ts';
import type { VerifyOptions } from '../verify/verify-options.ts';
import { metadataOf } from './resource-metadata.ts';

export { AccessTokenError, wwwAuthenticate } from '../verify/access-token-error.ts';
export type { AccessTokenErrorCode, AccessTokenFault, ChallengeOptions } from '../verify/access-token-error.ts';
export type { AccessToken } from '../verify/access-token.ts';
export type { ProtectedResourceOptions, ResourceDescription } from '../verify/protected-resource.ts';
export type { Action, PermissionRule } from '../verify/requirements.ts';
export { serveResourceMetadata } from './resource-metadata.ts';

/**
 * Who calls: `c.var.cambist` behind `cambistAuth`.
 *
 * @example
 * ```ts
 * import type { CambistCaller } from '@cambist/sdk/hono';
 *
 * const shown = ({ token, project }: CambistCaller): string => `${token.serviceAccountSlug} in ${project ?? 'no project'}`;
 * ```
 */
export interface CambistCaller {
  readonly token: AccessToken;
  /** The token's project, else the one that the request names. Nothing is said about rights in it before requirePermission has let the request through. */
  readonly project: string | null;
  /** The rules that count in `project`, or in another one of the token's. Throws AccessTokenError. */
  readonly permissions: (project?: string | null) => Promise<readonly PermissionRule[]>;
}

/**
 * For `new Hono<CambistEnv>()`.
 *
 * @example
 * ```ts
 * import { Hono } from 'hono';
 * import type { CambistEnv } from '@cambist/sdk/hono';
 *
 * const app = new Hono<CambistEnv>();
 * app.get('/me', (c) => c.json({ account: c.var.cambist.token.serviceAccount }));
 * ```
 */
export interface CambistEnv {
  Variables: { cambist: CambistCaller };
}

/**
 * Which tokens an API accepts, and what happens to a request without one.
 *
 * @example
 * ```ts
 * import type { CambistAuthOptions } from '@cambist/sdk/hono';
 *
 * const options: CambistAuthOptions = {
 *   issuer: 'https://cambist.example.com',
 *   audience: 'https://api.example.com',
 *   organisation: 'org_00000000000000000000000000',
 *   onRefused: (error, c) => console.warn(error.fault, c.req.path),
 * };
 * ```
 */
export interface CambistAuthOptions extends VerifyOptions {
  /** Shown in challenges (RFC 9110 §11.5). */
  readonly realm?: string | undefined;
  /** The address of this API, one of its audiences: challenges then name its metadata (RFC 9728), and this middleware answers for them when it stands before all paths. */
  readonly resource?: string | undefined;
  /** What the metadata say besides; needs `resource`. */
  readonly resourceMetadata?: ResourceDescription | undefined;
  /** Seconds an account's permissions are remembered; default 30, at most 300. */
  readonly permissionsFreshSeconds?: number | undefined;
  /** Told of every refusal, for logs; the error carries no token. */
  readonly onRefused?: ((error: AccessTokenError, c: Context) => void) | undefined;
}

type FromRequest = string | ((c: Context) => string | undefined);

/**
 * What the account must be permitted to do.
 *
 * @example
 * ```ts
 * import type { PermissionRequirement } from '@cambist/sdk/hono';
 *
 * const toDelete: PermissionRequirement = {
 *   resource: 'deployments',
 *   action: 'delete',
 *   resourceIdentity: (c) => c.req.param('name'),
 * };
 * ```
 */
export interface PermissionRequirement {
  /** As the role's rules name it, for example `deployments`. */
  readonly resource: string;
  readonly action: Action;
  /** The object in question, for example `(c) => c.req.param('id')`; without it only rules about all objects count. */
  readonly resourceIdentity?: FromRequest | undefined;
  /** The project, if the address has it: `(c) => c.req.param('project')`. It must agree with the token's and the request's. */
  readonly project?: FromRequest | undefined;
}

/** What the other middleware of a request needs and a handler must not have: how it refuses. */
const refusals = new WeakMap<CambistCaller, (error: unknown, c: Context) => Response>();

/**
 * Lets a request through whose bearer token verifies, and sets `c.var.cambist`. Answers 400, 401, 403 or 503 with the
 * challenge of RFC 6750 §3 otherwise. Throws TypeError if it is made with options that could not refuse anything.
 *
 * @example
 * ```ts
 * import { Hono } from 'hono';
 * import { cambistAuth } from '@cambist/sdk/hono';
 *
 * const app = new Hono();
 * app.use(
 *   cambistAuth({
 *     issuer: 'https://cambist.example.com',
 *     audience: 'https://api.example.com',
 *     organisation: 'org_00000000000000000000000000',
 *   }),
 * );
 * ```
 */
export function cambistAuth(options: CambistAuthOptions): MiddlewareHandler<CambistEnv> {
  const { audiences } = checkVerifyOptions(options);
  const metadata = metadataOf(options, audiences);
  const scope = listOf(options.scope);
  const send = options.fetch ?? globalFetch;
  const verifyOptions: VerifyOptions = { ...options, keys: options.keys ?? issuerKeys(options.issuer, send) };
  const permissions = permissionReader(options.issuer, send, options.permissionsFreshSeconds);
  const refuse = (error: unknown, c: Context): Response => {
    if (!(error instanceof AccessTokenError)) throw error;
    options.onRefused?.(error, c);
    return refusal(error, { realm: options.realm, scope, resourceMetadata: metadata?.url });
  };
  return async (c, next) => {
    const described = metadata?.answer(c.req.raw) ?? null;
    if (described !== null) return described;
    let caller: CambistCaller;
    try {
      const compact = bearerToken(c.req.raw.headers);
      const token = await verifyAccessToken(compact, verifyOptions);
      const project = projectOf(token, [c.req.header('x-project-identity'), ...(c.req.queries('project') ?? [])]);
      caller = {
        token,
        project,
        permissions: (named = project) => permissions.read(token, compact, projectOf(token, [named])),
      };
    } catch (error) {
      return refuse(error, c);
    }
    refusals.set(caller, refuse);
    c.set('cambist', caller);
    await next();
  };
}

/**
 * Lets a request through whose token has all of these scopes: what the token may do.
 *
 * @example
 * ```ts
 * import { Hono } from 'hono';
 * import { requireScope } from '@cambist/sdk/hono';
 *
 * new Hono().get('/deployments', requireScope('api:read'), (c) => c.json([]));
 * ```
 */
export function requireScope(...scopes: readonly [string, ...string[]]): MiddlewareHandler<CambistEnv> {
  return guard(({ token }) => checkScopes(token, scopes));
}

/**
 * Lets a request through whose token holds all of these roles, by slug: those bound organisation-wide, and those of the project that the token is bound to.
 *
 * @example
 * ```ts
 * import { Hono } from 'hono';
 * import { requireRole } from '@cambist/sdk/hono';
 *
 * new Hono().put('/deployments/:name', requireRole('deployer'), (c) => c.body(null, 204));
 * ```
 */
export function requireRole(...roles: readonly [string, ...string[]]): MiddlewareHandler<CambistEnv> {
  return guard(({ token }) => checkRoles(token, roles));
}

/**
 * Lets a request through whose account's roles permit the action in the request's project: what the account may do. Asks the deployment with the caller's token, which must be meant for it too.
 *
 * @example
 * ```ts
 * import { Hono } from 'hono';
 * import { requirePermission } from '@cambist/sdk/hono';
 *
 * const mayDelete = requirePermission({ resource: 'deployments', action: 'delete' });
 * new Hono().delete('/deployments/:name', mayDelete, (c) => c.body(null, 204));
 * ```
 */
export function requirePermission(requirement: PermissionRequirement): MiddlewareHandler<CambistEnv> {
  const { resource, action } = requirement;
  return guard(async (caller, c) => {
    const resourceIdentity = valueOf(requirement.resourceIdentity, c);
    const named = valueOf(requirement.project, c);
    const project = named === null ? caller.project : projectOf(caller.token, [named, caller.project]);
    if (permits(await caller.permissions(project), { resource, action, resourceIdentity })) return;
    const where = project === null ? 'without a project, only organisation-wide roles count' : 'in this project';
    const description = `no role of the account permits to ${action} ${resource} (${where})`;
    throw new AccessTokenError('insufficient_scope', 'permission', description);
  });
}

/** A route that should name an object or a project and does not must not become one about all of them. */
function valueOf(reads: FromRequest | undefined, c: Context): string | null {
  if (reads === undefined) return null;
  const value = typeof reads === 'function' ? reads(c) : reads;
  if (value === undefined || value === '')
    throw new Error('requirePermission: the address of this route lacks a value');
  return value;
}

function guard(
  check: (caller: CambistCaller, c: Context<CambistEnv>) => void | Promise<void>,
): MiddlewareHandler<CambistEnv> {
  return async (c, next) => {
    // Without cambistAuth before it there is none, whatever the type says.
    const caller: CambistCaller | undefined = c.get('cambist');
    const refuse = caller === undefined ? undefined : refusals.get(caller);
    // A mistake in the API, not of its caller: better a 500 than an open door.
    if (caller === undefined || refuse === undefined) throw new Error('put cambistAuth() before this middleware');
    try {
      await check(caller, c);
    } catch (error) {
      return refuse(error, c);
    }
    await next();
  };
}

function refusal(error: AccessTokenError, options: ChallengeOptions): Response {
  const challenge = wwwAuthenticate(error, options);
  const body = { error: error.code, error_description: error.description };
  return Response.json(body, {
    status: error.status,
    headers: {
      'cache-control': 'no-store',
      ...(challenge === null ? {} : { 'www-authenticate': challenge }),
      ...(error.status === 503 ? { 'retry-after': String(RETRY_AFTER_SECONDS) } : {}),
    },
  });
}
