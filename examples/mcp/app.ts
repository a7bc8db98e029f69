// What stands before the tools of an MCP server, on any runtime: the metadata that tell an agent where its token comes from, and the check of that token.

import { Hono } from 'hono';

// In your project: from '@cambist/sdk/hono'.
import { cambistAuth, requireScope, serveResourceMetadata } from '../../src/sdk/hono/hono.ts';
import type { AccessToken, CambistEnv } from '../../src/sdk/hono/hono.ts';

export interface McpServerOptions {
  /** The Cambist deployment that is trusted: its ISSUER_URL. */
  readonly issuer: string;
  /** The address of the MCP endpoint as agents know it, which is also what their tokens are for. */
  readonly resource: string;
  /** The id of the organisation whose tokens count. */
  readonly organisation: string;
  /** Default: the global `fetch`. */
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>;
}

/** What speaks the protocol once a request is let through: who calls is in the token. */
export type McpHandler = (request: Request, token: AccessToken) => Promise<Response>;

/** The scope that every call needs. */
export const SCOPE = 'mcp:tools';

/** Makes the server. */
export function createApp(options: McpServerOptions, handle: McpHandler): Hono<CambistEnv> {
  const auth = {
    ...options,
    audience: options.resource,
    resourceMetadata: { scopesSupported: [SCOPE], resourceName: 'Deployments of Acme' },
  };
  const { origin, pathname } = new URL(options.resource);
  const app = new Hono<CambistEnv>();
  app.use(serveResourceMetadata(auth));
  // A page of somebody else must not speak to a server on this machine (MCP 2025-11-25, Transports, Security Warning).
  app.use(async (c, next) => {
    const from = c.req.header('origin');
    return from === undefined || from === origin ? await next() : c.json({ error: 'forbidden_origin' }, 403);
  });
  // `scope` tells an agent without a token what to ask for; requireScope is what refuses a token without it.
  app.use(pathname, cambistAuth({ ...auth, scope: SCOPE }), requireScope(SCOPE));
  app.all(pathname, (c) => handle(c.req.raw, c.var.cambist.token));
  return app;
}
