// The life of our signing keys: contract §5.8, over the real exchange, JWKS, introspection and API.

import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import type { JSONWebKeySet, JWK } from 'jose';
import { beforeEach, describe, expect, it } from 'vitest';
import { ADMIN_TOKEN, deploy } from '../../support/deployment.ts';
import type { Answer, Deployment } from '../../support/deployment.ts';
import {
  addOtherOrganisation,
  addWorkload,
  call,
  DEFAULT_ORGANISATION_ID,
  introspect,
  newSigningKey,
  signingKeys,
} from '../../support/workload.ts';
import type { Workload } from '../../support/workload.ts';

type PrivateKey = JWK & { kid: string; alg: string };

let deployment: Deployment;
let app: Workload;

beforeEach(async () => {
  deployment = await deploy();
  app = await addWorkload(deployment, 'app', ['api:read']);
});

/** Deploys with these keys in the secret; a request that reads the keys records the new ones. */
async function deployKeys(keys: readonly PrivateKey[]): Promise<void> {
  deployment.coldStart({ SIGNING_KEYS: JSON.stringify({ keys }) });
  await deployment.send('/.well-known/jwks.json');
}

/** Adds a standby key, published for `seconds`. */
async function addStandby(kid = 'next', seconds = 300, alg: 'ES256' | 'RS256' = 'ES256'): Promise<PrivateKey> {
  await deployment.send('/.well-known/jwks.json');
  const key = await newSigningKey(alg, kid);
  await deployKeys([...signingKeys(), key]);
  deployment.clock.now += seconds;
  return key;
}

const rotate = (body?: unknown): Promise<Answer> => deployment.iam('POST', '/v1/signing-keys/rotate', body);
const statuses = async (): Promise<Record<string, string>> => {
  const { body } = await deployment.iam('GET', '/v1/signing-keys');
  return Object.fromEntries((body as { kid: string; status: string }[]).map(({ kid, status }) => [kid, status]));
};
const published = async (): Promise<string[]> =>
  ((await deployment.send('/.well-known/jwks.json')).body as JSONWebKeySet).keys.map(({ kid }) => kid ?? '');
const verifies = async (token: string): Promise<boolean> => {
  const jwks = createLocalJWKSet((await deployment.send('/.well-known/jwks.json')).body as JSONWebKeySet);
  const currentDate = new Date(deployment.clock.now * 1000);
  return jwtVerify(token, jwks, { currentDate }).then(
    () => true,
    () => false,
  );
};
const isActive = async (token: string): Promise<boolean> => (await introspect(deployment, token)).body.active;
const rotations = async (): Promise<Record<string, unknown>[]> =>
  (await deployment.events()).filter(({ action }) => action === 'signing_key.rotate');
const rfc3339 = (seconds: number): string => new Date(seconds * 1000).toISOString().replace('.000', '');

describe('the list', () => {
  it('shows the life of every key and no key material (contract §5.8)', async () => {
    const { now } = deployment.clock;
    const answer = await deployment.iam('GET', '/v1/signing-keys');
    expect(answer.status).toBe(200);
    const key = {
      source: 'bundle',
      publishedAt: rfc3339(now),
      activatedAt: rfc3339(now),
      retiringAt: null,
      expiresAt: null,
      revokedAt: null,
    };
    expect(answer.body).toEqual([
      { kid: 'test-es256', alg: 'ES256', status: 'active', ...key },
      { kid: 'test-rs256', alg: 'RS256', status: 'active', ...key },
    ]);
  });

  it('has a new key of the secret as standby, which is published at once (contract §5.8)', async () => {
    await deployment.send('/.well-known/jwks.json');
    deployment.coldStart({
      SIGNING_KEYS: JSON.stringify({ keys: [...signingKeys(), await newSigningKey('ES256', 'next')] }),
    });
    expect(await statuses()).toEqual({ 'test-es256': 'active', 'test-rs256': 'active', next: 'standby' });
    expect(await published()).toContain('next');
    expect(decodeProtectedHeader(await app.token()).kid).toBe('test-es256');
  });
});

