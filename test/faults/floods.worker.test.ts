// Floods: what many requests at once may cost, in cryptography, in rows and in requests to an issuer; docs/reliability.md names the outcomes.

import { env } from 'cloudflare:workers';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { MAX_DISTINCT_REFUSALS } from '../../src/store/limits.ts';
import { ADMIN_TOKEN, deploy, ID_TOKEN, ISSUER_URL, join, TOKEN_EXCHANGE } from '../support/deployment.ts';
import type { Deployment, Joined } from '../support/deployment.ts';
import { createIssuer, createKey } from '../support/issuer.ts';
import type { TestIssuer } from '../support/issuer.ts';
import type { Settings } from '../../src/config.ts';
import { addOtherOrganisation, addWorkload, DEFAULT_ORGANISATION_ID } from '../support/workload.ts';

afterEach(() => void vi.restoreAllMocks());

interface Flooded {
  readonly deployment: Deployment;
  readonly issuer: TestIssuer;
  readonly joined: Joined;
  /** A token of the issuer for a subject. */
  readonly token: (sub: string, header?: Record<string, unknown>) => Promise<string>;
}

async function flooded(settings: Partial<Settings> = {}): Promise<Flooded> {
  const deployment = await deploy(settings);
  const issuer = await createIssuer();
  const joined = await join(deployment, issuer, { providerSubject: 'job:good' });
  const token = (sub: string, header: Record<string, unknown> = {}): Promise<string> => {
    const { now } = deployment.clock;
    const claims = { iss: issuer.issuer, sub, aud: 'https://cambist.test', iat: now, exp: now + 300 };
    return issuer.sign({ ...claims, jti: crypto.randomUUID() }, { header });
  };
  expect((await deployment.exchange(await token('job:good'))).status).toBe(200);
  return { deployment, issuer, joined, token };
}

/** Limits each caller to as many requests as the real binding was told; it counts in a window of real time that no test can wait for. */
function limiter(limit: number): RateLimit {
  const seen = new Map<string, number>();
  return {
    limit: async ({ key }) => {
      seen.set(key, (seen.get(key) ?? 0) + 1);
      return { success: (seen.get(key) ?? 0) <= limit };
    },
  };
}

