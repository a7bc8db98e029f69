// Keys that the service makes itself (contract §5.8): their life over the real exchange, JWKS, introspection, API and schedule.

import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import type { JSONWebKeySet } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AFTER_TIME_TRAVEL } from '../../../src/cli/backup/compose-restore.ts';
import type { Settings } from '../../../src/config.ts';
import { ADMIN_TOKEN, deploy, ISSUER_URL } from '../../support/deployment.ts';
import type { Answer, Deployment } from '../../support/deployment.ts';
import { addWorkload, introspect, newSigningKey, signingKeys } from '../../support/workload.ts';
import type { Workload } from '../../support/workload.ts';

interface Key {
  readonly kid: string;
  readonly alg: string;
  readonly status: string;
  readonly source: string;
}

const newSealingKey = (): string => {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace('=', '');
};
const SEALING_KEY = newSealingKey();
const SEALED: Partial<Settings> = { SIGNING_KEYS: undefined, SEALING_KEY };

let deployment: Deployment;
let app: Workload;

async function start(settings: Partial<Settings> = SEALED): Promise<void> {
  deployment = await deploy(settings);
  app = await addWorkload(deployment, 'app', ['api:read'], { tokenAudiences: ['https://api.example.com'] });
}

const rotate = (body?: unknown): Promise<Answer> => deployment.iam('POST', '/v1/signing-keys/rotate', body);
const list = async (): Promise<Key[]> => (await deployment.iam('GET', '/v1/signing-keys')).body as Key[];
/** `ES256 active`, sorted, revoked ones left out. */
const lives = async (): Promise<string[]> =>
  (await list())
    .filter(({ status }) => status !== 'revoked')
    .map(({ alg, status }) => `${alg} ${status}`)
    .toSorted();
const kidOf = async (alg: string, status: string): Promise<string> =>
  (await list()).find((key) => key.alg === alg && key.status === status)?.kid ?? 'none';
const jwks = async (): Promise<JSONWebKeySet> =>
  (await deployment.send('/.well-known/jwks.json')).body as JSONWebKeySet;
const published = async (): Promise<string[]> => (await jwks()).keys.map(({ kid }) => kid ?? '');
const verifiesWith = async (token: string, set: JSONWebKeySet): Promise<boolean> =>
  jwtVerify(token, createLocalJWKSet(set), { currentDate: new Date(deployment.clock.now * 1000) }).then(
    () => true,
    () => false,
  );
const verifies = async (token: string): Promise<boolean> => verifiesWith(token, await jwks());
const isActive = async (token: string): Promise<boolean> => (await introspect(deployment, token)).body.active;
const kidIn = (token: string): string => decodeProtectedHeader(token).kid ?? '';
const faults = async (): Promise<string[]> => {
  const { body } = await deployment.send('/readyz');
  return (body.faults ?? []).map(({ setting, detail }: { setting: string; detail: string }) => `${setting}: ${detail}`);
};
const FULL = ['ES256 active', 'ES256 standby', 'RS256 active', 'RS256 standby'];

beforeEach(async () => start());
// What an exchange left to be made after its answer must not reach the database of the next test.
afterEach(async () => void (await jwks()));