describe('the JWK Set', () => {
  it('costs D1 nothing in a warm isolate, however often it is fetched (contract §7)', async () => {
    deployment.coldStart();
    await published();
    deployment.resetCounts();
    for (let time = 0; time < 20; time += 1) {
      deployment.clock.now += 0.04;
      expect(await published()).toEqual(['test-es256', 'test-rs256']);
    }
    expect(deployment.counts.d1Trips).toBe(0);
    deployment.clock.now += 1;
    await published();
    expect(deployment.counts.d1Trips).toBe(1);
  });

  it('shows an emergency at once where it was declared, and within a second in another isolate (contract §5.8, §7)', async () => {
    await addStandby();
    expect(await published()).toContain('test-es256');
    await rotate({ mode: 'emergency', alg: 'ES256' });
    expect(await published()).not.toContain('test-es256');

    // Another isolate: it learns of the revocation from storage alone.
    expect(await published()).toContain('test-rs256');
    await deployment.db.prepare("UPDATE signing_key SET status = 'revoked' WHERE kid = 'test-rs256'").run();
    deployment.clock.now += 0.9;
    expect(await published()).toContain('test-rs256');
    deployment.clock.now += 0.1;
    expect(await published()).not.toContain('test-rs256');
  });

  it('is not older for a clock that was set back', async () => {
    await published();
    await deployment.db.prepare("UPDATE signing_key SET status = 'revoked' WHERE kid = 'test-rs256'").run();
    deployment.clock.now -= 3_600;
    expect(await published()).toEqual(['test-es256']);
  });
});

describe('a graceful rotation', () => {
  it.each([
    ['without a body', undefined],
    ['with an empty object', {}],
    ['with its mode', { mode: 'graceful' }],
    ['with its alg', { alg: 'ES256' }],
  ])('%s lets the standby key sign, and the old token lives until it expires (contract §5.8)', async (_what, body) => {
    await addStandby();
    const old = await app.token();
    const { now } = deployment.clock;
    const answer = await rotate(body);
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      kid: 'next',
      status: 'active',
      activatedAt: rfc3339(now),
      mode: 'graceful',
      previous: { kid: 'test-es256', status: 'retiring', retiringAt: rfc3339(now), expiresAt: rfc3339(now + 86_400) },
    });
    expect(await statuses()).toEqual({ 'test-es256': 'retiring', 'test-rs256': 'active', next: 'active' });
    const fresh = await app.token();
    expect(decodeProtectedHeader(fresh).kid).toBe('next');
    for (const token of [old, fresh]) {
      expect(await verifies(token)).toBe(true);
      expect(await isActive(token)).toBe(true);
    }
    deployment.clock.now += 3599;
    expect(await isActive(old)).toBe(true);
    expect(await verifies(old)).toBe(true);
    deployment.clock.now += 1;
    expect(await isActive(old)).toBe(false);
  });

  it('keeps the old key published until its last token has expired, and no longer (contract §5.8)', async () => {
    await addStandby();
    await rotate();
    deployment.clock.now += 86_399;
    expect(await published()).toContain('test-es256');
    deployment.clock.now += 1;
    expect(await published()).not.toContain('test-es256');
  });

  it('lets the API be used with an old token (contract §5.8)', async () => {
    const admin = await addWorkload(deployment, 'admin', ['iam:admin']);
    await addStandby();
    const token = await admin.token();
    await rotate();
    expect((await call(deployment, token, 'GET', '/v1/me')).status).toBe(200);
    expect((await call(deployment, await admin.token(), 'GET', '/v1/me')).status).toBe(200);
  });

  it('waits until the standby key has been published for 300 seconds (contract §5.8)', async () => {
    await addStandby('next', 299);
    const early = await rotate();
    expect(early.status).toBe(409);
    expect(early.body.detail).toMatch(/less than 300 seconds.*try again in 1 seconds/);
    expect(await statuses()).toMatchObject({ 'test-es256': 'active', next: 'standby' });
    expect(await rotations()).toEqual([]);
    deployment.clock.now += 1;
    expect((await rotate()).status).toBe(200);
  });

  it('takes the standby key that has been published longest (contract §5.8)', async () => {
    const first = await addStandby('zz-first');
    await deployKeys([...signingKeys(), await newSigningKey('ES256', 'aa-second'), first]);
    expect((await rotate()).body.kid).toBe('zz-first');
    deployment.clock.now += 300;
    expect((await rotate()).body.kid).toBe('aa-second');
  });
});

