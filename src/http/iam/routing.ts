// Joins a path to an operation: authentication, scope, the answer as a Response, 404, 405 and 503; no operation's content.

import type { Context, Hono } from 'hono';
import { HonoBase } from 'hono/hono-base';
import { TrieRouter } from 'hono/router/trie-router';
import type { JsonObject } from '../../token/json.ts';
import { RETRY_AFTER_SECONDS, STORAGE_RETRY_SECONDS } from '../limits.ts';
import { ArchiveBroken } from '../../objects/audit-archive.ts';
import { StorageUnavailable } from '../../exchange/ports.ts';
import { ok, refuse } from '../../exchange/result.ts';
import type { Result } from '../../exchange/result.ts';
import { problemResponse } from '../problem.ts';
import type { Problem } from '../problem.ts';
import { authenticate, requireScope } from './authenticate.ts';
import { invalid, parameterFault } from './faults.ts';
import type { IamEnv, IamRequest, IamScope, Operation, Reply } from './deps.ts';

/** What the API's description says of a route; bodies are read and answers made elsewhere. */
export interface RouteDescription {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** With `{name}` for each parameter. */
  readonly path: string;
  readonly summary: string;
  readonly description?: string;
  /** What it is about, by its noun. */
  readonly tag: string;
  /** The schemas of its parameters, by name. */
  readonly query?: Readonly<Record<string, JsonObject>>;
  readonly body?: { readonly schema: JsonObject; readonly isOptional?: true };
  readonly answer: {
    /** 200 if it is absent. */
    readonly status?: 201 | 204;
    readonly description: string;
    /** Of the JSON; absent if there is no body. */
    readonly schema?: JsonObject;
    /** A further media type, of text; or of bytes, if it is no text. */
    readonly alsoAs?: string;
  };
}

/** An operation with its path (`{id}` for the object's identifier), what it needs and how the reference describes it. */
export interface IamRoute {
  /** Null if any credential that this API accepts will do. */
  readonly scope: IamScope | null;
  readonly config: RouteDescription;
  /** The name of the object's own parameter, if `{id}` is what the object belongs to. */
  readonly nested?: string;
  /** The name of the object's own parameter, if it is no `{id}`. */
  readonly own?: string;
  readonly operation: Operation;
}

/** The routes as an application; its dependencies arrive with each request, so that an isolate builds it once. */
export function createRoutes(routes: readonly IamRoute[]): Hono<IamEnv> {
  const app: Hono<IamEnv> = new HonoBase<IamEnv>({ router: new TrieRouter() });
  const byPath = Map.groupBy(routes, ({ config }) => config.path.replaceAll(/\{(.+?)\}/g, ':$1'));
  // A path without a parameter comes first, or its wrong methods would be those of an object with that name.
  const isGeneral = (path: string): number => Number(path.includes(':'));
  for (const [path, known] of [...byPath].sort(([one], [other]) => isGeneral(one) - isGeneral(other))) {
    for (const route of known) app.on(route.config.method.toUpperCase(), path, (c) => answer(c, route));
    const methods = known.map(({ config }) => config.method.toUpperCase());
    const allow = methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])).join(', ');
    app.all(path, (c) =>
      respondWith(c, {
        kind: 'method-not-allowed',
        detail: `this path answers ${allow}`,
        headers: { allow },
      }),
    );
  }
  app.notFound((c) => respondWith(c, { kind: 'not-found', detail: nothingAt(c.req.path) }));
  app.onError((error, c) => {
    // Whatever is not storage is a bug, and the outer application answers those.
    if (error instanceof ArchiveBroken) {
      const { message: detail } = error;
      c.env.deps.log({ level: 'error', event: 'archive_broken', request_id: requestIdOf(c), detail });
      return respondWith(c, { kind: 'internal', detail });
    }
    if (!(error instanceof StorageUnavailable)) throw error;
    const { message, cause } = error;
    const reason = cause instanceof Error ? cause.message : null;
    c.env.deps.log({
      level: 'error',
      event: 'storage_unavailable',
      request_id: requestIdOf(c),
      detail: message,
      reason,
    });
    return respondWith(c, {
      kind: 'unavailable',
      detail: 'storage could not be reached; try again',
      headers: { 'retry-after': String(STORAGE_RETRY_SECONDS) },
    });
  });
  return app;
}

