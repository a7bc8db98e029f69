// RFC 8707 (resource indicators): with every grant, one or several, beside audience.

import { decodeJwt } from 'jose';
import { beforeEach, describe, expect, it } from 'vitest';

import { githubActions } from '../support/claims.ts';
import { deploy, ID_TOKEN, join, JWT_BEARER, TOKEN_EXCHANGE } from '../support/deployment.ts';
import type { Answer, Deployment, Joined } from '../support/deployment.ts';
import { createIssuer } from '../support/issuer.ts';

const MCP = 'https://mcp.acme.example/mcp';
const API = 'https://api.acme.example';
const URN = 'urn:acme:billing';

const REFUSED = [
  // They are among the identity's audiences, so only their form can be what is wrong.
  ['plain', 'absolute URI'],
  [`${MCP}#tools`, 'absolute URI'],
  [`${MCP}#`, 'absolute URI'],
  ['//mcp.acme.example/mcp', 'absolute URI'],
  ['/mcp', 'absolute URI'],
  ['https:', 'absolute URI'],
  ['https://mcp.acme.example/ mcp', 'absolute URI'],
  ['https://mcp.acme.example/mcp"', 'absolute URI'],
  ['https://mcp.acmé.example/mcp', 'absolute URI'],
  ['1https://mcp.acme.example/mcp', 'absolute URI'],
  // These are URIs, but of another resource: they are compared byte for byte.
  [`${MCP}/`, 'not allowed'],
  ['https://MCP.acme.example/mcp', 'not allowed'],
  ['https://mcp.acme.example:443/mcp', 'not allowed'],
  ['https://user@mcp.acme.example/mcp', 'not allowed'],
  [`${MCP}?team=a`, 'not allowed'],
  ['https://mcp.acme.example', 'not allowed'],
] as const;

let deployment: Deployment;
let joined: Joined;
let workloadToken: string;

beforeEach(async () => {
  deployment = await deploy();
  const issuer = await createIssuer({ issuer: 'https://token.actions.githubusercontent.com' });
  joined = await join(deployment, issuer, {
    providerSubject: 'repo:acme/app:ref:refs/heads/main',
    tokenAudiences: [API, MCP, URN, 'plain', `${MCP}#tools`],
  });
  workloadToken = await issuer.sign(githubActions({ repository: 'acme/app', now: deployment.clock.now }));
});

type Asked = Record<string, string | readonly string[]>;

/** What each grant sends besides what it asks for. */
const grants: readonly (readonly [name: string, parameters: () => Record<string, string>])[] = [
  [
    'token-exchange',
    () => ({ grant_type: TOKEN_EXCHANGE, subject_token: workloadToken, subject_token_type: ID_TOKEN }),
  ],
  ['jwt-bearer', () => ({ grant_type: JWT_BEARER, assertion: workloadToken })],
  [
    'client_credentials',
    () => ({
      grant_type: 'client_credentials',
      client_assertion: workloadToken,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_id: joined.serviceAccount,
    }),
  ],
];

describe.each(grants)('resource with %s', (_, parameters) => {
  const ask = (asked: Asked): Promise<Answer> => deployment.token({ ...parameters(), ...asked });
  const audienceOf = ({ status, body }: Answer): unknown => {
    expect(body).toMatchObject({ token_type: 'Bearer' });
    expect(status).toBe(200);
    return decodeJwt(body.access_token).aud;
  };

  it('issues for it alone, not for the first of the identity’s audiences (RFC 8707 §2)', async () => {
    expect(audienceOf(await ask({ resource: MCP }))).toBe(MCP);
    expect(audienceOf(await ask({ resource: URN }))).toBe(URN);
    expect(audienceOf(await ask({}))).toBe(API);
    expect(audienceOf(await ask({ resource: '' }))).toBe(API);
  });

  it('issues for several, and for audience beside it, each once (RFC 8707 §2, RFC 8693 §2.1)', async () => {
    expect(audienceOf(await ask({ resource: [MCP, URN] }))).toEqual([MCP, URN]);
    expect(audienceOf(await ask({ audience: 'plain', resource: [MCP, MCP] }))).toEqual(['plain', MCP]);
    expect(audienceOf(await ask({ audience: MCP, resource: MCP }))).toBe(MCP);
  });

  it('answers what is no URI, or another, with invalid_target, also beside a good one (RFC 8707 §2)', async () => {
    for (const [resource, why] of REFUSED) {
      for (const asked of [{ resource }, { resource: [MCP, resource] }, { audience: API, resource }]) {
        const { status, body } = await ask(asked);
        expect([resource, status, body.error, body.access_token]).toEqual([resource, 400, 'invalid_target', undefined]);
        expect(body.error_description).toContain(why);
      }
    }
  });

  it('holds an audience to no form: it is a name (RFC 8693 §2.1)', async () => {
    expect(audienceOf(await ask({ audience: 'plain' }))).toBe('plain');
  });
});

describe('resource', () => {
  it('may be a list in JSON, and each of them is looked at (contract §3)', async () => {
    const send = (resource: unknown): Promise<Answer> =>
      deployment.send('/oidc/token', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ grant_type: JWT_BEARER, assertion: workloadToken, resource }),
      });
    expect(decodeJwt((await send([MCP, URN])).body.access_token).aud).toEqual([MCP, URN]);
    expect((await send([MCP, 'plain'])).body.error).toBe('invalid_target');
    expect((await send([MCP, 1])).body.error).toBe('invalid_request');
  });

  it('is found through the metadata of the authorization server, which name the grant (RFC 8414 §2)', async () => {
    const { status, body } = await deployment.send('/.well-known/oauth-authorization-server');
    expect(status).toBe(200);
    expect(body.grant_types_supported).toEqual(expect.arrayContaining([TOKEN_EXCHANGE, JWT_BEARER]));
    expect(body.token_endpoint_auth_methods_supported).toContain('none');
  });
});
