// An agent: finds out by itself where its token comes from, lists the tools and calls them; prints each request, and why one is refused.
// Run: MCP_SERVER=… ISSUER_URL=… WORKLOAD_TOKEN_FILE=… node agent.ts

import { readFile } from 'node:fs/promises';

import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

import { WorkloadIdentityProvider } from './workload-identity-provider.ts';

const { MCP_SERVER, ISSUER_URL, WORKLOAD_TOKEN_FILE, SERVICE_ACCOUNT } = process.env as Record<
  string,
  string | undefined
>;
if (!MCP_SERVER || !ISSUER_URL || !WORKLOAD_TOKEN_FILE) {
  throw new Error('set MCP_SERVER, ISSUER_URL and WORKLOAD_TOKEN_FILE');
}

/** Shows what was asked and answered; never a token, which is in headers and forms only. */
async function shownFetch(url: string | URL, init?: RequestInit): Promise<Response> {
  const response = await fetch(url, init);
  const called = typeof init?.body === 'string' ? (JSON.parse(init.body) as { method?: string }).method : undefined;
  console.log([init?.method ?? 'GET', String(url), called, '→', response.status].filter(Boolean).join(' '));
  const challenge = response.headers.get('www-authenticate');
  if (challenge !== null) console.log(`  www-authenticate: ${challenge}`);
  return response;
}

const identity = new WorkloadIdentityProvider({
  issuer: ISSUER_URL,
  workloadToken: () => readFile(WORKLOAD_TOKEN_FILE, 'utf8'),
  serviceAccount: SERVICE_ACCOUNT,
  scope: 'mcp:tools',
  fetch: shownFetch,
});
const client = new Client({ name: 'release-agent', version: '0.1.0' });
try {
  await client.connect(
    new StreamableHTTPClientTransport(new URL(MCP_SERVER), { authProvider: identity, fetch: identity.fetch }),
  );
  const { tools } = await client.listTools();
  console.log(`tools: ${tools.map(({ name }) => name).join(', ')}`);
  for (const call of [{ name: 'release_of', arguments: { name: 'web' } }, { name: 'who_am_i' }]) {
    const { content } = await client.callTool(call);
    console.log(`${call.name}: ${(content as { text: string }[]).map(({ text }) => text).join(' ')}`);
  }
  await client.close();
} catch (error) {
  console.error(`refused: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
