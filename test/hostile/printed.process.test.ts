// Everything `npm start` prints and stores while it is used and abused, searched for every secret that passed through it.

import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { exchangeForm } from '../../bench/workload.ts';
import { generateSigningKeys } from '../../scripts/local/signing-keys.ts';
import { freePort } from '../../scripts/local/worker.ts';
import { endAll, printed, startWorker, temporaryDirectory } from '../support/local-process.ts';
import type { Running } from '../support/local-process.ts';

/** In the documents that the issuer serves: a fetched body is nobody's to read. */
const FETCHED = 'only-in-the-body-that-was-fetched';
/** Files that hold secrets on purpose, for their owner alone. */
const SECRET_FILES = ['admin-token'];

interface Seen {
  /** Both streams of the process. */
  readonly output: string;
  /** Every file of its state, as bytes. */
  readonly stored: string;
  /** Every answer but those that hand out a secret. */
  readonly answers: string;
}

const secrets: string[] = [];
/** What was handed out to whom it belongs: without it, nothing of value passed through. */
const handedOut: (string | undefined)[] = [];
let requestId: string | null = null;
let seen: Seen;

/** The secrets that are in the text, by their beginnings. */
function leaks(text: string): string[] {
  return secrets.filter((secret) => text.includes(secret)).map((secret) => `${secret.slice(0, 12)}…`);
}

/** The parts of a token that nobody should print: what is signed may be known by its claims, never by its encoding. */
function keepSecret(token: string): string {
  const [, payload = '', signature = ''] = token.split('.');
  secrets.push(payload, signature);
  return token;
}

