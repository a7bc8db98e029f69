// Faults of D1, injected between the application and the real database: never a token without its durable event (docs/reliability.md).

import { env } from 'cloudflare:workers';
import { decodeProtectedHeader } from 'jose';
import { describe, expect, it, vi } from 'vitest';

import type { Settings } from '../../src/config.ts';
import worker from '../../src/worker.ts';
import { ADMIN_TOKEN } from '../support/deployment.ts';
import type { Answer } from '../support/deployment.ts';
import { always, healthy, inOrder, onReads, onWrites } from './faulty-bindings.ts';
import { bundleOf, newKey } from './secrets.ts';
import { expectUnavailable, startWorld, tokenIdOf } from './world.ts';
import type { World } from './world.ts';

const ROOT = { authorization: `Bearer ${ADMIN_TOKEN}` };

async function credentialOf({ deployment, joined }: World): Promise<() => Promise<Answer>> {
  const { body } = await deployment.iam('POST', `/v1/service-accounts/${joined.serviceAccount}/access-credentials`, {
    name: 'old system',
    scopes: [],
    expiresAt: new Date((deployment.clock.now + 86_400) * 1000).toISOString(),
  });
  const credentials = { client_id: String(body.accessKey), client_secret: String(body.accessSecret) };
  return () => deployment.token({ grant_type: 'client_credentials', ...credentials });
}