describe('the first keys', () => {
  it.each([
    ['the JWKS', async () => deployment.send('/.well-known/jwks.json')],
    ['readiness', async () => deployment.send('/readyz')],
    ['the list', async () => deployment.iam('GET', '/v1/signing-keys')],
  ])('are one ES256 and one RS256 with a standby each, made for %s (contract §5.8)', async (_what, ask) => {
    expect((await ask()).status).toBe(200);
    expect(await lives()).toEqual(FULL);
    expect((await list()).every(({ source }) => source === 'sealed')).toBe(true);
    const { keys } = await jwks();
    expect(keys.map(({ kty, use }) => `${kty} ${use}`).toSorted()).toEqual(['EC sig', 'EC sig', 'RSA sig', 'RSA sig']);
    for (const key of keys)
      for (const secret of ['d', 'p', 'q', 'dp', 'dq', 'qi']) expect(key).not.toHaveProperty(secret);
  });

  it('are made by the first exchange, which waits for the one that it signs with (contract §5.8)', async () => {
    const access = await app.token();
    expect(decodeProtectedHeader(access).alg).toBe('ES256');
    expect(await verifies(access)).toBe(true);
    const id = await app.token({
      requested_token_type: 'urn:ietf:params:oauth:token-type:id_token',
      audience: 'https://api.example.com',
    });
    expect(decodeProtectedHeader(id).alg).toBe('RS256');
    expect(await verifies(id)).toBe(true);
    expect(await isActive(access)).toBe(true);
    expect(await lives()).toEqual(FULL);
  });

  it('are the same for isolates that make them at once: one wins, and all sign with it (contract §5.8)', async () => {
    const exchanges: Promise<string>[] = [];
    for (let isolate = 0; isolate < 5; isolate += 1) {
      exchanges.push(app.token());
      await Promise.resolve();
      deployment.coldStart();
      exchanges.push(deployment.send('/.well-known/jwks.json').then(() => ''));
      deployment.coldStart();
    }
    const tokens = (await Promise.all(exchanges)).filter((token) => token !== '');
    expect(new Set(tokens.map(kidIn)).size).toBe(1);
    expect(await lives()).toEqual(FULL);
    for (const token of tokens) expect(await verifies(token)).toBe(true);
  });

  it('survive a cold start, which reads them in the round trip that it makes anyway (contract §7)', async () => {
    await jwks();
    const before = kidIn(await app.token());
    deployment.coldStart();
    deployment.resetCounts();
    expect(kidIn(await app.token())).toBe(before);
    const { d1Reads: cold } = deployment.counts;
    deployment.resetCounts();
    await app.token();
    expect([cold, deployment.counts.d1Reads, deployment.counts.d1Writes]).toEqual([1, 0, 1]);
  });

  it('are never in the database in the clear (contract §5.8)', async () => {
    await jwks();
    await rotate({ mode: 'emergency' });
    const rows = await deployment.db.prepare('SELECT * FROM signing_key').all();
    const text = JSON.stringify([rows.results, await deployment.events(), deployment.logs]);
    expect(text).not.toMatch(/"d\\?":|"qi\\?":|BEGIN/);
    expect(text).not.toContain(SEALING_KEY);
    // What was replaced is gone altogether.
    expect(rows.results.filter(({ status }) => status === 'revoked').map(({ sealed }) => sealed)).toEqual([null, null]);
  });
});

describe('a graceful rotation', () => {
  beforeEach(async () => void (await jwks()));

  it('needs a standby key that has been published for 300 s, and says so (contract §5.8)', async () => {
    deployment.clock.now += 299;
    const early = await rotate();
    expect(early.status).toBe(409);
    expect(early.body.detail).toContain('try again in 1 seconds');
    deployment.clock.now += 1;
    expect((await rotate()).status).toBe(200);
  });

  it('can be repeated for ever: each makes the next standby key in the same call (contract §5.8)', async () => {
    for (let round = 0; round < 4; round += 1) {
      const [next, old, known] = [await kidOf('ES256', 'standby'), await app.token(), await jwks()];
      deployment.clock.now += 300;
      const answer = await rotate();
      expect(answer.body).toMatchObject({
        kid: next,
        source: 'sealed',
        previous: { kid: kidIn(old), status: 'retiring' },
        rotations: [{ alg: 'ES256' }, { alg: 'RS256' }],
        skipped: [],
      });
      const fresh = await app.token();
      expect(kidIn(fresh)).toBe(next);
      // A verifier that fetched the keys before the rotation knows the one that signs now.
      for (const token of [old, fresh])
        expect([await verifiesWith(token, known), await isActive(token)]).toEqual([true, true]);
      expect((await lives()).filter((life) => !life.endsWith('retiring'))).toEqual(FULL);
    }
  });

  it.each(['graceful', 'emergency'])('reaches another isolate at once (%s) (contract §5.8)', async (mode) => {
    deployment.clock.now += 300;
    const other = deployment.keepIsolate();
    expect((await other('/.well-known/jwks.json')).status).toBe(200);
    deployment.coldStart();
    const before = await app.token();
    const rotated = await other('/v1/signing-keys/rotate', {
      method: 'POST',
      headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' },
      body: JSON.stringify({ mode }),
    });
    expect(rotated.status).toBe(200);
    const fresh = await app.token();
    expect(kidIn(fresh)).not.toBe(kidIn(before));
    expect([await isActive(fresh), await isActive(before)]).toEqual([true, mode === 'graceful']);
  });
});