describe('an emergency rotation', () => {
  it('ends the old key and its tokens at once, everywhere (contract §5.8)', async () => {
    const admin = await addWorkload(deployment, 'admin', ['iam:admin']);
    await addStandby('next', 0);
    const [old, oldAdmin] = [await app.token(), await admin.token()];
    expect(await isActive(old)).toBe(true);
    const answer = await rotate({ mode: 'emergency' });
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      kid: 'next',
      mode: 'emergency',
      previous: { kid: 'test-es256', status: 'revoked', revokedAt: rfc3339(deployment.clock.now), expiresAt: null },
    });
    expect(await published()).toEqual(['test-rs256', 'next']);
    expect(await verifies(old)).toBe(false);
    expect(await isActive(old)).toBe(false);
    expect((await introspect(deployment, old, old)).body).toEqual({ active: false });
    expect((await call(deployment, oldAdmin, 'GET', '/v1/me')).status).toBe(401);
    const fresh = await app.token();
    expect(await verifies(fresh)).toBe(true);
    expect(await isActive(fresh)).toBe(true);
    expect((await call(deployment, await admin.token(), 'GET', '/v1/me')).status).toBe(200);
  });

  it('works where the active key is missing from the secret, when nothing can be signed (contract §5.8)', async () => {
    const old = await app.token();
    const next = await newSigningKey('ES256', 'next');
    await deployKeys([...signingKeys().filter(({ alg }) => alg !== 'ES256'), next]);
    expect((await app.exchange()).status).toBe(503);
    expect((await rotate({ mode: 'emergency' })).status).toBe(200);
    expect(await isActive(await app.token())).toBe(true);
    expect(await isActive(old)).toBe(false);
  });

  it('does not bring a revoked key back when it stays in the secret (contract §5.8)', async () => {
    const next = await addStandby();
    const old = await app.token();
    await rotate({ mode: 'emergency' });
    await deployKeys([...signingKeys(), next]);
    expect(await published()).not.toContain('test-es256');
    expect(await isActive(old)).toBe(false);
    expect((await rotate({ mode: 'emergency' })).status).toBe(409);
  });
});

describe('several algorithms with a standby key (contract §5.8)', () => {
  beforeEach(async () => {
    const es256 = await addStandby();
    await deployKeys([...signingKeys(), es256, await newSigningKey('RS256', 'next-rsa')]);
    deployment.clock.now += 300;
  });

  it.each(['graceful', 'emergency'])('are all rotated in one step where none is named (%s)', async (mode) => {
    const answer = await rotate({ mode });
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      kid: 'next',
      mode,
      previous: { kid: 'test-es256' },
      rotations: [
        { kid: 'next', alg: 'ES256', previous: { kid: 'test-es256' } },
        { kid: 'next-rsa', alg: 'RS256', previous: { kid: 'test-rs256' } },
      ],
      skipped: [],
    });
    const ended = mode === 'graceful' ? 'retiring' : 'revoked';
    expect(await statuses()).toEqual({
      'test-es256': ended,
      'test-rs256': ended,
      next: 'active',
      'next-rsa': 'active',
    });
    expect((await rotations()).map(({ changes }) => JSON.parse(String(changes)).after.active)).toEqual([
      'next',
      'next-rsa',
    ]);
  });

  it('are rotated one by one where one is named', async () => {
    expect((await rotate({ alg: 'RS256' })).body).toMatchObject({ kid: 'next-rsa', previous: { kid: 'test-rs256' } });
    expect(await statuses()).toMatchObject({ 'test-es256': 'active', 'next-rsa': 'active' });
    expect((await rotate()).body).toMatchObject({
      rotations: [{ kid: 'next', previous: { kid: 'test-es256' } }],
      skipped: [{ alg: 'RS256' }],
    });
  });
});

