// The way of an agent to an MCP server (examples/mcp), step by step as MCP's authorization specification of 2025-11-25 has it, without an SDK.

import { beforeEach, describe, expect, it } from 'vitest';

import { createApp, SCOPE } from '../../../examples/mcp/app.ts';
import { githubActions } from '../../support/claims.ts';
import { addIdentity, deploy, ISSUER_URL, join, JWT_BEARER } from '../../support/deployment.ts';
import type { Answer, Deployment, Joined } from '../../support/deployment.ts';
import { createIssuer } from '../../support/issuer.ts';
import type { TestIssuer } from '../../support/issuer.ts';
import { DEFAULT_ORGANISATION_ID } from '../../support/workload.ts';

const MCP = 'https://mcp.acme.example/mcp';
const OTHER = 'https://mcp.acme.example/other';
const MAIN = 'repo:acme/app:ref:refs/heads/main';

let deployment: Deployment;
let issuer: TestIssuer;
let joined: Joined;

const send = (url: string, init: RequestInit): Promise<Response> => {
  const { origin, pathname, search } = new URL(url);
  if (origin !== ISSUER_URL) throw new Error(`somebody asked ${origin}`);
  return deployment.fetch(pathname + search, init);
};

/** Two MCP servers on one host; each only says who calls. */
const servers = [MCP, OTHER].map((resource) =>
  createApp({ issuer: ISSUER_URL, resource, organisation: DEFAULT_ORGANISATION_ID, fetch: send }, async (_, token) =>
    Response.json({ jsonrpc: '2.0', id: 1, result: { as: token.serviceAccountSlug, for: token.actor?.subject } }),
  ),
);

/** The network of the agent: the MCP servers, which tell paths apart, and the deployment. */
async function call(url: string, init: RequestInit = {}): Promise<Response> {
  const { origin, pathname } = new URL(url);
  if (origin === ISSUER_URL) return send(url, init);
  const [mcp, other] = servers;
  return (pathname.includes('other') ? other! : mcp!).request(url, init);
}

const listTools = (url: string, token?: string): Promise<Response> =>
  call(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' }),
  });

const parameterOf = (response: Response, name: string): string | undefined =>
  new RegExp(`\\b${name}="([^"]*)"`).exec(response.headers.get('www-authenticate') ?? '')?.[1];

/** From the server's address to the answer of the authorization server, as an agent goes. */
async function discoverAndAsk(url: string, assertion: string, more: Record<string, string> = {}): Promise<Answer> {
  const refused = await listTools(url);
  expect(refused.status).toBe(401);
  const metadata = await (await call(parameterOf(refused, 'resource_metadata') ?? '')).json<Record<string, unknown>>();
  // RFC 9728 §3.3: metadata of another resource must not be used.
  expect(metadata['resource']).toBe(url);
  const [server] = metadata['authorization_servers'] as string[];
  const found = await (await call(`${server}/.well-known/oauth-authorization-server`)).json<Record<string, unknown>>();
  // RFC 8414 §3.3, and an agent shows its workload's token to nobody but the server that it expects.
  expect([server, found['issuer']]).toEqual([ISSUER_URL, ISSUER_URL]);
  expect(found['grant_types_supported']).toContain(JWT_BEARER);
  const response = await call(String(found['token_endpoint']), {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: JWT_BEARER,
      assertion,
      resource: String(metadata['resource']),
      scope: parameterOf(refused, 'scope') ?? '',
      ...more,
    }),
  });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

const workload = (ref = 'refs/heads/main'): Promise<string> =>
  issuer.sign(githubActions({ repository: 'acme/app', ref, now: deployment.clock.now }));

beforeEach(async () => {
  deployment = await deploy();
  deployment.clock.now = Math.floor(Date.now() / 1000);
  issuer = await createIssuer({ issuer: 'https://token.actions.githubusercontent.com' });
  joined = await join(deployment, issuer, {
    providerSubject: MAIN,
    allowedScopes: [SCOPE],
    tokenAudiences: ['https://api.acme.example', MCP, OTHER],
  });
});

