// Secrets that are missing, malformed or half rotated: what each door answers, what /readyz names, and that nothing is issued (docs/reliability.md).

import { decodeProtectedHeader, exportJWK } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';

import type { Settings } from '../../src/config.ts';
import { ADMIN_TOKEN } from '../support/deployment.ts';
import type { Answer } from '../support/deployment.ts';
import { bundleOf, newKey, without } from './secrets.ts';
import type { PrivateKey } from './secrets.ts';
import { expectMisconfigured, startWorld } from './world.ts';
import type { World } from './world.ts';

let one: PrivateKey;
let two: PrivateKey;
let rsa: PrivateKey;
let weak: PrivateKey;
beforeAll(async () => {
  [one, two, rsa] = await Promise.all([newKey('ES256', 'own-1'), newKey('ES256', 'own-2'), newKey('RS256', 'own-rsa')]);
  // jose makes none so short.
  const pair = (await crypto.subtle.generateKey(
    { name: 'RSASSA-PKCS1-v1_5', modulusLength: 1_024, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' },
    true,
    ['sign', 'verify'],
  )) as CryptoKeyPair;
  weak = { ...(await exportJWK(pair.privateKey)), kid: 'weak', alg: 'RS256' };
});

/** A world that worked under the first key, with a token of it, and whose settings were changed by a deployment since. */
async function redeployed(settings: Partial<Settings>): Promise<World & { readonly issued: string }> {
  const world = await startWorld({}, { SIGNING_KEYS: bundleOf(one) });
  const issued = (await world.exchange()).body.access_token as string;
  world.deployment.coldStart(settings);
  return { ...world, issued };
}

interface Doors {
  readonly token: number;
  readonly discovery: number;
  readonly jwks: number;
  readonly introspect: number;
  readonly revoke: number;
  /** As root. */
  readonly iam: number;
  /** With a token of this deployment. */
  readonly me: number;
}

/** What each door answers, and that none of them issues or changes anything where it is at fault. */
async function doorsOf({ deployment, exchange, issued }: World & { readonly issued: string }): Promise<Doors> {
  const form = { method: 'POST', body: new URLSearchParams({ token: issued }) };
  const answers: Record<keyof Doors, Answer> = {
    token: await exchange(),
    discovery: await deployment.send('/.well-known/openid-configuration'),
    jwks: await deployment.send('/.well-known/jwks.json'),
    introspect: await deployment.send('/oidc/introspect', { ...form, headers: { authorization: `Bearer ${issued}` } }),
    me: await deployment.send('/v1/me/permissions', { headers: { authorization: `Bearer ${issued}` } }),
    iam: await deployment.iam('GET', '/v1/service-accounts'),
    revoke: await deployment.send('/oidc/revoke', form),
  };
  for (const door of ['token', 'discovery', 'jwks', 'introspect', 'revoke'] as const)
    if (answers[door].status === 503) expectMisconfigured(answers[door]);
  expect((await deployment.send('/healthz')).status).toBe(200);
  const statusOf = (door: keyof Doors): number => answers[door].status;
  return {
    token: statusOf('token'),
    discovery: statusOf('discovery'),
    jwks: statusOf('jwks'),
    introspect: statusOf('introspect'),
    revoke: statusOf('revoke'),
    iam: statusOf('iam'),
    me: statusOf('me'),
  };
}

async function faultsOf({ deployment }: World): Promise<string[]> {
  const { status, body } = await deployment.send('/readyz');
  expect(status).toBe(body.faults === undefined ? 200 : 503);
  return (body.faults ?? []).map(({ setting, detail }: { setting: string; detail: string }) => `${setting}: ${detail}`);
}

const WELL: Doors = { token: 200, discovery: 200, jwks: 200, introspect: 200, revoke: 200, iam: 200, me: 200 };
const NO_KEYS: Doors = { token: 503, discovery: 503, jwks: 503, introspect: 503, revoke: 503, iam: 200, me: 503 };
const NO_ISSUER: Doors = { ...NO_KEYS, jwks: 200, iam: 503 };

describe('SIGNING_KEYS', () => {
  it.each<[string, () => unknown, RegExp]>([
    ['missing', () => undefined, /is not set/],
    ['empty', () => '', /is not set/],
    ['no JSON', () => '{"keys":[', /is not JSON/],
    ['cut off', () => bundleOf(one).slice(0, -20), /is not JSON/],
    ['no key set', () => JSON.stringify(one), /must be a private JWK Set/],
    ['an empty set', () => bundleOf(), /at least one key/],
    ['of a public key only', () => bundleOf(without(one, 'd')), /key 1 lacks d/],
    ['of another alg than its curve’s', () => bundleOf({ ...one, alg: 'RS256' }), /kty or crv that does not fit/],
    ['of an alg that nobody signs with', () => bundleOf({ ...one, alg: 'ES512' }), /needs alg to be one of/],
    ['of two keys with one kid', () => bundleOf(one, { ...two, kid: 'own-1' }), /key 2 repeats a kid/],
    ['of an RSA key of 1024 bits', () => bundleOf(one, weak), /key 2 is an RSA key below 2048 bits/],
    ['of one sound key and half a key', () => bundleOf(one, without(rsa, 'q')), /key 2 lacks q/],
  ])(
    '%s stops every door that needs it, is named at /readyz, and all work again with it (contract §0)',
    async (_name, secret, detail) => {
      const world = await redeployed({ SIGNING_KEYS: secret() });
      const { deployment, works, granted } = world;
      const keys = await deployment.db.prepare('SELECT * FROM signing_key').all();
      expect(await doorsOf(world)).toEqual(NO_KEYS);
      expect(await faultsOf(world)).toEqual([expect.stringMatching(new RegExp(`^SIGNING_KEYS: .*${detail.source}`))]);
      // One of before, none of now; and nothing was registered of a secret that is not whole.
      expect(await granted()).toHaveLength(1);
      expect((await deployment.db.prepare('SELECT * FROM signing_key').all()).results).toEqual(keys.results);
      deployment.coldStart({ SIGNING_KEYS: bundleOf(one) });
      expect(await faultsOf(world)).toEqual([]);
      await works();
    },
  );

  it('whose halves are of two keys stops what signs and publishes; tokens of before are judged by what the secret says (contract §0)', async () => {
    const world = await redeployed({ SIGNING_KEYS: bundleOf({ ...one, d: two['d'] }) });
    expect(await doorsOf(world)).toMatchObject({ token: 503, jwks: 503, iam: 200 });
    expect(await faultsOf(world)).toEqual([expect.stringContaining('its members do not form one ES256 key')]);
    expect(await world.granted()).toHaveLength(1);
  });
});

describe('ISSUER_URL', () => {
  it.each<[string, unknown]>([
    ['missing', undefined],
    ['empty', ''],
    ['no URL', 'tokens.example.com'],
    ['without TLS', 'http://cambist.test'],
    ['with a path', 'https://cambist.test/oidc'],
    ['with a trailing slash', 'https://cambist.test/'],
    ['with a space at its end', 'https://cambist.test '],
  ])(
    '%s stops every door that says who we are, is named at /readyz, and all work again with it (contract §0)',
    async (_name, url) => {
      const world = await redeployed({ ISSUER_URL: url });
      expect(await doorsOf(world)).toEqual(NO_ISSUER);
      expect(await faultsOf(world)).toEqual([expect.stringMatching(/^ISSUER_URL: ISSUER_URL /)]);
      expect(await world.granted()).toHaveLength(1);
      world.deployment.coldStart({ ISSUER_URL: 'https://cambist.test' });
      expect(await faultsOf(world)).toEqual([]);
      await world.works();
    },
  );
});

describe('ADMIN_TOKEN', () => {
  it('missing is no fault: no root, everything else works (contract §0)', async () => {
    const world = await redeployed({ ADMIN_TOKEN: undefined });
    expect(await doorsOf(world)).toEqual({ ...WELL, iam: 401 });
    expect(await faultsOf(world)).toEqual([]);
  });

  it.each([
    ['short', 'root'],
    ['of 31 characters', ADMIN_TOKEN.slice(0, 31)],
    ['with a line break', `${ADMIN_TOKEN}\n`],
  ])(
    '%s stops the IAM API, is named at /readyz, opens nothing, and workloads go on (contract §0)',
    async (_name, secret) => {
      const world = await redeployed({ ADMIN_TOKEN: secret });
      expect(await doorsOf(world)).toEqual({ ...WELL, iam: 503, me: 503 });
      expect(await faultsOf(world)).toEqual([expect.stringMatching(/^ADMIN_TOKEN: ADMIN_TOKEN must/)]);
      const introspected = await world.deployment.send('/oidc/introspect', {
        method: 'POST',
        headers: { authorization: `Bearer ${secret.trim()}` },
        body: new URLSearchParams({ token: world.issued }),
      });
      expect(introspected.status).toBe(401);
      expect(JSON.stringify((await world.deployment.send('/readyz')).body)).not.toContain(secret.trim());
    },
  );

  it('that was changed shuts out the old one at once (contract §4)', async () => {
    const { deployment } = await redeployed({ ADMIN_TOKEN: ADMIN_TOKEN.toUpperCase() });
    expect((await deployment.iam('GET', '/v1/service-accounts')).status).toBe(401);
  });
});

describe('a rotation that is half done', () => {
  const kidOf = ({ body }: Answer): string => String(decodeProtectedHeader(body.access_token).kid);
  const publishedBy = async ({ deployment }: World): Promise<string[]> =>
    (await deployment.send('/.well-known/jwks.json')).body.keys.map(({ kid }: { kid: string }) => kid);

  it('with the secret ahead of D1 goes on with the old key and publishes both (contract §5.8)', async () => {
    const world = await redeployed({ SIGNING_KEYS: bundleOf(one, two) });
    expect(kidOf(await world.exchange())).toBe('own-1');
    expect(await publishedBy(world)).toEqual(['own-1', 'own-2']);
    expect(await faultsOf(world)).toEqual([]);
  });

  it('with the new key first in the secret goes on with the old key, since D1 says which one signs (contract §5.8)', async () => {
    const world = await redeployed({ SIGNING_KEYS: bundleOf(two, one) });
    expect(kidOf(await world.exchange())).toBe('own-1');
  });

  it('with D1 ahead of the secret signs nothing with the old key; the new secret is all it takes (contract §5.8)', async () => {
    const world = await redeployed({ SIGNING_KEYS: bundleOf(one, two) });
    const { deployment, exchange, granted } = world;
    await world.works();
    deployment.clock.now += 301;
    expect((await deployment.iam('POST', '/v1/signing-keys/rotate')).status).toBe(200);
    const before = (await granted()).length;
    // An isolate of the version before, whose secret lacks the key that signs now.
    deployment.coldStart({ SIGNING_KEYS: bundleOf(one) });
    expectMisconfigured(await exchange());
    expect(await granted()).toHaveLength(before);
    expect(await faultsOf(world)).toEqual([expect.stringMatching(/own-2 \(ES256\) is active but missing/)]);
    expect(await publishedBy(world)).toEqual(['own-1']);
    expect((await deployment.iam('POST', '/v1/signing-keys/rotate', { mode: 'emergency' })).status).toBe(409);
    deployment.coldStart({ SIGNING_KEYS: bundleOf(one, two) });
    expect(kidOf(await exchange())).toBe('own-2');
    expect(await faultsOf(world)).toEqual([]);
  });

  it('with the old key taken out too early signs nothing until it is back, or until an emergency rotation (contract §5.8)', async () => {
    const world = await redeployed({ SIGNING_KEYS: bundleOf(two) });
    const { deployment, exchange } = world;
    expectMisconfigured(await exchange());
    expect(await faultsOf(world)).toEqual([expect.stringMatching(/own-1 \(ES256\) is active but missing/)]);
    deployment.coldStart({ SIGNING_KEYS: bundleOf(one, two) });
    expect(kidOf(await exchange())).toBe('own-1');
    deployment.coldStart({ SIGNING_KEYS: bundleOf(two) });
    expect((await deployment.iam('POST', '/v1/signing-keys/rotate', { mode: 'emergency' })).status).toBe(200);
    expect(kidOf(await exchange())).toBe('own-2');
    expect(await publishedBy(world)).toEqual(['own-2']);
  });

  it('with a revoked key alone in the secret signs and publishes nothing (contract §5.8)', async () => {
    const world = await redeployed({ SIGNING_KEYS: bundleOf(one, two) });
    const { deployment, exchange } = world;
    await world.works();
    expect((await deployment.iam('POST', '/v1/signing-keys/rotate', { mode: 'emergency' })).status).toBe(200);
    deployment.coldStart({ SIGNING_KEYS: bundleOf(one) });
    expectMisconfigured(await exchange());
    expect(await publishedBy(world)).toEqual([]);
    expect(await faultsOf(world)).not.toEqual([]);
  });

  it('with another alg under a kid that D1 knows signs nothing and asks for a new kid (contract §5.8)', async () => {
    const world = await redeployed({ SIGNING_KEYS: bundleOf({ ...rsa, kid: 'own-1' }) });
    expectMisconfigured(await world.exchange());
    expect(await faultsOf(world)).toContainEqual(
      expect.stringMatching(/own-1 changed its alg; give the new key a new kid/),
    );
    world.deployment.coldStart({ SIGNING_KEYS: bundleOf(one, rsa) });
    await world.works();
  });
});