describe('a key that is named (contract §5.8)', () => {
  it.each(['graceful', 'emergency'])('is followed by its standby where it signs (%s)', async (mode) => {
    await addStandby();
    expect((await rotate({ mode, kid: 'test-es256' })).body).toMatchObject({
      kid: 'next',
      previous: { kid: 'test-es256' },
    });
    expect(await statuses()).toMatchObject({
      'test-es256': mode === 'graceful' ? 'retiring' : 'revoked',
      next: 'active',
    });
  });

  it('leaves the JWKS at once where it stands by or is retiring, and its tokens end', async () => {
    await addStandby();
    const old = await app.token();
    expect((await rotate({ kid: 'next' })).body).toMatchObject({ kid: 'next', status: 'revoked', previous: null });
    expect(await published()).not.toContain('next');
    expect(await statuses()).toMatchObject({ 'test-es256': 'active', next: 'revoked' });
    await addStandby('second');
    await rotate({ alg: 'ES256' });
    expect(await isActive(old)).toBe(true);
    expect((await rotate({ kid: 'test-es256', mode: 'emergency' })).status).toBe(200);
    expect(await published()).not.toContain('test-es256');
    expect(await isActive(old)).toBe(false);
    expect((await rotations()).map(({ changes }) => JSON.parse(String(changes)).after)).toEqual([
      { alg: 'ES256', mode: 'graceful', status: 'revoked' },
      { alg: 'ES256', active: 'second', mode: 'graceful' },
      { alg: 'ES256', mode: 'emergency', status: 'revoked' },
    ]);
  });

  it('is 400 where there is none, and 409 where it is revoked or of another alg', async () => {
    await addStandby();
    const unknown = await rotate({ kid: 'nobody' });
    expect(unknown.status).toBe(400);
    expect(unknown.body.errors).toEqual([{ pointer: '/kid', detail: expect.any(String) }]);
    expect((await rotate({ kid: 'next', alg: 'RS256' })).status).toBe(409);
    await rotate({ kid: 'next' });
    expect((await rotate({ kid: 'next' })).status).toBe(409);
  });
});

describe('409 says what to do', () => {
  it('where there is no standby key (contract §5.8)', async () => {
    for (const body of [undefined, { mode: 'emergency' }, { alg: 'EdDSA' }]) {
      const answer = await rotate(body);
      expect(answer.status).toBe(409);
      expect(answer.headers.get('content-type')).toBe('application/problem+json');
      expect(answer.body.detail).toMatch(/no standby key.*add .*SIGNING_KEYS/);
    }
    await addStandby();
    expect((await rotate({ alg: 'RS256' })).body.detail).toContain('for RS256');
    expect((await rotate()).status).toBe(200);
  });

  it('where the standby key left the secret: a key that cannot sign never becomes active (contract §5.8)', async () => {
    const next = await addStandby();
    await deployKeys(signingKeys());
    for (const mode of ['graceful', 'emergency']) {
      const answer = await rotate({ mode });
      expect(answer.status).toBe(409);
      expect(answer.body.detail).toContain('not in SIGNING_KEYS');
    }
    expect(await statuses()).toMatchObject({ 'test-es256': 'active', next: 'standby' });
    await deployKeys([...signingKeys(), next]);
    expect((await rotate()).status).toBe(200);
  });
});

describe('rotations at once', () => {
  it.each(['graceful', 'emergency'])('have one winner, the others hear 409 (%s) (contract §5.8)', async (mode) => {
    const first = await addStandby();
    // A second standby key, so that a loser could take it by mistake.
    await deployKeys([...signingKeys(), first, await newSigningKey('ES256', 'third')]);
    deployment.clock.now += 300;
    const answers = await Promise.all(Array.from({ length: 8 }, () => rotate({ mode })));
    const won = answers.filter(({ status }) => status === 200);
    const lost = answers.filter(({ status }) => status === 409);
    expect([won.length, lost.length]).toEqual([1, 7]);
    expect(lost[0]?.body.detail).toContain('another rotation came first');
    expect(await rotations()).toHaveLength(1);
    expect(Object.values(await statuses()).toSorted()).toEqual(
      ['active', 'active', mode === 'graceful' ? 'retiring' : 'revoked', 'standby'].toSorted(),
    );
    expect(await isActive(await app.token())).toBe(true);
  });
});