describe('D1 that fails', () => {
  it('is 503 with retry-after at every door that needs it, and 200 again with it (contract §1, §3)', async () => {
    const world = await startWorld();
    const { deployment, d1, works, token, issuer } = world;
    await works();
    const useCredential = await credentialOf(world);
    const issued = (await deployment.exchange(await token())).body.access_token as string;
    const form = { method: 'POST', body: new URLSearchParams({ token: issued }) };
    const introspect = (headers: Record<string, string>): Promise<Answer> =>
      deployment.send('/oidc/introspect', { ...form, headers });
    const events = (await deployment.events()).length;

    d1.fault = always('fail');
    expectUnavailable(await deployment.exchange(await token()));
    expectUnavailable(await deployment.exchange(await token({ sub: 'job:other' })));
    expectUnavailable(await useCredential());
    expectUnavailable(await deployment.send('/.well-known/jwks.json'));
    expectUnavailable(await introspect({ authorization: `Bearer ${issued}` }));
    expectUnavailable(await introspect(ROOT));
    expectUnavailable(await deployment.send('/oidc/revoke', form));
    for (const iam of [
      await deployment.iam('GET', '/v1/service-accounts'),
      await deployment.iam('POST', '/v1/service-accounts', { name: 'new' }),
      await deployment.iam('GET', '/v1/audit-events'),
      await deployment.iam('POST', '/v1/signing-keys/rotate'),
      await deployment.iam('POST', '/v1/federated-identities/explain', { subjectToken: await token() }),
      await deployment.send('/v1/me', { headers: { authorization: `Bearer ${issued}` } }),
    ]) {
      expect([iam.status, iam.headers.get('retry-after')]).toEqual([503, '5']);
      expect(iam.body.type).toBe('urn:cambist:problem:unavailable');
    }
    const ready = await deployment.send('/readyz');
    expect([ready.status, ready.body.faults.length, ready.body.faults[0].setting]).toEqual([503, 1, 'DB']);
    // What needs no storage answers as ever, so that the platform does not restart what is well.
    expect((await deployment.send('/healthz')).status).toBe(200);
    expect((await deployment.send('/.well-known/openid-configuration')).status).toBe(200);
    expect((await deployment.exchange('a.b.c')).status).toBe(400);
    expect(await deployment.events()).toHaveLength(events);

    d1.fault = healthy;
    const before = issuer.requests();
    await works();
    expect(issuer.requests()).toBe(before);
    expect((await introspect(ROOT)).body.active).toBe(true);
    expect((await deployment.send('/readyz')).status).toBe(200);
  });

  it('is 503 for a revocation, which never says done before it is (RFC 7009 §2.2.1)', async () => {
    const { deployment, d1, token } = await startWorld();
    const issued = (await deployment.exchange(await token())).body.access_token as string;
    const form = { method: 'POST', body: new URLSearchParams({ token: issued }) };
    const isActive = async (): Promise<boolean> =>
      (await deployment.send('/oidc/introspect', { ...form, headers: ROOT })).body.active;
    d1.fault = onWrites('fail');
    expectUnavailable(await deployment.send('/oidc/revoke', form));
    expect(await isActive()).toBe(true);
    d1.fault = healthy;
    expect((await deployment.send('/oidc/revoke', form)).status).toBe(200);
    expect(await isActive()).toBe(false);
  });

  it('exactly between read and write issues nothing and records nothing, and the same token works afterwards (contract §3)', async () => {
    const { deployment, d1, token, granted } = await startWorld({ replayProtection: 'singleUse' });
    const one = await token();
    d1.carriedOut.length = 0;
    d1.fault = onWrites('fail');
    expectUnavailable(await deployment.exchange(one));
    expect(d1.carriedOut).toMatchObject([{ writes: false }]);
    expect(await granted()).toEqual([]);
    d1.fault = healthy;
    expect((await deployment.exchange(one)).status).toBe(200);
    expect(await granted()).toHaveLength(1);
  });

  it('between read and write of an access credential issues nothing (contract §5.5)', async () => {
    const world = await startWorld();
    const useCredential = await credentialOf(world);
    world.d1.fault = onWrites('fail');
    expectUnavailable(await useCredential());
    expect(await world.granted()).toEqual([]);
    world.d1.fault = healthy;
    expect((await useCredential()).status).toBe(200);
    expect(await world.granted()).toHaveLength(1);
  });

  it('for the record of a refusal alone is 503, so that no refusal is silently unrecorded (contract §5.7)', async () => {
    const { deployment, d1, token, works } = await startWorld();
    const evil = await token({ sub: 'job:evil' });
    d1.fault = ({ sql }) => (sql.some((text) => text.includes('collapse_key')) ? 'fail' : null);
    expectUnavailable(await deployment.exchange(evil));
    expect(await deployment.events()).not.toContainEqual(expect.objectContaining({ subject: 'job:evil' }));
    // Others are served, and the refusal is one as soon as it can be written.
    await works();
    d1.fault = healthy;
    expect((await deployment.exchange(evil)).status).toBe(400);
    expect(await deployment.events()).toContainEqual(expect.objectContaining({ subject: 'job:evil', count: 1 }));
  });

  it('for the record of a replay is 503 and no token (contract §5.3)', async () => {
    const { deployment, d1, token, granted } = await startWorld({ replayProtection: 'singleUse' });
    const one = await token();
    expect((await deployment.exchange(one)).status).toBe(200);
    d1.fault = ({ sql }) => (sql.some((text) => text.includes('collapse_key')) ? 'fail' : null);
    expectUnavailable(await deployment.exchange(one));
    d1.fault = healthy;
    expect((await deployment.exchange(one)).body.error_description).toContain('already used');
    expect(await granted()).toHaveLength(1);
  });

  it('fifty times in a row, reading or writing, is over with the first answer: nothing is restarted (contract §3)', async () => {
    const { d1, exchange, works, issuer, granted } = await startWorld();
    for (const faults of [onReads('fail'), onWrites('fail')]) {
      d1.fault = faults;
      for (let failures = 0; failures < 25; failures += 1) expectUnavailable(await exchange());
      expect(await granted()).toEqual([]);
    }
    d1.fault = healthy;
    await works();
    // The keys of the first exchange that read something were kept, though nothing of it could be written.
    expect(issuer.requests()).toBe(2);
  });

  it('for the hourly sweep ends it with a line in the log, and the next one does the work (contract §5.7)', async () => {
    const { deployment, d1 } = await startWorld();
    await deployment.db
      .prepare("INSERT INTO used_token (replay_key, token_id, expires_at) VALUES ('old', 't', 1)")
      .run();
    const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
    const run = async (): Promise<string | undefined> => {
      log.mockClear();
      await worker.scheduled?.({} as ScheduledController, { ...(env as Settings), DB: d1.db }, {} as ExecutionContext);
      return log.mock.calls.map(([line]) => String(line)).find((line) => line.includes('"event":"sweep'));
    };
    d1.fault = onWrites('fail');
    expect(JSON.parse((await run()) ?? '')).toMatchObject({ level: 'error', event: 'sweep.failed' });
    d1.fault = healthy;
    expect(JSON.parse((await run()) ?? '')).toMatchObject({ event: 'sweep', usedTokens: 1 });
    log.mockRestore();
  });

  it('in a third of the batches of two hundred exchanges at once leaves as many tokens as events, and the very same (contract §3)', async () => {
    const { deployment, d1, token, granted, works } = await startWorld();
    await works();
    const before = (await granted()).length;
    const tokens = await Promise.all(Array.from({ length: 200 }, () => token()));
    let batches = 0;
    d1.fault = () => (batches++ % 3 === 0 ? 'fail' : null);
    const answers = await Promise.all(tokens.map((one) => deployment.exchange(one)));
    d1.fault = healthy;
    const issued = answers.filter(({ status }) => status === 200);
    for (const answer of answers.filter(({ status }) => status !== 200)) expectUnavailable(answer);
    expect(issued.length).toBeGreaterThan(20);
    expect(issued.length).toBeLessThan(180);
    const recorded = (await granted()).slice(before).map(({ token_id: id }) => String(id));
    expect(recorded.toSorted()).toEqual(issued.map(tokenIdOf).toSorted());
  });
});

