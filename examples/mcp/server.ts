// The MCP server on Node.js: two tools behind app.ts, over streamable HTTP without sessions. Run: ISSUER_URL=… RESOURCE=… ORGANISATION=… node server.ts

import { createAdaptorServer } from '@hono/node-server';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js';
import * as z from 'zod';

import type { AccessToken } from '../../src/sdk/hono/hono.ts';
import { createApp } from './app.ts';

const deployments = new Map([
  ['web', 'v41'],
  ['worker', 'v17'],
]);

/** The tools, for one caller: what it may know and do follows from its verified token, never from what it says. */
function createTools(token: AccessToken): McpServer {
  const server = new McpServer({ name: 'deployments', version: '0.1.0' });
  server.registerTool(
    'release_of',
    { description: 'Says which release of a deployment runs', inputSchema: { name: z.string() } },
    ({ name }) => {
      const release = deployments.get(name);
      return release === undefined
        ? { isError: true, content: [{ type: 'text', text: `there is no deployment ${name}` }] }
        : { content: [{ type: 'text', text: `${name} runs ${release}` }] };
    },
  );
  server.registerTool('who_am_i', { description: 'Says as whom the caller is seen' }, () => ({
    content: [
      { type: 'text', text: `${token.serviceAccountSlug}, used by ${token.actor?.subject ?? 'an access credential'}` },
    ],
  }));
  return server;
}

const { ISSUER_URL, RESOURCE, ORGANISATION } = process.env as Record<string, string | undefined>;
if (!ISSUER_URL || !RESOURCE || !ORGANISATION) throw new Error('set ISSUER_URL, RESOURCE and ORGANISATION');

const app = createApp(
  { issuer: ISSUER_URL, resource: RESOURCE, organisation: ORGANISATION },
  async (request, token) => {
    // Without sessions there is nothing to stream from, nor to end.
    if (request.method !== 'POST') return new Response(null, { status: 405, headers: { allow: 'POST' } });
    const transport = new WebStandardStreamableHTTPServerTransport({ enableJsonResponse: true });
    await createTools(token).connect(transport);
    return transport.handleRequest(request);
  },
);

const { hostname, port } = new URL(RESOURCE);
createAdaptorServer({ fetch: app.fetch }).listen(Number(port || '443'), hostname, () => {
  console.log(`MCP server at ${RESOURCE}, trusting ${ISSUER_URL}`);
});
