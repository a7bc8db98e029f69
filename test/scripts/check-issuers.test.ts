// The nightly look at real issuers, against a local server that plays them: what is as believed passes, what is not is named.

import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { exportJWK, generateKeyPair } from 'jose';
import { afterEach, describe, expect, it } from 'vitest';

import { believedIssuers, lookAtIssuers } from '../../scripts/nightly/believed-issuers.ts';
import type { BelievedIssuer } from '../../scripts/nightly/believed-issuers.ts';

const NOW = Math.floor(Date.now() / 1000);
const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }
});

/** A server that answers with these documents by path, and the issuer that it is. */
async function serve(documents: (issuer: string) => Readonly<Record<string, unknown>>): Promise<string> {
  const server = createServer((request, reply) => {
    const document = documents(issuer)[request.url ?? ''];
    reply.writeHead(document === undefined ? 404 : 200, { 'content-type': 'application/json' });
    reply.end(JSON.stringify(document ?? {}));
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return issuer;
}

async function sound(alg: string): Promise<(issuer: string) => Readonly<Record<string, unknown>>> {
  const { publicKey } = await generateKeyPair(alg, { extractable: true });
  const key = { ...(await exportJWK(publicKey)), kid: 'one', alg, use: 'sig' };
  return (issuer) => ({
    '/.well-known/openid-configuration': { issuer, jwks_uri: `${issuer}/keys` },
    '/keys': { keys: [key] },
  });
}

async function look(issuer: string, more: Partial<BelievedIssuer> = {}): ReturnType<typeof lookAtIssuers> {
  const believed: BelievedIssuer = { preset: 'generic', issuer, allowedAlgorithms: ['RS256', 'ES256'], ...more };
  return lookAtIssuers([believed], NOW, { fetch, ownOrigins: [], allowLoopback: true });
}

describe('the nightly look at an issuer', () => {
  it('finds no fault in one that is as believed', async () => {
    const [verdict] = await look(await serve(await sound('RS256')));
    expect(verdict?.faults).toEqual([]);
  });

  it('names a discovery document that is gone', async () => {
    const [verdict] = await look(await serve(() => ({})));
    expect(verdict?.faults).toEqual([expect.stringMatching(/^discovery: .*404/)]);
  });

  it('names an issuer that calls itself something else', async () => {
    const [verdict] = await look(
      await serve((issuer) => ({ '/.well-known/openid-configuration': { issuer: `${issuer}/`, jwks_uri: issuer } })),
    );
    expect(verdict?.faults).toEqual([expect.stringMatching(/^issuer: /)]);
  });

  it('names keys of an algorithm that no provider of the platform accepts', async () => {
    const [verdict] = await look(await serve(await sound('ES384')));
    expect(verdict?.faults).toEqual([expect.stringMatching(/^algorithms: .*ES384/)]);
    const [allowed] = await look(await serve(await sound('ES384')), { allowedAlgorithms: ['ES384'] });
    expect(allowed?.faults).toEqual([]);
  });

  it('names an issuer that selects another preset than the platform it stands in', async () => {
    const [verdict] = await look(await serve(await sound('RS256')), { preset: 'gitlab' });
    expect(verdict?.faults).toEqual(['the issuer selects the preset generic']);
  });
});

describe('the issuers that are asked each night', () => {
  it('are those with one address for everybody, each under its own preset', () => {
    const { asked, others } = believedIssuers();
    const github = asked.find(({ issuer }) => issuer === 'https://token.actions.githubusercontent.com');
    expect(github).toMatchObject({ preset: 'github', allowedAlgorithms: ['RS256', 'ES256'] });
    expect(asked.length).toBeGreaterThan(10);
    expect(asked.filter(({ issuer }) => !URL.canParse(issuer) || issuer.includes('{'))).toEqual([]);
    expect(others).toContain('https://vstoken.dev.azure.com/{organisation}');
    expect(others).toContain('https://kubernetes.default.svc');
  });
});