describe('D1 whose answer is lost after it committed', () => {
  it('issues nothing: there may be an event without a token, never a token without an event (contract §3)', async () => {
    const { deployment, d1, token, granted } = await startWorld();
    const one = await token();
    d1.fault = onWrites('lost');
    expectUnavailable(await deployment.exchange(one));
    expect(await granted()).toHaveLength(1);
    d1.fault = healthy;
    expect((await deployment.exchange(one)).status).toBe(200);
    expect(await granted()).toHaveLength(2);
  });

  it('leaves a single-use token used: at most once, even where that is never (contract §5.3)', async () => {
    const { deployment, d1, token, works, granted } = await startWorld({ replayProtection: 'singleUse' });
    const one = await token();
    d1.fault = onWrites('lost');
    expectUnavailable(await deployment.exchange(one));
    d1.fault = healthy;
    const again = await deployment.exchange(one);
    expect([again.status, again.body.error_description]).toEqual([400, expect.stringContaining('already used')]);
    expect(await granted()).toHaveLength(1);
    await works();
  });

  it('lets a repeated write of the IAM API find what it wrote: 503, then 409 (contract §5)', async () => {
    const { deployment, d1 } = await startWorld();
    const create = (): Promise<Answer> => deployment.iam('POST', '/v1/service-accounts', { name: 'once' });
    d1.fault = onWrites('lost');
    expect((await create()).status).toBe(503);
    d1.fault = healthy;
    expect((await create()).status).toBe(409);
    expect((await deployment.iam('GET', '/v1/service-accounts?name=once')).body).toHaveLength(1);
    const events = await deployment.iam('GET', '/v1/audit-events?action=service_account.create');
    const ofOnce = events.body.filter(({ changes }: { changes: unknown }) => JSON.stringify(changes).includes('once'));
    expect(ofOnce).toHaveLength(1);
  });

  it('leaves our keys registered once, and the next exchange signs with them (contract §5.8)', async () => {
    const { deployment, d1, token, works } = await startWorld();
    await deployment.db.prepare('DELETE FROM signing_key').run();
    d1.fault = inOrder(null, 'lost');
    expectUnavailable(await deployment.exchange(await token()));
    await works();
    const { body } = await deployment.iam('GET', '/v1/signing-keys');
    expect(body.map(({ status }: { status: string }) => status)).toEqual(['active', 'active']);
  });

  it('leaves a rotation done once: the new key signs, and repeating it is 409 (contract §5.8)', async () => {
    const secret = bundleOf(await newKey('ES256', 'own-1'), await newKey('ES256', 'own-2'));
    const { deployment, d1, exchange } = await startWorld({}, { SIGNING_KEYS: secret });
    deployment.clock.now += 301;
    const rotate = (): Promise<Answer> => deployment.iam('POST', '/v1/signing-keys/rotate');
    d1.fault = onWrites('lost');
    expect((await rotate()).status).toBe(503);
    d1.fault = healthy;
    expect((await rotate()).status).toBe(409);
    expect(decodeProtectedHeader((await exchange()).body.access_token).kid).toBe('own-2');
    const rotations = (await deployment.events()).filter(({ action }) => action === 'signing_key.rotate');
    expect(rotations).toHaveLength(1);
  });
});

describe('D1 that answers something else than it was asked', () => {
  it.each<[string, Parameters<typeof onWrites>[0]]>([
    ['fewer results than statements', (results) => results.slice(1)],
    ['no results', () => []],
    ['a result that is no success', (results) => results.map((result) => ({ ...result, success: false as true }))],
  ])('with %s when writing is 503: no token on a doubtful event (contract §3)', async (_name, fault) => {
    const { d1, exchange, works } = await startWorld();
    d1.fault = onWrites(fault);
    const answer = await exchange();
    expect(answer.status).toBe(503);
    expectUnavailable(answer);
    d1.fault = healthy;
    await works();
  });

  it.each<[string, Parameters<typeof onReads>[0]]>([
    ['no rows', (results) => results.map((result) => ({ ...result, results: [] }))],
    ['no results', () => []],
  ])('with %s when reading is 503, not a refusal of the caller (contract §3)', async (_name, fault) => {
    const { d1, exchange, works, deployment } = await startWorld();
    d1.fault = onReads(fault);
    expectUnavailable(await exchange());
    d1.fault = healthy;
    await works();
    expect((await deployment.events()).filter(({ outcome }) => outcome === 'refused')).toEqual([]);
  });

  it.each(['off', 'singleUse'])(
    'without the count of what was written is 503, never a token (replayProtection %s, contract §5.3)',
    async (replayProtection) => {
      const { d1, exchange } = await startWorld({ replayProtection });
      d1.fault = onWrites((results) =>
        results.map((result) => ({ ...result, meta: {} as D1Meta & Record<string, unknown> })),
      );
      const answer = await exchange();
      expect([answer.status, answer.body.access_token]).toEqual([503, undefined]);
    },
  );
});