beforeAll(async () => {
  const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid: 'k', alg: 'RS256' };
  const served = { broken: false };
  const server = createServer((request, response) => {
    const body = request.url === '/keys' ? { keys: [jwk], FETCHED } : { issuer, jwks_uri: `${issuer}/keys`, FETCHED };
    response.end(served.broken ? `<html>${FETCHED}</html>` : JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const [state, port] = [temporaryDirectory(), await freePort()];
  const bundle = await generateSigningKeys(['ES256', 'RS256']);
  const sealingKey = randomBytes(32).toString('base64url');
  const service: Running = startWorker(state, port, { SIGNING_KEYS: bundle, SEALING_KEY: sealingKey });
  await printed(service, 'cambist: ready');
  const url = `http://localhost:${port}`;
  const root = readFileSync(join(state, 'admin-token'), 'utf8').trim();
  const keys = JSON.parse(bundle) as { keys: Record<string, string>[] };
  secrets.push(root, sealingKey, ...keys.keys.flatMap(({ d, p, q }) => [d, p, q].filter((part) => part !== undefined)));

  const answers: string[] = [];
  const send = async (method: string, path: string, init: RequestInit = {}): Promise<Record<string, string>> => {
    const response = await fetch(url + path, { method, redirect: 'manual', ...init });
    const text = await response.text();
    const body = (text.startsWith('{') ? JSON.parse(text) : {}) as Record<string, string>;
    const { access_token: accessToken, accessSecret, ...rest } = body;
    if (accessToken !== undefined) keepSecret(accessToken);
    if (accessSecret !== undefined) secrets.push(accessSecret);
    answers.push(JSON.stringify([response.status, Object.fromEntries(response.headers), rest]));
    return body;
  };
  const asRoot = { authorization: `Bearer ${root}`, 'content-type': 'application/json' };
  const create = async (path: string, body: object): Promise<Record<string, string>> =>
    send('POST', `/v1/${path}`, { headers: asRoot, body: JSON.stringify(body) });
  const form = (parameters: string | Record<string, string>): RequestInit => ({
    body: new URLSearchParams(parameters),
  });
  const sign = async (claims: object = {}, later = 0): Promise<string> => {
    const now = Math.floor(Date.now() / 1000) + later;
    const token = new SignJWT({ sub: 'job:1', jti: crypto.randomUUID(), ...claims }).setProtectedHeader({
      alg: 'RS256',
      kid: 'k',
    });
    return keepSecret(
      await token
        .setIssuer(issuer)
        .setAudience(url)
        .setIssuedAt(now)
        .setExpirationTime(now + 600)
        .sign(privateKey),
    );
  };

  const provider = await create('federated-identity-providers', { name: 'p', providerIssuer: issuer });
  const account = await create('service-accounts', { name: 'a' });
  await create('federated-identities', {
    name: 'r',
    serviceAccountIdentity: account['identity'],
    providerIdentity: provider['identity'],
    providerSubject: 'job:1',
    allowedScopes: ['api:read', 'iam:read'],
    replayProtection: 'singleUse',
  });
  const to = { service_account_id: account['identity'] ?? '' };

  // Used as it should be.
  const good = await sign();
  const issued = (await send('POST', '/oidc/token', form(exchangeForm(good, to))))['access_token'] ?? '';
  await send('GET', '/v1/me', { headers: { authorization: `Bearer ${issued}` } });
  await send('POST', '/oidc/introspect', { ...form({ token: issued }), headers: { authorization: `Bearer ${root}` } });
  const credential = await create(`service-accounts/${account['identity']}/access-credentials`, {
    name: 'c',
    scopes: ['api:read'],
    expiresAt: new Date(Date.now() + 86_400_000).toISOString(),
  });
  const login = { grant_type: 'client_credentials', client_id: credential['accessKey'] ?? '' };
  const loggedIn = await send(
    'POST',
    '/oidc/token',
    form({ ...login, client_secret: credential['accessSecret'] ?? '' }),
  );
  handedOut.push(issued, credential['accessSecret'], loggedIn['access_token']);

  // And as it should not.
  const guessed = 'cbs_a-secret-that-somebody-guessed';
  secrets.push(guessed, 'a-root-token-that-somebody-guessed');
  await send('POST', '/oidc/token', form({ ...login, client_secret: guessed }));
  await send('POST', '/oidc/token', form(exchangeForm(good, to)));
  const refused = await send('POST', '/oidc/token', form(exchangeForm(await sign({ sub: 'job:2' }), to)));
  requestId = refused['request_id'] ?? null;
  for (const token of [
    await sign({}, -7_200),
    `${await sign()}AAAA`,
    (await sign()).replace('.', '..'),
    ` ${await sign()}`,
  ])
    await send('POST', '/oidc/token', form(exchangeForm(token, to)));
  await send('POST', `/oidc/token?subject_token=${await sign()}`, form({}));
  await send('POST', '/oidc/token', {
    headers: { 'content-type': 'application/json' },
    body: `{"subject_token":"${await sign()}",`,
  });
  await send('POST', '/oidc/token', {
    headers: { authorization: `Bearer ${issued}` },
    ...form(exchangeForm(await sign(), { audience: 'x y' })),
  });
  await send('GET', `/nothing/${await sign()}`);
  await send('GET', '/v1/service-accounts', {
    headers: { authorization: 'Bearer a-root-token-that-somebody-guessed' },
  });
  await send('GET', `/v1/service-accounts?token=${issued}`, { headers: asRoot });
  await send('POST', '/v1/service-accounts', { headers: asRoot, body: `{"name":"${issued}"` });
  for (const member of ['subjectToken', 'notAMember']) {
    const body = JSON.stringify({ [member]: await sign({ sub: 'job:2' }) });
    await send('POST', '/v1/federated-identities/explain', { headers: asRoot, body });
  }
  served.broken = true;
  await send('POST', `/v1/federated-identity-providers/${provider['identity']}/check`, { headers: asRoot });
  await send('POST', `/v1/federated-identity-providers/${provider['identity']}/refresh`, { headers: asRoot });
  await send('POST', '/oidc/revoke', form({ token: issued }));
  await send('GET', '/v1/audit-events', { headers: asRoot });
  await send('GET', '/readyz');

  service.child.kill('SIGTERM');
  await service.exited;
  server.close();
  const files = readdirSync(state, { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
  const kept = files.filter(({ name }) => !SECRET_FILES.includes(name));
  const stored = kept.map((file) => readFileSync(join(file.parentPath, file.name), 'latin1')).join('\n');
  seen = { output: service.output(), stored, answers: answers.join('\n') };
});
afterAll(endAll);

describe('no token, secret or fetched body', () => {
  it('is in what the service printed', () => {
    expect(seen.output).toContain(requestId);
    expect(leaks(seen.output)).toEqual([]);
    expect(seen.output).not.toContain(FETCHED);
  });

  it('is in D1 or KV', () => {
    expect(seen.stored).toContain(requestId);
    expect(seen.stored).toContain('job:2');
    expect(leaks(seen.stored)).toEqual([]);
    expect(seen.stored).not.toContain(FETCHED);
  });

  it('is in an answer that does not hand it out', () => {
    expect(seen.answers).toContain(requestId);
    expect(leaks(seen.answers)).toEqual([]);
    expect(seen.answers).not.toContain(FETCHED);
  });

  it('would be overlooked if it were there', () => {
    expect(handedOut).toEqual([
      expect.stringMatching(/^ey/),
      expect.stringMatching(/^cbs_/),
      expect.stringMatching(/^ey/),
    ]);
    expect(secrets.length).toBeGreaterThan(30);
    expect(secrets.filter((secret) => secret.length < 20)).toEqual([]);
    for (const secret of secrets) expect(leaks(`${seen.output}${secret}`)).toEqual([`${secret.slice(0, 12)}…`]);
  });
});