function nothingAt(path: string): string {
  const hint = path.endsWith('/') ? '; paths have no slash at their end' : '';
  return `there is nothing at this path${hint}`;
}

async function answer(c: Context<IamEnv>, route: IamRoute): Promise<Response> {
  const result = await run(c, route);
  if (!result.ok) return respondWith(c, result.error);
  const { status, body, headers } = result.value;
  if (body === undefined) return new Response(null, { status, headers: { ...headers } });
  if (body instanceof ReadableStream) return new Response(body, { status, headers: { ...headers } });
  const members = /thalassa/i.test(c.req.header('user-agent') ?? '') ? withoutCreator : undefined;
  return new Response(JSON.stringify(body, members), {
    status,
    headers: { 'content-type': 'application/json', ...headers },
  });
}

/** Clients of the Thalassa Cloud API know `createdBy` as a person, and read no answer in which it is a text. */
function withoutCreator(name: string, value: unknown): unknown {
  return name === 'createdBy' ? undefined : value;
}

async function run(
  c: Context<IamEnv>,
  { scope, nested, own, operation, config }: IamRoute,
): Promise<Result<Reply, Problem>> {
  const { deps } = c.env;
  const caller = await authenticate(c.req.raw, deps);
  if (!caller.ok) return caller;
  const missing = scope === null ? null : requireScope(caller.value, scope);
  if (missing !== null) return refuse(missing);
  const { isRoot, organisation } = caller.value;
  // Root gets through whatever a tenant does: that is who puts an end to it.
  if (config.method !== 'get' && !isRoot && !(await deps.mayWrite(organisation))) {
    return refuse({
      kind: 'rate-limited',
      detail: 'this organisation sends too many requests that write or explain; wait and try again',
      headers: { 'retry-after': String(RETRY_AFTER_SECONDS) },
    });
  }
  const isJudgement = judgementAsked(c, config.method);
  if (!isJudgement.ok) return isJudgement;
  const { issuerUrl } = deps.config;
  if (issuerUrl === null) {
    return refuse({ kind: 'unavailable', detail: 'this deployment lacks a setting; /readyz names it' });
  }
  const request: IamRequest = {
    deps,
    issuerUrl,
    raw: c.req.raw,
    url: new URL(c.req.url),
    objectId: c.req.param(nested ?? own ?? 'id') ?? '',
    parentId: nested === undefined ? '' : (c.req.param('id') ?? ''),
    caller: caller.value,
    requestId: requestIdOf(c),
    ip: c.req.header('cf-connecting-ip') ?? null,
    now: Math.floor(deps.now()),
    isJudgement: isJudgement.value,
  };
  const reply = await operation(request);
  return reply.ok ? ok(reply.value) : reply;
}

/** Whether a write asks only to be judged (contract §5); a value that does not say it plainly is refused, so that nothing is written. */
function judgementAsked(c: Context<IamEnv>, method: RouteDescription['method']): Result<boolean, Problem> {
  const [asked = 'false', ...others] = c.req.queries('validate') ?? [];
  if (method === 'get' || (asked === 'false' && others.length === 0)) return ok(false);
  if (method !== 'delete' && asked === 'true' && others.length === 0) return ok(true);
  const detail = method === 'delete' ? 'judges no deletion' : 'must be true or false, once';
  return refuse(invalid([parameterFault('validate', `${detail}; nothing was written`)]));
}

function respondWith(c: Context<IamEnv>, problem: Problem): Response {
  return problemResponse(problem, c.req.path, requestIdOf(c));
}

/** The outer application overwrites this header on every request, so it is never the caller's. */
function requestIdOf(c: Context<IamEnv>): string {
  return c.req.header('x-request-id') ?? '';
}
