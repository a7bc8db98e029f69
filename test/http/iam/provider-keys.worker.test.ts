// Refreshing and checking an issuer over the API: contract §5.1 and §6, with an issuer in memory.

import { beforeEach, describe, expect, it } from 'vitest';

import { deploy, join } from '../../support/deployment.ts';
import type { Answer, Deployment, Joined } from '../../support/deployment.ts';
import { createIssuer } from '../../support/issuer.ts';
import type { TestIssuer } from '../../support/issuer.ts';

const PATH = '/v1/federated-identity-providers';

let deployment: Deployment;
let issuer: TestIssuer;
let joined: Joined;

beforeEach(async () => {
  deployment = await deploy();
  issuer = await createIssuer();
  joined = await join(deployment, issuer, { providerSubject: 'job:1' });
});

const refresh = (): Promise<Answer> => deployment.iam('POST', `${PATH}/${joined.provider}/refresh`);
const check = (): Promise<Answer> => deployment.iam('POST', `${PATH}/${joined.provider}/check`);
const exchange = async (): Promise<number> => {
  const { now } = deployment.clock;
  const claims = { iss: issuer.issuer, sub: 'job:1', aud: 'https://cambist.test', iat: now, exp: now + 60 };
  return (await deployment.exchange(await issuer.sign(claims))).status;
};
const row = async (): Promise<Record<string, unknown> | null> =>
  deployment.db
    .prepare(
      'SELECT keys_version, fetched_keys, last_fetched_at, last_fetch_error, object_version FROM identity_provider',
    )
    .first();