it('is audited in the deployment’s organisation, with before and after and no key material (contract §5.7)', async () => {
  const next = await addStandby();
  const answer = await rotate();
  expect(await rotations()).toEqual([
    expect.objectContaining({
      organisation_id: DEFAULT_ORGANISATION_ID,
      actor: 'root',
      outcome: 'success',
      request_id: answer.headers.get('x-request-id'),
      changes: JSON.stringify({
        before: { alg: 'ES256', active: 'test-es256' },
        after: { alg: 'ES256', active: 'next', mode: 'graceful' },
      }),
    }),
  ]);
  const everything = JSON.stringify([
    await deployment.events(),
    deployment.logs,
    answer.body,
    (await deployment.iam('GET', '/v1/signing-keys')).body,
    (await deployment.send('/.well-known/jwks.json')).body,
  ]);
  expect(everything).not.toContain(next.d);
});

describe('who may', () => {
  it('rotate: root, and iam:admin of default; no lesser scope and no other organisation (contract §4)', async () => {
    const organisation = await addOtherOrganisation(deployment);
    const admin = await addWorkload(deployment, 'admin', ['iam:admin']);
    const writer = await addWorkload(deployment, 'writer', ['iam:write', 'iam:read']);
    const stranger = await addWorkload(deployment, 'stranger', ['iam:admin'], { organisation });
    await addStandby();
    const tryAs = async (token: string): Promise<Answer> => call(deployment, token, 'POST', '/v1/signing-keys/rotate');
    expect((await tryAs('nothing')).status).toBe(401);
    const denied = await tryAs(await writer.token());
    expect(denied.status).toBe(403);
    expect(denied.body.detail).toContain('iam:admin');
    const foreign = await tryAs(await stranger.token());
    expect(foreign.status).toBe(403);
    expect(foreign.body.detail).toContain('organisation default');
    expect(await rotations()).toEqual([]);
    expect((await tryAs(await admin.token())).status).toBe(200);
    expect((await rotations())[0]).toMatchObject({ actor: admin.serviceAccount });
  });

  it('list: whoever reads in default (contract §4)', async () => {
    const organisation = await addOtherOrganisation(deployment);
    const reader = await addWorkload(deployment, 'reader', ['iam:read']);
    const stranger = await addWorkload(deployment, 'stranger', ['iam:admin'], { organisation });
    const tryAs = async (token: string): Promise<number> =>
      (await call(deployment, token, 'GET', '/v1/signing-keys')).status;
    expect(await tryAs(await reader.token())).toBe(200);
    expect(await tryAs(await stranger.token())).toBe(403);
    expect(await tryAs(ADMIN_TOKEN)).toBe(200);
  });
});

describe('the request', () => {
  it('is refused with every fault named (contract §5)', async () => {
    await addStandby();
    const answer = await rotate({ mode: 'gentle', alg: 'HS256', key: 'next' });
    expect(answer.status).toBe(400);
    expect(answer.body.errors).toEqual([
      { pointer: '/mode', detail: 'must be one of graceful, emergency' },
      { pointer: '/alg', detail: 'must be one of ES256, RS256, EdDSA' },
      { pointer: '/key', detail: expect.stringContaining('is not a member') },
    ]);
    expect(await rotations()).toEqual([]);
  });

  it('may be empty whatever its content type, as curl sends it, and is JSON otherwise (contract §5.8)', async () => {
    await addStandby();
    const post = (body: string): Promise<Answer> =>
      deployment.send('/v1/signing-keys/rotate', {
        method: 'POST',
        headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/x-www-form-urlencoded' },
        body,
      });
    expect((await post('mode=emergency')).status).toBe(415);
    expect((await post('')).status).toBe(200);
  });

  it('names an organisation that exists, or 404 (contract §5.9)', async () => {
    await addStandby();
    const headers = { 'x-organisation-identity': 'no-such' };
    const answer = await call(deployment, ADMIN_TOKEN, 'POST', '/v1/signing-keys/rotate', undefined, headers);
    expect(answer.status).toBe(404);
  });

  it('is answered with 503 where the keys are missing or half there (contract §0)', async () => {
    deployment.coldStart({ SIGNING_KEYS: '{"keys":[{}]}' });
    expect((await rotate({ mode: 'emergency' })).status).toBe(503);
    expect((await deployment.iam('GET', '/v1/signing-keys')).status).toBe(503);
  });
});
