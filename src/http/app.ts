// The routes of the service and what every response carries; the IAM API behind /v1 is loaded when it is first asked for.

import type { Context, Handler, Hono, MiddlewareHandler } from 'hono';
import { HonoBase } from 'hono/hono-base';
import { TrieRouter } from 'hono/router/trie-router';

import { faultsOf } from '../config.ts';
import type { SettingName } from '../config.ts';
import { newUuid } from '../new-id.ts';
import type { AppDeps, AppEnv } from './deps.ts';
import { RETRY_AFTER_SECONDS, STRICT_TRANSPORT_SECONDS } from './limits.ts';
import { tokenHandler } from './token.ts';
import { AUTHORIZATION_PATH } from './paths.ts';

/** Settings without which the IAM API answers nothing. A deployment without a root token is complete, one with a bad one is not. */
const IAM_NEEDS: readonly SettingName[] = [
  'DB',
  'ISSUER_URL',
  'ADMIN_TOKEN',
  'ALLOW_LOOPBACK_ISSUERS',
  'DEFAULT_AUDIENCE',
];

/** Builds the application over its dependencies. */
export function createApp(deps: AppDeps): Hono<AppEnv> {
  // The smallest router that takes a path as it is written: those of hono/tiny and hono/quick also answer at `/oidc/token/`.
  const app: Hono<AppEnv> = new HonoBase<AppEnv>({ router: new TrieRouter() });
  app.use(everyResponse);

  app.post('/oidc/token', tokenHandler(deps));
  // The other doors wait behind their imports: a cold exchange does not pay for them.
  const preflight = late(async () => (await import('./public-document.ts')).documentOptions);
  app.all(
    AUTHORIZATION_PATH,
    late(async () => (await import('./well-known.ts')).authorizationHandler),
  );
  app.post(
    '/oidc/introspect',
    late(async () => (await import('./introspect.ts')).introspectHandler(deps)),
  );
  app.post(
    '/oidc/revoke',
    late(async () => (await import('./revoke.ts')).revokeHandler(deps)),
  );
  app.post(
    '/api/v2/oauth/token-exchange',
    late(async () => (await import('./tailscale.ts')).tailscaleHandler(deps)),
  );
  const discovery = late(async () => (await import('./well-known.ts')).discoveryHandler(deps));
  for (const path of ['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server']) {
    app.get(path, discovery).options(path, preflight);
  }
  const jwks = late(async () => (await import('./well-known.ts')).jwksHandler(deps));
  app.get('/.well-known/jwks.json', jwks).options('/.well-known/jwks.json', preflight);
  app.get(
    '/healthz',
    late(async () => (await import('./health.ts')).healthHandler),
  );
  app.get(
    '/readyz',
    late(async () => (await import('./health.ts')).readinessHandler(deps)),
  );
  app.get(
    '/metrics',
    late(async () => (await import('./metrics.ts')).metricsHandler(deps)),
  );
  app.get(
    '/openapi.json',
    late(async () => (await import('./openapi.ts')).openApiHandler(deps)),
  );
  app.options('/openapi.json', preflight);
  app.get('/', async (c) => (await import('./landing.ts')).answerLanding(c, deps));
  const toIam = async (c: Context<AppEnv>, request: Request): Promise<Response> => {
    if (faultsOf(deps.config, IAM_NEEDS).length > 0) {
      const message = 'this deployment is not fully configured; its operator finds what is missing at /readyz';
      return c.json(plainError(503, message, c.get('requestId')), 503, { 'retry-after': String(RETRY_AFTER_SECONDS) });
    }
    // A cold exchange does not pay for it either.
    const [{ createIamApp }, iamDeps] = await Promise.all([import('./iam/app.ts'), deps.iam()]);
    return createIamApp(iamDeps).fetch(withRequestId(request, c.get('requestId')));
  };
  app.all('/v1/*', (c) => toIam(c, c.req.raw));
  app.on('ALL', ['/console', '/console/*'], async (c) => (await deps.console())(c.req.raw, c.get('requestId')));
  const keys = late(async () =>
    (await import('./tailscale-keys.ts')).tailscaleKeysHandler(toIam, deps.config.issuerUrl ?? ''),
  );
  const keysPath = '/api/v2/tailnet/:tailnet/keys';
  app.on(['GET', 'POST'], keysPath, keys).on(['GET', 'PUT', 'DELETE'], `${keysPath}/:id`, keys);

  app.notFound((c) => {
    const allowed = allowedMethods(app, c.req.path);
    if (allowed.length === 0) return c.json(plainError(404, 'there is nothing at this path', c.get('requestId')), 404);
    return c.json(plainError(405, `use ${allowed.join(' or ')}`, c.get('requestId')), 405, {
      allow: allowed.join(', '),
    });
  });
  app.onError(async (error, c) => {
    deps.log({
      level: 'error',
      event: 'unexpected',
      request_id: c.get('requestId'),
      path: c.req.path,
      detail: error.stack ?? String(error),
    });
    const message = 'a fault of this service; its operator finds it under the request id';
    if (!c.req.path.startsWith('/v1/')) return c.json(plainError(500, message, c.get('requestId')), 500);
    const { problemResponse } = await import('./problem.ts');
    return problemResponse({ kind: 'internal', detail: message }, c.req.path, c.get('requestId'));
  });
  return app;
}

/** A door that is loaded when it is first asked for. The door is kept and not the promise, which another request must not await. */
function late(load: () => Promise<Handler<AppEnv>>): Handler<AppEnv> {
  let door: Handler<AppEnv> | null = null;
  return async (c, next) => await (door ??= await load())(c, next);
}

/** The header by which the IAM application learns the request id that the outer one chose; a caller's own is overwritten. */
const REQUEST_ID_HEADER = 'x-request-id';

function withRequestId(request: Request, requestId: string): Request {
  const headers = new Headers(request.headers);
  headers.set(REQUEST_ID_HEADER, requestId);
  return new Request(request, { headers });
}

/** Whoever was here once comes back over https only (RFC 6797 §6.1). Not for subdomains, which may be somebody else's. */
const STRICT_TRANSPORT = `max-age=${STRICT_TRANSPORT_SECONDS}`;

/** Request id and headers of contract §1, on every response, errors too. */
const everyResponse: MiddlewareHandler<AppEnv> = async (c, next) => {
  c.set('requestId', newUuid());
  await next();
  c.res.headers.set(REQUEST_ID_HEADER, c.get('requestId'));
  c.res.headers.set('x-content-type-options', 'nosniff');
  // Over plain http, as on a developer's machine, it means nothing (RFC 6797 §7.2).
  if (c.req.url.startsWith('https:')) c.res.headers.set('strict-transport-security', STRICT_TRANSPORT);
  if (!c.res.headers.has('cache-control')) c.res.headers.set('cache-control', 'no-store');
};

function allowedMethods(app: HonoBase<AppEnv>, path: string): string[] {
  const methods = app.routes
    .filter((route) => route.method !== 'ALL' && isAt(route.path, path))
    .map((route) => route.method);
  return [...new Set(methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])))];
}

/** True if a path is that of a route, whose parameters stand for one segment each. */
function isAt(route: string, path: string): boolean {
  const [wanted, given] = [route.split('/'), path.split('/')];
  return wanted.length === given.length && wanted.every((part, at) => part.startsWith(':') || part === given[at]);
}

function plainError(status: 404 | 405 | 500 | 503, message: string, requestId: string): Record<string, unknown> {
  const error = { 404: 'not_found', 405: 'method_not_allowed', 500: 'server_error', 503: 'server_error' }[status];
  return { error, error_description: message, message, request_id: requestId };
}