describe('refresh', () => {
  it('fetches now, raises the version and audits, in one write (contract §5.1)', async () => {
    deployment.resetCounts();
    const { status, body } = await refresh();
    expect(status).toBe(200);
    expect(body).toMatchObject({
      identity: joined.provider,
      keys: [{ kid: 'key-1', alg: 'ES256' }],
      lastFetchedAt: '2026-09-10T00:26:40Z',
      lastFetchError: null,
      objectVersion: 1,
    });
    expect(deployment.counts).toMatchObject({ d1Writes: 1, kvWrites: 1 });
    expect(deployment.counts.fetches).toHaveLength(2);
    expect(await row()).toMatchObject({ keys_version: 2, object_version: 1 });
    const events = await deployment.iam('GET', '/v1/audit-events?action=identity_provider.refresh');
    expect(events.body).toMatchObject([
      {
        actor: 'root',
        outcome: 'success',
        issuer: issuer.issuer,
        changes: { before: { keys: [] }, after: { keys: body.keys } },
      },
    ]);
    expect((await deployment.iam('GET', `${PATH}/${joined.provider}`)).body).toEqual(body);
  });

  it('makes a withdrawn key stop at once, in isolates that had it cached too (contract §6)', async () => {
    expect(await exchange()).toBe(200);
    const { key } = issuer;
    await issuer.rotate();
    issuer.withdraw();
    const { now } = deployment.clock;
    const old = await issuer.sign(
      { iss: issuer.issuer, sub: 'job:1', aud: 'https://cambist.test', iat: now, exp: now + 60 },
      { key },
    );
    expect((await deployment.exchange(old)).status).toBe(200);
    expect((await refresh()).status).toBe(200);
    expect((await deployment.exchange(old)).status).toBe(400);
    expect(await exchange()).toBe(200);
  });

  it('hands the keys to other isolates through KV (contract §6)', async () => {
    await refresh();
    deployment.coldStart();
    deployment.resetCounts();
    expect(await exchange()).toBe(200);
    expect(deployment.counts).toMatchObject({ kvReads: 1, fetches: [] });
  });

  it.each([
    ['down', () => issuer.goDown(), 'answered 503'],
    ['garbage', () => issuer.serveGarbage(), 'not acceptable JSON'],
    ['without keys', () => issuer.publish(), 'it has no keys'],
    [
      'lying',
      () =>
        issuer.answer(issuer.discoveryPath, () =>
          Response.json({ issuer: 'https://else.example', jwks_uri: issuer.jwksUri }),
        ),
      'names another issuer',
    ],
  ])(
    'of an issuer that is %s keeps the good keys and says why it failed (contract §6)',
    async (_what, break_, reason) => {
      expect(await exchange()).toBe(200);
      await refresh();
      const before = await row();
      break_();
      const { status, body } = await refresh();
      expect(status).toBe(502);
      expect(body).toMatchObject({
        type: 'urn:cambist:problem:issuer-failing',
        detail: expect.stringContaining(reason),
      });
      expect(await row()).toEqual({ ...before, last_fetch_error: expect.stringContaining(reason) });
      expect(await exchange()).toBe(200);
      const shown = await deployment.iam('GET', `${PATH}/${joined.provider}`);
      expect(shown.body.lastFetchError).toContain(reason);
      issuer.comeBack();
      issuer.publish(issuer.key.publicJwk);
      expect((await refresh()).body.lastFetchError).toBeNull();
    },
  );

  it('twice at once succeeds twice (contract §6)', async () => {
    const answers = await Promise.all([refresh(), refresh(), refresh()]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(await row()).toMatchObject({ keys_version: 4 });
    expect(await exchange()).toBe(200);
  });

  it('has nothing to fetch where keys are given by hand (contract §5.1)', async () => {
    await deployment.iam('PATCH', `${PATH}/${joined.provider}`, { localJwks: issuer.jwks });
    deployment.resetCounts();
    expect((await refresh()).status).toBe(409);
    expect(deployment.counts.fetches).toEqual([]);
  });

  it('answers 404 for a provider that is not there (contract §5)', async () => {
    for (const action of ['refresh', 'check']) {
      expect((await deployment.iam('POST', `${PATH}/idp_00000000000000000000000001/${action}`)).status).toBe(404);
      expect((await deployment.iam('GET', `${PATH}/${joined.provider}/${action}`)).status).toBe(405);
    }
  });
});

/** The findings that are not ok, by check. */
function findings({ body }: Answer): Record<string, { verdict: string; detail: string; advice: string }> {
  return Object.fromEntries(
    body.checks
      .filter(({ verdict }: { verdict: string }) => verdict !== 'ok')
      .map((finding: { check: string }) => [finding.check, finding]),
  );
}

const dated = (body: unknown, seconds: number, headers: Record<string, string> = {}): Response =>
  Response.json(body, { headers: { date: new Date(seconds * 1000).toUTCString(), ...headers } });

describe('check', () => {
  beforeEach(() => {
    issuer.answer(issuer.jwksPath, () => dated(issuer.jwks, deployment.clock.now));
  });

  it('finds nothing wrong with a good issuer, and changes nothing (contract §5.1)', async () => {
    const before = await row();
    deployment.resetCounts();
    const { status, body } = await check();
    expect(status).toBe(200);
    expect(body).toMatchObject({ identity: joined.provider, providerIssuer: issuer.issuer, verdict: 'ok' });
    expect(body.checks.map(({ check: name }: { check: string }) => name)).toEqual([
      'status',
      'discovery',
      'issuer',
      'jwks_uri',
      'jwks',
      'keys',
      'algorithms',
      'clock',
    ]);
    expect(body.checks.every(({ advice }: { advice: string | null }) => advice === null)).toBe(true);
    expect(deployment.counts).toMatchObject({ d1Writes: 0, kvReads: 0, kvWrites: 0 });
    expect(await row()).toEqual(before);
  });

  const discovery = (document: unknown): void => issuer.answer(issuer.discoveryPath, () => Response.json(document));
  const rsa = (bytes: number): object => ({
    kty: 'RSA',
    kid: 'weak',
    alg: 'RS256',
    e: 'AQAB',
    n: `wA${'A'.repeat((bytes * 4) / 3 - 2)}`,
  });

  it.each<[string, () => unknown, string, string, string]>([
    ['an outage', () => issuer.goDown(), 'discovery', 'failed', 'failing'],
    ['a redirect', () => issuer.goDown(302), 'discovery', 'failed', 'redirects are not followed'],
    ['a sign-in', () => issuer.goDown(403), 'discovery', 'failed', 'public'],
    ['no document', () => issuer.goDown(404), 'discovery', 'failed', 'path of providerIssuer'],
    ['a sign-in page', () => issuer.serveGarbage(), 'discovery', 'failed', 'sign-in page'],
    ['a document that is none', () => discovery([]), 'discovery', 'failed', 'providerJwksUri'],
    ['a trailing slash', () => discovery({ issuer: `${issuer.issuer}/` }), 'issuer', 'failed', 'trailing slash'],
    [
      'another case',
      () => discovery({ issuer: issuer.issuer.toUpperCase() }),
      'issuer',
      'failed',
      'upper and lower case',
    ],
    [
      'another issuer',
      () => discovery({ issuer: 'https://else.example' }),
      'issuer',
      'failed',
      'exactly https://else.example',
    ],
    ['no jwks_uri', () => discovery({ issuer: issuer.issuer }), 'jwks_uri', 'failed', 'discovery document itself'],
    [
      'a forbidden jwks_uri',
      () => discovery({ issuer: issuer.issuer, jwks_uri: 'https://10.0.0.1/keys' }),
      'jwks_uri',
      'failed',
      'public https addresses',
    ],
    [
      'no key set',
      () => issuer.answer(issuer.jwksPath, () => new Response('no', { status: 404 })),
      'jwks',
      'failed',
      'path',
    ],
    [
      'a set that is none',
      () => issuer.answer(issuer.jwksPath, () => dated([], deployment.clock.now)),
      'keys',
      'failed',
      'RFC 7517',
    ],
    ['no keys', () => issuer.publish(), 'keys', 'failed', 'no key'],
    ['a weak key alone', () => issuer.publish(rsa(126)), 'keys', 'failed', '2048 bits'],
    [
      'a weak key beside a good one',
      () => issuer.publish(issuer.key.publicJwk, rsa(126)),
      'keys',
      'warning',
      '2048 bits',
    ],
    [
      'a key without kid',
      () => issuer.publish(issuer.key.publicJwk, { ...issuer.key.publicJwk, kid: undefined }),
      'keys',
      'warning',
      'a kid of its own',
    ],
    [
      'a private key',
      () => issuer.publish({ ...issuer.key.publicJwk, d: 'secret' }),
      'keys',
      'failed',
      'replace the key',
    ],
  ])('names what is wrong and the fix: %s (contract §5.1)', async (_what, break_, name, verdict, advice) => {
    break_();
    const answer = await check();
    expect(answer.status).toBe(200);
    expect(answer.body.verdict).toBe(verdict);
    expect(findings(answer)).toEqual({
      [name]: { check: name, verdict, detail: expect.any(String), advice: expect.stringContaining(advice) },
    });
    expect(JSON.stringify(answer.body)).not.toContain('secret');
    // What the doctor calls failed is what fetching calls failed, and nothing else.
    expect((await refresh()).status).toBe(verdict === 'failed' ? 502 : 200);
  });

  it('says which algorithm to allow (contract §5.1)', async () => {
    await deployment.iam('PATCH', `${PATH}/${joined.provider}`, { allowedAlgorithms: ['RS256'] });
    expect(findings(await check())).toMatchObject({
      algorithms: { verdict: 'failed', advice: 'add ES256 to allowedAlgorithms' },
    });
    await deployment.iam('PATCH', `${PATH}/${joined.provider}`, { allowedAlgorithms: ['ES256'] });
    const other = await createIssuer({ alg: 'ES384', kid: 'other' });
    issuer.publish(issuer.key.publicJwk, other.key.publicJwk);
    expect(findings(await check())).toMatchObject({
      algorithms: { verdict: 'warning', advice: expect.stringContaining('add ES384') },
    });
    issuer.publish(issuer.key.publicJwk);
    discovery({ issuer: issuer.issuer, jwks_uri: issuer.jwksUri, id_token_signing_alg_values_supported: ['PS256'] });
    expect(findings(await check())).toMatchObject({ algorithms: { verdict: 'warning' } });
  });

  it.each([
    [0, 'ok'],
    [29, 'ok'],
    [45, 'warning'],
    [61, 'failed'],
    [-45, 'warning'],
    [-600, 'warning'],
  ])('judges a clock that is %i s ahead: %s (contract §5.1)', async (ahead, verdict) => {
    const { now } = deployment.clock;
    issuer.answer(issuer.jwksPath, () => dated(issuer.jwks, now + ahead - 100, { age: '100' }));
    const { body } = await check();
    const clock = body.checks.at(-1);
    expect(clock).toMatchObject({ check: 'clock', verdict });
    expect(clock.advice === null).toBe(verdict === 'ok');
  });

  it('judges keys given by hand without the network (contract §5.1)', async () => {
    await deployment.iam('PATCH', `${PATH}/${joined.provider}`, { localJwks: issuer.jwks, status: 'inactive' });
    deployment.resetCounts();
    const answer = await check();
    expect(answer.body.verdict).toBe('warning');
    expect(Object.keys(findings(answer))).toEqual(['status']);
    expect(deployment.counts.fetches).toEqual([]);
  });

  it('goes straight to providerJwksUri where there is one (contract §5.1)', async () => {
    await deployment.iam('PATCH', `${PATH}/${joined.provider}`, { providerJwksUri: issuer.jwksUri });
    issuer.answer(issuer.discoveryPath, () => new Response('no', { status: 404 }));
    const answer = await check();
    expect(findings(answer)).toEqual({});
    expect(answer.body.checks[1]).toMatchObject({ check: 'discovery', detail: expect.stringContaining('not used') });
  });

  it('is for whoever may read, refresh for whoever may write (contract §4)', async () => {
    await deployment.iam('PATCH', `/v1/federated-identities/${joined.federatedIdentity}`, {
      allowedScopes: ['iam:read'],
    });
    const { now } = deployment.clock;
    const claims = { iss: issuer.issuer, sub: 'job:1', aud: 'https://cambist.test', iat: now, exp: now + 60 };
    const { body } = await deployment.exchange(await issuer.sign(claims));
    const asReader = async (action: string): Promise<number> =>
      (
        await deployment.send(`${PATH}/${joined.provider}/${action}`, {
          method: 'POST',
          headers: { authorization: `Bearer ${body.access_token}` },
        })
      ).status;
    expect(await asReader('check')).toBe(200);
    expect(await asReader('refresh')).toBe(403);
  });
});
