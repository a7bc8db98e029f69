// The runbook for a leaked SIGNING_KEYS (docs/operations.md), step by step, with a thief who forges tokens and verifiers that cache for 300 s.

import { createLocalJWKSet, decodeProtectedHeader, importJWK, jwtVerify, SignJWT } from 'jose';
import type { JSONWebKeySet, JWK } from 'jose';
import { expect, it } from 'vitest';
import type { Settings } from '../../../src/config.ts';
import { deploy, ISSUER_URL } from '../../support/deployment.ts';
import type { Deployment } from '../../support/deployment.ts';
import { addWorkload, introspect, newSigningKey } from '../../support/workload.ts';

const API = 'https://api.example.com';
type PrivateKey = JWK & { readonly kid: string; readonly alg: string };

interface Verifier {
  readonly accepts: (token: string) => Promise<boolean>;
}

/** Keeps the JWK Set for 300 s; one that asks reads it anew at a `kid` that it does not know, at most every 30 s. */
function verifierOf(deployment: Deployment, asksAtUnknownKid: boolean): Verifier {
  let set: JSONWebKeySet | null = null;
  let readAt = 0;
  const read = async (): Promise<JSONWebKeySet> => {
    readAt = deployment.clock.now;
    set = (await deployment.send('/.well-known/jwks.json')).body as JSONWebKeySet;
    return set;
  };
  return {
    accepts: async (token) => {
      const { now } = deployment.clock;
      let keys = set === null || now - readAt >= 300 ? await read() : set;
      const { kid } = decodeProtectedHeader(token);
      if (asksAtUnknownKid && now - readAt >= 30 && !keys.keys.some((key) => key.kid === kid)) keys = await read();
      const options = { issuer: ISSUER_URL, audience: API, currentDate: new Date(now * 1000) };
      return jwtVerify(token, createLocalJWKSet(keys), options).then(
        () => true,
        () => false,
      );
    },
  };
}

async function forge(deployment: Deployment, like: string, key: PrivateKey): Promise<string> {
  const [, payload = ''] = like.split('.');
  const claims = JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/'))) as Record<string, unknown>;
  return new SignJWT({ ...claims, jti: crypto.randomUUID(), scope: 'everything' })
    .setProtectedHeader({ alg: key.alg, kid: key.kid, typ: 'at+jwt' })
    .setExpirationTime(deployment.clock.now + 3600)
    .sign(await importJWK(key, key.alg));
}

const sealingKey = (): string =>
  btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32))))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace('=', '');

