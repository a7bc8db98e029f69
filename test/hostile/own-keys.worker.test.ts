// Hostile class 10, end to end: our own keys; the table is in own-keys.cases.ts, what is no single refusal is here.

import { env } from 'cloudflare:workers';
import { decodeProtectedHeader, exportJWK, generateKeyPair } from 'jose';
import { describe, expect, it } from 'vitest';

import { kit, runHostileClass } from './battery.ts';
import { AUDIENCE, usual } from './case.ts';
import { ownKeys } from './own-keys.cases.ts';

runHostileClass(ownKeys);

const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'];

async function twoKeys(): Promise<string> {
  const keys = await Promise.all(
    ['own-1', 'own-2'].map(async (kid) => {
      const { privateKey } = await generateKeyPair('ES256', { extractable: true });
      return { ...(await exportJWK(privateKey)), kid, alg: 'ES256' };
    }),
  );
  return JSON.stringify({ keys });
}

describe('private members', () => {
  it('are in no answer, log line or row, whatever is asked (contract §2, §5.8)', async () => {
    const { deployment, token } = await usual(kit);
    const secret = String((env as unknown as Record<string, unknown>)['SIGNING_KEYS']);
    await deployment.exchange(await token());
    const paths = [
      '/.well-known/jwks.json',
      '/.well-known/openid-configuration',
      '/readyz',
      '/healthz',
      '/v1/signing-keys',
      '/v1/me',
    ];
    const answers = await Promise.all(paths.map((path) => deployment.iam('GET', path)));
    await deployment.iam('POST', '/v1/signing-keys/rotate', { mode: 'emergency' });
    const printed = JSON.stringify([answers.map(({ body }) => body), deployment.logs, await deployment.events()]);
    const members = [...secret.matchAll(/"(?:d|p|q|dp|dq|qi)":"([^"]+)"/g)].map(([, value = '']) => value);
    expect(members.length).toBeGreaterThan(5);
    expect(members.filter((value) => printed.includes(value))).toEqual([]);
    const published = answers[0]?.body.keys as Record<string, unknown>[];
    for (const key of published) {
      expect(Object.keys(key).filter((member) => PRIVATE.includes(member))).toEqual([]);
    }
  });
});

describe('two rotations at once', () => {
  it('have one winner, and every token is signed by a published key (contract §5.8)', async () => {
    const { deployment, token } = await usual(kit, { settings: { SIGNING_KEYS: await twoKeys() } });
    await deployment.send('/readyz');
    deployment.clock.now += 301;
    const answers = await Promise.all([1, 2, 3].map(() => deployment.iam('POST', '/v1/signing-keys/rotate')));
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409, 409]);
    const { body } = await deployment.exchange(await token());
    const { kid } = decodeProtectedHeader(body.access_token as string);
    expect(kid).toBe('own-2');
    const published = (await deployment.send('/.well-known/jwks.json')).body.keys as { kid: string }[];
    expect(published.map((key) => key.kid).toSorted()).toEqual(['own-1', 'own-2']);
    const rotations = (await deployment.events()).filter((event) => event['action'] === 'signing_key.rotate');
    expect(rotations).toHaveLength(1);
  });
});

describe('the Host header', () => {
  it.each([
    { host: 'evil.example.com' },
    { 'x-forwarded-host': 'evil.example.com' },
    { forwarded: 'host=evil.example.com' },
  ])('is never reflected: %o (contract §0)', async (headers) => {
    const { deployment } = await usual(kit);
    for (const path of ['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server', '/readyz']) {
      const { body } = await deployment.send(path, { headers });
      expect(JSON.stringify(body)).not.toContain('evil');
    }
    const { body } = await deployment.send('/.well-known/openid-configuration', { headers });
    expect(body.issuer).toBe(AUDIENCE);
  });
});