describe('a flood from one address', () => {
  it('is answered 429 with retry-after, before any cryptography, storage or fetch, and other callers are served (contract §3)', async () => {
    const { deployment, token } = await flooded({ RATE_LIMITER: limiter(20) });
    const one = await token('job:good');
    const from = (address: string): ReturnType<Deployment['send']> =>
      deployment.send('/oidc/token', {
        method: 'POST',
        headers: { 'cf-connecting-ip': address, 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({
          grant_type: TOKEN_EXCHANGE,
          subject_token: one,
          subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
        }).toString(),
      });
    for (let sent = 0; sent < 20; sent += 1) expect((await from('192.0.2.1')).status).toBe(200);

    deployment.resetCounts();
    const cryptography = (['verify', 'sign', 'digest', 'importKey'] as const).map((name) =>
      vi.spyOn(crypto.subtle, name),
    );
    const shed = await Promise.all(Array.from({ length: 200 }, () => from('192.0.2.1')));
    expect(new Set(shed.map(({ status }) => status))).toEqual(new Set([429]));
    for (const { headers, body } of shed) {
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
      expect(body.error).toBe('temporarily_unavailable');
    }
    expect(cryptography.map((spy) => spy.mock.calls.length)).toEqual([0, 0, 0, 0]);
    expect(deployment.counts).toEqual({ d1Trips: 0, d1Reads: 0, d1Writes: 0, kvReads: 0, kvWrites: 0, fetches: [] });

    expect((await from('192.0.2.2')).status).toBe(200);
  });

  it.each([
    ['/oidc/token', { grant_type: TOKEN_EXCHANGE, subject_token_type: ID_TOKEN, subject_token: '' }, 200],
    ['/api/v2/oauth/token-exchange', { client_id: '', jwt: '' }, 200],
    ['/oidc/token', { grant_type: 'client_credentials', client_id: 'cbk_x', client_secret: 'guess' }, 401],
    ['/oidc/introspect', { token: '' }, 401],
    ['/oidc/revoke', { token: '' }, 200],
  ])(
    'is shed at %s, %j, before any work, in spite of changing addresses in its IPv6 network (contract §0)',
    async (path, fields, otherwise) => {
      const { deployment, joined, token } = await flooded({ RATE_LIMITER: limiter(1) });
      const good = await token('job:good');
      const filled = Object.entries(fields).map(([name, value]): [string, string] => {
        if (value !== '') return [name, value];
        return [name, name === 'client_id' ? joined.federatedIdentity : good];
      });
      const body = new URLSearchParams(filled).toString();
      const from = (address: string): ReturnType<Deployment['send']> =>
        deployment.send(path, {
          method: 'POST',
          headers: { 'cf-connecting-ip': address, 'content-type': 'application/x-www-form-urlencoded' },
          body,
        });
      expect((await from('2001:db8:1:2::1')).status).toBe(otherwise);
      deployment.resetCounts();
      const cryptography = (['verify', 'sign', 'digest', 'importKey'] as const).map((name) =>
        vi.spyOn(crypto.subtle, name),
      );
      const shed = await Promise.all(Array.from({ length: 20 }, (_, host) => from(`2001:db8:1:2:${host}::9`)));
      expect(new Set(shed.map(({ status }) => status))).toEqual(new Set([429]));
      expect(shed.filter(({ headers }) => !(Number(headers.get('retry-after')) > 0))).toEqual([]);
      expect(cryptography.map((spy) => spy.mock.calls.length)).toEqual([0, 0, 0, 0]);
      expect(deployment.counts).toEqual({
        d1Trips: 0,
        d1Reads: 0,
        d1Writes: 0,
        kvReads: 0,
        kvWrites: 0,
        fetches: [],
      });
      expect((await from('2001:db8:1:3::1')).status).toBe(otherwise);
    },
  );

  it('is shed at /readyz, which anyone may ask, before any storage, and /healthz costs none (contract §0)', async () => {
    const { deployment } = await flooded({ RATE_LIMITER: limiter(2) });
    const from = (address: string, path = '/readyz'): ReturnType<Deployment['send']> =>
      deployment.send(path, { headers: { 'cf-connecting-ip': address } });
    for (let asked = 0; asked < 2; asked += 1) expect((await from('192.0.2.5')).body).toEqual({ status: 'ready' });
    deployment.resetCounts();
    for (let asked = 0; asked < 20; asked += 1) {
      const { status, headers, body } = await from('192.0.2.5');
      expect([status, headers.get('retry-after')]).toEqual([429, '10']);
      expect(body).toEqual({ status: 'rate_limited', request_id: headers.get('x-request-id') });
      expect((await from('192.0.2.5', '/healthz')).status).toBe(200);
    }
    expect(deployment.counts).toEqual({ d1Trips: 0, d1Reads: 0, d1Writes: 0, kvReads: 0, kvWrites: 0, fetches: [] });
    expect((await from('192.0.2.6')).body).toEqual({ status: 'ready' });
  });

  it.each<[string, RateLimit['limit'], string]>([
    ['fails', async () => Promise.reject(new Error('no limiter')), 'Error: no limiter'],
    ['never answers', async () => new Promise(() => undefined), 'Error: no answer within 1000 ms'],
  ])('is no reason to refuse anybody where the limiter itself %s (contract §0)', async (_, limit, detail) => {
    const { deployment, token } = await flooded({ RATE_LIMITER: { limit } });
    expect((await deployment.exchange(await token('job:good'))).status).toBe(200);
    expect(deployment.logs).toContainEqual(expect.objectContaining({ event: 'rate_limiter.failed', detail }));
  });

  it('is shed by the binding of wrangler.toml itself (contract §0)', async () => {
    const deployment = await deploy({ RATE_LIMITER: (env as Settings).RATE_LIMITER as RateLimit });
    const send = async (address: string): Promise<number> => {
      const headers = { 'cf-connecting-ip': address, 'content-type': 'application/x-www-form-urlencoded' };
      return (await deployment.send('/oidc/token', { method: 'POST', headers, body: 'grant_type=x' })).status;
    };
    const statuses = new Set<number>();
    for (let sent = 0; sent < 1_300 && !statuses.has(429); sent += 1) statuses.add(await send('192.0.2.3'));
    expect(statuses).toEqual(new Set([400, 429]));
    expect(await send('192.0.2.4')).toBe(400);
  });
});

describe('a flood of writes to the IAM API', () => {
  it('is answered 429 with retry-after before anything is written, by organisation; reading, others and root go on (contract §5.7)', async () => {
    const { deployment } = await flooded();
    const other = await addOtherOrganisation(deployment);
    const admin = async (name: string, organisation: string): Promise<string> =>
      (await addWorkload(deployment, name, ['iam:admin'], { organisation, tokenAudiences: [ISSUER_URL] })).token();
    const [flooding, neighbour] = [await admin('flooding', DEFAULT_ORGANISATION_ID), await admin('neighbour', other)];
    deployment.coldStart({ RATE_LIMITER: limiter(3) });
    const send = (method: string, token: string, path = '/v1/service-accounts'): ReturnType<Deployment['send']> =>
      deployment.send(path, {
        method,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        ...(method === 'GET' ? {} : { body: JSON.stringify({ name: crypto.randomUUID() }) }),
      });
    for (let sent = 0; sent < 3; sent += 1) expect((await send('POST', flooding)).status).toBe(201);
    deployment.resetCounts();
    for (const path of ['/v1/service-accounts', '/v1/iam/roles', '/v1/federated-identities/explain']) {
      const { status, headers, body } = await send('POST', flooding, path);
      expect([status, body.type]).toEqual([429, 'urn:cambist:problem:rate-limited']);
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    }
    expect(deployment.counts.d1Writes).toBe(0);
    for (let read = 0; read < 5; read += 1) expect((await send('GET', flooding)).status).toBe(200);
    expect((await send('POST', neighbour)).status).toBe(201);
    for (let sent = 0; sent < 5; sent += 1) expect((await send('POST', ADMIN_TOKEN)).status).toBe(201);
  });
});

describe('a flood of grants', () => {
  it('of one tenant fills D1 slowly: every grant is recorded, and most of them without what the token said (contract §5.7)', async () => {
    const { deployment, issuer } = await flooded();
    const { now } = deployment.clock;
    const sub = 'job:good';
    const many = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`c${index}`, 'x'.repeat(40)]));
    const claims = { iss: issuer.issuer, sub, aud: ISSUER_URL, iat: now, exp: now + 300, ...many };
    const token = await issuer.sign({ ...claims, jti: 'one' });
    const GRANTS = 360;
    let last = '';
    for (let sent = 0; sent < GRANTS; sent += 1) {
      const { status, headers } = await deployment.exchange(token);
      expect(status).toBe(200);
      last = headers.get('x-request-id') ?? '';
    }
    const events = (await deployment.events()).filter(({ outcome }) => outcome === 'granted');
    expect(events).toHaveLength(GRANTS + 1);
    expect(new Set(events.map(({ token_id }) => token_id)).size).toBe(GRANTS + 1);
    expect(events.filter(({ claims: told }) => told === null).length).toBeGreaterThan(10);
    const explained = await deployment.iam('POST', '/v1/federated-identities/explain', { requestId: last });
    expect(explained.status).toBe(400);
    expect(explained.body.detail).toContain('leaves out what the token said');

    deployment.clock.now += 60;
    expect((await deployment.exchange(token)).status).toBe(200);
    expect((await deployment.events()).at(-1)?.['claims']).toContain(sub);
  });
});