describe('an agent', () => {
  it('finds its authorization server from the MCP server alone, and gets a token for it (contract §9)', async () => {
    const { status, body } = await discoverAndAsk(MCP, await workload());
    expect([status, body.scope]).toEqual([200, SCOPE]);
    const answer = await listTools(MCP, body.access_token);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({
      result: { as: 'deployer', for: 'repo:acme@123456/app@456789:ref:refs/heads/main' },
    });
  });

  it('cannot use the token of one MCP server at another of the same host (RFC 8707 §2)', async () => {
    const { body } = await discoverAndAsk(MCP, await workload());
    const refused = await listTools(OTHER, body.access_token);
    expect(refused.status).toBe(401);
    expect(parameterOf(refused, 'error')).toBe('invalid_token');
    expect(parameterOf(refused, 'resource_metadata')).toContain('/other');
    const own = await discoverAndAsk(OTHER, await workload());
    expect((await listTools(OTHER, own.body.access_token)).status).toBe(200);
  });

  it('of another workload gets no token, and reads why (RFC 7523 §3.1)', async () => {
    const { status, body } = await discoverAndAsk(MCP, await workload('refs/heads/other'));
    expect([status, body.error, body.access_token]).toEqual([400, 'invalid_grant', undefined]);
    expect(body.error_description).toContain('no federated identity accepts this token');
  });

  it('of a rule that does not name the MCP server gets no token for it (RFC 8707 §2)', async () => {
    await addIdentity(deployment, joined, {
      providerSubject: 'repo:acme/app:ref:refs/heads/api',
      allowedScopes: [SCOPE],
      tokenAudiences: ['https://api.acme.example'],
    });
    const { status, body } = await discoverAndAsk(MCP, await workload('refs/heads/api'));
    expect([status, body.error]).toEqual([400, 'invalid_target']);
  });

  it('with a token that lacks the scope learns which it needs (RFC 6750 §3.1)', async () => {
    await addIdentity(deployment, joined, {
      providerSubject: 'repo:acme/app:ref:refs/heads/reader',
      allowedScopes: ['mcp:read'],
      tokenAudiences: [MCP],
    });
    const { body } = await discoverAndAsk(MCP, await workload('refs/heads/reader'), { scope: 'mcp:read' });
    const refused = await listTools(MCP, body.access_token);
    expect(refused.status).toBe(403);
    expect(['error', 'scope', 'resource_metadata'].map((name) => parameterOf(refused, name))).toEqual([
      'insufficient_scope',
      SCOPE,
      'https://mcp.acme.example/.well-known/oauth-protected-resource/mcp',
    ]);
  });
});

describe('the MCP server', () => {
  it('answers no page of another origin (MCP 2025-11-25, Transports)', async () => {
    const { body } = await discoverAndAsk(MCP, await workload());
    const from = async (origin: string): Promise<number> =>
      (
        await call(MCP, {
          method: 'POST',
          headers: { origin, authorization: `Bearer ${body.access_token}` },
          body: '{}',
        })
      ).status;
    expect(await from('https://evil.example')).toBe(403);
    expect(await from('null')).toBe(403);
    expect(await from('https://mcp.acme.example')).toBe(200);
  });

  it('gives its metadata to any origin, with the scopes that exist (RFC 9728 §3.2)', async () => {
    const answer = await call('https://mcp.acme.example/.well-known/oauth-protected-resource/mcp', {
      headers: { origin: 'https://page.example' },
    });
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    expect(await answer.json()).toEqual({
      resource: MCP,
      authorization_servers: [ISSUER_URL],
      bearer_methods_supported: ['header'],
      scopes_supported: [SCOPE],
      resource_name: 'Deployments of Acme',
    });
  });
});
