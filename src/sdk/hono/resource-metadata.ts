// Answers for the metadata of a protected resource (RFC 9728): with cambistAuth, or before it.

import type { MiddlewareHandler } from 'hono';

import { protectedResourceMetadata } from '../verify/protected-resource.ts';
import type { ProtectedResourceOptions } from '../verify/protected-resource.ts';

/**
 * Answers for the metadata of an API (RFC 9728) whose `cambistAuth` stands before some paths only. Goes before all of them,
 * outside any base path, once for each API; the first of several answers at the address without a path.
 *
 * @example
 * ```ts
 * import { Hono } from 'hono';
 * import { cambistAuth, serveResourceMetadata } from '@cambist/sdk/hono';
 *
 * const options = {
 *   issuer: 'https://cambist.example.com',
 *   audience: 'https://mcp.example.com/mcp',
 *   resource: 'https://mcp.example.com/mcp',
 *   organisation: 'org_00000000000000000000000000',
 * };
 * new Hono().use(serveResourceMetadata(options)).use('/mcp/*', cambistAuth(options));
 * ```
 */
export function serveResourceMetadata(options: ProtectedResourceOptions): MiddlewareHandler {
  const metadata = protectedResourceMetadata(options);
  return async (c, next) => metadata.answer(c.req.raw) ?? (await next());
}

/** What cambistAuth needs of the metadata of its API. */
interface OwnMetadata {
  /** For challenges. */
  readonly url: string;
  /** The answer to a request for metadata, of this API or another: none of them may go on without a token. Null for any other request. */
  readonly answer: (request: Request) => Response | null;
}

/** The metadata of an API that names its address; null for one that does not. Throws TypeError if it accepts no token for that address. */
export function metadataOf(
  {
    issuer,
    resource,
    resourceMetadata,
  }: Omit<ProtectedResourceOptions, 'resource'> & { resource?: string | undefined },
  audiences: readonly string[],
): OwnMetadata | null {
  if (resource === undefined) {
    if (resourceMetadata !== undefined) throw new TypeError('resourceMetadata needs resource, the address of this API');
    return null;
  }
  const metadata = protectedResourceMetadata({ issuer, resource, resourceMetadata });
  if (!audiences.includes(resource)) {
    throw new TypeError('resource must be one of the audiences, or no token for it would be accepted');
  }
  return {
    url: metadata.url,
    answer: (request) => metadata.answer(request) ?? (metadata.isAsked(request) ? notFound() : null),
  };
}

function notFound(): Response {
  const body = { error: 'not_found', error_description: 'there is no such resource here' };
  const headers = { 'cache-control': 'no-store', 'access-control-allow-origin': '*' };
  return Response.json(body, { status: 404, headers });
}