describe('a flood of verified tokens that are refused', () => {
  const refusals = async ({ deployment }: Flooded): Promise<Record<string, unknown>[]> =>
    (await deployment.events()).filter(({ outcome }) => outcome === 'refused');
  const flood = async ({ deployment, token }: Flooded, subjects: number, prefix: string): Promise<void> => {
    const tokens = await Promise.all(Array.from({ length: subjects }, (_, index) => token(`${prefix}:${index}`)));
    const answers = await Promise.all(tokens.map((one) => deployment.exchange(one)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([400]));
  };

  it('with a thousand subjects fills no more rows than the bound and one, and every refusal is counted (contract §5.7)', async () => {
    const world = await flooded();
    world.deployment.resetCounts();
    await flood(world, 1_000, 'job:evil');
    expect(world.deployment.counts).toMatchObject({ d1Reads: 1_000, d1Writes: 1_000, fetches: [] });
    const events = await refusals(world);
    expect(events).toHaveLength(MAX_DISTINCT_REFUSALS + 1);
    expect(events.reduce((sum, { count }) => sum + Number(count), 0)).toBe(1_000);
    const beyond = events.filter(({ subject }) => subject === null);
    expect(beyond).toMatchObject([
      {
        count: 1_000 - MAX_DISTINCT_REFUSALS,
        reason: 'no_federated_identity',
        issuer: world.issuer.issuer,
        claims: null,
        ip: null,
        detail: expect.stringContaining(`more than ${MAX_DISTINCT_REFUSALS} different`),
      },
    ]);
    // Each has its own line in the log all the same.
    expect(world.deployment.logs.filter(({ outcome }) => outcome === 'refused')).toHaveLength(1_000);
  });

  it('leaves grants and refusals that were there before as they are (contract §5.7)', async () => {
    const world = await flooded();
    await flood(world, 1, 'job:early');
    await flood(world, 200, 'job:evil');
    expect((await world.deployment.exchange(await world.token('job:good'))).status).toBe(200);
    await flood(world, 1, 'job:early');
    const events = await world.deployment.events();
    expect(events.filter(({ outcome }) => outcome === 'granted')).toHaveLength(2);
    expect(events.filter(({ subject }) => subject === 'job:early:0')).toMatchObject([{ count: 2 }]);
  });

  it('is over a minute later: the next refusal has an event of its own (contract §5.7)', async () => {
    const world = await flooded();
    await flood(world, 200, 'job:evil');
    world.deployment.clock.now += 60;
    await flood(world, 1, 'job:late');
    expect((await refusals(world)).filter(({ subject }) => subject === 'job:late:0')).toHaveLength(1);
  });

  it('hides no refusal of another organisation (contract §5.7)', async () => {
    const world = await flooded();
    const { deployment, issuer, token } = world;
    expect((await deployment.iam('POST', '/v1/organisations', { name: 'Other', slug: 'other' })).status).toBe(201);
    const inOther = (path: string, body: object): ReturnType<Deployment['send']> =>
      deployment.send(path, {
        method: 'POST',
        headers: {
          authorization: `Bearer test-root-token-of-at-least-32-characters`,
          'content-type': 'application/json',
          'x-organisation-identity': 'other',
        },
        body: JSON.stringify(body),
      });
    const provider = { name: 'issuer', providerIssuer: issuer.issuer, status: 'active' };
    expect((await inOther('/v1/federated-identity-providers', provider)).status).toBe(201);
    await flood(world, 200, 'job:evil');
    const answer = await deployment.exchange(await token('job:other'), { organisation_id: 'other' });
    expect(answer.status).toBe(400);
    expect((await refusals(world)).filter(({ subject }) => subject === 'job:other')).toHaveLength(1);
  });

  it('is found by the request id of its last refusal, and listed by the API (contract §5.7)', async () => {
    const world = await flooded();
    await flood(world, 100, 'job:evil');
    const last = await world.deployment.exchange(await world.token('job:last'));
    const requestId = last.body.request_id as string;
    const listed = await world.deployment.iam('GET', `/v1/audit-events?requestId=${requestId}`);
    expect(listed.body).toMatchObject([{ count: 41, subject: null, reason: 'no_federated_identity' }]);
  });
});

describe('a flood of random kids', () => {
  it('costs the issuer two requests in 30 s, D1 no write, and the workloads of that issuer nothing (contract §6)', async () => {
    const { deployment, issuer, token } = await flooded();
    const stranger = await createKey('ES256', 'stranger');
    deployment.resetCounts();
    const before = issuer.requests();
    for (let second = 0; second < 30; second += 1) {
      const { now } = deployment.clock;
      const claims = { iss: issuer.issuer, sub: 'job:good', aud: 'https://cambist.test', iat: now, exp: now + 300 };
      const tokens = await Promise.all(
        Array.from({ length: 10 }, () => issuer.sign(claims, { key: stranger, header: { kid: crypto.randomUUID() } })),
      );
      const answers = await Promise.all(tokens.map((one) => deployment.exchange(one)));
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([400]));
      deployment.clock.now += 1;
    }
    // One refresh: the discovery document and the key set.
    expect(issuer.requests() - before).toBe(2);
    expect(deployment.counts.d1Writes).toBe(0);
    expect((await deployment.exchange(await token('job:good'))).status).toBe(200);
  });
});