it.each<[string, () => Promise<Partial<Settings>>, (more: Partial<Settings>) => Partial<Settings>]>([
  ['a SEALING_KEY', async () => ({ SEALING_KEY: sealingKey() }), () => ({ SIGNING_KEYS: undefined })],
  [
    'SIGNING_KEYS_NEXT',
    async () => {
      const keys = await Promise.all([newSigningKey('ES256', 'fresh'), newSigningKey('RS256', 'fresh-rsa')]);
      return { SIGNING_KEYS_NEXT: JSON.stringify({ keys }) };
    },
    ({ SIGNING_KEYS_NEXT }) => ({ SIGNING_KEYS: SIGNING_KEYS_NEXT, SIGNING_KEYS_NEXT: undefined }),
  ],
])('a leaked secret is abandoned with %s, and no pipeline stops (contract §5.8)', async (_with, step1, step4) => {
  const leaked = await Promise.all([
    newSigningKey('ES256', 'now'),
    newSigningKey('RS256', 'now-rsa'),
    newSigningKey('ES256', 'standby'),
    newSigningKey('RS256', 'standby-rsa'),
  ]);
  const deployment = await deploy({ SIGNING_KEYS: JSON.stringify({ keys: leaked }) });
  const app = await addWorkload(deployment, 'app', ['api:read'], { tokenAudiences: [API] });
  const [asking, waiting] = [verifierOf(deployment, true), verifierOf(deployment, false)];
  const verifiers = [asking, waiting];
  const accepted = async (token: string): Promise<boolean[]> => Promise.all(verifiers.map((one) => one.accepts(token)));

  // The thief has every key of the secret, the standby keys too, and all verifiers know them.
  const before = await app.token();
  const forgeAll = async (): Promise<string[]> =>
    Promise.all(leaked.map(async (key) => forge(deployment, before, key)));
  for (const token of [before, ...(await forgeAll())]) expect(await accepted(token)).toEqual([true, true]);

  // 1. Something else to sign with; nothing changes for anybody.
  deployment.clock.now += 60;
  const more = await step1();
  deployment.coldStart(more);
  const still = await app.token();
  expect(decodeProtectedHeader(still).kid).toBe('now');
  expect(await accepted(still)).toEqual([true, true]);
  await deployment.send('/.well-known/jwks.json');

  // 2. Every key of the secret is abandoned.
  const answer = await deployment.iam('POST', '/v1/signing-keys/rotate', { source: 'bundle', mode: 'emergency' });
  expect(answer.status).toBe(200);
  const forged = await forgeAll();
  for (const token of [before, still, ...forged])
    expect((await introspect(deployment, token)).body).toEqual({ active: false });

  // 3. The next exchange works. Who asks at an unknown kid drops the leaked keys with that token, who waits after 300 s at most.
  const fresh = await app.token();
  expect(leaked.map(({ kid }) => kid)).not.toContain(decodeProtectedHeader(fresh).kid);
  expect((await introspect(deployment, fresh)).body.active).toBe(true);
  expect(await asking.accepts(fresh)).toBe(true);
  for (const token of forged) expect(await asking.accepts(token)).toBe(false);
  deployment.clock.now += 300;
  for (const token of forged) expect(await accepted(token)).toEqual([false, false]);
  expect(await accepted(fresh)).toEqual([true, true]);

  // 4. The secret can go.
  const { body } = await deployment.iam('GET', '/v1/signing-keys');
  const kept = (body as { kid: string; status: string }[]).filter(({ kid }) => leaked.some((key) => key.kid === kid));
  expect(kept.map(({ status }) => status)).toEqual(Array.from({ length: 4 }, () => 'revoked'));
  deployment.coldStart(step4(more));
  expect((await deployment.send('/readyz')).status).toBe(200);
  expect(await accepted(await app.token())).toEqual([true, true]);
  for (const token of forged) expect(await accepted(token)).toEqual([false, false]);

  // 5. Each grant has its event, the rotation too; what was forged has none.
  const events = await deployment.events();
  const ids = events.map(({ token_id: id }) => id);
  const idOf = (token: string): unknown =>
    (JSON.parse(atob((token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/'))) as { jti: unknown }).jti;
  for (const token of [before, still, fresh]) expect(ids).toContain(idOf(token));
  for (const token of forged) expect(ids).not.toContain(idOf(token));
  expect(events.filter(({ action }) => action === 'signing_key.rotate')).toHaveLength(4);
});

it('a secret without anything beside it cannot be abandoned: 409 says what to set, and nothing changed (contract §5.8)', async () => {
  const deployment = await deploy();
  await deployment.send('/.well-known/jwks.json');
  for (const mode of ['graceful', 'emergency']) {
    const answer = await deployment.iam('POST', '/v1/signing-keys/rotate', { source: 'bundle', mode });
    expect(answer.status).toBe(409);
    expect(answer.body.detail).toMatch(/no ES256 key outside SIGNING_KEYS.*SEALING_KEY.*SIGNING_KEYS_NEXT/);
    expect(/wait 300/.test(answer.body.detail)).toBe(mode === 'graceful');
  }
  const { body } = await deployment.iam('GET', '/v1/signing-keys');
  expect((body as { status: string }[]).map(({ status }) => status)).toEqual(['active', 'active']);
});

it('SIGNING_KEYS_NEXT adds standby keys; half a secret or another key under a known kid is a fault (contract §5.8)', async () => {
  const [first, next] = await Promise.all([newSigningKey('ES256', 'one'), newSigningKey('ES256', 'two')]);
  const bundle = (...keys: JWK[]): string => JSON.stringify({ keys });
  const deployment = await deploy({ SIGNING_KEYS: bundle(first) });
  const app = await addWorkload(deployment, 'app', ['api:read']);
  await deployment.send('/.well-known/jwks.json');
  const faults = async (): Promise<string> => JSON.stringify((await deployment.send('/readyz')).body.faults ?? []);
  for (const [secret, fault] of [
    ['{"keys":', 'SIGNING_KEYS_NEXT is not JSON'],
    [bundle(), 'at least one key'],
    [bundle({ ...next, kid: 'one' }), 'another key under the kid one of SIGNING_KEYS'],
  ] as const) {
    deployment.coldStart({ SIGNING_KEYS_NEXT: secret });
    expect(await faults()).toContain('"setting":"SIGNING_KEYS_NEXT"');
    expect(await faults()).toContain(fault);
    expect((await app.exchange()).status).toBe(503);
  }
  deployment.coldStart({ SIGNING_KEYS: undefined, SIGNING_KEYS_NEXT: bundle(first) });
  expect(await faults()).toContain('SIGNING_KEYS is not set');
  // A key that stands in both is one key.
  deployment.coldStart({ SIGNING_KEYS: bundle(first), SIGNING_KEYS_NEXT: bundle(first, next) });
  expect(await faults()).toBe('[]');
  const list = async (): Promise<string[]> =>
    ((await deployment.iam('GET', '/v1/signing-keys')).body as { kid: string; status: string; source: string }[]).map(
      ({ kid, status, source }) => `${kid} ${status} ${source}`,
    );
  expect(await list()).toEqual(['one active bundle', 'two standby bundle']);
  deployment.clock.now += 300;
  expect((await deployment.iam('POST', '/v1/signing-keys/rotate')).status).toBe(200);
  expect(decodeProtectedHeader(await app.token()).kid).toBe('two');
});