describe('an emergency rotation', () => {
  beforeEach(async () => void (await jwks()));

  it('signs with a key that no verifier has seen, at once and as often as asked (contract §5.8)', async () => {
    for (let round = 0; round < 3; round += 1) {
      const seen = await published();
      const old = await app.token();
      const answer = await rotate({ mode: 'emergency' });
      expect(answer.status).toBe(200);
      expect(answer.body.previous).toMatchObject({ kid: kidIn(old), status: 'revoked' });
      const fresh = await app.token();
      expect(seen).not.toContain(kidIn(fresh));
      expect([await verifies(fresh), await isActive(fresh)]).toEqual([true, true]);
      expect([await verifies(old), await isActive(old)]).toEqual([false, false]);
      expect(await lives()).toEqual(FULL);
    }
  });

  it('again, between the two reads of an exchange in another isolate, costs that exchange nothing (contract §5.8)', async () => {
    const other = deployment.keepIsolate();
    const emergency = async (): Promise<number> => {
      const headers = { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' };
      const body = JSON.stringify({ mode: 'emergency', alg: 'ES256' });
      return (await other('/v1/signing-keys/rotate', { method: 'POST', headers, body })).status;
    };
    deployment.coldStart();
    await app.token();
    expect(await emergency()).toBe(200);
    let rotated = 0;
    deployment.d1.carry = async ({ sql, carryOut }) => {
      const isSealedRead = sql.length === 1 && sql[0]?.startsWith('SELECT kid, alg, sealed') === true;
      if (isSealedRead && rotated === 0) {
        rotated = 1;
        rotated = await emergency();
      }
      return carryOut();
    };
    const token = await app.token();
    expect(rotated).toBe(200);
    expect([kidIn(token), await isActive(token)]).toEqual([await kidOf('ES256', 'active'), true]);
  });

  it('works without a standby key, and makes one (contract §5.8)', async () => {
    await deployment.db.prepare("UPDATE signing_key SET status = 'revoked' WHERE status = 'standby'").run();
    deployment.coldStart();
    expect((await rotate({ mode: 'emergency', alg: 'ES256' })).status).toBe(200);
    expect(await lives()).toEqual(FULL);
  });

  it('has one winner of several at once, and the others hear 409 (contract §5.8)', async () => {
    const answers = await Promise.all(Array.from({ length: 5 }, () => rotate({ mode: 'emergency', alg: 'ES256' })));
    const won = answers.filter(({ status }) => status === 200);
    const lost = answers.filter(({ status }) => status === 409);
    expect([won.length, lost.length]).toEqual([1, 4]);
    expect(await lives()).toEqual(FULL);
  });
});

describe('a key that is named', () => {
  beforeEach(async () => void (await jwks()));

  it.each(['graceful', 'emergency'])('and stands by is taken out and made anew (%s) (contract §5.8)', async (mode) => {
    const [active, standby] = [await kidOf('ES256', 'active'), await kidOf('ES256', 'standby')];
    const answer = await rotate({ mode, kid: standby });
    expect(answer.body).toMatchObject({ kid: standby, status: 'revoked', previous: null });
    expect(await published()).not.toContain(standby);
    expect(await lives()).toEqual(FULL);
    expect(await kidOf('ES256', 'active')).toBe(active);
  });

  it('and is retiring leaves at once with its tokens (contract §5.8)', async () => {
    const old = await app.token();
    deployment.clock.now += 300;
    await rotate({ alg: 'ES256' });
    expect(await isActive(old)).toBe(true);
    expect((await rotate({ kid: kidIn(old), mode: 'emergency' })).status).toBe(200);
    expect([await verifies(old), await isActive(old)]).toEqual([false, false]);
    expect(await lives()).toEqual(FULL);
  });

  it('and signs is succeeded, and no other algorithm is (contract §5.8)', async () => {
    const [kid, rsa] = [await kidOf('ES256', 'active'), await kidOf('RS256', 'active')];
    expect((await rotate({ kid, mode: 'emergency' })).body).toMatchObject({ previous: { kid }, rotations: [{}] });
    expect(await kidOf('RS256', 'active')).toBe(rsa);
  });
});

describe('SEALING_KEY', () => {
  it.each<[string, unknown]>([
    ['of 31 bytes', SEALING_KEY.slice(0, 42)],
    ['of 33 bytes', `${SEALING_KEY}A`],
    ['in base64 with padding', `${SEALING_KEY}=`],
    ['in base64 with a plus', `+${SEALING_KEY.slice(1)}`],
    ['with bits too many', `${SEALING_KEY.slice(0, 42)}B`],
    ['with a line break', `${SEALING_KEY}\n`],
    ['in hexadecimal', '00'.repeat(32)],
  ])('%s is a fault that /readyz names; nothing is signed or made (contract §0)', async (_what, secret) => {
    deployment.coldStart({ SEALING_KEY: secret });
    expect(await faults()).toEqual([expect.stringMatching(/^SEALING_KEY: SEALING_KEY must be 32 random bytes/)]);
    expect((await app.exchange()).status).toBe(503);
    expect((await deployment.send('/.well-known/jwks.json')).status).toBe(503);
    deployment.coldStart({ SEALING_KEY });
    expect(await list()).toHaveLength(4);
  });

  it('that is another one signs, publishes and makes nothing until the right one is back (contract §5.8)', async () => {
    await jwks();
    const old = await app.token();
    const before = await list();
    deployment.coldStart({ SEALING_KEY: newSealingKey() });
    expect(await faults()).toEqual([
      expect.stringMatching(/^SEALING_KEY: SEALING_KEY does not open the signing keys /),
    ]);
    const answer = await app.exchange();
    expect([answer.status, answer.body.error]).toEqual([503, 'server_error']);
    expect((await deployment.send('/.well-known/jwks.json')).status).toBe(503);
    expect(await isActive(old)).toBe(false);
    deployment.clock.now += 300;
    const graceful = await rotate();
    expect([graceful.status, graceful.body.detail]).toEqual([503, expect.stringContaining('mode emergency')]);
    expect(await list()).toEqual(before);
    deployment.coldStart({ SEALING_KEY });
    expect(await faults()).toEqual([]);
    expect([await isActive(old), await verifies(await app.token())]).toEqual([true, true]);
  });

  it('that is lost is replaced by a new one and an emergency rotation, which ends all tokens of before (contract §5.8)', async () => {
    await jwks();
    deployment.clock.now += 300;
    await rotate();
    const old = await app.token();
    deployment.coldStart({ SEALING_KEY: newSealingKey() });
    expect((await rotate({ mode: 'emergency' })).status).toBe(200);
    expect(await faults()).toEqual([]);
    expect(await lives()).toEqual(FULL);
    const fresh = await app.token();
    expect([await verifies(fresh), await isActive(fresh)]).toEqual([true, true]);
    expect([await verifies(old), await isActive(old)]).toEqual([false, false]);
  });

  it('that is taken away leaves nothing to sign with, and /readyz says so (contract §5.8)', async () => {
    await jwks();
    deployment.coldStart({ SEALING_KEY: undefined, SIGNING_KEYS: JSON.stringify({ keys: signingKeys() }) });
    expect(await faults()).toEqual([
      expect.stringContaining('is active and sealed, but SEALING_KEY is not set'),
      expect.stringContaining('is active and sealed, but SEALING_KEY is not set'),
    ]);
    expect((await app.exchange()).status).toBe(503);
  });
});

describe('a row of a sealed key that was changed by hand', () => {
  beforeEach(async () => void (await jwks()));

  it.each<[string, string]>([
    [
      'has the seal of another key',
      `UPDATE signing_key SET sealed = (SELECT sealed FROM signing_key k WHERE k.alg = signing_key.alg AND k.status = 'standby') WHERE status = 'active'`,
    ],
    ['has another kid', `UPDATE signing_key SET kid = 'mine' WHERE alg = 'ES256' AND status = 'active'`],
    ['has another alg', `UPDATE signing_key SET alg = 'EdDSA' WHERE alg = 'ES256' AND status = 'standby'`],
    ['has no seal', `UPDATE signing_key SET sealed = NULL WHERE alg = 'RS256' AND status = 'standby'`],
    [
      'was added',
      `INSERT INTO signing_key (kid, alg, status, published_at, source, sealed) VALUES ('mine', 'ES256', 'retiring', 0, 'sealed', 'AAAA.AAAA')`,
    ],
  ])('%s: it is named, and nothing is signed or published (contract §5.8)', async (_what, sql) => {
    expect(await faults()).toEqual([]);
    await deployment.db.prepare(sql).run();
    deployment.coldStart();
    expect(await faults()).toEqual([expect.stringMatching(/^SEALING_KEY: SEALING_KEY does not open the signing key/)]);
    expect((await app.exchange()).status).toBe(503);
    expect((await deployment.send('/.well-known/jwks.json')).status).toBe(503);
  });
});

describe('with a bundle beside it', () => {
  const bundle = (...more: object[]): string => JSON.stringify({ keys: [...signingKeys(), ...more] });
  beforeEach(async () => {
    await start({ SIGNING_KEYS: bundle(), SEALING_KEY });
    await jwks();
  });

  it('the keys of the bundle come first, and sealed ones stand by (contract §5.8)', async () => {
    expect((await list()).map(({ alg, status, source }) => `${alg} ${status} ${source}`).toSorted()).toEqual([
      'ES256 active bundle',
      'ES256 standby sealed',
      'RS256 active bundle',
      'RS256 standby sealed',
    ]);
    expect(kidIn(await app.token())).toBe('test-es256');
  });

  it('a standby key of the bundle is next, then the sealed one (contract §5.8)', async () => {
    deployment.coldStart({ SIGNING_KEYS: bundle(await newSigningKey('ES256', 'next')) });
    await jwks();
    deployment.clock.now += 300;
    expect((await rotate({ alg: 'ES256' })).body).toMatchObject({ kid: 'next', source: 'bundle' });
    expect((await rotate({ alg: 'ES256' })).body).toMatchObject({ source: 'sealed', previous: { kid: 'next' } });
  });

  it.each(['graceful', 'emergency'])(
    '"source": "bundle" abandons every key of it (%s) (contract §5.8)',
    async (mode) => {
      deployment.coldStart({ SIGNING_KEYS: bundle(await newSigningKey('ES256', 'next')) });
      const seen = await published();
      deployment.clock.now += 300;
      const old = await app.token();
      expect((await rotate({ mode, source: 'bundle' })).status).toBe(200);
      const left = mode === 'graceful' ? 'retiring' : 'revoked';
      expect(Object.fromEntries((await list()).map(({ kid, status }) => [kid, status]))).toMatchObject({
        'test-es256': left,
        'test-rs256': left,
        next: 'revoked',
      });
      const fresh = await app.token();
      expect(seen.includes(kidIn(fresh))).toBe(mode === 'graceful');
      expect(await verifies(fresh)).toBe(true);
      expect([await verifies(old), await isActive(old)]).toEqual([mode === 'graceful', mode === 'graceful']);
      const again = await rotate({ mode, source: 'bundle' });
      expect([again.status, again.body.detail]).toEqual([409, expect.stringContaining('no key of SIGNING_KEYS')]);
      deployment.coldStart({ SIGNING_KEYS: undefined });
      expect(await faults()).toEqual([]);
      expect(await verifies(await app.token())).toBe(true);
    },
  );

  it('"source" goes with neither alg nor kid (contract §5.8)', async () => {
    for (const more of [{ alg: 'ES256' }, { kid: 'test-es256' }]) {
      const answer = await rotate({ source: 'bundle', mode: 'emergency', ...more });
      expect(answer.status).toBe(400);
      expect(answer.body.errors).toEqual([{ pointer: '/source', detail: expect.any(String) }]);
    }
    expect((await rotate({ source: 'sealed' })).status).toBe(400);
  });
});

describe('the schedule', () => {
  it('makes what is lacking before anybody asks (contract §5.8)', async () => {
    await deployment.tendKeys();
    const { results } = await deployment.db.prepare('SELECT alg FROM signing_key').all();
    expect(results).toHaveLength(4);
  });

  it('rotates each key after KEY_ROTATION_DAYS, gracefully and audited, and no earlier (contract §0)', async () => {
    deployment.coldStart({ KEY_ROTATION_DAYS: '30' });
    await deployment.tendKeys();
    const first = await app.token();
    deployment.clock.now += 30 * 86_400 - 1;
    await deployment.tendKeys();
    expect(await kidOf('ES256', 'active')).toBe(kidIn(first));
    deployment.clock.now += 1;
    const known = await jwks();
    await deployment.tendKeys();
    const fresh = await app.token();
    expect(kidIn(fresh)).not.toBe(kidIn(first));
    expect(await verifiesWith(fresh, known)).toBe(true);
    expect(await lives()).toEqual([
      ...FULL.slice(0, 1),
      'ES256 retiring',
      'ES256 standby',
      'RS256 active',
      'RS256 retiring',
      'RS256 standby',
    ]);
    const events = (await deployment.events()).filter(({ action }) => action === 'signing_key.rotate');
    expect(events.map(({ actor, outcome }) => `${String(actor)} ${String(outcome)}`)).toEqual([
      'schedule success',
      'schedule success',
    ]);
    // And forgets the private parts of what is over.
    deployment.clock.now += 86_400;
    await deployment.tendKeys();
    const { results } = await deployment.db.prepare("SELECT sealed FROM signing_key WHERE status = 'retiring'").all();
    expect(results.map(({ sealed }) => sealed)).toEqual([null, null]);
    expect(await faults()).toEqual([]);
  });

  it('never rotates by itself without the setting (contract §0)', async () => {
    await deployment.tendKeys();
    const kid = await kidOf('ES256', 'active');
    deployment.clock.now += 4_000 * 86_400;
    await deployment.tendKeys();
    expect(await kidOf('ES256', 'active')).toBe(kid);
  });

  it.each(['-1', '1.5', '3651', 'weekly'])('KEY_ROTATION_DAYS %s is a fault (contract §0)', async (days) => {
    deployment.coldStart({ KEY_ROTATION_DAYS: days });
    expect(await faults()).toEqual([expect.stringMatching(/^KEY_ROTATION_DAYS: .*whole number of days/)]);
  });

  it('KEY_ROTATION_DAYS without SEALING_KEY is a fault, since it would do nothing (contract §0)', async () => {
    deployment.coldStart({
      KEY_ROTATION_DAYS: '30',
      SEALING_KEY: undefined,
      SIGNING_KEYS: JSON.stringify({ keys: signingKeys() }),
    });
    expect(await faults()).toEqual([expect.stringMatching(/^KEY_ROTATION_DAYS: .*needs SEALING_KEY/)]);
    expect((await app.exchange()).status).toBe(200);
  });
});

it('reads nothing for a token that somebody made up (contract §3)', async () => {
  await jwks();
  const [, payload = ''] = (await app.token()).split('.');
  const header = btoa(JSON.stringify({ alg: 'ES256', kid: 'made-up', typ: 'at+jwt' })).replaceAll('=', '');
  deployment.resetCounts();
  const body = new URLSearchParams({ token: `${header}.${payload}.${'A'.repeat(86)}` });
  expect((await deployment.send('/oidc/revoke', { method: 'POST', body })).status).toBe(200);
  expect(deployment.counts.d1Trips).toBe(0);
});

it('signs for this issuer alone, as with any key (contract §3)', async () => {
  const token = await app.token();
  const { payload } = await jwtVerify(token, createLocalJWKSet(await jwks()), {
    currentDate: new Date(deployment.clock.now * 1000),
    issuer: ISSUER_URL,
  });
  expect(payload.iss).toBe(ISSUER_URL);
});

describe('a database that was taken back as a whole', () => {
  it('is made safe by one step: every sealed key is made anew, and tokens of before have ended (contract §8)', async () => {
    await start();
    await jwks();
    const old = await app.token();
    const before = await list();
    const { db } = deployment;
    // The clock of a test is not that of the database.
    const at = (sql: string): string => sql.replaceAll('unixepoch()', String(deployment.clock.now));
    await db.batch(AFTER_TIME_TRAVEL.map((sql) => db.prepare(at(sql))));
    deployment.clock.now += 1;
    expect(await isActive(old)).toBe(false);
    // The same isolate, which has all keys in its memory.
    const fresh = await app.token();
    expect(before.map(({ kid }) => kid)).not.toContain(kidIn(fresh));
    expect([await verifies(fresh), await isActive(fresh)]).toEqual([true, true]);
    expect(await faults()).toEqual([]);
    expect(await lives()).toEqual(FULL);
  });
});

describe('a key of an algorithm that this release does not know', () => {
  const add = async (source: string, alg: string, status = 'active'): Promise<void> => {
    await deployment.db
      .prepare(
        "INSERT INTO signing_key (kid, alg, source, status, published_at, activated_at) VALUES ('newer', ?1, ?2, ?3, 1, 1)",
      )
      .bind(alg, source, status)
      .run();
    deployment.coldStart();
  };

  it.each([
    ['bundle', 'ES512', 'active'],
    ['sealed', 'ES512', 'active'],
    ['sealed', 'ML-DSA-65', 'standby'],
    ['bundle', 'es256', 'retiring'],
  ])(
    '(%s, %s, %s) holds up nothing, is named by /readyz, and goes by its kid (contract §5.8)',
    async (source, alg, status) => {
      await jwks();
      await add(source, alg, status);
      const ready = async (): Promise<unknown[]> => {
        const { status: code, body } = await deployment.send('/readyz');
        return [code, ...((body.warnings ?? []) as { detail: string }[]).map(({ detail }) => detail)];
      };
      expect(await ready()).toEqual([
        200,
        expect.stringMatching(`^signing key newer is of the algorithm ${alg}, which`),
      ]);
      expect(await published()).not.toContain('newer');
      expect(await verifies(await app.token())).toBe(true);
      expect((await rotate({ mode: 'emergency' })).status).toBe(200);
      expect(await verifies(await app.token())).toBe(true);

      expect(await rotate({ mode: 'emergency', kid: 'newer' })).toMatchObject({
        status: 200,
        body: { kid: 'newer', alg, status: 'revoked', previous: null },
      });
      expect(await ready()).toEqual([200]);
      expect(await lives()).toEqual(FULL);
    },
  );

  it('is not rotated by the schedule, which rotates the others (contract §0)', async () => {
    await jwks();
    await add('bundle', 'ES512');
    deployment.coldStart({ KEY_ROTATION_DAYS: '1' });
    deployment.clock.now += 2 * 86_400;
    const { rotations } = (await deployment.tendKeys()) as { rotations: { alg: string; detail: string | null }[] };
    expect(rotations.map(({ alg, detail }) => `${alg} ${detail}`).toSorted()).toEqual(['ES256 null', 'RS256 null']);
  });
});
